"""Copies of files that are on disk when they are said to be, and are what they are said to be."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aftersend.errors import Misconfigured
from aftersend.store.folder import sync_folder

_PIECE = 1 << 20


def copy_file(source: Path, target: Path, note: Callable[[int], None]) -> tuple[int, str]:
    """Copy a file durably, and return its size and its SHA-256; what was copied is told piece by piece."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(_PIECE):
            digest.update(piece)
            writing.write(piece)
            size += len(piece)
            note(len(piece))
        writing.flush()
        os.fsync(writing.fileno())
    return size, digest.hexdigest()


def write_file(target: Path, content: bytes) -> None:
    """Put a file in place whole or not at all, durably."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    with new.open("wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    put_in_place(new, target)


def put_in_place(new: Path, target: Path) -> None:
    """Give a file or a folder its name, durably."""
    new.rename(target)
    sync_folder(target.parent)


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn what the system says about files into a sentence.

    Raises:
        Misconfigured: a file could not be read or written.
    """
    try:
        yield
    except OSError as error:
        raise Misconfigured(f"{action}: {error.filename or 'a file'}: {error.strerror}") from error
