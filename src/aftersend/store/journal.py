"""A journal: rows of commits, on disk before anybody is told so, until the engine's tables have them.

A file of records, each with its length and a checksum. What a write that failed has left is cut off before anything
else is written. A record that is not whole is the end of the file if nothing whole comes after it: nobody was told of
it. With whole ones after it, it is damage, and a copy is kept for whoever wants to look.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import structlog

from aftersend.errors import StoreUnavailable
from aftersend.store.folder import sync_folder
from aftersend.store.refusals import unavailable

log = structlog.get_logger(__name__)

_MAGIC = b"AFS1"
_HEAD = struct.Struct("<4sIQQ16s")
"""What every record begins with, the checksum of all that follows it, the bytes of rows, the commit, the table."""

_CHECKED_FROM = 8
_ROOM = 8 * 2**20
"""Bytes. The tables have to take in what the journal does, and the engine wants more for that than they are."""


@dataclass(frozen=True, slots=True)
class Record:
    """The new rows of a commit, with their seniority, the table that they are for, and the bytes they take here."""

    commit: int
    table: str
    rows: pa.Table
    size: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: whole records, whether it ends in one that is not whole, and whether any was damaged."""

    records: list[Record]
    length: int
    is_torn: bool
    is_damaged: bool


class Journal:
    """One file. It is opened by its name for every write, so that a folder nobody may write to any more is noticed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._length = 0
        self.is_spoiled = False
        """Whether a write that failed has left something that could not be cut off."""
        with _explained("opened"):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            sync_folder(file.parent)

    @property
    def is_empty(self) -> bool:
        """Return whether a crash now would bring back nothing from here."""
        return not self._length and not self.is_spoiled

    def append(self, record: Record) -> Record:
        """Write a record, and return it with its size; it is durable on return.

        Raises:
            StoreUnavailable: it is not, and it will not come back unless the process ends before it could be cut off.
        """
        self.mend()
        rows = _packed(record.rows)
        head = _head(record, rows)
        with _explained("written to"):
            self._check_room(len(rows))
            self._write(head, rows)
        self._length += len(head) + len(rows)
        return replace(record, size=len(rows))

    def _check_room(self, size: int) -> None:
        # Where the tables cannot take in what is acknowledged nobody can be answered, so that is looked at before.
        disk = os.statvfs(self.file.parent)
        if disk.f_bavail * disk.f_frsize < _ROOM + 2 * (self._length + size):
            raise OSError("No space left on device")

    def _write(self, *pieces: bytes | pa.Buffer) -> None:
        """Write at the end, durably, or leave the file as it was."""
        with self._opened() as number:
            size = os.fstat(number).st_size
            if size != self._length:
                # What is too much can be cut off. What is missing is in memory, and the file is emptied after that.
                self.is_spoiled = size > self._length
                raise OSError("Input/output error: the journal is not as long as it was written")
            self.is_spoiled = True
            try:
                for piece in pieces:
                    _write_all(number, memoryview(piece))
                os.fdatasync(number)
            except BaseException:
                with suppress(StoreUnavailable):
                    self.mend()
                raise
            self.is_spoiled = False

    @contextmanager
    def _opened(self) -> Iterator[int]:
        number = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            yield number
        finally:
            os.close(number)

    def mend(self) -> None:
        """Cut off what a write that failed has left; nothing else may be written anywhere before that.

        Raises:
            StoreUnavailable: it is still there, and would come back after a crash.
        """
        if self.is_spoiled:
            self._cut(self._length)

    def empty(self) -> None:
        """Let everything go, durably.

        Raises:
            StoreUnavailable: it is still there.
        """
        self._cut(0)

    def _cut(self, length: int) -> None:
        with _explained("written to"), self._opened() as number:
            if os.fstat(number).st_size > length:
                os.ftruncate(number, length)
            os.fsync(number)
        self._length = length
        self.is_spoiled = False

    def probe(self) -> None:
        """Find out whether a record could be written, by writing something that is none.

        Raises:
            StoreUnavailable: it could not.
        """
        self.mend()
        with _explained("written to"):
            self._check_room(0)
            self._write(b"\0")
            self.is_spoiled = True
            self.mend()

    def read(self) -> Contents:
        """Read what is there, as after a crash.

        Raises:
            StoreUnavailable: it cannot be read, or a damaged file cannot be kept beside.
        """
        with _explained("read"):
            held = self.file.read_bytes()
            found = _contents(held)
            if found.is_damaged:
                self.set_aside()
        # What is not whole at the end is no part of it, and is cut off before anything is written.
        self._length, self.is_spoiled = found.length, len(held) != found.length
        return found

    def set_aside(self) -> None:
        """Keep a copy of a file some of which cannot be read; the same one is kept once."""
        held = self.file.read_bytes()
        aside = self.file.with_name(f"damaged-{zlib.crc32(held):08x}")
        log.error("journal_damaged", set_aside=str(aside), bytes=len(held))
        with _explained("written to"):
            aside.write_bytes(held)
            sync_folder(aside.parent)


def check_set_aside(folder: Path) -> None:
    """Find out whether a damaged journal was set aside.

    Raises:
        StoreUnavailable: one was, and some of its events are missing.
    """
    if found := sorted(str(file) for file in folder.glob("damaged-*")):
        log.error("journals_set_aside", files=found)
        raise StoreUnavailable(
            "the ledger is not complete: a damaged journal was set aside, and some of its events are missing. Restore "
            "a backup; or send them again, and then remove what was set aside, which the log names"
        )


def _packed(rows: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue()


def _head(record: Record, rows: pa.Buffer) -> bytes:
    head = bytearray(_HEAD.pack(_MAGIC, 0, len(rows), record.commit, record.table.encode()))
    struct.pack_into("<I", head, len(_MAGIC), _checksum(head, rows))
    return bytes(head)


def _checksum(head: bytes | bytearray | memoryview, rows: pa.Buffer | memoryview) -> int:
    return zlib.crc32(rows, zlib.crc32(head[_CHECKED_FROM:]))


def _write_all(number: int, piece: memoryview) -> None:
    while piece:
        piece = piece[os.write(number, piece) :]


def _contents(held: bytes) -> Contents:
    """Read records one after another; after one that is not whole look for the next that is."""
    records: list[Record] = []
    place = end = 0
    is_damaged = is_torn = False
    while place >= 0 and place < len(held):
        found = _record(held, place, records[-1].commit if records else 0)
        if found is None:
            is_torn = True
            place = held.find(_MAGIC, place + 1)
            continue
        is_damaged = is_damaged or is_torn
        is_torn = False
        records.append(found[0])
        place = end = found[1]
    return Contents(records, end, is_torn, is_damaged)


def _record(held: bytes, place: int, last: int) -> tuple[Record, int] | None:
    """The record at a place, and where it ends; none where nothing whole and later than the last one begins."""
    start = place + _HEAD.size
    if start > len(held):
        return None
    magic, checksum, size, commit, table = _HEAD.unpack_from(held, place)
    if magic != _MAGIC or start + size > len(held) or commit <= last:
        return None
    view = memoryview(held)
    rows = view[start : start + size]
    if _checksum(view[place:start], rows) != checksum:
        return None
    held_rows = pa.ipc.open_stream(pa.py_buffer(rows)).read_all()
    return Record(commit, table.rstrip(b"\0").decode(), held_rows, size), start + size


@contextmanager
def _explained(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("journal_refused", action=action, reason=str(error)[:500])
        raise unavailable(f"the journal cannot be {action}", str(error)) from error
