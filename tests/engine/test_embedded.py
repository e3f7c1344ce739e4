"""The embedded engine on a real folder: an answer that fails leaves nothing behind."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.embedded import EmbeddedEngine
from server import Server

FAILS_LATE = (
    "SELECT number, throwIf(number = 2000000) FROM numbers(3000000) SETTINGS max_block_size = 10000, max_threads = 1"
)
"""It has written many rows when it fails."""

Read = Callable[[EmbeddedEngine, str], Any]


@pytest.fixture
def engine(server: Server) -> Iterator[EmbeddedEngine]:
    """Open an engine with one connection for questions; a process can have one folder open, which is the server's."""
    opened = EmbeddedEngine(server.folder, readers=1)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "read",
    [
        EmbeddedEngine.select,
        EmbeddedEngine.columns,
        EmbeddedEngine.select_patiently,
        EmbeddedEngine.columns_patiently,
        lambda engine, statement: list(engine.stream(statement)),
    ],
    ids=["select", "columns", "select_patiently", "columns_patiently", "stream"],
)
def test_the_next_answer_is_its_own(engine: EmbeddedEngine, read: Read) -> None:
    """What was written of an answer before it failed is not the beginning of the next one on the connection."""
    with pytest.raises(StoreUnavailable):
        read(engine, FAILS_LATE)

    assert engine.select("SELECT 1") == [(1,)]
    assert engine.columns("SELECT 2 AS two").to_pylist() == [{"two": 2}]
    assert engine.columns_patiently("SELECT 3 AS three").to_pylist() == [{"three": 3}]
