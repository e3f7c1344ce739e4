"""The ledger: every event once, durable when a commit returns, and visible to the next question.

Identity is decided here, by one writer: a commit looks its events up in the index of identities, inserts the
new ones as one block with fsync, and only then notes them in the index. The tables therefore never hold an event twice,
and a read is exact without asking the engine to merge first (docs/decisions/0002).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import pyarrow as pa
import structlog

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.engine import Engine
from aftersend.store.identities import Identities, IndexState, identity

_MOST_SENIOR = 2**64 - 1
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
    """The good events of one batch: their identities, and one row for each with the columns of its table."""

    stream: Stream
    identities: list[bytes]
    rows: pa.Table


class Ledger:
    """Commits batches of events, one commit at a time."""

    def __init__(self, engine: Engine, identities: Identities) -> None:
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

    def recover(self, progress: Callable[[int], None] = lambda rows: None) -> None:
        """Bring the index of identities in step with the tables.

        After a clean stop nothing is read but two row counts. After a crash, the commits that the index missed
        are read; if the tables hold less than the index covers, the index is built anew.
        """
        with self._committing:
            self._recover(progress)

    def _recover(self, progress: Callable[[int], None] = lambda rows: None) -> None:
        state = self._identities.state
        stored = self._stored_rows()
        if stored < state.rows:
            log.warning("index_rebuild", stored_rows=stored, indexed_rows=state.rows)
            self._identities.clear()
            state = IndexState(0, 0)
        if stored != state.rows:
            self._identities.remember([], state)
            state = self._read_missing(state, progress)
        self._state = state
        self._certain = True

    def _stored_rows(self) -> int:
        return sum(int(self._engine.select(f"SELECT count() FROM {stream}")[0][0]) for stream in Stream)

    def _read_missing(self, state: IndexState, progress: Callable[[int], None]) -> IndexState:
        commit, rows = state.commit, state.rows
        # Commits are noted only at the end: if this is cut off, it starts again from the same place.
        for stream in Stream:
            blocks = self._engine.stream(
                f"SELECT workspace_id, event_id, seniority FROM {stream} WHERE seniority < {{senior:UInt64}}",
                {"senior": _MOST_SENIOR - state.commit},
            )
            for block in blocks:
                commit = max(commit, *(_MOST_SENIOR - row[2] for row in block))
                self._identities.remember([identity(row[0], row[1]) for row in block], state)
                rows += len(block)
                progress(rows)
        result = IndexState(commit, rows)
        self._identities.remember([], result)
        return result

    def commit(self, batches: Sequence[EventRows]) -> list[int]:
        """Store the events of the batches that are new, and return how many of each were accepted.

        All batches belong to one stream and become one insert: after a crash they are all there or none is.
        Where an event id occurs more than once the first in order wins.

        Raises:
            StoreUnavailable: nothing of the batches is acknowledged; they can be sent again.
        """
        with self._committing:
            try:
                return self._commit(batches)
            except StoreUnavailable as error:
                # The index may have been opened anew meanwhile: what it covers is looked at before the next commit.
                self._certain = False
                self._trouble = error
                raise

    def _commit(self, batches: Sequence[EventRows]) -> list[int]:
        if not self._certain:
            self._recover()
        fresh = self._fresh(batches)
        new = [key for batch, kept in zip(batches, fresh, strict=True) for key in _pick(batch.identities, kept)]
        if new:
            self._store(batches, fresh, new)
        return [len(kept) for kept in fresh]

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

    def _fresh(self, batches: Sequence[EventRows]) -> list[list[int]]:
        """For each batch, the places of the events that nobody sent before."""
        asked = {key for batch in batches for key in batch.identities}
        taken = self._identities.known(asked)
        fresh: list[list[int]] = []
        for batch in batches:
            kept = []
            for place, key in enumerate(batch.identities):
                if key not in taken:
                    taken.add(key)
                    kept.append(place)
            fresh.append(kept)
        return fresh

    def _store(self, batches: Sequence[EventRows], fresh: list[list[int]], new: list[bytes]) -> None:
        number = self._state.commit + 1
        parts = [
            batch.rows if len(kept) == batch.rows.num_rows else batch.rows.take(kept)
            for batch, kept in zip(batches, fresh, strict=True)
            if kept
        ]
        # One chunk with one set of dictionaries becomes one block, and so one part: there whole or not at all.
        rows = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
        seniority = pa.repeat(pa.scalar(_MOST_SENIOR - number, pa.uint64()), rows.num_rows)
        state = IndexState(number, self._state.rows + len(new))
        # Whatever happens now, the insert may have happened: then the tables are asked before the next commit.
        self._certain = False
        self._engine.insert(batches[0].stream, rows.append_column("seniority", seniority))
        try:
            self._identities.remember(new, state)
        except StoreUnavailable as error:
            # The events are kept, and so they are acknowledged; the next commit reads them from the tables.
            self._trouble = error
            return
        self._state = state
        self._certain = True
        self._trouble = None


def _pick(identities: list[bytes], places: list[int]) -> list[bytes]:
    if len(places) == len(identities):
        return identities
    return [identities[place] for place in places]
