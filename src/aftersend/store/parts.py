"""The parts of the engine's tables: folders with what an insert brought, or what several became by merging."""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

_PARTS = """
SELECT table, name, path, active, rows, bytes_on_disk FROM system.parts WHERE database = currentDatabase()"""
_DETACHED = "SELECT table, name, path, ifNull(reason, '') FROM system.detached_parts WHERE database = currentDatabase()"

_NOT_MEASURED = frozenset(
    {"checksums.txt", "columns.txt", "columns_substreams.txt", "default_compression_codec.txt", "metadata_version.txt"}
)
"""Files of a part that the engine leaves out of its size."""

_NAME = re.compile(r"all_(\d+)_(\d+)_(\d+)(?:_(\d+))?")
_KEPT, _KEEPING = "kept", "keeping"


@dataclass(frozen=True, slots=True)
class Part:
    """A part: it has the blocks from `first` to `last`, and the bytes that the engine wrote."""

    table: str
    name: str
    path: Path
    is_active: bool = False
    rows: int = 0
    size: int = 0

    @property
    def _numbers(self) -> tuple[int, ...]:
        found = _NAME.search(self.name)
        return tuple(int(number or 0) for number in found.groups()) if found else (0, -1, 0, 0)

    @property
    def first(self) -> int:
        """Return the number of its first block."""
        return self._numbers[0]

    @property
    def last(self) -> int:
        """Return the number of its last block."""
        return self._numbers[1]

    @property
    def level(self) -> int:
        """Return how often its rows were merged."""
        return self._numbers[2]

    @property
    def version(self) -> int:
        """Return the number of the last change to its rows, 0 for none."""
        return self._numbers[3]

    @property
    def is_inserted(self) -> bool:
        """Return whether it has what one insert brought, and takes the place of no other."""
        return self.first == self.last and not self.level and not self.version

    def covers(self, other: "Part") -> bool:
        """Return whether it has all blocks of another part of its table."""
        return self.table == other.table and self.first <= other.first <= other.last <= self.last


def read_parts(client: Client) -> list[Part]:
    """Return all parts, also those that others have taken the place of and that are not deleted yet."""
    return [
        Part(table, name, Path(path), bool(active), rows, size)
        for table, name, path, active, rows, size in client.query(_PARTS).result_rows
    ]


def parts_kept(client: Client, reason: str = _KEPT) -> list[Part]:
    """Return the parts that were set aside for a reason; those that were kept are there under their own names, too."""
    return [
        Part(table, name, Path(path))
        for table, name, path, why in client.query(_DETACHED).result_rows
        if why.startswith(reason) or (reason == _KEPT and not why)
    ]


def is_whole(part: Part) -> bool:
    """Return whether as much is on the disk as the engine wrote."""
    try:
        with os.scandir(part.path) as files:
            sizes = {file.name: file.stat().st_size for file in files}
    except FileNotFoundError:
        return part.is_active  # one that was active has been merged since, and another one has its rows
    measured = sum(size for name, size in sizes.items() if name not in _NOT_MEASURED)
    return measured >= part.size and all(sizes.get(name, 1) for name in _NOT_MEASURED)


def keep(parts: Iterable[Part]) -> None:
    """Set all of the parts aside under other names, or none, which takes no room: their files get second names."""
    folders = {part: part.path.parent / "detached" / f"{_KEEPING}_{part.name}" for part in parts}
    try:
        for part, folder in folders.items():
            folder.mkdir()
            for file in part.path.iterdir():
                os.link(file, folder / file.name)
    except OSError:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        raise
    # Only now: where some are not kept yet, those that are must not pass for all there was.
    for part, folder in folders.items():
        folder.rename(folder.with_name(f"{_KEPT}_{part.name}"))


def parts_being_kept(client: Client) -> list[Part]:
    """Return the parts that were being kept when a process ended."""
    return parts_kept(client, _KEEPING)


def kept_under(part: Part) -> str:
    """Give a part that was kept the name under which the engine takes it back, and return that."""
    name = part.name.removeprefix(f"{_KEPT}_")
    part.path.rename(part.path.with_name(name))
    return name
