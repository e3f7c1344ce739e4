"""Prints what a ledger holds, its tables and its journal, read with nothing else; no server may have the folder open.

Run as a program: the engine can have one folder open in a process.
"""

import json
import sys
from pathlib import Path

from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.journal import Journal
from aftersend.store.seniority import senior


def held(folder: Path) -> dict[str, list[list[str]]]:
    """Return workspace and id of every row, by table; of a commit that is in both, those of the table."""
    engine = EmbeddedEngine(folder, readers=1)
    records = [
        record
        for file in folder.with_name(f"{folder.name}-journal").glob("[01]")
        for record in Journal(file).read().records
    ]
    found = {}
    for table in ("message_events", "user_events"):
        rows = engine.select(f"SELECT workspace_id, event_id, seniority FROM {table}")
        there = {row[2] for row in rows}
        late = [record.rows for record in records if record.table == table and senior(record.commit) not in there]
        pending = [(row["workspace_id"], row["event_id"]) for one in late for row in one.to_pylist()]
        found[table] = [*([row[0], row[1]] for row in rows), *map(list, pending)]
    engine.close()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(held(Path(sys.argv[1]))))
