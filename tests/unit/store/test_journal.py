"""The journal on real files: what is whole comes back, what is torn does not, and what is damaged is told."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.journal import Journal, Record, check_set_aside


def _record(commit: int, *words: str) -> Record:
    column = pa.chunked_array([pa.array([word]).dictionary_encode() for word in words])
    return Record(commit, "message_events", pa.table({"word": column}))


def _read(journal: Journal) -> list[tuple[int, str, list[str]]]:
    """What another process would read."""
    found = Journal(journal.file).read().records
    return [(record.commit, record.table, record.rows["word"].to_pylist()) for record in found]


@pytest.fixture(name="journal")
def new_journal(tmp_path: Path) -> Journal:
    """Return a journal with two records."""
    journal = Journal(tmp_path / "journal" / "0")
    journal.append(_record(1, "a", "b"))
    journal.append(_record(2, "c"))
    return journal


BOTH = [(1, "message_events", ["a", "b"]), (2, "message_events", ["c"])]


def test_what_was_appended_is_read(journal: Journal) -> None:
    """Records come back in order, with their dictionaries, as often as they are read; an emptied file has none."""
    assert [_read(journal), _read(journal)] == [BOTH, BOTH]
    assert not journal.is_empty

    journal.empty()

    assert (journal.is_empty, _read(journal), journal.file.stat().st_size) == (True, [], 0)
    journal.append(_record(3, "d"))
    assert _read(journal) == [(3, "message_events", ["d"])]


def test_a_torn_end_is_left_out(journal: Journal) -> None:
    """Wherever the last record is cut off, the first one is read, nothing is damaged, and appending goes on."""
    held = journal.file.read_bytes()
    first = held.index(b"AFS1", 1)
    for length in range(first, len(held)):
        journal.file.write_bytes(held[:length])
        found = Journal(journal.file).read()
        assert ([record.commit for record in found.records], found.is_torn, found.is_damaged) == (
            [1],
            length > first,
            False,
        )
    again = Journal(journal.file)
    again.read()
    assert not again.is_empty
    again.append(_record(2, "other"))
    assert _read(journal) == [BOTH[0], (2, "message_events", ["other"])]


def _flip(held: bytes, place: int) -> bytes:
    return held[:place] + bytes([held[place] ^ 0x10]) + held[place + 1 :]


@pytest.mark.parametrize("place", [0, 5, 9, 20, 30, 60, -1], ids=str)
def test_damage_in_the_middle_is_told(journal: Journal, place: int) -> None:
    """A record that has been altered, with a whole one after it, is no end: a copy is kept once, and named."""
    held = journal.file.read_bytes()
    journal.file.write_bytes(_flip(held, place if place >= 0 else held.index(b"AFS1", 1) - 1))
    check_set_aside(journal.file.parent)

    assert _read(journal) == [BOTH[1]]
    assert _read(journal) == [BOTH[1]]

    (aside,) = journal.file.parent.glob("damaged-*")
    assert aside.read_bytes() == journal.file.read_bytes()
    with pytest.raises(StoreUnavailable, match="the ledger is not complete: a damaged journal was set aside"):
        check_set_aside(journal.file.parent)
    aside.unlink()
    check_set_aside(journal.file.parent)


def test_an_altered_end_is_torn(journal: Journal) -> None:
    """Of the last record nobody can tell from the file alone; who knows more can have the file kept."""
    held = journal.file.read_bytes()
    journal.file.write_bytes(_flip(held, len(held) - 1))
    again = Journal(journal.file)

    found = again.read()

    assert (len(found.records), found.is_torn, found.is_damaged) == (1, True, False)
    again.set_aside()
    with pytest.raises(StoreUnavailable):
        check_set_aside(journal.file.parent)


def _refuse(*_: object) -> int:
    raise OSError("Input/output error")


def _write_half(number: int, piece: memoryview) -> int:
    os.pwrite(number, piece[: len(piece) // 2], os.fstat(number).st_size)
    raise OSError("No space left on device")


@pytest.mark.parametrize(
    ("call", "instead", "cause"),
    [("write", _write_half, "disk is full"), ("fdatasync", _refuse, "disk does not work"), ("open", _refuse, "work")],
)
def test_a_failed_append_leaves_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, call: str, instead: Callable[..., int], cause: str
) -> None:
    """What could not be written durably is cut off at once, and later records follow the last good one."""
    with monkeypatch.context() as patched:
        patched.setattr(os, call, instead)
        with pytest.raises(StoreUnavailable, match=cause):
            journal.append(_record(3, "lost"))
    assert not journal.is_spoiled
    assert _read(journal) == BOTH

    journal.append(_record(3, "kept"))
    assert _read(journal) == [*BOTH, (3, "message_events", ["kept"])]


def test_what_cannot_be_cut_off_stops_everything(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the remains of a failed append are there nothing is appended, and the file is not called empty."""
    journal.empty()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", _refuse)
        patched.setattr(os, "ftruncate", _refuse)
        attempts: tuple[Callable[[], None], ...] = (journal.mend, journal.probe, journal.empty)
        for attempt in (lambda: journal.append(_record(3, "lost")), *attempts):
            with pytest.raises(StoreUnavailable):
                attempt()
            assert not journal.is_empty
    assert [commit for commit, _, _ in _read(journal)] == [3]

    journal.mend()

    assert (journal.is_empty, _read(journal)) == (True, [])


def test_a_short_write_is_gone_on_with(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may take less than it is given; the rest follows."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, piece: write(number, piece[:7]))

    journal.append(_record(3, "d"))

    assert _read(journal) == [*BOTH, (3, "message_events", ["d"])]


def test_a_probe_leaves_no_trace(journal: Journal) -> None:
    """Finding out whether a record could be written changes nothing."""
    held = journal.file.read_bytes()

    journal.probe()

    assert journal.file.read_bytes() == held


def test_no_more_is_taken_than_the_tables_have_room_for(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is nearly full nothing is acknowledged that could not be brought into the tables."""
    found = os.statvfs(journal.file.parent)
    nearly = SimpleNamespace(f_bavail=2**20 // found.f_frsize, f_frsize=found.f_frsize)
    monkeypatch.setattr(os, "statvfs", lambda _: nearly)

    with pytest.raises(StoreUnavailable, match="disk is full"):
        journal.append(_record(3, "d"))

    assert _read(journal) == BOTH


def test_a_probe_that_cannot_be_cut_off_is_later(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a probe could not take back is taken back before the next record."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", _refuse)
        with pytest.raises(StoreUnavailable):
            journal.probe()
    assert journal.file.read_bytes().endswith(b"\0")

    journal.append(_record(3, "d"))

    assert _read(journal) == [*BOTH, (3, "message_events", ["d"])]
    assert not list(journal.file.parent.glob("damaged-*"))


def test_an_emptying_of_which_nobody_knows(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is cut and the system does not say that this is durable, it is emptied again before it is used."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _refuse)
        for attempt in (journal.empty, lambda: journal.append(_record(3, "d"))):
            with pytest.raises(StoreUnavailable):
                attempt()
            assert not journal.is_empty
    with pytest.raises(StoreUnavailable):
        journal.append(_record(3, "d"))

    journal.empty()
    journal.append(_record(3, "d"))

    assert _read(journal) == [(3, "message_events", ["d"])]


def test_what_somebody_else_wrote_is_cut_off(journal: Journal) -> None:
    """Bytes behind the last record are refused once, and gone for the next one."""
    with journal.file.open("ab") as writing:
        writing.write(b"bytes")
    with pytest.raises(StoreUnavailable):
        journal.append(_record(3, "d"))

    journal.append(_record(3, "d"))

    assert _read(journal) == [*BOTH, (3, "message_events", ["d"])]


def test_a_file_that_somebody_else_changed_is_not_written_to(journal: Journal) -> None:
    """A file of another length than was written is refused until it has been emptied."""
    journal.file.write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        journal.append(_record(3, "d"))

    journal.empty()
    journal.append(_record(3, "d"))

    assert _read(journal) == [(3, "message_events", ["d"])]
