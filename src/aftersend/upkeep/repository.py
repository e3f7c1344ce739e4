"""A folder of backups. A part of the ledger that several backups have is there once.

manifests/NAME.json     one for each backup, written last
parts/ad/ADDRESS/       the files of a part, and `part.json`, which lists them
registry/SHA256         the rows of the registry
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from aftersend.errors import Misconfigured, NotFound
from aftersend.store.folder import sync_folder
from aftersend.upkeep.files import copy_file, explained, put_in_place, write_file
from aftersend.upkeep.manifest import FORMAT, Manifest, StoredFile, StoredPart

_NAME = re.compile(r"(?!\.\.?(/|$))[^/]+(/(?!\.\.?(/|$))[^/]+)*")
"""The name of a file inside a part: it leads nowhere else."""

_LIST = "part.json"
_SMALL = 1 << 16


class Repository:
    """The backups in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifests = folder / "manifests"
        self._parts = folder / "parts"
        self._registry = folder / "registry"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing the folder for the block; it is made where there is none.

        Raises:
            Misconfigured: it is in use, holds something else, or cannot be used.
        """
        with explained("the backup folder cannot be used"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._manifests.is_dir() and {file.name for file in self._folder.iterdir()} - {"lock"}:
                raise Misconfigured(f"{self._folder} is not empty and holds no backups; name another folder")
            opened = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Misconfigured(f"{self._folder} is in use by another backup; wait for its end") from error
            with explained("the backup cannot be written"):
                for folder in (self._manifests, self._parts, self._registry):
                    folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._folder)
                yield
        finally:
            os.close(opened)

    def names(self) -> list[str]:
        """Return the names of all backups, the oldest first."""
        return sorted(file.stem for file in self._manifests.glob("[!.]*.json"))

    def read(self, name: str | None) -> Manifest:
        """Return what a backup says about itself; the newest where no name is given.

        Raises:
            NotFound: there is no such backup.
            Misconfigured: it cannot be read, or was made by a newer version.
        """
        names = self.names()
        if not names or (name is not None and name not in names):
            raise NotFound(f"{self._folder} has no backup {name or 'at all'}; 'aftersend backup DIR --list' lists them")
        file = self._manifests / f"{name or names[-1]}.json"
        with explained("the manifest cannot be read"):
            content = file.read_bytes()
        try:
            found = msgspec.json.decode(content)["format"]
            if found != FORMAT:
                raise Misconfigured(f"the backup has format {found}, unknown to this version; upgrade aftersend")
            return msgspec.json.decode(content, type=Manifest)
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise Misconfigured(f"{file} is damaged: {error}; restore another backup") from error

    def add_part(self, source: Path, note: Callable[[int], None]) -> tuple[StoredPart, int]:
        """Keep a part, and return what it is and how many bytes had to be copied: none where it is there already."""
        if not _files(source):
            raise Misconfigured("a part of the snapshot is gone; another backup may have ended it: start again")
        address = _address(source)
        place = self._place(address)
        if not _is_whole(place):
            shutil.rmtree(place, ignore_errors=True)
            new = place.with_name(f".{address}.new")
            shutil.rmtree(new, ignore_errors=True)
            files = []
            for file in _files(source):
                name = file.relative_to(source).as_posix()
                files.append(StoredFile(name, *copy_file(file, new / name, note)))
            write_file(new / _LIST, msgspec.json.encode(files))
            put_in_place(new, place)
            sync_folder(self._parts)
            return StoredPart(source.name, address, files), sum(file.size for file in files)
        files = msgspec.json.decode((place / _LIST).read_bytes(), type=list[StoredFile])
        part = StoredPart(source.name, address, files)
        note(part.size)
        return part, 0

    def add_registry(self, source: Path) -> StoredFile:
        """Keep the rows of the registry."""
        new = self._registry / ".new"
        size, sha256 = copy_file(source, new, lambda size: None)
        put_in_place(new, self._registry / sha256)
        return StoredFile(sha256, size, sha256)

    def publish(self, manifest: Manifest) -> None:
        """Make a backup one: before this it is none, and after this it is whole."""
        write_file(self._manifests / f"{manifest.name}.json", msgspec.json.encode(manifest))

    def prune(self, keep: int) -> list[str]:
        """Remove all backups but the newest, and the files that none has any more; return the names of the removed."""
        removed = self.names()[:-keep]
        kept = [self.read(name) for name in self.names()[-keep:]]
        for name in removed:
            (self._manifests / f"{name}.json").unlink()
        sync_folder(self._manifests)
        used = {part.address for one in kept for parts in one.tables.values() for part in parts}
        for place in self._parts.glob("*/*"):
            if place.name not in used:
                shutil.rmtree(place)
        registries = {one.registry.sha256 for one in kept}
        for file in self._registry.iterdir():
            if file.name not in registries:
                file.unlink()
        return removed

    def fetch_part(self, part: StoredPart, target: Path, note: Callable[[int], None]) -> None:
        """Copy the files of a part to a folder.

        Raises:
            Misconfigured: a file is not what it was when it was kept.
        """
        for file in part.files:
            if not _NAME.fullmatch(file.name):
                raise Misconfigured(f"{file.name!r} is no name of a part's file; the backup has been altered")
            self._fetch(self._place(part.address) / file.name, file, target / file.name, note)
        sync_folder(target)

    def fetch_registry(self, manifest: Manifest, target: Path) -> None:
        """Copy the rows of the registry to a file.

        Raises:
            Misconfigured: the file is not what it was when it was kept.
        """
        self._fetch(self._registry / manifest.registry.name, manifest.registry, target, lambda size: None)

    def _fetch(self, source: Path, file: StoredFile, target: Path, note: Callable[[int], None]) -> None:
        if copy_file(source, target, note) != (file.size, file.sha256):
            raise Misconfigured(f"{source} is damaged: its SHA-256 is not the one noted; restore another backup")

    def _place(self, address: str) -> Path:
        return self._parts / address[:2] / address


def _files(part: Path) -> list[Path]:
    return sorted(file for file in part.rglob("*") if file.is_file())


def _is_whole(place: Path) -> bool:
    """Whether all files of a part are there with their sizes; what they say is checked when they are fetched."""
    try:
        files = msgspec.json.decode((place / _LIST).read_bytes(), type=list[StoredFile])
        return all((place / file.name).stat().st_size == file.size for file in files)
    except (OSError, msgspec.DecodeError):
        return False


def _address(part: Path) -> str:
    """What a part is named by: the names and sizes of its files, and what the small ones say.

    Among these is the engine's own list of the checksums of all others.
    """
    digest = hashlib.sha256()
    for file in _files(part):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(part).as_posix()}\0{size}\0".encode())
        if size <= _SMALL or file.name == "checksums.txt":
            digest.update(file.read_bytes())
    return digest.hexdigest()
