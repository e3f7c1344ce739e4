"""The data folder: one process owns it, and everybody else can find out where that process answers."""

import json
import stat
import threading
from pathlib import Path

import pytest

from aftersend.errors import Misconfigured
from aftersend.store.folder import FolderLock, RunningServer, running_server

HERE = RunningServer("http://127.0.0.1:8600", "token")


def test_a_folder_is_made_and_locked(tmp_path: Path) -> None:
    """Who comes first gets the folder, made with its parents if need be."""
    lock = FolderLock(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").is_dir()
    lock.release()


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    """Who comes second is refused in a sentence that names the folder."""
    lock = FolderLock(tmp_path)

    with pytest.raises(Misconfigured, match=r"the data folder .* is in use by another process"):
        FolderLock(tmp_path)
    lock.release()


def test_a_folder_that_was_let_go_is_free(tmp_path: Path) -> None:
    """After its owner has let it go, a folder can be had again."""
    FolderLock(tmp_path).release()

    FolderLock(tmp_path).release()


def test_a_place_that_cannot_be_a_folder(tmp_path: Path) -> None:
    """A file in the way is named, with what the system says of it."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match=r"the data folder .*file cannot be used: File exists"):
        FolderLock(tmp_path / "file")


def test_nobody_owns_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Looking for a server makes nothing."""
    assert running_server(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_nobody_owns_a_free_folder(tmp_path: Path) -> None:
    """A folder that was used before is free when nobody holds it, whatever was left behind."""
    lock = FolderLock(tmp_path)
    lock.announce(HERE)
    left_behind = (tmp_path / "server.json").read_text()
    lock.release()
    (tmp_path / "server.json").write_text(left_behind)

    assert running_server(tmp_path) is None


def test_an_owner_says_where_it_answers(tmp_path: Path) -> None:
    """What the owner announces is what others find, until it lets go."""
    lock = FolderLock(tmp_path)
    lock.announce(HERE)

    assert running_server(tmp_path) == HERE
    lock.release()
    assert running_server(tmp_path) is None
    assert not (tmp_path / "server.json").exists()


def test_only_the_owner_of_the_files_can_read_the_token(tmp_path: Path) -> None:
    """The token acts for the operator, so no other user of the machine may read it."""
    lock = FolderLock(tmp_path)
    lock.announce(HERE)

    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("lock", "server.json")} == {0o600}
    lock.release()


@pytest.mark.parametrize("told", [None, "", "{}", '{"url": "http://127.0.0.1:1"}', "not json"])
def test_an_owner_that_has_not_announced_itself(tmp_path: Path, told: str | None) -> None:
    """A folder that is in use by a process that does not serve, or not yet, is named."""
    lock = FolderLock(tmp_path)
    if told is not None:
        (tmp_path / "server.json").write_text(told)

    with pytest.raises(Misconfigured, match="in use by a process that does not serve, or not yet"):
        running_server(tmp_path)
    lock.release()


def test_a_new_owner_does_not_pass_on_an_old_address(tmp_path: Path) -> None:
    """What a process that crashed had announced is taken away."""
    (tmp_path / "server.json").write_text(json.dumps({"url": HERE.url, "token": HERE.token}))

    lock = FolderLock(tmp_path)

    assert not (tmp_path / "server.json").exists()
    lock.release()


def test_looking_does_not_keep_anybody_from_starting(tmp_path: Path) -> None:
    """A command that looks for a server is not taken for the owner by a server that starts meanwhile."""
    FolderLock(tmp_path).release()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            try:
                running_server(tmp_path)
            except Misconfigured:
                continue

    looking = [threading.Thread(target=look) for _ in range(2)]
    for thread in looking:
        thread.start()
    try:
        for _ in range(200):
            FolderLock(tmp_path).release()
    finally:
        ended.set()
        for thread in looking:
            thread.join()
