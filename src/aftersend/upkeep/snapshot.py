"""What a snapshot is, for whoever copies one: nothing of the engine is needed for that."""

from datetime import datetime

import msgspec


class Snapshot(msgspec.Struct, frozen=True):
    """What a snapshot holds, and where: folders and files on the machine that took it."""

    id: str
    taken_at: datetime
    rows: dict[str, int]
    tables: dict[str, str]
    """The folder with the parts of each table."""
    ledger_steps: dict[int, str]
    registry_step: str
    registry: str
    """The file with the rows of the registry."""
