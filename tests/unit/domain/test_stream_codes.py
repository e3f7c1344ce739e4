"""The table of the event stream's codes: every row is found by whatever spelling, and moves what it should."""

import pytest

from aftersend.domain.events import EVENT_ID_LIMIT
from aftersend.domain.kinds import Kind
from aftersend.domain.stream_codes import CODES, derived_id, feeds, find_code, find_name, fold
from stream_events import GOALS, HELD_OUT, MOVES, NOTHING


def _spelled(code: str) -> list[str]:
    return [code, code.lower(), code.upper(), code.replace("_", " "), f" {code}\n", code.replace("_", "_ ", 1)]


@pytest.mark.parametrize("code", [*MOVES, *NOTHING, *GOALS, *HELD_OUT])
def test_a_code_is_found_however_it_is_spelled(code: str) -> None:
    """Case, spaces and punctuation of a code say nothing."""
    row = find_code(code)

    assert row is not None
    assert [find_code(spelling) for spelling in _spelled(code)] == [row] * 6


def test_every_row_is_tested() -> None:
    """The table has no row that the tests' own table does not have; those of keywords have no published code."""
    tested = {find_code(code) for code in (*MOVES, *NOTHING, *GOALS, *HELD_OUT)}

    assert {row.code for row in set(CODES) - tested} == {"SMS_KEYWORD_RECEIVED", "SMS_KEYWORD_RESPONSE_SENT"}


@pytest.mark.parametrize("code", MOVES)
def test_a_row_feeds_what_it_moves(code: str) -> None:
    """What the reference page says of a row is what the contract does."""
    row, moves = find_code(code), MOVES[code]
    assert row is not None

    told = set(feeds(row)) - {"adjusted_open"}  # only the live profile prints it

    stages = {f"delivery_funnel.{key}" for key in moves.funnel}
    assert told == {*moves.performance, *stages, *(["failure_breakdown"] if moves.breakdown else [])}
    assert moves.channel in row.channels


@pytest.mark.parametrize("code", [*NOTHING, *GOALS])
def test_other_rows_feed_no_metric(code: str) -> None:
    """What is only recognised feeds nothing, and what is for goals feeds nothing by itself."""
    row = find_code(code)

    assert row is not None
    assert (feeds(row), row.kinds, row.for_goals) == ([], (), code in GOALS)


@pytest.mark.parametrize("code", HELD_OUT)
def test_control_groups(code: str) -> None:
    """A user who is held out counts in the group that the event is about."""
    row = find_code(code)

    assert row is not None
    assert row.kinds == (Kind.HELD_OUT,)
    assert feeds(row) == ["user_removed_due_to_campaing_control_group", "user_removed_due_to_global_control_group"]


@pytest.mark.parametrize("row", CODES, ids=lambda row: row.code)
def test_a_row_is_found_by_its_names(row: object) -> None:
    """A display name stands in for a code that is not published, in any case."""
    names = row.names  # type: ignore[attr-defined]

    assert [find_name(name) for name in names] == [row] * len(names)
    assert [find_name(name.upper()) for name in names] == [row] * len(names)


def test_no_two_rows_share_a_word() -> None:
    """Codes, aliases and names mean one row each."""
    codes = [fold(code) for row in CODES for code in (row.code, *row.aliases)]
    names = [fold(name) for row in CODES for name in row.names]

    assert len(codes) == len(set(codes))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("code", ["MOE_EMAIL_TELEPORTED", "purchase", "", "MOE_OPT"])
def test_other_codes_are_not_known(code: str) -> None:
    """A code that is not in the table is nobody's."""
    assert find_code(code) is None


def test_derived_ids() -> None:
    """What is derived from an event has an id of its own, the same every time, and there is room for it."""
    ids = {derived_id("x", kind) for kind in Kind}

    assert len(ids) == len(Kind)
    assert derived_id("x", Kind.ATTEMPTED) == "x#attempted"
    assert all(len(one) < EVENT_ID_LIMIT for one in ids)
