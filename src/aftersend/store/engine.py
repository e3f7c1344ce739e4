"""The door to the engine: nine calls, and every read and write of the ledger goes through them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import pyarrow as pa

Parameters = Mapping[str, Any]
"""Values for the `{name:Type}` places of a statement. Users' values only ever travel here."""


class Engine(Protocol):
    """What the ledger asks of an engine. Every call raises StoreUnavailable when the engine cannot."""

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that answers nothing."""
        ...

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Run a statement that may take long and answers nothing, beside reads and inserts; one at a time."""
        ...

    def insert(self, table: str, rows: pa.Table) -> None:
        """Insert the rows as one block, and return when they are durable and visible."""
        ...

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query and return all its rows."""
        ...

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Begin a query beside whatever else runs, and return its rows to come."""
        ...

    def columns(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query and return all its columns, for whoever computes with many rows."""
        ...

    def start_columns(self, statement: str, parameters: Parameters | None = None) -> "Future[pa.Table]":
        """Begin a query beside whatever else runs, and return its columns to come."""
        ...

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Run a query and yield its rows block by block, in bounded memory."""
        ...

    def watch(self) -> None:
        """Look whether all that was written is on the disk, and put right what is not."""
        ...

    def close(self) -> None:
        """Let the data folder go."""
        ...


class PatientEngine(Engine, Protocol):
    """An engine that also has reads which nobody waits for: they let all others go first."""

    def select_patiently(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query that nobody waits for, and return all its rows."""
        ...

    def columns_patiently(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query that nobody waits for, and return all its columns."""
        ...
