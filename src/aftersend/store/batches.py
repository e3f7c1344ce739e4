"""The batches of a commit: which of their events nobody sent before, and which contradict the first of their id."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import pyarrow as pa

from aftersend.domain.events import Stream
from aftersend.store.identities import SPENT


@dataclass(frozen=True, slots=True)
class EventRows:
    """Good events of one stream: their identities and digests, and for each a row with the columns of its table.

    `sizes` has the number of events of each batch that they came in, one after another: all in one if it is empty.
    """

    stream: Stream
    identities: list[bytes]
    digests: list[bytes]
    rows: pa.Table
    sizes: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch, the places of its new events, and of those that say something else under a known id."""

    batch: EventRows
    fresh: Sequence[int]
    conflicts: Sequence[int]

    @property
    def accepted(self) -> list[int]:
        """Return how many events of each batch are new."""
        ends = [0, *accumulate(self.batch.sizes or (len(self.batch.identities),))]
        before = [bisect_left(self.fresh, end) for end in ends]
        return [upper - lower for lower, upper in pairwise(before)]

    @property
    def rows(self) -> pa.Table:
        """Return the rows of the new events."""
        rows = self.batch.rows
        return rows if len(self.fresh) == rows.num_rows else rows.take(self.fresh)

    @property
    def contradicting(self) -> pa.Table:
        """Return the rows of the events that say something else."""
        return self.batch.rows.take(self.conflicts)

    @property
    def marks(self) -> Iterable[tuple[bytes, bytes]]:
        """Return the identities of the new events, each with what its event says."""
        identities, digests = self.batch.identities, self.batch.digests
        if len(self.fresh) == len(identities):
            return zip(identities, digests, strict=True)
        return ((identities[place], digests[place]) for place in self.fresh)


def sort_out(batches: Sequence[EventRows], known: Callable[[Iterable[bytes]], Mapping[bytes, bytes]]) -> list[Sorted]:
    """Sort the events of each batch out; `known` returns the marks of those identities that came before."""
    named = set().union(*(batch.identities for batch in batches))
    taken = dict(known(named))
    if not taken and len(named) == sum(len(batch.identities) for batch in batches):
        return [Sorted(batch, range(len(batch.identities)), ()) for batch in batches]
    found = []
    for batch in batches:
        fresh: list[int] = []
        conflicts: list[int] = []
        for place, (key, digest) in enumerate(zip(batch.identities, batch.digests, strict=True)):
            mark = taken.get(key)
            if mark is None:
                taken[key] = digest
                fresh.append(place)
            elif mark not in (digest, SPENT):
                conflicts.append(place)
        found.append(Sorted(batch, fresh, conflicts))
    return found


def in_one_chunk(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of all tables one after another, with one set of dictionaries."""
    rows = pa.concat_tables(tables)
    return rows if _is_one_chunk(rows) else rows.unify_dictionaries().combine_chunks()


def _is_one_chunk(rows: pa.Table) -> bool:
    return all(column.num_chunks <= 1 for column in rows.columns)
