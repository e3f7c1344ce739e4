"""The ledger's own decisions, with an engine that only notes: what is new, and what an uncertain commit leads to."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.identities import IndexState
from aftersend.store.ledger import SpentIds
from builders import message_event, user_event
from ledger_desk import messages, open_desk
from objects import a_campaign, message_rows, user_rows


def test_new_events_are_inserted_once(tmp_path: Path) -> None:
    """Repeats within a batch, over the batches of one commit and over commits are found; the first one is kept."""
    with open_desk(tmp_path) as desk:
        assert desk.ledger.commit([messages("a", "b", "a"), messages("b", "c")]) == [2, 1]
        assert desk.ledger.commit([messages("c", "a"), messages("d")]) == [0, 1]

        assert desk.stored() == ["a", "b", "c", "d"]
        assert desk.ledger.rows == 4


def test_rows_of_several_batches_are_counted_for_each(tmp_path: Path) -> None:
    """Batches that were made rows together are told apart again: of a repeat only the first one's batch has it."""
    with open_desk(tmp_path) as desk:
        together = replace(messages("a", "b", "a", "c", "b", "d"), sizes=[2, 0, 3, 1])
        assert desk.ledger.commit([together, messages("d", "e")]) == [2, 0, 1, 1, 1]
        assert desk.ledger.commit([replace(messages("f", "a", "g", "b"), sizes=[1, 1, 2])]) == [1, 0, 1]


def test_another_body_under_a_known_id_is_noted(tmp_path: Path) -> None:
    """The first body counts; one that says something else is a conflict, until the id is spent."""
    other = message_rows(message_event(event_id="a", user_id="u2"), message_event(event_id="b"))
    with open_desk(tmp_path) as desk:
        assert desk.ledger.commit([messages("a"), other]) == [1, 1]
        assert desk.ledger.commit([messages("a", "b"), other]) == [0, 0]
        desk.ledger.spend("w1", "r1", ["a"])
        assert desk.ledger.commit([other]) == [0]

        noted = [
            rows.select(["event_id", "user_id"]).to_pylist()
            for table, rows in desk.engine.inserted
            if table == "conflicts"
        ]
        assert noted == [[{"event_id": "a", "user_id": "u2"}]] * 2
        assert desk.ledger.rows == 2


def test_spent_ids_are_never_new_again(tmp_path: Path) -> None:
    """Known ids and unknown ones are used up, each once, also for an index that is built anew from the tables."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a", "b")])

        assert desk.ledger.spend("w1", "r1", ["a", "x", "a"]) == SpentIds(1, ["x"])
        assert desk.ledger.spend("w1", "r2", ["x", "a"]) == SpentIds(0, [])
        assert desk.ledger.commit([messages("x", "a", "c")]) == [1]

        assert (desk.ledger.rows, desk.identities.state) == (4, IndexState(3, 4))
        desk.engine.answers["SELECT count() FROM message_events"] = [(2,)]  # the row of "a" has been taken out
        desk.engine.inserted = [
            (
                table,
                rows.filter(pc.invert(pc.is_in(rows["event_id"], pa.array(["a"]))))
                if table == "message_events"
                else rows,
            )
            for table, rows in desk.engine.inserted
        ]
        desk.engine.refresh()
        desk.identities.clear()
        again = desk.again()
        again.recover()
        assert (again.rows, again.commit([messages("x", "a", "b", "c", "d")])) == (4, [1])


def test_both_streams_share_one_space_of_ids(tmp_path: Path) -> None:
    """An id that a message event has is taken for a user event too."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.ledger.settle()

        assert desk.ledger.commit([user_rows(user_event(event_id="a"), user_event(event_id="b"))]) == [1]
        desk.ledger.settle()
        assert [table for table, _ in desk.engine.inserted] == ["message_events", "conflicts", "user_events"]


def test_workspaces_do_not_share_ids(tmp_path: Path) -> None:
    """The same id in another workspace is another event."""
    with open_desk(tmp_path) as desk:
        assert desk.ledger.commit([messages("a"), messages("a", workspace_id="w2")]) == [1, 1]


def test_a_group_becomes_one_insert(tmp_path: Path) -> None:
    """Batches of one commit are one block of rows, with one set of dictionaries and one seniority."""
    sms = message_rows(message_event(event_id="c"), campaign=a_campaign(name="Same id, other kind"))
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a"), messages("b"), sms])
        desk.ledger.settle()
        ((_, rows),) = desk.engine.inserted

    assert rows.column("event_id").num_chunks == 1
    assert rows.column("kind").chunk(0).dictionary.to_pylist() == ["sent"]
    assert set(rows.column("seniority").to_pylist()) == {2**64 - 2}


def test_later_commits_are_less_senior(tmp_path: Path) -> None:
    """Each commit has a number of its own, and an earlier one outranks a later one."""
    with open_desk(tmp_path) as desk:
        for name in "abc":
            desk.ledger.commit([messages(name)])
            desk.ledger.settle()

        seniority = [rows.column("seniority")[0].as_py() for _, rows in desk.engine.inserted]

    assert seniority == sorted(seniority, reverse=True)
    assert len(set(seniority)) == 3


def test_a_commit_of_nothing_new_inserts_nothing(tmp_path: Path) -> None:
    """Duplicates alone do not reach the engine, and change nothing."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])

        assert desk.ledger.commit([messages("a", "a"), messages("a")]) == [0, 0]
        desk.ledger.settle()
        assert (len(desk.engine.inserted), desk.identities.state) == (1, IndexState(1, 1))


@pytest.mark.parametrize("fails", ["fails_before", "fails_after"])
def test_an_uncertain_insert_never_doubles(tmp_path: Path, fails: str) -> None:
    """Whether the insert that failed had happened or not, each event is there once, and known when it is sent again."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.ledger.settle()
        desk.ledger.commit([messages("b", "c")])
        setattr(desk.engine, fails, True)
        with pytest.raises(StoreUnavailable):
            desk.ledger.settle()
        assert desk.ledger.commit([messages("c", "d")]) == [1]
        setattr(desk.engine, fails, False)

        accepted = desk.ledger.commit([messages("b", "c", "d", "e")])

        assert accepted == [1]
        assert desk.stored() == ["a", "b", "c", "d", "e"]
        assert desk.ledger.rows == 5


@pytest.mark.parametrize("fails", ["fails_before", "fails_after"])
def test_a_retry_after_an_uncertain_removal_never_doubles(tmp_path: Path, fails: str) -> None:
    """Whether the insert of spent ids that failed had happened or not, asking again uses each of them up once."""
    with open_desk(tmp_path) as desk:
        setattr(desk.engine, fails, True)
        with pytest.raises(StoreUnavailable):
            desk.ledger.spend("w1", "r1", ["x", "y"])
        setattr(desk.engine, fails, False)

        desk.ledger.spend("w1", "r2", ["x", "y", "z"])

        assert sorted(desk.stored()) == ["x", "y", "z"]
        assert desk.ledger.commit([messages("x", "y", "z", "a")]) == [1]
        assert desk.ledger.rows == 4


def test_what_a_check_says(tmp_path: Path) -> None:
    """After a write that failed, a check fails while a commit would, and tries for real when it does not."""
    with open_desk(tmp_path) as desk:
        desk.ledger.check()
        assert desk.engine.commands == []  # all is well, and nothing has to be tried
        desk.engine.fails_before = desk.engine.refuses = True
        with pytest.raises(StoreUnavailable, match="not now"):
            desk.ledger.spend("w1", "r1", ["x"])
        with pytest.raises(StoreUnavailable, match="refused"):
            desk.ledger.check()
        desk.engine.refuses = False
        desk.ledger.check()  # what cannot be settled is another matter, and nothing is pending
        desk.ledger.commit([messages("a")])
        with pytest.raises(StoreUnavailable, match="not now"):
            desk.ledger.settle()
        with pytest.raises(StoreUnavailable, match="not now"):
            desk.ledger.check()

        desk.engine.commands.clear()
        desk.engine.fails_before = False
        desk.ledger.check()
        tried = len(desk.engine.commands)
        desk.ledger.check()

        assert (tried, len(desk.engine.commands)) == (3, 3)
        assert (desk.ledger.pending_rows, desk.stored()) == (0, ["a"])


def test_while_the_tables_cannot_be_asked_nothing_is_inserted(tmp_path: Path) -> None:
    """After an uncertain insert nothing more goes into tables that cannot say whether it is there."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.engine.fails_after = True
        with pytest.raises(StoreUnavailable, match="not sure"):
            desk.ledger.settle()
        desk.engine.fails_after, desk.engine.is_silent = False, True
        for attempt in (desk.ledger.settle, desk.ledger.reserve):
            with pytest.raises(StoreUnavailable, match="silent"):
                attempt()
        desk.engine.is_silent = False

        assert desk.ledger.commit([messages("a", "b")]) == [1]
        assert desk.stored() == ["a", "b"]


def test_a_ledger_in_step_is_not_read(tmp_path: Path) -> None:
    """When tables and index agree, recovery asks for row counts and unfinished removals, and nothing else."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.ledger.settle()
        desk.engine.asked.clear()

        desk.again().recover()

    assert desk.engine.asked == [
        "SELECT count() FROM message_events",
        "SELECT count() FROM user_events",
        "SELECT count() FROM spent",
        "SELECT workspace_id, id FROM removals FINAL WHERE status IN {unfinished:Array(String)}",
    ]


def test_what_the_index_missed_is_read(tmp_path: Path) -> None:
    """Rows that the index does not cover are read, told of, and known from then on."""
    told: list[int] = []
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a", "b")])
        desk.ledger.commit([user_rows(user_event(event_id="c"))])
        desk.identities.clear()

        again = desk.again()
        again.recover(told.append)

        assert (again.rows, desk.identities.state, told) == (3, IndexState(2, 3), [2, 3])
        assert again.commit([messages("a", "c", "d")]) == [1]


def test_an_index_that_covers_more_than_there_is_is_built_anew(tmp_path: Path) -> None:
    """Where the tables hold less than the index says, what is not in them is new again."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.ledger.settle()
        desk.ledger.commit([messages("b")])
        desk.ledger.settle()
        del desk.engine.inserted[1:]
        desk.engine.refresh()

        again = desk.again()
        again.recover()

        assert again.rows == 1
        assert again.commit([messages("a", "b")]) == [1]
        again.settle()
        assert desk.stored() == ["a", "b"]


def test_rows_that_come_back_are_known_again(tmp_path: Path) -> None:
    """The events of a file that was set aside and is back are known, though they are older than the index is."""
    with open_desk(tmp_path) as desk:
        desk.ledger.commit([messages("a")])
        desk.ledger.settle()
        desk.ledger.commit([messages("b")])
        desk.ledger.settle()
        aside = desk.engine.inserted.pop(0)
        desk.engine.refresh()
        desk.again().recover()
        desk.engine.inserted.append(aside)
        desk.engine.refresh()

        again = desk.again()
        again.recover()

        assert (again.rows, again.commit([messages("a", "b", "c")])) == (2, [1])
