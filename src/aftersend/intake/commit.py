"""Group commit: requests that arrive together become one insert, and each is answered when it is durable.

While one insert runs the next group gathers, so the fuller the server, the larger the groups. What waits is
bounded; beyond the bound a batch is refused before anything of it is kept.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from aftersend.domain.events import Stream
from aftersend.errors import Overloaded, StoreUnavailable
from aftersend.store.batches import EventRows
from aftersend.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class CommitLimits:
    """How much may wait, and how much of it becomes one insert."""

    waiting_events: int = 400_000
    waiting_bytes: int = 256 * 1024 * 1024
    group_events: int = 100_000


@dataclass(slots=True)
class _Waiting:
    rows: EventRows
    size: int
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

    def submit(self, rows: EventRows) -> "Future[int]":
        """Queue a batch. The future is the number of its events that were new, once they are durable.

        Raises:
            Overloaded: as much waits already as may wait.
        """
        waiting = _Waiting(rows, rows.rows.nbytes, Future())
        waiting.accepted.set_running_or_notify_cancel()  # a client that goes away cannot take its batch back
        with self._changed:
            if self._stopping:
                raise StoreUnavailable("the server is stopping; send the batch again in a moment", 1)
            self._admit(waiting)
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.accepted

    def _admit(self, waiting: _Waiting) -> None:
        events = self._events + len(waiting.rows.identities)
        size = self._bytes + waiting.size
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
            return self._take_group(self._queue[0].rows.stream)

    def _take_group(self, stream: Stream) -> list[_Waiting]:
        """Take from the front of the queue what goes into one insert: batches of one stream."""
        group: list[_Waiting] = []
        events = 0
        while self._queue and self._queue[0].rows.stream is stream and events < self._limits.group_events:
            waiting = self._queue.popleft()
            group.append(waiting)
            events += len(waiting.rows.identities)
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            accepted = self._ledger.commit([waiting.rows for waiting in group])
        except BaseException as error:  # noqa: BLE001 - the thread outlives whatever one group brings
            for waiting in group:
                waiting.accepted.set_exception(error)
        else:
            for waiting, number in zip(group, accepted, strict=True):
                waiting.accepted.set_result(number)
            self._observe(len(group), sum(len(waiting.rows.identities) for waiting in group))
        with self._changed:
            self._events -= sum(len(waiting.rows.identities) for waiting in group)
            self._bytes -= sum(waiting.size for waiting in group)
