"""The engine for everybody but the ledger itself: who reads the tables finds in them all that was acknowledged."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pyarrow as pa

from aftersend.store.engine import Parameters, PatientEngine
from aftersend.store.ledger import Ledger


class SettledEngine:
    """Settles the ledger before every statement that looks at the tables; mostly nothing is pending.

    Every call raises StoreUnavailable rather than answer without what was acknowledged.
    """

    def __init__(self, engine: PatientEngine, ledger: Ledger) -> None:
        self._bare = engine
        self._ledger = ledger

    @property
    def _engine(self) -> PatientEngine:
        """The engine, when its tables have everything."""
        if self._ledger.pending_rows:
            self._ledger.settle()
        return self._bare

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        self._engine.command(statement, parameters)

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that may take long and answers nothing."""
        self._engine.tend(statement, parameters)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert rows as one block, beside those that are pending."""
        self._bare.insert(table, rows)

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query and return all its rows."""
        return self._engine.select(statement, parameters)

    def columns(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query and return all its columns."""
        return self._engine.columns(statement, parameters)

    def select_patiently(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query that nobody waits for, and return all its rows."""
        return self._engine.select_patiently(statement, parameters)

    def columns_patiently(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query that nobody waits for, and return all its columns."""
        return self._engine.columns_patiently(statement, parameters)

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Begin a query on another thread."""
        return self._engine.start(statement, parameters)

    def start_columns(self, statement: str, parameters: Parameters | None = None) -> "Future[pa.Table]":
        """Begin a query on another thread, whose columns are wanted."""
        return self._engine.start_columns(statement, parameters)

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Run a query and yield its rows block by block."""
        return self._engine.stream(statement, parameters)

    def close(self) -> None:
        """Let the data folder go."""
        self._bare.close()
