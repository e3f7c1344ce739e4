"""A ledger whose writes the system refuses in the middle of them, in a process that does nothing else.

The system lets no file of the process grow for a while, as on a disk that has become full. What the ledger says and has
then and afterwards is printed as JSON: `python -m refused_writes SCENARIO FOLDER`.
"""

import json
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from aftersend.errors import StoreUnavailable
from aftersend.store import written
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.migrate import migrate
from builders import message_event
from objects import message_rows

EVENTS = 300


def _rows(commit: int) -> pa.Table:
    events = [message_event(event_id=f"e{commit}-{place}", user_id=f"u{place}") for place in range(EVENTS)]
    rows = message_rows(*events).rows
    return rows.append_column("seniority", pa.repeat(pa.scalar(2**64 - 1 - commit, pa.uint64()), rows.num_rows))


@contextmanager
def _no_writes() -> Iterator[None]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def _refused_from_the_engine_on() -> Iterator[None]:
    """Refuse what the engine writes of an insert, not what is handed to it in a file."""
    insert = Client.insert_arrow

    def inserting(client: Any, table: str, rows: pa.Table, **more: Any) -> Any:
        client.command(f"CREATE OR REPLACE TABLE handed AS {table} ENGINE = Memory")
        insert(client, "handed", rows, **more)
        with _no_writes():
            return client.command(f"INSERT INTO {table} SELECT * FROM handed")

    with patch.object(Client, "insert_arrow", inserting):
        yield


def _told(call: Callable[[], object]) -> str:
    try:
        call()
    except StoreUnavailable as error:
        return error.message
    return "done"


def _held(engine: EmbeddedEngine) -> list[int]:
    """Read every row, and return how many there are of each commit that has any."""
    rows = engine.select(
        "SELECT seniority, countIf(user_id != ''), count() FROM message_events GROUP BY seniority ORDER BY 1 DESC"
    )
    assert all(read == counted for _, read, counted in rows)
    return [counted for _, _, counted in rows]


def insert(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse an insert, and repeat it."""
    engine.insert("message_events", _rows(1))
    with _refused_from_the_engine_on():
        refused = _told(lambda: engine.insert("message_events", _rows(2)))
    engine.watch()
    held = _held(engine)
    engine.insert("message_events", _rows(2))
    return {"refused": refused, "held": held, "repeated": _held(engine)}


def merge(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse a merge."""
    _refuse_a_merge(engine)
    told = _told(engine.watch)
    engine.watch()
    return {"told": told, "held": _held(engine), "merges": _merges(engine), "aside": _aside(engine)}


def merge_too_late(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse a merge, and notice it when the parts that were merged are gone."""
    _refuse_a_merge(engine)
    for (path,) in engine.select("SELECT path FROM system.parts WHERE table = 'message_events' AND NOT active"):
        shutil.rmtree(path)
    told = [_told(call) for call in (engine.watch, engine.watch, lambda: _held(engine))]
    engine.insert("message_events", _rows(4))
    rows = engine.select("SELECT rows FROM system.parts WHERE table = 'message_events' AND active AND rows > 0")
    return {"told": told, "rows": sorted(number for (number,) in rows)}


def exchange(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse a merge, and fail once between taking out what became of it and bringing back what there was."""
    _refuse_a_merge(engine)
    told = [_told(engine.watch)]
    with patch.object(written, "_attach_kept", side_effect=OSError("Input/output error")):
        told.append(_told(engine.watch))
    told += [_told(lambda: _held(engine)), _told(engine.watch)]
    return {"told": told, "held": _held(engine)}


def merge_and_end(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse a merge, notice it, and end at once, as if killed."""
    _refuse_a_merge(engine)
    return {"told": _told(engine.watch), "aside": _aside(engine)}


def begin_again(engine: EmbeddedEngine) -> dict[str, Any]:
    """Open what another process has left."""
    return {"held": _held(engine), "merges": _merges(engine), "aside": _aside(engine)}


def removal(engine: EmbeddedEngine) -> dict[str, Any]:
    """Refuse to write anew what has lost some of its rows, and repeat it."""
    engine.insert("message_events", _rows(1))
    statement = "ALTER TABLE message_events DELETE WHERE user_id = 'u7' SETTINGS mutations_sync = 2"
    with _no_writes():
        refused = _told(lambda: engine.tend(statement))
    engine.watch()
    held = _held(engine)
    engine.tend(statement)
    return {"refused": refused, "held": held, "repeated": _held(engine)}


def _refuse_a_merge(engine: EmbeddedEngine) -> None:
    for commit in range(1, 4):
        engine.insert("message_events", _rows(commit))
    with _no_writes():
        engine.merge_refused()  # type: ignore[attr-defined]


def _merges(engine: EmbeddedEngine) -> int:
    """Have everything merged, and return how many parts there are then."""
    engine.tend("OPTIMIZE TABLE message_events FINAL")
    return len(engine.select("SELECT 1 FROM system.parts WHERE table = 'message_events' AND active AND rows > 0"))


def _aside(engine: EmbeddedEngine) -> int:
    return len(engine.select("SELECT name FROM system.detached_parts"))


class _Engine(EmbeddedEngine):
    """An engine whose merges can be had by asking for them, without looking what became of them."""

    def merge_refused(self) -> None:
        """Merge all parts."""
        self._keeper.command("OPTIMIZE TABLE message_events FINAL")


SCENARIOS = {
    call.__name__: call for call in (insert, merge, merge_too_late, exchange, merge_and_end, begin_again, removal)
}


def main() -> None:
    """Run as a program."""
    _, scenario, folder = sys.argv
    engine = _Engine(Path(folder) / "ledger")
    migrate(engine)
    sys.stdout.write(json.dumps(SCENARIOS[scenario](engine)))
    sys.stdout.flush()
    os._exit(0)  # nothing is closed: what there is, is on the disk


if __name__ == "__main__":
    main()
