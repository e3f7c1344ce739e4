"""The data folder: one process owns the ledger in it, and leaves word where it can be reached."""

import fcntl
import json
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aftersend.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where the server that owns a folder can be reached. Who can read the folder may act as its operator."""

    url: str
    token: str


def _lock(kind: int) -> bytes:
    """A lock on a whole file as the system call wants it; the owner is the open file, not the process."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)


class FolderLock:
    """Holds a data folder for this process until it is let go, or the process ends."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(f"the data folder {folder} cannot be used: {error.strerror}") from error
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _lock(fcntl.F_WRLCK))
        except OSError as error:
            os.close(self._file)
            raise Misconfigured(f"the data folder {folder} is in use by another process") from error
        self._announcement = folder / "server.json"
        self._announcement.unlink(missing_ok=True)

    def announce(self, server: RunningServer) -> None:
        """Leave word where this process can be reached.

        Raises:
            Misconfigured: the folder cannot be written to.
        """
        try:
            file = os.open(self._announcement, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as writing:
                json.dump({"url": server.url, "token": server.token}, writing)
        except OSError as error:
            raise Misconfigured(f"the data folder cannot be written to: {error.strerror}") from error

    def release(self) -> None:
        """Let the folder go."""
        with suppress(OSError):  # where it cannot be taken away it is not believed, because nobody has the lock
            self._announcement.unlink(missing_ok=True)
        os.close(self._file)


def running_server(folder: Path) -> RunningServer | None:
    """Return the server that owns the folder, or None when nobody does."""
    try:
        file = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return None
    try:
        # To try the lock would be to hold it for a moment, and a server that starts meanwhile would give up.
        held = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _lock(fcntl.F_WRLCK))
    finally:
        os.close(file)
    return None if held[:2] == _lock(fcntl.F_UNLCK)[:2] else _announced(folder)


def _announced(folder: Path) -> RunningServer:
    try:
        told = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        return RunningServer(told["url"], told["token"])
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(
            f"the data folder {folder} is in use by a process that does not serve, or not yet; try again in a moment"
        ) from error


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
