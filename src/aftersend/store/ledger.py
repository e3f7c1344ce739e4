"""The ledger: every event once, durable when a commit returns, and visible to the next question.

Identity is decided here, by one writer: a commit looks its events up in the index of identities, appends the
new ones to the journal, and only then notes them in the index. They go into the tables a little later, many commits as
one block, or at once when somebody wants to read (docs/decisions/0024). The tables never hold an event twice, and a
read is exact without asking the engine to merge first (docs/decisions/0002).

Identities whose rows have been removed stay used up: they are in a table of their own, so the index can always be built
anew from the tables. Live rows and spent identities together are all that were ever received.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import structlog

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.batches import EventRows, Sorted, in_one_chunk, sort_out
from aftersend.store.engine import Engine
from aftersend.store.identities import SPENT, Identities, IndexState, identity
from aftersend.store.journal import Record
from aftersend.store.pending import Pending
from aftersend.store.read_identities import count_identities
from aftersend.store.recovery import Progress, bring_in_step, try_a_write
from aftersend.store.seniority import senior
from aftersend.store.settling import SETTLE_LIMITS, SettleLimits, Settling
from aftersend.store.side_rows import conflict_rows, spent_rows
from aftersend.store.touched import Touched

_PATIENCE_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SpentIds:
    """What became of event ids that were to be used up: how many have rows, and which were never received."""

    known: int
    unknown: list[str]


class Ledger:
    """Commits batches of events, one commit at a time."""

    def __init__(
        self,
        engine: Engine,
        identities: Identities,
        pending: Pending,
        limits: SettleLimits = SETTLE_LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.touched = Touched()
        self._engine = engine
        self._identities = identities
        self._pending = pending
        self._settling = Settling(pending, limits, clock)
        self._state = IndexState(0, 0)
        self._certain = False

    @property
    def rows(self) -> int:
        """Return how many events the ledger holds."""
        return self._state.rows

    @property
    def pending_rows(self) -> int:
        """Return how many acknowledged events the tables lack; who reads them settles first."""
        return self._pending.rows

    def tell_when_full(self, call: Callable[[], object]) -> None:
        """Have somebody called when so much is pending that it should be settled now."""
        self._settling.tell_full = call

    def check_whole(self) -> None:
        """Raise StoreUnavailable when a damaged journal was set aside."""
        self._pending.check_whole()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no commit happen for the block: what is seen in it belongs together. Senders wait meanwhile.

        Raises:
            StoreUnavailable: the tables lack some of what was acknowledged.
        """
        with self._settling.settled():
            yield

    @contextmanager
    def _in_step(self) -> Iterator[None]:
        """Let nothing else be written for the block, and begin with everything in the tables and in the index."""
        with self._settling.settled(), self._noticed():
            # What is taken out, or used up, must not come back from the journal after a crash.
            self._pending.check_emptied()
            if not self._certain:
                self._recover()
            yield

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable as error:
            # The index may have been opened anew meanwhile: what it covers is looked at before the next commit.
            self._certain = False
            self._settling.trouble = error
            raise

    def _recover(self, progress: Progress = lambda rows: None) -> None:
        self._state = bring_in_step(self._engine, self._identities, progress)
        self._certain = True

    def recover(self, progress: Progress = lambda rows: None) -> None:
        """Bring the journal into the tables, and the index of identities in step with them, before anything is read.

        Raises:
            StoreUnavailable: one of them cannot be read or written now.
        """
        with self._settling.alone():
            if not self._pending.is_loaded:
                self._replay()
            self._settling.drain()
            self._pending.check_emptied()
            self._recover(progress)

    def _replay(self) -> None:
        ends_torn = self._pending.load()
        self._pending.leave_out()
        if ends_torn and count_identities(self._engine) + self._pending.rows < self._identities.state.rows:
            # The index knows what was acknowledged: what is not whole at the end was, and has been damaged since.
            self._pending.set_aside()

    def settle(self) -> bool:
        """Bring whatever has been acknowledged into the tables, and return whether the journal could be emptied.

        Raises:
            StoreUnavailable: some of it is not in the tables, so that nobody can be answered.
        """
        return self._settling.settle()

    def settle_through(self, commit: int) -> None:
        """Bring a commit and all before it into the tables, and maybe more.

        Raises:
            StoreUnavailable: some of it is not in the tables.
        """
        if commit > self._pending.through:
            self.settle()

    def close(self) -> None:
        """Bring what was acknowledged into the tables; what cannot be is in the journal for the next start."""
        try:
            self.settle()
        except StoreUnavailable as error:
            log.warning("left_in_the_journal", rows=self._pending.rows, reason=error.message)

    def commit(self, batches: Sequence[EventRows]) -> list[int]:
        """Store the events that are new, and return how many were accepted of each batch that they came in.

        All belong to one stream and become one record of the journal: after a crash they are all there or none
        is. Where an event id occurs more than once the first in order wins; one that says something else is noted as a
        conflict.

        Raises:
            StoreUnavailable: nothing of the batches is acknowledged; they can be sent again.
        """
        with self._settling.quietly():
            while True:
                self._settling.make_room()
                if not self._certain:
                    with self._in_step():
                        pass
                with self._settling.committing:
                    if self._certain:
                        with self._noticed():
                            return self._commit(batches)

    def _commit(self, batches: Sequence[EventRows]) -> list[int]:
        found = sort_out(batches, self._identities.known)
        if contradicting := [conflict_rows(one.contradicting) for one in found if one.conflicts]:
            self._engine.insert("conflicts", pa.concat_tables(contradicting))
        if fresh := [one for one in found if one.fresh]:
            self._store(batches[0].stream, fresh)
        return [accepted for one in found for accepted in one.accepted]

    def reserve(self) -> int:
        """Return a seniority: that of all rows committed before is greater, that of all later ones smaller."""
        with self._in_step():
            state = IndexState(self._state.commit + 1, self._state.rows)
            self._identities.remember([], state)
            self._state = state
            return senior(state.commit)

    def latest(self) -> int:
        """Return the smallest seniority that was reserved or given to a row."""
        with self._settling.committing:
            if self._certain:
                return senior(self._state.commit)
        with self._in_step():
            return senior(self._state.commit)

    def spend(self, workspace_id: str, removal_id: str, event_ids: Iterable[str]) -> SpentIds:
        """Use up event ids, so that events which have them are never taken in again; their rows stay for now.

        Raises:
            StoreUnavailable: it may have happened all the same; `count_spent` says whether it has.
        """
        with self._in_step():
            ids = {identity(workspace_id, event_id): event_id for event_id in event_ids}
            known = self._identities.known(ids)
            new = {key: event_id for key, event_id in ids.items() if known.get(key) != SPENT}
            unknown = [event_id for key, event_id in new.items() if key not in known]
            if new:
                rows = spent_rows(workspace_id, removal_id, new)
                self._use_up(rows, ((key, SPENT) for key in new), len(unknown))
            return SpentIds(len(new) - len(unknown), unknown)

    def mark_spent(self, identities: Iterable[bytes]) -> None:
        """Forget what the events of spent identities said."""
        with self._in_step():
            self._identities.remember(((key, SPENT) for key in identities), self._state)

    def check(self) -> None:
        """Find out whether a commit would succeed now.

        After one that did not, something is written for good into the tables and the index, so that a server to which
        nobody sends any more, because it is not ready, becomes ready again by itself.

        Raises:
            StoreUnavailable: it would not; the message says why.
        """
        trouble = self._settling.trouble
        if trouble is None:
            return
        with self._settling.alone(_PATIENCE_SECONDS) as is_alone:
            if not is_alone:
                raise trouble
            try_a_write(self._engine)
            self._settling.drain()
            with self._noticed():
                self._pending.check_emptied()
                self._pending.probe()
                if not self._certain:
                    self._recover()
                self._identities.remember([], self._state)
            self._settling.trouble = None

    def _store(self, stream: Stream, fresh: Sequence[Sorted]) -> None:
        """Make new rows durable as the next commit; whoever reads the tables finds them there."""
        number = self._state.commit + 1
        rows = _with_seniority(in_one_chunk([one.rows for one in fresh]), number)
        # Whatever happens now, the number may have been used: then all is brought in step before the next commit.
        self._certain = False
        self.touched.note(stream, rows, number)
        self._pending.add(Record(number, stream, rows))
        self.touched.finish(number)
        self._remember(chain.from_iterable(one.marks for one in fresh), number, rows.num_rows)

    def _use_up(self, rows: pa.Table, marks: Iterable[tuple[bytes, bytes]], new: int) -> None:
        """Insert spent identities as the next commit, of which so many have not been there before."""
        number = self._state.commit + 1
        # Whatever happens now, the insert may have happened: then the tables are asked before the next commit.
        self._certain = False
        self._engine.insert("spent", _with_seniority(rows, number))
        self._remember(marks, number, new)

    def _remember(self, marks: Iterable[tuple[bytes, bytes]], number: int, new: int) -> None:
        state = IndexState(number, self._state.rows + new)
        try:
            self._identities.remember(marks, state)
        except StoreUnavailable as error:
            # What was written is kept, and so it is acknowledged; the next commit reads it from the tables.
            self._settling.trouble = error
            return
        self._state = state
        self._certain = True


def _with_seniority(rows: pa.Table, number: int) -> pa.Table:
    return rows.append_column("seniority", pa.repeat(pa.scalar(senior(number), pa.uint64()), rows.num_rows))
