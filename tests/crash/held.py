"""Prints what the tables of a ledger hold, read with the engine and nothing else; no server may have the folder open.

Run as a program: the engine can have one folder open in a process.
"""

import json
import sys
from pathlib import Path

from aftersend.store.embedded import EmbeddedEngine

if __name__ == "__main__":
    engine = EmbeddedEngine(Path(sys.argv[1]), readers=1)
    held = {
        table: [list(row) for row in engine.select(f"SELECT workspace_id, event_id FROM {table}")]
        for table in ("message_events", "user_events")
    }
    engine.close()
    sys.stdout.write(json.dumps(held))
