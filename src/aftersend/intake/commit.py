"""Group commit: requests that arrive together become one commit, and each is answered when it is durable.

While one commit runs the next group gathers, so the fuller the server, the larger the groups. What waits is
bounded; beyond the bound a batch is refused before anything of it is kept.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from aftersend.domain.events import Stream
from aftersend.errors import Overloaded, StoreUnavailable
from aftersend.intake.columns import Checked, rows_of
from aftersend.store.batches import EventRows
from aftersend.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class CommitLimits:
    """How much may wait, and how much of it becomes one commit."""

    waiting_events: int = 400_000
    waiting_bytes: int = 256 * 1024 * 1024
    group_events: int = 100_000


@dataclass(slots=True)
class _Waiting:
    checked: Checked
    accepted: "Future[int]"


class Committer:
    """One thread that commits groups of batches to the ledger, in the order in which they came."""

    def __init__(
        self,
        ledger: Ledger,
        limits: CommitLimits = CommitLimits(),
        observe: Callable[[int, int], None] = lambda batches, events: None,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._observe = observe
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._events = 0
        self._bytes = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end. What comes after this is refused."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def waiting_events(self) -> int:
        """Return how many events are not durable yet."""
        return self._events

    def submit(self, checked: Checked) -> "Future[int]":
        """Queue a batch. The future is the number of its events that were new, once they are durable.

        Raises:
            Overloaded: as much waits already as may wait.
        """
        waiting = _Waiting(checked, Future())
        waiting.accepted.set_running_or_notify_cancel()  # a client that goes away cannot take its batch back
        with self._changed:
            if self._stopping:
                raise StoreUnavailable("the server is stopping; send the batch again in a moment", 1)
            self._admit(waiting)
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.accepted

    def _admit(self, waiting: _Waiting) -> None:
        events = self._events + waiting.checked.events
        size = self._bytes + waiting.checked.size
        # A batch on its own is always let in, however the limits are set.
        if self._events and (events > self._limits.waiting_events or size > self._limits.waiting_bytes):
            raise Overloaded(f"{self._events:,} events wait to be written; send the batch again in a second")
        self._events, self._bytes = events, size

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            while not self._queue:
                if self._stopping:
                    return []
                self._changed.wait()
            return self._take_group(self._queue[0].checked.stream)

    def _take_group(self, stream: Stream) -> list[_Waiting]:
        """Take from the front of the queue what goes into one insert: batches of one stream."""
        group: list[_Waiting] = []
        events = 0
        while self._queue and self._queue[0].checked.stream is stream and events < self._limits.group_events:
            waiting = self._queue.popleft()
            group.append(waiting)
            events += waiting.checked.events
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            made = [one for kin in _kin(group) for one in _made(kin)]
            accepted = self._ledger.commit([rows for rows, _ in made]) if made else []
        except BaseException as error:  # noqa: BLE001 - the thread outlives whatever one group brings
            for waiting in group:
                if not waiting.accepted.done():
                    waiting.accepted.set_exception(error)
        else:
            committed = [waiting for _, kin in made for waiting in kin]
            for waiting, number in zip(committed, accepted, strict=True):
                waiting.accepted.set_result(number)
            self._observe(len(committed), sum(waiting.checked.events for waiting in committed))
        with self._changed:
            self._events -= sum(waiting.checked.events for waiting in group)
            self._bytes -= sum(waiting.checked.size for waiting in group)


def _kin(group: Sequence[_Waiting]) -> Iterable[list[_Waiting]]:
    """Put those together that can become columns together."""
    found: dict[object, list[_Waiting]] = {}
    for waiting in group:
        found.setdefault(waiting.checked.kin, []).append(waiting)
    return found.values()


def _made(kin: list[_Waiting]) -> list[tuple[EventRows, list[_Waiting]]]:
    """Make rows of what waits; a batch of which none can be made is told, and no other one with it."""
    try:
        return [(rows_of([waiting.checked for waiting in kin]), kin)]
    except Exception as error:  # noqa: BLE001 - it reaches who sent it
        if len(kin) > 1:
            return [made for waiting in kin for made in _made([waiting])]
        kin[0].accepted.set_exception(error)
        return []
