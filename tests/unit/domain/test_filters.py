"""Which goal filters can be evaluated, what they are read as, and which field of the others is named."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aftersend.domain.filters import (
    CONDITIONS,
    Condition,
    DataType,
    GoalFilter,
    Moment,
    Takes,
    Test,
    day_bounds,
    read_filter,
)
from aftersend.domain.problems import Problem

VALUES: dict[DataType, Any] = {
    DataType.STRING: "x",
    DataType.DOUBLE: 1,
    DataType.BOOL: True,
    DataType.DATETIME: "2026-01-31",
    DataType.ARRAY: "x",
}


def _filter(data_type: str = "STRING", condition: str = "is", value: Any = "x", **fields: Any) -> GoalFilter:
    return GoalFilter(name="a", condition=condition, data_type=data_type, value=value, **fields)


def _condition(given: GoalFilter) -> Condition:
    read = read_filter(given)
    assert isinstance(read, Condition), read
    return read


@pytest.mark.parametrize("row", CONDITIONS, ids=lambda row: f"{row.data_type}-{row.condition}")
def test_every_condition_can_be_read(row: Any) -> None:
    """Each row of the table is read with values of its type, as many as it takes."""
    one = VALUES[row.data_type]
    value = None if row.takes is Takes.NOTHING else [one, one] if row.takes is Takes.MANY else one
    value1 = one if row.takes is Takes.TWO else None

    read = _condition(_filter(row.data_type, row.condition, value, value1=value1))

    assert (read.data_type, read.test) == (row.data_type, row.test)
    assert len(read.values) == {Takes.NOTHING: 0, Takes.ONE: 1, Takes.MANY: 2, Takes.TWO: 2}[row.takes]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (GoalFilter(" ", "is", "STRING", "x"), "name"),
        (_filter("TEXT"), "data_type"),
        (_filter(condition="equals"), "condition"),
        (_filter("BOOL", "contains", True), "condition"),
        (_filter("DATETIME", "inTheLast", 3), "condition"),
        (_filter(value=None), "value"),
        (_filter(value=7), "value"),
        (_filter(condition="contains", value=""), "value"),
        (_filter(condition="in", value=[]), "value"),
        (_filter(condition="in", value=["a", 7]), "value"),
        (_filter(condition="in", value=["a"] * 1001), "value"),
        (_filter("DOUBLE", value=True), "value"),
        (_filter("DOUBLE", value="1,5"), "value"),
        (_filter("DOUBLE", value=10**15), "value"),
        (_filter("DOUBLE", value="0.1234567891"), "value"),
        (_filter("DOUBLE", value=float("nan")), "value"),
        (_filter("DOUBLE", "between", 1), "value1"),
        (_filter("DOUBLE", "between", None, value1=1), "value"),
        (_filter("BOOL", value="true"), "value"),
        (_filter("DATETIME", "on", "31.01.2026"), "value"),
        (_filter("DATETIME", "on", "2026-02-30"), "value"),
        (_filter("DATETIME", "before", -1), "value"),
        (_filter("ARRAY", "contains", ["x"]), "value"),
    ],
)
def test_what_cannot_be_evaluated_is_named(given: GoalFilter, field: str) -> None:
    """A filter that cannot be evaluated names its field, and says what to do."""
    read = read_filter(given)

    assert isinstance(read, Problem)
    assert read.field == field
    assert read.message


def test_spellings_that_are_forgiven() -> None:
    """The case of data types and conditions is forgiven, NUMBER is DOUBLE, and one value is a list of one."""
    read = _condition(_filter("number", "IN", "1.50"))

    assert (read.data_type, read.test, read.values) == (DataType.DOUBLE, Test.EQUAL, (Decimal("1.50"),))


def test_moments_are_read_in_the_zone_of_the_workspace() -> None:
    """A time without an offset is local; one with an offset, and milliseconds, are the same everywhere."""
    local, exact = Moment(datetime(2026, 1, 31, 12)), Moment(datetime(2026, 1, 31, 12, tzinfo=UTC))
    kathmandu = ZoneInfo("Asia/Kathmandu")

    assert local.milliseconds(UTC) - local.milliseconds(kathmandu) == (5 * 60 + 45) * 60_000
    assert exact.milliseconds(UTC) == exact.milliseconds(kathmandu)
    assert exact.day(ZoneInfo("Pacific/Kiritimati")) == date(2026, 2, 1)


def test_a_local_day_can_have_23_hours() -> None:
    """The bounds of a day are those of the zone, also when the clock changes in it."""
    first, following = day_bounds(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))

    assert following - first == 23 * 3_600_000
