"""What is acknowledged and not in the tables yet: it is there once, whatever fails and wherever the process ends."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.identities import IndexState
from aftersend.store.pending import Size
from aftersend.store.settled import SettledEngine, about
from aftersend.store.settling import SettleLimits
from builders import user_event
from ledger_desk import Desk, messages, open_desk
from objects import user_rows


def _commit_both_streams(desk: Desk) -> None:
    assert desk.ledger.commit([messages("a", "b")]) == [2]
    assert desk.ledger.commit([user_rows(user_event(event_id="c"))]) == [1]
    assert desk.ledger.commit([messages("d")]) == [1]


def _is_whole(desk: Desk) -> None:
    """Everything of both streams is in the tables once, the journal is empty, and all of it is known."""
    assert sorted(desk.stored()) == ["a", "b", "c", "d"]
    assert [file.stat().st_size for file in sorted(desk.journal.iterdir())] == [0, 0]
    assert (desk.ledger.rows, desk.ledger.pending_rows) == (4, 0)
    assert desk.ledger.commit([messages("a", "b", "d", "e")]) == [1]


def test_commits_become_one_block_of_each_table(tmp_path: Path) -> None:
    """Nothing is inserted before it has to be; then the oldest come first, each with its own seniority."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        assert (desk.engine.inserted, desk.ledger.pending_rows) == ([], 4)

        assert desk.ledger.settle()

        assert [(table, rows["event_id"].to_pylist()) for table, rows in desk.engine.inserted] == [
            (Stream.MESSAGE_EVENTS, ["a", "b", "d"]),
            (Stream.USER_EVENTS, ["c"]),
        ]
        rows = desk.engine.inserted[0][1]
        assert [2**64 - 1 - number for number in rows["seniority"].to_pylist()] == [1, 1, 3]
        assert {rows[name].num_chunks for name in rows.column_names} == {1}
        _is_whole(desk)


def _forget_nothing(desk: Desk) -> None:
    """Leave the index as the last process left it."""


def _forget_all(desk: Desk) -> None:
    desk.identities.clear()


@pytest.mark.parametrize("index", [_forget_nothing, _forget_all])
def test_killed_after_the_append(tmp_path: Path, index: Callable[[Desk], None]) -> None:
    """What only the journal has is in the tables before anything else happens, and known with any index."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        index(desk)

        desk.start_again()

        assert len(desk.engine.inserted) == 2
        _is_whole(desk)


@pytest.mark.parametrize("index", [_forget_nothing, _forget_all])
@pytest.mark.parametrize("fails", [Stream.MESSAGE_EVENTS, Stream.USER_EVENTS])
def test_killed_between_two_inserts(tmp_path: Path, fails: Stream, index: Callable[[Desk], None]) -> None:
    """Where one table has its rows and another has not, the other one gets them."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        desk.engine.fails_before = fails
        with pytest.raises(StoreUnavailable):
            desk.ledger.settle()
        desk.engine.fails_before = False
        index(desk)

        desk.start_again()

        _is_whole(desk)


@pytest.mark.parametrize("index", [_forget_nothing, _forget_all])
def test_killed_before_the_journal_was_emptied(tmp_path: Path, index: Callable[[Desk], None]) -> None:
    """What the tables have already is not inserted again, though the journal has it, with later commits behind it."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a", "b")])
        held = {file: file.read_bytes() for file in desk.journal.iterdir()}
        desk.ledger.settle()
        desk.ledger.commit([user_rows(user_event(event_id="c"))])
        desk.ledger.commit([messages("d")])
        for file, before in held.items():
            if before:
                assert not file.read_bytes()
                file.write_bytes(before)
        index(desk)

        desk.start_again()

        _is_whole(desk)


def test_killed_after_the_journal_was_emptied(tmp_path: Path) -> None:
    """Then all is as after a clean stop."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        desk.ledger.settle()

        desk.start_again()

        _is_whole(desk)


def test_killed_in_the_middle_of_an_append(tmp_path: Path) -> None:
    """Half a record was never acknowledged: it is gone, nothing is amiss, and it can be sent again."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        state = desk.identities.state
        desk.ledger.commit([messages("never")])
        (file,) = (one for one in desk.journal.iterdir() if one.stat().st_size)
        file.write_bytes(file.read_bytes()[:-1])
        desk.identities.clear()
        desk.identities.remember([], IndexState(0, 0))

        desk.start_again()

        desk.ledger.check_whole()
        assert desk.identities.state == state
        _is_whole(desk)


def test_an_end_that_was_acknowledged_is_damage(tmp_path: Path) -> None:
    """Where the index has a record that is not whole, it was acknowledged: that is told until it is seen to."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        desk.ledger.commit([messages("lost")])
        (file,) = (one for one in desk.journal.iterdir() if one.stat().st_size)
        file.write_bytes(file.read_bytes()[:-1] + b"?")

        desk.start_again()

        with pytest.raises(StoreUnavailable, match="the ledger is not complete"):
            desk.ledger.check_whole()
        for aside in desk.journal.glob("damaged-*"):
            aside.unlink()
        desk.ledger.check_whole()
        assert desk.ledger.commit([messages("lost")]) == [1]
        assert sorted(desk.stored()) == ["a", "b", "c", "d", "lost"]


@pytest.mark.parametrize("fails", ["fails_before", "fails_after"])
def test_a_start_that_failed_is_made_again(tmp_path: Path, fails: str) -> None:
    """A journal that could not be brought into the tables, as far as anybody knows, is there for the next start."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        setattr(desk.engine, fails, True)
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                desk.start_again()
        setattr(desk.engine, fails, False)

        desk.start_again()

        _is_whole(desk)


def test_a_stop_leaves_the_journal_empty_if_it_can(tmp_path: Path) -> None:
    """A stop settles; where that is refused it is a good one all the same, and the next start has the rows."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a", "b")])
        desk.ledger.close()
        assert (len(desk.engine.inserted), desk.ledger.pending_rows) == (1, 0)
        desk.ledger.commit([messages("d")])
        desk.ledger.commit([user_rows(user_event(event_id="c"))])
        desk.engine.fails_before = True
        desk.ledger.close()
        desk.engine.fails_before = False

        desk.start_again()

        _is_whole(desk)


def test_a_first_commit_after_a_pause_is_settled(tmp_path: Path) -> None:
    """Who sends now and then never leaves anything pending; who sends without a break does."""
    with open_desk(tmp_path) as desk:
        desk.start_again(SettleLimits(quiet_seconds=60))
        desk.ledger.commit([messages("a")])
        assert desk.ledger.pending_rows == 0
        desk.ledger.commit([messages("b")])
        assert desk.ledger.pending_rows == 1
        desk.start_again(SettleLimits(quiet_seconds=60))
        desk.engine.fails_before = True

        assert desk.ledger.commit([messages("c")]) == [1]  # it is durable, and that is what was asked for
        assert desk.ledger.pending_rows == 1


def test_so_much_may_be_pending(tmp_path: Path) -> None:
    """Somebody is called when it is time, and beyond the bound commits settle, or are refused while nobody can."""
    called: list[int] = []
    limits = SettleLimits(Size(3, 10**9), Size(5, 10**9), quiet_seconds=1e9)
    with open_desk(tmp_path) as desk:
        desk.start_again(limits)
        desk.ledger.tell_when_full(lambda: called.append(desk.ledger.pending_rows))
        desk.ledger.commit([messages("first")])  # after a pause
        desk.ledger.commit([messages("a", "b")])
        desk.ledger.commit([messages("c", "d")])
        desk.engine.fails_before = True
        desk.ledger.commit([messages("e")])
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="not now"):
                desk.ledger.commit([messages("f")])
        assert (called, desk.ledger.pending_rows) == ([4, 5], 5)
        desk.engine.fails_before = False

        assert desk.ledger.commit([messages("e", "f")]) == [1]
        assert desk.ledger.pending_rows == 1
        assert desk.stored() == ["first", "a", "b", "c", "d", "e", "f"]


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    """A few large events are as much as many small ones."""
    with open_desk(tmp_path) as desk:
        desk.start_again(SettleLimits(Size(10**9, 1), Size(10**9, 1), quiet_seconds=1e9))
        for name in "abc":
            desk.ledger.commit([messages(name)])
        assert desk.ledger.pending_rows == 1


def test_every_read_settles_first(tmp_path: Path) -> None:
    """Whoever reads the tables finds there what was acknowledged, or nobody is answered."""
    with open_desk(tmp_path) as desk:
        settled = SettledEngine(desk.engine, desk.ledger)  # type: ignore[arg-type]
        reads: list[Callable[[str], object]] = [
            settled.select,
            settled.columns,
            settled.stream,
            settled.start,
            settled.start_columns,
            settled.command,
            settled.tend,
        ]
        for number, read in enumerate(reads):
            desk.ledger.commit([messages(f"e{number}")])
            desk.engine.fails_before = True
            with pytest.raises(StoreUnavailable, match="not now"):
                read("SELECT count() FROM spent")
            desk.engine.fails_before = False
            read("SELECT count() FROM spent")
            assert len(desk.engine.inserted) == number + 1


def test_who_asks_about_campaigns_waits_for_their_events_alone(tmp_path: Path) -> None:
    """What others sent is left pending, also when it cannot be settled; what belongs to the answer is not."""
    with open_desk(tmp_path) as desk:
        desk.start_again(SettleLimits(quiet_seconds=1e9))
        engine = SettledEngine(desk.engine, desk.ledger)  # type: ignore[arg-type]
        mine, theirs, nobodys = about(engine, "w1", ["c1"]), about(engine, "w2", ["c1"]), about(engine)
        desk.ledger.commit([messages("first")])
        desk.ledger.commit([messages("a", workspace_id="w2")])
        desk.engine.fails_before = True

        for other in (mine, nobodys, about(engine, "w1", ["c2"])):
            other.select("SELECT count() FROM spent")
        assert desk.ledger.pending_rows == 1
        with pytest.raises(StoreUnavailable, match="not now"):
            theirs.select("SELECT count() FROM spent")
        desk.ledger.commit([messages("b")])
        with pytest.raises(StoreUnavailable, match="not now"):
            mine.select("SELECT count() FROM spent")
        desk.engine.fails_before = False

        mine.select("SELECT count() FROM spent")
        assert desk.ledger.pending_rows == 0
        nobodys.select("SELECT count() FROM spent")


def test_an_engine_that_settles_nothing_is_taken_as_it_is(tmp_path: Path) -> None:
    """Where nothing is ever pending there is nothing to leave out."""
    with open_desk(tmp_path) as desk:
        assert about(desk.engine, "w1", ["c1"]) is desk.engine


def _refuse(*_: object) -> int:
    raise OSError("Read-only file system")


def test_nothing_is_taken_out_that_could_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the journal cannot be emptied everything is answered, and no removal begins."""
    with open_desk(tmp_path) as desk:
        _commit_both_streams(desk)
        with monkeypatch.context() as patched:
            patched.setattr(os, "ftruncate", _refuse)
            assert not desk.ledger.settle()
            assert desk.ledger.pending_rows == 0
            for attempt in (desk.ledger.reserve, lambda: desk.ledger.spend("w1", "r1", ["a"]), desk.ledger.check):
                with pytest.raises(StoreUnavailable, match="read-only"):
                    attempt()
            assert len(desk.engine.inserted) == 2

        desk.ledger.check()
        _is_whole(desk)


def test_a_failed_append_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be made durable is not acknowledged, not there after a crash, and can be sent again."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a", "b")])
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", _refuse)
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="read-only"):
                    desk.ledger.commit([messages("b", "d")])
            with pytest.raises(StoreUnavailable, match="read-only"):
                desk.ledger.check()
        desk.ledger.check()
        assert desk.stored() == ["a", "b"]
        desk.start_again()

        desk.ledger.commit([user_rows(user_event(event_id="c")), user_rows(user_event(event_id="a"))])
        assert desk.ledger.commit([messages("b", "d")]) == [1]
        desk.engine.inserted = [pair for pair in desk.engine.inserted if pair[0] != "conflicts"]
        _is_whole(desk)


def test_at_once_for_everybody(tmp_path: Path) -> None:
    """While many commit, settle and read at the same time, each finds what was acknowledged to it before, once."""
    limits = SettleLimits(Size(20, 10**9), Size(40, 10**9), quiet_seconds=0.001)
    failures: list[BaseException] = []
    with open_desk(tmp_path) as desk:
        desk.start_again(limits)
        settled = SettledEngine(desk.engine, desk.ledger)  # type: ignore[arg-type]

        def send(name: str) -> None:
            try:
                for number in range(25):
                    event_id = f"{name}-{number}"
                    assert desk.ledger.commit([messages(event_id)]) == [1]
                    settled.select("SELECT 1")
                    there = [one for _, rows in list(desk.engine.inserted) for one in rows["event_id"].to_pylist()]
                    assert there.count(event_id) == 1
                    if number % 10 == 7:
                        with desk.ledger.paused():
                            assert desk.ledger.pending_rows == 0
            except BaseException as error:  # noqa: BLE001 - the main thread tells it
                failures.append(error)

        threads = [Thread(target=send, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

        assert failures == []
        stored = desk.stored()
        assert (len(stored), len(set(stored)), desk.ledger.rows) == (100, 100, 100)
