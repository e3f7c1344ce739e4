"""Snapshots: ledger and registry as they were at one moment, for as long as it takes to copy them."""

import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Lock

import structlog

from aftersend.errors import NotFound, StoreUnavailable
from aftersend.registry.dump import consistent, write_dump
from aftersend.registry.registry import Registry
from aftersend.store.damage import check_set_aside
from aftersend.store.engine import Engine
from aftersend.store.frozen import applied_steps, count_tables, freeze, thaw
from aftersend.store.ledger import Ledger
from aftersend.upkeep.remover import Remover
from aftersend.upkeep.snapshot import Snapshot

log = structlog.get_logger(__name__)

_PREFIX = "snapshot_"


class Snapshots:
    """Takes snapshots, one at a time: there is never more than one."""

    def __init__(
        self,
        folders: tuple[Path, Path],
        ledger: Ledger,
        engine: Engine,
        registry: Registry,
        remover: Remover,
        now: Callable[[], datetime],
    ) -> None:
        data, ledger_folder = folders
        self._folder = data.absolute() / "snapshots"
        self._ledger_folder = ledger_folder.absolute()
        self._ledger = ledger
        self._engine = engine
        self._registry = registry
        self._remover = remover
        self._now = now
        self._turn = Lock()
        self._current: str | None = None
        self._clear()

    def take(self) -> Snapshot:
        """Take a snapshot. One that somebody has left is removed.

        Raises:
            StoreUnavailable: it could not be written, and nothing of it is left; or the ledger is not complete.
        """
        self._ledger.check_whole()
        check_set_aside(self._engine)  # a backup without them could push out those that have them
        with self._turn:
            self._clear()
            name = _PREFIX + secrets.token_hex(8)
            try:
                found = self._take(name)
            except OSError as error:
                self._clear()
                raise StoreUnavailable(f"the snapshot cannot be written: {error.strerror}; make room") from error
            except BaseException:
                self._clear()
                raise
            self._current = name
            log.info("snapshot_taken", id=name)
            return found

    def _take(self, name: str) -> Snapshot:
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True)
        file = folder / "registry.ndjson.zst"
        with ExitStack() as reading:
            # Removals wait first: one of them may need a commit before it lets go.
            with self._remover.paused(), self._ledger.paused():
                moment = self._now()
                tables = freeze(self._engine, name)
                rows = count_tables(self._engine)
                steps = applied_steps(self._engine)
                connection = reading.enter_context(consistent(self._registry.database))
            registry_step = write_dump(connection, file)
        places = {table: str(self._ledger_folder / place) for table, place in tables.items()}
        return Snapshot(name, moment, rows, places, steps, registry_step, str(file))

    def drop(self, snapshot_id: str) -> None:
        """Remove a snapshot.

        Raises:
            NotFound: there is none of that id.
        """
        with self._turn:
            if snapshot_id != self._current:
                raise NotFound(f"there is no snapshot {snapshot_id!r}")
            self._clear()

    def _clear(self) -> None:
        self._current = None
        thaw(self._ledger_folder, f"{_PREFIX}*")
        shutil.rmtree(self._folder, ignore_errors=True)
