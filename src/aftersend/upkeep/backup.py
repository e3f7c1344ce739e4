"""A backup: a snapshot copied into a repository, and a repository's backup copied into a new ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from aftersend.errors import Misconfigured
from aftersend.registry.database import known_steps
from aftersend.store.engine import Engine
from aftersend.store.frozen import STEPS_TABLE, attach, check_name, count_tables, ledger_tables
from aftersend.store.migrate import steps
from aftersend.upkeep.files import explained
from aftersend.upkeep.manifest import FORMAT, Manifest, StoredPart
from aftersend.upkeep.repository import Repository
from aftersend.upkeep.snapshot import Snapshot

Note = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds, and how much of it was not there before."""

    manifest: Manifest
    new_parts: int
    new_bytes: int


def snapshot_size(snapshot: Snapshot) -> int:
    """Return the bytes of a snapshot's parts."""
    with explained("the snapshot cannot be read; take another one"):
        folders = (Path(folder) for folder in snapshot.tables.values())
        return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def store_snapshot(repository: Repository, snapshot: Snapshot, note: Note) -> BackupReport:
    """Copy what the repository lacks of a snapshot, and write its manifest last."""
    tables: dict[str, list[StoredPart]] = {}
    new_parts = new_bytes = 0
    with explained("the backup cannot be made"):
        for table, folder in snapshot.tables.items():
            tables[table] = []
            for source in _parts(Path(folder)):
                part, copied = repository.add_part(source, note)
                tables[table].append(part)
                new_parts += copied > 0
                new_bytes += copied
            if snapshot.rows[table] and not tables[table]:
                raise Misconfigured(f"the snapshot of {table} is gone; another backup may have ended it: start again")
        registry = repository.add_registry(Path(snapshot.registry))
        manifest = Manifest(
            format=FORMAT,
            name=f"{snapshot.taken_at:%Y%m%dT%H%M%S.%fZ}",
            version=version("aftersend"),
            taken_at=snapshot.taken_at,
            ledger_steps=snapshot.ledger_steps,
            registry_step=snapshot.registry_step,
            rows=snapshot.rows,
            tables=tables,
            registry=registry,
        )
        repository.publish(manifest)
    return BackupReport(manifest, new_parts, new_bytes)


def _parts(folder: Path) -> list[Path]:
    # A table without rows has no folder. What the engine has set aside is no part of the table.
    return sorted(part for part in folder.glob("*_*") if part.is_dir())


def check_restorable(manifest: Manifest) -> None:
    """Let a backup through that this version can restore.

    Raises:
        Misconfigured: its tables have a layout that this version does not know.
    """
    ours = {step.number: step.checksum for step in steps()}
    for number, checksum in manifest.ledger_steps.items():
        if number not in ours:
            raise Misconfigured(f"the backup's ledger has step {number}, unknown to this version; upgrade aftersend")
        if ours[number] != checksum:
            raise Misconfigured(
                f"step {number} of the backup's ledger differs from this version's; reinstall aftersend"
            )
    if manifest.registry_step not in known_steps():
        raise Misconfigured(
            f"the backup's registry has step {manifest.registry_step}, unknown to this version; upgrade aftersend"
        )


def restore_tables(
    repository: Repository, manifest: Manifest, engine: Engine, ledger_folder: Path, note: Note
) -> dict[str, int]:
    """Fill the empty tables of a migrated ledger, and return how many rows each has then.

    Raises:
        Misconfigured: a file is damaged, or a table has not as many rows as it had.
    """
    folders = {table.name: ledger_folder / table.folder / "detached" for table in ledger_tables(engine)}
    with explained("the backup cannot be restored"):
        for table, parts in manifest.tables.items():
            if table == STEPS_TABLE:
                continue
            if table not in folders:
                raise Misconfigured(
                    f"the backup has a table {table!r} that this version does not know; upgrade aftersend"
                )
            for part in parts:
                check_name(part.name)
                repository.fetch_part(part, folders[table] / part.name, note)
                attach(engine, table, part.name)
    rows = count_tables(engine)
    for table, expected in manifest.rows.items():
        if table != STEPS_TABLE and rows[table] != expected:
            raise Misconfigured(f"{table} has {rows[table]:,} rows and had {expected:,}; restore another backup")
    return rows
