"""A thread that works by itself: again and again, with pauses, whatever a turn brings."""

import threading
from collections.abc import Callable

import structlog

from aftersend.errors import AftersendError

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """Ends the turn that is under way, because the server stops."""


class Worker:
    """Calls `work` until it is stopped; what it returns is how many seconds to pause.

    A turn that fails is told to the log under the worker's name, and made again after a while.
    """

    def __init__(self, name: str, work: Callable[[], float], retry_seconds: float) -> None:
        self._name = name
        self._work = work
        self._retry_seconds = retry_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Have the turn that is under way come to its end, and wait for that."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def wake(self) -> None:
        """End the pause, or leave out the next one."""
        self._wake.set()

    @property
    def stopping(self) -> bool:
        """Return whether the turn that is under way is the last one."""
        return self._stopping.is_set()

    def rest(self, seconds: float) -> None:
        """Wait within a turn, but not when the server stops."""
        self._stopping.wait(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause = self._work()
            except Stopped:
                return
            except AftersendError as error:
                log.warning(f"{self._name}_waits", reason=error.message)
                pause = self._retry_seconds
            except Exception as error:
                log.error(f"{self._name}_failed", exc_info=error)
                pause = self._retry_seconds
            if not self._stopping.is_set():
                self._wake.wait(pause)
