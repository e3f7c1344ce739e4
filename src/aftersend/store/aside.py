"""The engine for work that nobody waits for: its reads let those that somebody waits for go first."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa

from aftersend.store.engine import Parameters, PatientEngine


class AsideEngine:
    """Reads one statement at a time, on one core, between the reads of everybody else. It writes nothing."""

    def __init__(self, engine: PatientEngine) -> None:
        self._engine = engine

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Run a query and return all its rows."""
        return self._engine.select_patiently(statement, parameters)

    def columns(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query and return all its columns."""
        return self._engine.columns_patiently(statement, parameters)

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Run a query at once: it would only wait for the next one of the same work."""
        return _done(partial(self.select, statement, parameters))

    def start_columns(self, statement: str, parameters: Parameters | None = None) -> "Future[pa.Table]":
        """Run a query whose columns are wanted at once."""
        return _done(partial(self.columns, statement, parameters))

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Run a query and yield its rows as one block."""
        yield self.select(statement, parameters)

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Refuse: this work changes nothing."""
        raise NotImplementedError

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Refuse: this work changes nothing."""
        raise NotImplementedError

    def watch(self) -> None:
        """Refuse: whoever writes does that."""
        raise NotImplementedError

    def insert(self, table: str, rows: pa.Table) -> None:
        """Refuse: this work changes nothing."""
        raise NotImplementedError

    def close(self) -> None:
        """Have nothing to close: the engine is somebody else's."""


Found = TypeVar("Found")


def _done(read: Callable[[], Found]) -> "Future[Found]":
    done: Future[Found] = Future()
    try:
        done.set_result(read())
    except Exception as error:  # noqa: BLE001 - whoever asks for the result is told, as with any other engine
        done.set_exception(error)
    return done
