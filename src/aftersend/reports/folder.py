"""The folder of finished archives, and of the one that is being made: how much of the disk they may take."""

import os
import shutil
import zipfile
from pathlib import Path

import structlog

from aftersend.errors import AftersendError

log = structlog.get_logger(__name__)

_LEAST_FREE = 256 * 2**20
"""Bytes of the disk that reports leave to the ledger."""
_MAKING = ".making"


class NoRoom(AftersendError):
    """Reports would take more of the disk than is set aside for them."""

    code = "no_room"


class ReportFolder:
    """Where archives are kept, by the id of their report: no name of a report is ever the name of a file here."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def archive(self, report_id: str) -> Path:
        """Return where a finished archive is."""
        return self._folder / f"{report_id}.zip"

    def begin(self, report_id: str) -> Path:
        """Return an empty folder to make an archive in; whatever an earlier attempt left is gone."""
        working = self._folder / f"{report_id}{_MAKING}"
        shutil.rmtree(working, ignore_errors=True)
        working.mkdir(mode=0o700, parents=True)
        return working

    def check_room(self) -> None:
        """Let whoever writes go on.

        Raises:
            NoRoom: there is none left.
        """
        taken = sum(_size(file) for file in self._folder.rglob("*"))
        if taken > self._most_bytes:
            bound = f"{self._most_bytes // 2**20:,} MiB"
            raise NoRoom(f"reports may take {bound} of the disk together; delete some, or ask for less")
        if shutil.disk_usage(self._folder).free < _LEAST_FREE:
            raise NoRoom("the disk is nearly full; make room on it, and ask again")

    def finish(self, report_id: str, working: Path, archive: Path) -> int:
        """Put a finished archive in its place, durably, and return its size."""
        with archive.open("rb") as written:
            os.fsync(written.fileno())
        size = archive.stat().st_size
        archive.rename(self.archive(report_id))
        shutil.rmtree(working, ignore_errors=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return size

    def remove(self, report_id: str) -> None:
        """Remove whatever there is of a report."""
        self.archive(report_id).unlink(missing_ok=True)
        shutil.rmtree(self._folder / f"{report_id}{_MAKING}", ignore_errors=True)

    def keep_only(self, report_ids: set[str]) -> None:
        """Remove the files of all other reports, and everything that is half made."""
        if not self._folder.is_dir():
            return
        for file in self._folder.iterdir():
            report_id, _, kind = file.name.partition(".")
            if kind == _MAKING[1:]:
                shutil.rmtree(file, ignore_errors=True)
            elif kind == "zip" and report_id not in report_ids:
                self.remove(report_id)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:  # the files beside an Excel file come and go
        return 0


class Archive:
    """A zip file that finished files are moved into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True)

    def move_in(self, file: Path, name: str) -> None:
        """Add a file under a name, and remove it."""
        self._zip.write(file, name)
        file.unlink()

    def add_text(self, name: str, text: str) -> None:
        """Add a small file."""
        self._zip.writestr(name, text)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
