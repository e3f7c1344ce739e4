"""When keys were last used: noted in memory by each request, and kept once a minute by a thread of its own."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from aftersend.domain.workspaces import OPERATOR
from aftersend.errors import AftersendError
from aftersend.registry.keys import Keys

log = structlog.get_logger(__name__)

KEEP_EVERY_SECONDS = 60.0


class KeyUses:
    """Remembers the last use of each key; what is not kept yet when the process is killed is forgotten."""

    def __init__(self, keys: Keys, now: Callable[[], datetime], every_seconds: float = KEEP_EVERY_SECONDS) -> None:
        self._keys = keys
        self._now = now
        self._every_seconds = every_seconds
        self._uses: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="key-uses", daemon=True)

    def start(self) -> None:
        """Keep uses from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Keep what is left, and end."""
        self._stopping.set()
        self._thread.join()

    def note(self, key_id: str) -> None:
        """Note that a key is used now; nothing is written."""
        if key_id != OPERATOR:
            with self._lock:
                self._uses[key_id] = self._now()

    def keep(self) -> None:
        """Write what was noted; where that cannot be done now, it is left for the next time."""
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            self._keys.note_uses(uses)
        except AftersendError as error:
            with self._lock:
                self._uses = uses | self._uses
            log.warning("key_uses_not_kept", reason=error.message)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            self.keep()
        self.keep()
