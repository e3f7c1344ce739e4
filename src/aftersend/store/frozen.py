"""Frozen parts: the ledger's files as they were at one moment, for a backup, and how they come back.

Parts never change, so to freeze a table is to make hard links of its parts; it takes milliseconds at any size.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from aftersend.errors import Misconfigured
from aftersend.store.engine import Engine

STEPS_TABLE = "schema_steps"
"""The table of migrations that were applied. A new ledger has its own."""

_MERGED_BY_TIME = frozenset({"removals", "conflicts"})
"""Tables in which a later row replaces an earlier one whenever the engine merges."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """A table, and where its parts are, from the ledger's folder on."""

    name: str
    folder: str


def ledger_tables(engine: Engine) -> list[LedgerTable]:
    """Return every table that keeps something; the book of removals comes first.

    What it says must never be ahead of what the other tables hold: a removal that has not ended goes on by itself
    after a restart, one that is noted as done does not.
    """
    rows = engine.select(
        """SELECT name, data_paths[1] FROM system.tables
        WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'write_check'
        ORDER BY name != 'removals', name"""
    )
    # The end of the path, `store/abc/abc…`, is the same where the table is frozen. The embedded engine tells no uuid.
    return [LedgerTable(name, "/".join(Path(path).parts[-3:])) for name, path in rows]


def freeze(engine: Engine, name: str) -> dict[str, str]:
    """Freeze every table under a name; return where the parts of each are, from the ledger's folder on."""
    found = {}
    for table in ledger_tables(engine):
        engine.command(f"ALTER TABLE {table.name} FREEZE WITH NAME '{check_name(name)}'")
        found[table.name] = f"shadow/{name}/{table.folder}"
    return found


def thaw(ledger_folder: Path, pattern: str) -> None:
    """Let go of what was frozen under the names that match."""
    for frozen in (ledger_folder / "shadow").glob(pattern):
        shutil.rmtree(frozen, ignore_errors=True)


def is_frozen(ledger_folder: Path) -> bool:
    """Return whether anything is frozen: such files stay whatever the tables let go."""
    shadow = ledger_folder / "shadow"
    return shadow.is_dir() and any(entry.is_dir() for entry in shadow.iterdir())


def count_tables(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has, whatever the engine has merged meanwhile."""
    return {
        table.name: engine.select(f"SELECT count() FROM {table.name}{_final(table.name)}")[0][0]
        for table in ledger_tables(engine)
    }


def _final(table: str) -> str:
    return " FINAL" if table in _MERGED_BY_TIME else ""


def applied_steps(engine: Engine) -> dict[int, str]:
    """Return the numbers and checksums of the migrations that the ledger has."""
    rows = engine.select(f"SELECT number, checksum FROM {STEPS_TABLE} ORDER BY number")
    return {number: checksum for number, checksum in rows}  # noqa: C416 - a row is no tuple to the type checker


def attach(engine: Engine, table: str, part: str) -> None:
    """Make a part that lies in the table's folder `detached` one of its own."""
    engine.command(f"ALTER TABLE {check_name(table)} ATTACH PART '{check_name(part)}'")


def check_name(name: str) -> str:
    """Return the name of a table, a part or a snapshot, which can stand in a statement and in a path.

    Raises:
        Misconfigured: it cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{name!r} is no name of a table or a part; the backup has been altered")
    return name
