"""The ledger: every event once, durable when a commit returns, and visible to the next question.

Identity is decided here, by one writer: a commit looks its events up in the index of identities, inserts the
new ones as one block with fsync, and only then notes them in the index. The tables therefore never hold an event twice,
and a read is exact without asking the engine to merge first (docs/decisions/0002).

Identities whose rows have been removed stay used up: they are in a table of their own, so the index can always be built
anew from the tables. Live rows and spent identities together are all that were ever received.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from threading import Lock

import pyarrow as pa
import structlog

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.engine import Engine
from aftersend.store.identities import SPENT, Identities, IndexState, identity
from aftersend.store.read_identities import count_identities, marks_since
from aftersend.store.seniority import commit_of, senior
from aftersend.store.side_rows import conflict_rows, spent_rows
from aftersend.store.touched import Touched

_PATIENCE_SECONDS = 5.0

_TRY_A_WRITE = (
    "CREATE TABLE IF NOT EXISTS write_check (number UInt8) ENGINE = MergeTree ORDER BY number",
    "INSERT INTO write_check VALUES (1)",
    "DROP TABLE write_check SYNC",
)
"""What shows that the engine can keep something, without keeping anything."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EventRows:
    """The good events of one batch: their identities and digests, and for each a row with the columns of its table."""

    stream: Stream
    identities: list[bytes]
    digests: list[bytes]
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class SpentIds:
    """What became of event ids that were to be used up: how many have rows, and which were never received."""

    known: int
    unknown: list[str]


@dataclass(frozen=True, slots=True)
class _Places:
    """Of a batch, the places of the new events, and of those that say something else under a known id."""

    fresh: Sequence[int]
    conflicts: list[int]


class Ledger:
    """Commits batches of events, one commit at a time."""

    def __init__(self, engine: Engine, identities: Identities) -> None:
        self.touched = Touched()
        self._engine = engine
        self._identities = identities
        self._committing = Lock()
        self._state = IndexState(0, 0)
        self._certain = False
        self._trouble: StoreUnavailable | None = None

    @property
    def rows(self) -> int:
        """Return how many events the ledger holds."""
        return self._state.rows

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no commit happen for the block: what is seen in it belongs together. Senders wait meanwhile."""
        with self._committing:
            yield

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Let nothing else be written for the block, and begin with an index that is in step with the tables."""
        with self._committing:
            try:
                if not self._certain:
                    self._recover()
                yield
            except StoreUnavailable as error:
                # The index may have been opened anew meanwhile: what it covers is looked at before the next commit.
                self._certain = False
                self._trouble = error
                raise

    def recover(self, progress: Callable[[int], None] = lambda rows: None) -> None:
        """Bring the index of identities in step with the tables.

        After a clean stop nothing is read but row counts. After a crash, the commits that the index missed
        are read; if the tables hold less than the index covers, the index is built anew.
        """
        with self._committing:
            self._recover(progress)

    def _recover(self, progress: Callable[[int], None] = lambda rows: None) -> None:
        state = self._identities.state
        stored = count_identities(self._engine)
        if stored < state.rows or (stored and not state.rows):
            log.warning("index_rebuild", stored_rows=stored, indexed_rows=state.rows)
            self._identities.clear()
            state = IndexState(0, 0)
        known = state.rows
        if stored != state.rows:
            self._identities.remember([], state)
            state, read = self._read_missing(state, stored, progress)
            if read != stored - known:
                # Not what came last: files that had been set aside are back, or a removal was cut off.
                log.warning("index_rebuild", stored_rows=stored, indexed_rows=known)
                self._identities.clear()
                state, _ = self._read_missing(IndexState(0, 0), stored, progress)
        self._state = state
        self._certain = True

    def _read_missing(self, state: IndexState, stored: int, progress: Callable[[int], None]) -> tuple[IndexState, int]:
        commit, read = state.commit, 0
        # Commits are noted only at the end: if this is cut off, it starts again from the same place.
        for block in marks_since(self._engine, senior(state.commit)):
            commit = max(commit, *(commit_of(row[2]) for row in block))
            self._identities.remember([(row[0], row[1]) for row in block], state)
            read += len(block)
            progress(state.rows + read)
        result = IndexState(commit, stored)
        self._identities.remember([], result)
        return result, read

    def commit(self, batches: Sequence[EventRows]) -> list[int]:
        """Store the events of the batches that are new, and return how many of each were accepted.

        All batches belong to one stream and become one insert: after a crash they are all there or none is.
        Where an event id occurs more than once the first in order wins; one that says something else is noted as a
        conflict.

        Raises:
            StoreUnavailable: nothing of the batches is acknowledged; they can be sent again.
        """
        with self._settled():
            sorted_out = self._sort_out(batches)
            contradicting = [
                conflict_rows(batch.rows.take(places.conflicts))
                for batch, places in zip(batches, sorted_out, strict=True)
                if places.conflicts
            ]
            if contradicting:
                self._engine.insert("conflicts", pa.concat_tables(contradicting))
            new = sum(len(places.fresh) for places in sorted_out)
            if new:
                self._store(batches, sorted_out, new)
            return [len(places.fresh) for places in sorted_out]

    def reserve(self) -> int:
        """Return a seniority: that of all rows committed before is greater, that of all later ones smaller."""
        with self._settled():
            state = IndexState(self._state.commit + 1, self._state.rows)
            self._identities.remember([], state)
            self._state = state
            return senior(state.commit)

    def latest(self) -> int:
        """Return the smallest seniority that was reserved or given to a row."""
        with self._settled():
            return senior(self._state.commit)

    def spend(self, workspace_id: str, removal_id: str, event_ids: Iterable[str]) -> SpentIds:
        """Use up event ids, so that events which have them are never taken in again; their rows stay for now.

        Raises:
            StoreUnavailable: it may have happened all the same; `count_spent` says whether it has.
        """
        with self._settled():
            ids = {identity(workspace_id, event_id): event_id for event_id in event_ids}
            known = self._identities.known(ids)
            new = {key: event_id for key, event_id in ids.items() if known.get(key) != SPENT}
            unknown = [event_id for key, event_id in new.items() if key not in known]
            if new:
                rows = spent_rows(workspace_id, removal_id, new)
                self._write("spent", rows, ((key, SPENT) for key in new), len(unknown))
            return SpentIds(len(new) - len(unknown), unknown)

    def mark_spent(self, identities: Iterable[bytes]) -> None:
        """Forget what the events of spent identities said."""
        with self._settled():
            self._identities.remember(((key, SPENT) for key in identities), self._state)

    def check(self) -> None:
        """Find out whether a commit would succeed now.

        After one that did not, something is written for good into the tables and the index, so that a server to which
        nobody sends any more, because it is not ready, becomes ready again by itself.

        Raises:
            StoreUnavailable: it would not; the message says why.
        """
        trouble = self._trouble
        if trouble is None:
            return
        if not self._committing.acquire(timeout=_PATIENCE_SECONDS):
            raise trouble
        try:
            for statement in _TRY_A_WRITE:
                self._engine.command(statement)
            if not self._certain:
                self._recover()
            self._identities.remember([], self._state)
        except StoreUnavailable as error:
            self._certain = False
            self._trouble = error
            raise
        else:
            self._trouble = None
        finally:
            self._committing.release()

    def _sort_out(self, batches: Sequence[EventRows]) -> list[_Places]:
        """For each batch, the places of the events that nobody sent before, and of those that contradict the first."""
        named = set().union(*(batch.identities for batch in batches))
        taken = self._identities.known(named)
        if not taken and len(named) == sum(len(batch.identities) for batch in batches):
            return [_Places(range(len(batch.identities)), []) for batch in batches]
        found = []
        for batch in batches:
            fresh: list[int] = []
            conflicts: list[int] = []
            for place, (key, digest) in enumerate(zip(batch.identities, batch.digests, strict=True)):
                known = taken.get(key)
                if known is None:
                    taken[key] = digest
                    fresh.append(place)
                elif known not in (digest, SPENT):
                    conflicts.append(place)
            found.append(_Places(fresh, conflicts))
        return found

    def _store(self, batches: Sequence[EventRows], sorted_out: Sequence[_Places], new: int) -> None:
        pairs = list(zip(batches, (places.fresh for places in sorted_out), strict=True))
        parts = [
            batch.rows if len(fresh) == batch.rows.num_rows else batch.rows.take(fresh)
            for batch, fresh in pairs
            if fresh
        ]
        # One chunk with one set of dictionaries becomes one block, and so one part: there whole or not at all.
        rows = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
        marks = chain.from_iterable(_marks(batch, fresh) for batch, fresh in pairs)
        self._write(batches[0].stream, rows, marks, new)

    def _write(self, table: str, rows: pa.Table, marks: Iterable[tuple[bytes, bytes]], new: int) -> None:
        """Insert rows as the next commit and note their identities, of which so many have not been there before."""
        number = self._state.commit + 1
        seniority = pa.repeat(pa.scalar(senior(number), pa.uint64()), rows.num_rows)
        state = IndexState(number, self._state.rows + new)
        # Whatever happens now, the insert may have happened: then the tables are asked before the next commit.
        self._certain = False
        self.touched.note(table, rows, number)
        self._engine.insert(table, rows.append_column("seniority", seniority))
        self.touched.finish(number)
        try:
            self._identities.remember(marks, state)
        except StoreUnavailable as error:
            # What was inserted is kept, and so it is acknowledged; the next commit reads it from the tables.
            self._trouble = error
            return
        self._state = state
        self._certain = True
        self._trouble = None


def _marks(batch: EventRows, fresh: Sequence[int]) -> Iterable[tuple[bytes, bytes]]:
    if len(fresh) == len(batch.identities):
        return zip(batch.identities, batch.digests, strict=True)
    return ((batch.identities[place], batch.digests[place]) for place in fresh)
