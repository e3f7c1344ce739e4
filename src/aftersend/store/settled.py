"""The engine for everybody but the ledger itself: who reads the tables finds in them all that was acknowledged.

Who only reads message events of some campaigns waits for no others: `about` says which.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pyarrow as pa

from aftersend.store.engine import Engine, Parameters, PatientEngine
from aftersend.store.ledger import Ledger


class SettledEngine:
    """Settles the ledger before every statement that looks at the tables; mostly nothing is pending.

    Every call raises StoreUnavailable rather than answer without what was acknowledged. `wanted` says up to which
    commit the tables have to be whole, where that is not all of it.
    """

    def __init__(self, engine: PatientEngine, ledger: Ledger, wanted: Callable[[], int] | None = None) -> None:
        self._bare = engine
        self._ledger = ledger
        self._wanted = wanted

    @property
    def _engine(self) -> PatientEngine:
        """The engine, when its tables have everything."""
        if self._ledger.pending_rows:
            if self._wanted is None:
                self._ledger.settle()
            else:
                self._ledger.settle_through(self._wanted())
        return self._bare

    def about(self, workspace_id: str, campaign_ids: Sequence[str]) -> "SettledEngine":
        """Return the engine for who reads message events of these campaigns alone, or nothing of the ledger."""
        touched = self._ledger.touched
        return SettledEngine(self._bare, self._ledger, lambda: touched.commit_of(workspace_id, campaign_ids))

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        self._engine.command(statement, parameters)

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that may take long and answers nothing."""
        self._engine.tend(statement, parameters)

    def watch(self) -> None:
        """Look whether all that was written is on the disk."""
        self._bare.watch()

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


def about(engine: Engine, workspace_id: str = "", campaign_ids: Iterable[str] = ()) -> Engine:
    """Return an engine for who reads message events of these campaigns alone: nothing else has to be settled for it."""
    return engine.about(workspace_id, tuple(campaign_ids)) if isinstance(engine, SettledEngine) else engine
