"""What the operator is told when the disk, or whatever holds the data, refuses: the cause in words, and no path."""

import os
import shutil
from pathlib import Path

from aftersend.errors import StoreUnavailable

_LEAST_FREE = 4 * 2**20
"""Bytes. With less the engine sets nothing aside for a block, so no batch can be taken in."""

DAMAGED = "a file of it is damaged"

_CAUSES = (
    ("its disk is full", ("No space left on device", "NOT_ENOUGH_SPACE", "Disk quota exceeded")),
    ("its folder is read-only", ("Read-only file system", "Permission denied", "Operation not permitted")),
    ("its disk does not work", ("Input/output error",)),
    (
        DAMAGED,
        (
            "Corruption",
            "CHECKSUM_DOESNT_MATCH",
            "CORRUPTED_DATA",
            "TOO_LARGE_SIZE_COMPRESSED",
            "FILE_DOESNT_EXIST",
            "CANNOT_READ_ALL_DATA",
        ),
    ),
    ("its files may not grow any more", ("File too large",)),
    ("the system refused a write", ("a write was refused",)),
)
"""By what an engine or the system says, in the order in which they are looked for."""


class TooMuchMemory(Exception):
    """A statement would take more memory than it says it may; whoever asked can do so in smaller portions."""


_TOO_MUCH_MEMORY = "Query memory limit exceeded"


def takes_too_much_memory(reason: str) -> bool:
    """Return whether the engine refused a statement for the bound of its own, not for that of the whole process."""
    return _TOO_MUCH_MEMORY in reason


def unavailable(what: str, reason: str) -> StoreUnavailable:
    """Return the error that says what cannot be used and, where the reason is one of the known ones, why.

    The reason itself names files and statements: it is for the log, not for whoever asked.
    """
    cause = next((cause for cause, words in _CAUSES if any(word in reason for word in words)), None)
    told = f": {cause}" if cause else ""
    return StoreUnavailable(f"{what} right now{told}; nothing was kept, send it again")


def check_disk(what: str, folder: Path) -> None:
    """Write a few bytes into the folder, durably, as a commit would.

    Raises:
        StoreUnavailable: that cannot be done, or there is no room for a batch.
    """
    file = folder / "write-check"
    try:
        free = shutil.disk_usage(folder).free
        with file.open("wb") as writing:
            writing.write(b"aftersend")
            writing.flush()
            os.fsync(writing.fileno())
        file.unlink(missing_ok=True)
    except OSError as error:
        raise unavailable(f"{what} cannot be written to", str(error)) from error
    if free < _LEAST_FREE:
        raise unavailable(f"{what} cannot be written to", "No space left on device")
