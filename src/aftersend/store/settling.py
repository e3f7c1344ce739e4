"""When pending rows go into the tables, and who waits for whom meanwhile."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from threading import Lock

from aftersend.errors import StoreUnavailable
from aftersend.store.pending import Pending, Size

_FULL, _MOST = Size(100_000, 32 * 2**20), Size(200_000, 64 * 2**20)


@dataclass(frozen=True, slots=True)
class SettleLimits:
    """How much may be pending: from `full` on it is settled now, and beyond `most` commits wait for that.

    A commit after so many quiet seconds is settled before it is acknowledged.
    """

    full: Size = _FULL
    most: Size = _MOST
    quiet_seconds: float = 0.5


SETTLE_LIMITS = SettleLimits()


class Settling:
    """Lets one thread commit and another one settle at the same time; whoever needs both waits for both."""

    def __init__(self, pending: Pending, limits: SettleLimits, clock: Callable[[], float]) -> None:
        self.trouble: StoreUnavailable | None = None
        self.tell_full: Callable[[], object] = lambda: None
        self.committing = Lock()
        self._settling = Lock()  # who wants both takes this one first
        self._pending = pending
        self._limits = limits
        self._clock = clock
        self._last_commit = -math.inf

    def settle(self) -> bool:
        """Bring whatever is pending into the tables, and return whether the journal could be emptied.

        Raises:
            StoreUnavailable: some of it is not in the tables, so that nobody can be answered.
        """
        if self._pending.rows or not self._pending.is_emptied:
            with self._settling:
                self._drain(self.committing)
        return self._pending.trouble is None

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Let nothing be committed for the block, and begin with everything in the tables."""
        with self._settling, self.committing:
            self._drain(nullcontext())
            yield

    @contextmanager
    def alone(self, patience_seconds: float = -1) -> Iterator[bool]:
        """Let nothing be committed or settled for the block; it is false when others do not let go for so long."""
        if not self._settling.acquire(timeout=patience_seconds):
            yield False
            return
        try:
            with self.committing:
                yield True
        finally:
            self._settling.release()

    def drain(self) -> None:
        """Bring into the tables what is pending; whoever calls is alone."""
        self._drain(nullcontext())

    def _drain(self, turning: AbstractContextManager[object]) -> None:
        """Settle both files of the journal, and have them change places while `turning` keeps commits away."""
        try:
            self._pending.settle()
            with turning:
                self._pending.turn()
            self._pending.settle()
        except StoreUnavailable as error:
            self.trouble = error
            raise
        self.trouble = self._pending.trouble or self.trouble

    def make_room(self) -> None:
        """Let as much be pending as may be, and no more.

        Raises:
            StoreUnavailable: so much is already, and it cannot be settled.
        """
        if self._pending.is_beyond(self._limits.most):
            self.settle()

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Settle after the block what is committed in it, if it is the first for a while.

        Then who sends now and then leaves nothing pending, and everything can be read whatever becomes of the disk.
        """
        is_quiet = self._clock() - self._last_commit > self._limits.quiet_seconds
        yield
        self._last_commit = self._clock()
        if is_quiet:
            with suppress(StoreUnavailable):  # it is durable, and that is what was asked for
                self.settle()
        elif self._pending.is_beyond(self._limits.full):
            self.tell_full()
