"""What a backup says about itself."""

from datetime import datetime

import msgspec

FORMAT = 1


class StoredFile(msgspec.Struct, frozen=True):
    """A file: its name inside its part, its size and its SHA-256."""

    name: str
    size: int
    sha256: str


class StoredPart(msgspec.Struct, frozen=True):
    """A part of a table: its name, its address in the repository, its files."""

    name: str
    address: str
    files: list[StoredFile]

    @property
    def size(self) -> int:
        """Return its bytes."""
        return sum(file.size for file in self.files)


class Manifest(msgspec.Struct, frozen=True):
    """A whole backup."""

    format: int
    name: str
    version: str
    taken_at: datetime
    ledger_steps: dict[int, str]
    registry_step: str
    rows: dict[str, int]
    tables: dict[str, list[StoredPart]]
    registry: StoredFile

    @property
    def size(self) -> int:
        """Return the bytes that a restore copies."""
        return self.registry.size + sum(part.size for parts in self.tables.values() for part in parts)
