"""The ledger's own decisions, with an engine that only notes: what is new, and what an uncertain commit leads to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.digests import digest_sql, digests
from aftersend.store.engine import Parameters
from aftersend.store.identities import IDENTITY_SQL, Identities, IndexState, identity
from aftersend.store.ledger import EventRows, Ledger, SpentIds
from builders import message_event, user_event
from fakes import FakeEngine
from objects import a_campaign, message_rows, user_rows


def _columns(rows: pa.Table) -> dict[str, pa.Array]:
    return {name: rows.column(name).combine_chunks() for name in rows.column_names}


class CountingEngine(FakeEngine):
    """An engine that knows how many rows it was given, and can fail before or after it has taken them."""

    fails_before = False
    fails_after = False
    refuses = False

    def insert(self, table: str, rows: object) -> None:
        """Take the rows, unless it is to fail before."""
        if self.fails_before:
            raise StoreUnavailable("not now")
        super().insert(table, rows)
        self.refresh()
        if self.fails_after:
            raise StoreUnavailable("not sure")

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Note a statement, unless it is to refuse."""
        if self.refuses:
            raise StoreUnavailable("refused")
        super().command(statement, parameters)

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield the rows that are senior enough, in one block."""
        assert parameters is not None
        rows = [row for row in self.select(statement) if row[-1] < parameters["senior"]]
        if rows:
            yield rows

    def refresh(self) -> None:
        """Answer as tables that hold what was inserted."""
        for stream in Stream:
            blocks = [rows for table, rows in self.inserted if table == stream]
            self.answers[f"SELECT count() FROM {stream}"] = [(sum(rows.num_rows for rows in blocks),)]
            self.answers[f"SELECT {IDENTITY_SQL}, {digest_sql(stream)}, seniority FROM {stream}"] = [
                (identity(row["workspace_id"], row["event_id"]), said, row["seniority"])
                for rows in blocks
                for row, said in zip(rows.to_pylist(), digests(stream, _columns(rows)), strict=True)
            ]
        spent = [rows for table, rows in self.inserted if table == "spent"]
        self.answers["SELECT count() FROM spent"] = [(sum(rows.num_rows for rows in spent),)]
        self.answers["SELECT identity, seniority FROM spent"] = [
            tuple(row.values()) for rows in spent for row in rows.select(["identity", "seniority"]).to_pylist()
        ]


@dataclass
class Desk:
    """A ledger on a throw-away index."""

    engine: CountingEngine
    identities: Identities
    ledger: Ledger

    def stored(self) -> list[str]:
        """Return the ids of the events that were inserted, in order."""
        return [event_id for _, rows in self.engine.inserted for event_id in rows.column("event_id").to_pylist()]


@contextmanager
def _desk(folder: Path) -> Iterator[Desk]:
    engine = CountingEngine()
    engine.refresh()
    identities = Identities(folder / "index")
    ledger = Ledger(engine, identities)
    ledger.recover()
    try:
        yield Desk(engine, identities, ledger)
    finally:
        identities.close()


def _messages(*ids: str, workspace_id: str = "w1") -> EventRows:
    return message_rows(*(message_event(event_id=one) for one in ids), workspace_id=workspace_id)


def test_new_events_are_inserted_once(tmp_path: Path) -> None:
    """Repeats within a batch, over the batches of one commit and over commits are found; the first one is kept."""
    with _desk(tmp_path) as desk:
        assert desk.ledger.commit([_messages("a", "b", "a"), _messages("b", "c")]) == [2, 1]
        assert desk.ledger.commit([_messages("c", "a"), _messages("d")]) == [0, 1]

        assert desk.stored() == ["a", "b", "c", "d"]
        assert desk.ledger.rows == 4


def test_another_body_under_a_known_id_is_noted(tmp_path: Path) -> None:
    """The first body counts; one that says something else is a conflict, until the id is spent."""
    other = message_rows(message_event(event_id="a", user_id="u2"), message_event(event_id="b"))
    with _desk(tmp_path) as desk:
        assert desk.ledger.commit([_messages("a"), other]) == [1, 1]
        assert desk.ledger.commit([_messages("a", "b"), other]) == [0, 0]
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
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a", "b")])

        assert desk.ledger.spend("w1", "r1", ["a", "x", "a"]) == SpentIds(1, ["x"])
        assert desk.ledger.spend("w1", "r2", ["x", "a"]) == SpentIds(0, [])
        assert desk.ledger.commit([_messages("x", "a", "c")]) == [1]

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
        again = Ledger(desk.engine, desk.identities)
        again.recover()
        assert (again.rows, again.commit([_messages("x", "a", "b", "c", "d")])) == (4, [1])


def test_both_streams_share_one_space_of_ids(tmp_path: Path) -> None:
    """An id that a message event has is taken for a user event too."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])

        assert desk.ledger.commit([user_rows(user_event(event_id="a"), user_event(event_id="b"))]) == [1]
        assert [table for table, _ in desk.engine.inserted] == ["message_events", "conflicts", "user_events"]


def test_workspaces_do_not_share_ids(tmp_path: Path) -> None:
    """The same id in another workspace is another event."""
    with _desk(tmp_path) as desk:
        assert desk.ledger.commit([_messages("a"), _messages("a", workspace_id="w2")]) == [1, 1]


def test_a_group_becomes_one_insert(tmp_path: Path) -> None:
    """Batches of one commit are one block of rows, with one set of dictionaries and one seniority."""
    sms = message_rows(message_event(event_id="c"), campaign=a_campaign(name="Same id, other kind"))
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a"), _messages("b"), sms])
        ((_, rows),) = desk.engine.inserted

    assert rows.column("event_id").num_chunks == 1
    assert rows.column("kind").chunk(0).dictionary.to_pylist() == ["sent"]
    assert set(rows.column("seniority").to_pylist()) == {2**64 - 2}


def test_later_commits_are_less_senior(tmp_path: Path) -> None:
    """Each commit has a number of its own, and an earlier one outranks a later one."""
    with _desk(tmp_path) as desk:
        for name in "abc":
            desk.ledger.commit([_messages(name)])

        seniority = [rows.column("seniority")[0].as_py() for _, rows in desk.engine.inserted]

    assert seniority == sorted(seniority, reverse=True)
    assert len(set(seniority)) == 3


def test_a_commit_of_nothing_new_inserts_nothing(tmp_path: Path) -> None:
    """Duplicates alone do not reach the engine, and change nothing."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])

        assert desk.ledger.commit([_messages("a", "a"), _messages("a")]) == [0, 0]
        assert (len(desk.engine.inserted), desk.identities.state) == (1, IndexState(1, 1))


@pytest.mark.parametrize("fails", ["fails_before", "fails_after"])
def test_a_retry_after_an_uncertain_insert_never_doubles(tmp_path: Path, fails: str) -> None:
    """Whether the insert that failed had happened or not, sending again leaves each event there once."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])
        setattr(desk.engine, fails, True)
        with pytest.raises(StoreUnavailable):
            desk.ledger.commit([_messages("b", "c")])
        setattr(desk.engine, fails, False)

        accepted = desk.ledger.commit([_messages("b", "c", "d")])

        assert accepted == [3 if fails == "fails_before" else 1]
        assert sorted(desk.stored()) == ["a", "b", "c", "d"]
        assert desk.ledger.rows == 4


def test_what_a_check_says(tmp_path: Path) -> None:
    """After a commit that failed, a check fails while a commit would, and tries for real when it does not."""
    with _desk(tmp_path) as desk:
        desk.ledger.check()
        assert desk.engine.commands == []  # all is well, and nothing has to be tried
        desk.engine.fails_before = desk.engine.refuses = True
        with pytest.raises(StoreUnavailable, match="not now"):
            desk.ledger.commit([_messages("a")])

        with pytest.raises(StoreUnavailable, match="refused"):
            desk.ledger.check()
        desk.engine.fails_before = desk.engine.refuses = False
        desk.ledger.check()
        tried = len(desk.engine.commands)
        desk.ledger.check()

        assert (tried, len(desk.engine.commands)) == (3, 3)
        assert desk.ledger.commit([_messages("a")]) == [1]


def test_while_the_tables_cannot_be_asked_nothing_is_taken(tmp_path: Path) -> None:
    """After an uncertain insert a commit that cannot find out what is there is refused as well."""
    with _desk(tmp_path) as desk:
        desk.engine.fails_after = True
        with pytest.raises(StoreUnavailable, match="not sure"):
            desk.ledger.commit([_messages("a")])
        answers, desk.engine.answers = desk.engine.answers, {}
        with pytest.raises(IndexError):
            desk.ledger.commit([_messages("a")])
        desk.engine.answers, desk.engine.fails_after = answers, False

        assert desk.ledger.commit([_messages("a", "b")]) == [1]
        assert desk.stored() == ["a", "b"]


def test_a_ledger_in_step_is_not_read(tmp_path: Path) -> None:
    """When tables and index agree, recovery asks for row counts and unfinished removals, and nothing else."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])
        desk.engine.asked.clear()

        Ledger(desk.engine, desk.identities).recover()

    assert desk.engine.asked == [
        "SELECT count() FROM message_events",
        "SELECT count() FROM user_events",
        "SELECT count() FROM spent",
        "SELECT workspace_id, id FROM removals FINAL WHERE status IN {unfinished:Array(String)}",
    ]


def test_what_the_index_missed_is_read(tmp_path: Path) -> None:
    """Rows that the index does not cover are read, told of, and known from then on."""
    told: list[int] = []
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a", "b")])
        desk.ledger.commit([user_rows(user_event(event_id="c"))])
        desk.identities.clear()

        again = Ledger(desk.engine, desk.identities)
        again.recover(told.append)

        assert (again.rows, desk.identities.state, told) == (3, IndexState(2, 3), [2, 3])
        assert again.commit([_messages("a", "c", "d")]) == [1]


def test_an_index_that_covers_more_than_there_is_is_built_anew(tmp_path: Path) -> None:
    """Where the tables hold less than the index says, what is not in them is new again."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])
        desk.ledger.commit([_messages("b")])
        del desk.engine.inserted[1:]
        desk.engine.refresh()

        again = Ledger(desk.engine, desk.identities)
        again.recover()

        assert again.rows == 1
        assert again.commit([_messages("a", "b")]) == [1]
        assert desk.stored() == ["a", "b"]


def test_rows_that_come_back_are_known_again(tmp_path: Path) -> None:
    """The events of a file that was set aside and is back are known, though they are older than the index is."""
    with _desk(tmp_path) as desk:
        desk.ledger.commit([_messages("a")])
        desk.ledger.commit([_messages("b")])
        aside = desk.engine.inserted.pop(0)
        desk.engine.refresh()
        Ledger(desk.engine, desk.identities).recover()
        desk.engine.inserted.append(aside)
        desk.engine.refresh()

        again = Ledger(desk.engine, desk.identities)
        again.recover()

        assert (again.rows, again.commit([_messages("a", "b", "c")])) == (2, [1])
