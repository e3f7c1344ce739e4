"""The embedded engine: chDB in this process, on a folder that no other process has open.

A connection runs one statement at a time, so reads have a small pool of their own and never wait for a
write, and neither waits for the upkeep. chDB lets Python go while it works.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Lock
from typing import Any
from urllib.parse import urlencode

import clickhouse_connect
import pyarrow as pa
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from aftersend.store.allocation import give_back
from aftersend.store.damage import Damage
from aftersend.store.engine import Parameters
from aftersend.store.refusals import TooMuchMemory, takes_too_much_memory, unavailable
from aftersend.store.written import Written

log = structlog.get_logger(__name__)

_LARGEST_STATEMENT = 64 * 1024 * 1024
"""Bytes. A statement with tens of thousands of ids as parameters is longer than the engine's default."""

_MIB = 1024 * 1024

_LONGEST_PATIENCE_SECONDS = 0.5
"""Who asks without a break must not keep a report from ever being made."""

_ONE_CORE = {"max_threads": 1}

_LONGEST_QUESTION_SECONDS = 30.0
"""How long whoever puts parts right waits for the questions that have begun."""

_SETTINGS = {
    "max_query_size": _LARGEST_STATEMENT,
    # One insert is one block is one part, and so is there whole or not at all after a crash.
    "max_insert_block_size": 10_000_000,
    # No block has two rows of one key where that matters. To look for them takes a third of an insert.
    "optimize_on_insert": 0,
}

_CACHES = {
    "mark_cache_size": 64 * _MIB,
    "primary_index_cache_size": 64 * _MIB,
    "index_mark_cache_size": 16 * _MIB,
    "query_condition_cache_size": 16 * _MIB,
}
"""Bytes. The engine's own bounds, of up to 5 GiB each, suit a machine that does nothing else."""


class EmbeddedEngine:
    """An engine on a folder of this machine."""

    def __init__(self, folder: Path, readers: int = 4) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.damage = Damage()
        self._written = Written(folder)
        give_back()
        # Settings of the whole engine go with the path; all connections have to name the same.
        self._address = f"{folder}?{urlencode(_CACHES)}"
        self._writer = self._connect()
        self._writing = Lock()
        self._keeper = self._connect()
        self._tending = Lock()
        self._patient = self._connect()
        self._waiting = Lock()
        self._lent = 0
        self._is_closed = False
        self._quiet = Condition()
        self._clients = [self._writer, self._keeper, self._patient]
        self._started = ThreadPoolExecutor(readers, "read")
        self._readers: SimpleQueue[Client] = SimpleQueue()
        for _ in range(readers):
            client = self._connect()
            self._clients.append(client)
            self._readers.put(client)
        with self._translated():
            self._written.resume(self._writer)

    def _connect(self) -> Client:
        with self._translated():
            return clickhouse_connect.get_client(
                interface="chdb",
                path=self._address,
                settings=_SETTINGS,
            )

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        with self._writing, self._translated():
            self._mend()
            self._writer.command(statement, parameters=dict(parameters or {}))
            self._written.check(self._writer)

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that may take long, on a connection of its own."""
        with self._writing, self._translated():
            self._mend()
        with self._tending, self._translated():
            self._keeper.command(statement, parameters=dict(parameters or {}))
            self._written.check(self._keeper)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert the rows as one block, durable and visible on return."""
        with self._writing, self._translated():
            self._mend()
            self._writer.insert_arrow(table, rows)
            self._written.check(self._writer)

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query and return all its rows."""
        with self._reader() as client, self._translated():
            return client.query(statement, parameters=dict(parameters or {})).result_rows

    def columns(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query and return all its columns."""
        with self._reader() as client, self._translated():
            return client.query_arrow(statement, parameters=dict(parameters or {}))

    def select_patiently(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query that nobody waits for: when no other one runs, or after a while, and on one core."""
        with self._patience() as client:
            return client.query(statement, parameters=dict(parameters or {}), settings=_ONE_CORE).result_rows

    def columns_patiently(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query that nobody waits for in the same way, and return all its columns."""
        with self._patience() as client:
            return client.query_arrow(statement, parameters=dict(parameters or {}), settings=_ONE_CORE)

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Begin a query on another thread."""
        return self._started.submit(self.select, statement, parameters)

    def start_columns(self, statement: str, parameters: Parameters | None = None) -> "Future[pa.Table]":
        """Begin a query on another thread, whose columns are wanted."""
        return self._started.submit(self.columns, statement, parameters)

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Run a query and yield its rows block by block."""
        given = dict(parameters or {})
        with self._reader() as client, self._translated(), client.query_row_block_stream(statement, given) as blocks:
            yield from blocks

    def watch(self) -> None:
        """Look whether what the engine does by itself gets to the disk, and put right what has not.

        Raises:
            StoreUnavailable: a write was refused.
        """
        with self._writing, self._translated():
            self._mend()
            self._written.check(self._writer)

    def _mend(self) -> None:
        """Put right what was cut off; whoever calls is the writer."""
        if not self._written.is_trusted:
            with self._nobody_reads():
                self._written.mend(self._writer)

    @contextmanager
    def _nobody_reads(self) -> Iterator[None]:
        """Let no question begin for the block: while parts are exchanged, some rows are not there."""
        with self._waiting, self._quiet:
            self._is_closed = True
            try:
                if not self._quiet.wait_for(lambda: self._lent == 0, _LONGEST_QUESTION_SECONDS):
                    raise unavailable("the ledger cannot be written to", "a write was refused")
                yield
            finally:
                self._is_closed = False
                self._quiet.notify_all()

    def close(self) -> None:
        """Close every connection."""
        self._started.shutdown()
        for client in self._clients:
            client.close()

    @contextmanager
    def _reader(self) -> Iterator[Client]:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._is_closed)
            self._written.check_whole()
            self._lent += 1
        client = self._readers.get()
        try:
            with _left_clean(client):
                yield client
        finally:
            self._readers.put(client)
            with self._quiet:
                self._lent -= 1
                self._quiet.notify_all()

    @contextmanager
    def _patience(self) -> Iterator[Client]:
        with self._waiting:
            with self._quiet:
                self._quiet.wait_for(lambda: self._lent == 0, _LONGEST_PATIENCE_SECONDS)
            self._written.check_whole()
            with self._translated(), _left_clean(self._patient):
                yield self._patient

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with self.damage.noticed():
            try:
                yield
            except (ClickHouseError, OSError) as error:
                if takes_too_much_memory(str(error)):
                    raise TooMuchMemory from error
                # What the engine says names files and statements: it is for the log, not for whoever asked.
                log.error("engine_refused", reason=str(error).splitlines()[0][:500])
                raise unavailable("the ledger cannot be used", str(error)) from error


@contextmanager
def _left_clean(client: Client) -> Iterator[None]:
    """Leave nothing of an answer that failed on its connection.

    What the engine had written before it refused the rest of an answer, it would put before the next answer there. So
    another one is asked for, and thrown away.
    """
    try:
        yield
    except Exception:
        with suppress(ClickHouseError, OSError):
            client.raw_query("SELECT 1")
        raise
