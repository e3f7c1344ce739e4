"""Writes that the system refuses in the middle of them: nothing is lost by it, and nothing is there in part."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import refused_writes
from aftersend.store.parts import Part, keep
from aftersend.store.refusals import DAMAGED
from refused_writes import EVENTS

REFUSED = "the ledger cannot be written to right now: "


def _live_through(scenario: str, folder: Path) -> dict[str, Any]:
    """Let a process live through a scenario, and return what it tells."""
    paths = [str(Path(refused_writes.__file__).parent), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, refused_writes.__file__, scenario, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_insert_that_is_refused_is_told_and_taken_out(tmp_path: Path) -> None:
    """The engine says that it succeeded; it is refused all the same, leaves nothing behind, and can be repeated."""
    told = _live_through("insert", tmp_path)

    assert told["refused"].startswith(REFUSED)
    assert told["held"] == [EVENTS]
    assert told["repeated"] == [EVENTS, EVENTS]


def test_a_merge_that_is_refused_loses_nothing(tmp_path: Path) -> None:
    """The parts that were merged are brought back in place of what was to become of them."""
    told = _live_through("merge", tmp_path)

    assert told["told"].startswith(REFUSED)
    assert told["held"] == [EVENTS] * 3
    assert (told["merges"], told["aside"]) == (1, 0)


def test_what_cannot_be_brought_back_is_an_error(tmp_path: Path) -> None:
    """Where nothing is left of the parts that were merged, what became of them is read with an error, not left out."""
    told = _live_through("merge_too_late", tmp_path)

    assert told["told"][0].startswith(REFUSED)
    assert told["told"][1:] == [
        "done",
        f"the ledger cannot be used right now: {DAMAGED}; nothing was kept, send it again",
    ]
    assert told["rows"] == [EVENTS, 3 * EVENTS]


def test_nothing_is_read_while_parts_are_exchanged(tmp_path: Path) -> None:
    """When bringing them back fails, questions are refused until it has succeeded; none is answered without them."""
    told = _live_through("exchange", tmp_path)

    assert [one.partition(" right now")[0] for one in told["told"]] == [
        "the ledger cannot be written to",
        "the ledger cannot be used",
        "the ledger cannot be written to",
        "done",
    ]
    assert told["held"] == [EVENTS] * 3


def test_a_merge_that_is_refused_before_a_crash_loses_nothing(tmp_path: Path) -> None:
    """They are brought back by the next process, also where the engine has deleted them meanwhile."""
    assert _live_through("merge_and_end", tmp_path)["aside"] == 3

    told = _live_through("begin_again", tmp_path)

    assert (told["held"], told["merges"], told["aside"]) == ([EVENTS] * 3, 1, 0)


def test_parts_that_were_kept_come_back_when_nothing_else_has_them(tmp_path: Path) -> None:
    """With the engine's own copies deleted those that were kept are all there is."""
    _live_through("merge_and_end", tmp_path)
    _delete_what_was_merged(tmp_path)

    told = _live_through("begin_again", tmp_path)

    assert (told["held"], told["merges"], told["aside"]) == ([EVENTS] * 3, 1, 0)


def test_what_a_crash_kept_in_part_is_not_taken_for_all(tmp_path: Path) -> None:
    """With one part not kept for good the damaged one stays aside, so that the operator is told of missing events."""
    _live_through("merge_and_end", tmp_path)
    _delete_what_was_merged(tmp_path)
    (kept,) = (tmp_path / "ledger" / "store").rglob("kept_all_2_2_0")
    kept.rename(kept.with_name("keeping_all_2_2_0"))

    told = _live_through("begin_again", tmp_path)

    assert (told["held"], told["aside"]) == ([EVENTS] * 2, 2)


def test_parts_are_kept_all_or_none(tmp_path: Path) -> None:
    """Where one of them is gone nothing is kept of the others."""
    parts = [Part("t", name, tmp_path / name) for name in ("all_1_1_0", "all_2_2_0")]
    (tmp_path / "detached").mkdir()
    parts[0].path.mkdir()
    (parts[0].path / "data.bin").write_bytes(b"rows")

    with pytest.raises(FileNotFoundError):
        keep(parts)
    assert list((tmp_path / "detached").iterdir()) == []

    keep(parts[:1])
    assert (tmp_path / "detached" / "kept_all_1_1_0" / "data.bin").read_bytes() == b"rows"


def _delete_what_was_merged(folder: Path) -> None:
    for part in [found for found in (folder / "ledger" / "store").rglob("all_?_?_0") if found.is_dir()]:
        shutil.rmtree(part)


def test_a_removal_that_is_refused_can_be_repeated(tmp_path: Path) -> None:
    """What a part had before some of its rows were removed is there until they are."""
    told = _live_through("removal", tmp_path)

    assert told["refused"].startswith(REFUSED)
    assert told["held"] == [EVENTS]
    assert told["repeated"] == [EVENTS - 1]


def test_what_the_name_of_a_part_says() -> None:
    """Blocks, merges and changes are read from it, whatever stands before it."""
    parts = [Part("t", name, Path()) for name in ("all_1_7_2_9", "kept_all_2_3_1", "all_4_9_1", "all_1_7_2_9")]

    assert [(part.first, part.last, part.level, part.version) for part in parts[:2]] == [(1, 7, 2, 9), (2, 3, 1, 0)]
    assert [parts[0].covers(part) for part in parts] == [True, True, False, True]
    assert not parts[0].covers(Part("other", "all_1_7_2_9", Path()))
