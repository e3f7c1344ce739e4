"""What the operator is told: the cause in words, and nothing of files or statements."""

from pathlib import Path

import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.refusals import check_disk, unavailable

REASONS = [
    ("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)", ": its disk is full"),
    ("IO error: No space left on device: While appending to file: x/000004.log", ": its disk is full"),
    ("[Errno 30] Read-only file system: 'x'", ": its folder is read-only"),
    ("Code: 76. DB::ErrnoException: Cannot open file x: Permission denied", ": its folder is read-only"),
    ("IO error: Input/output error: x", ": its disk does not work"),
    ("Corruption: block checksum mismatch in x", ": a file of it is damaged"),
    ("Code: 40. DB::Exception: Checksum doesn't match. (CHECKSUM_DOESNT_MATCH)", ": a file of it is damaged"),
    ("something nobody has seen", ""),
]


@pytest.mark.parametrize(("reason", "told"), REASONS)
def test_a_cause_is_named(reason: str, told: str) -> None:
    """A known cause is named in words; an unknown one is left out, and so is the reason itself."""
    expected = f"the ledger cannot be used right now{told}; nothing was kept, send it again"

    assert unavailable("the ledger cannot be used", reason).message == expected


def test_a_disk_that_can_be_written_to(tmp_path: Path) -> None:
    """Trying a folder that can be written to leaves nothing behind."""
    check_disk("the folder", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot(tmp_path: Path) -> None:
    """A folder that is not there cannot be written to, and the path is not told."""
    with pytest.raises(StoreUnavailable) as told:
        check_disk("the folder", tmp_path / "missing")

    assert told.value.message == "the folder cannot be written to right now; nothing was kept, send it again"
