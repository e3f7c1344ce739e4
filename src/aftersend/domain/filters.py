"""Goal filters: the types of attributes, the conditions on each, and which filters can be evaluated.

A filter is kept as it was given; `read_filter` turns it into a `Condition`, the only form that the rest of the
program evaluates. What cannot be read is refused when its campaign is registered.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from aftersend.domain.periods import EPOCH
from aftersend.domain.problems import Problem


class DataType(StrEnum):
    """What an attribute must be, spelled as in `data_type`."""

    STRING = "STRING"
    DOUBLE = "DOUBLE"
    BOOL = "BOOL"
    DATETIME = "DATETIME"
    ARRAY = "ARRAY"


class Test(StrEnum):
    """What is asked of an attribute; several conditions can ask the same."""

    __test__ = False  # not for the test runner

    EXISTS = "exists"
    EQUAL = "equal to one of the values"
    CONTAINS = "contains one of the values"
    STARTS = "starts with one of the values"
    ENDS = "ends with one of the values"
    BELOW = "before or less than the value"
    ABOVE = "after or greater than the value"
    WITHIN = "from the first value to the second, both included"


class Takes(StrEnum):
    """Which values a condition needs."""

    NOTHING = "nothing"
    ONE = "value"
    MANY = "value, a list"
    TWO = "value and value1"


@dataclass(frozen=True, slots=True)
class ConditionFacts:
    """One row: a condition of a data type, what it asks, and which values it needs."""

    data_type: DataType
    condition: str
    test: Test
    takes: Takes


def _rows(data_type: DataType, *rows: tuple[str, Test, Takes]) -> tuple[ConditionFacts, ...]:
    return tuple(ConditionFacts(data_type, *row) for row in (*rows, ("exists", Test.EXISTS, Takes.NOTHING)))


CONDITIONS: tuple[ConditionFacts, ...] = (
    *_rows(
        DataType.STRING,
        ("is", Test.EQUAL, Takes.ONE),
        ("in", Test.EQUAL, Takes.MANY),
        ("contains", Test.CONTAINS, Takes.ONE),
        ("containsInTheFollowing", Test.CONTAINS, Takes.MANY),
        ("startsWith", Test.STARTS, Takes.ONE),
        ("startWithInTheFollowing", Test.STARTS, Takes.MANY),
        ("endsWith", Test.ENDS, Takes.ONE),
        ("endsWithInTheFollowing", Test.ENDS, Takes.MANY),
    ),
    *_rows(
        DataType.DOUBLE,
        ("is", Test.EQUAL, Takes.ONE),
        ("in", Test.EQUAL, Takes.MANY),
        ("between", Test.WITHIN, Takes.TWO),
        ("lessThan", Test.BELOW, Takes.ONE),
        ("greaterThan", Test.ABOVE, Takes.ONE),
    ),
    *_rows(DataType.BOOL, ("is", Test.EQUAL, Takes.ONE)),
    *_rows(
        DataType.DATETIME,
        ("on", Test.EQUAL, Takes.ONE),
        ("before", Test.BELOW, Takes.ONE),
        ("after", Test.ABOVE, Takes.ONE),
        ("between", Test.WITHIN, Takes.TWO),
    ),
    *_rows(
        DataType.ARRAY,
        ("contains", Test.CONTAINS, Takes.ONE),
        ("containsInTheFollowing", Test.CONTAINS, Takes.MANY),
    ),
)
"""Every condition that can be evaluated."""

_ALIASES = {"NUMBER": DataType.DOUBLE}
_BY_NAME = {(row.data_type, row.condition.lower()): row for row in CONDITIONS}
_RELATIVE = frozenset({"inthelast", "inthenext", "today"})

MOST_VALUES = 1000
"""Values in the list of one filter."""

_START = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GoalFilter:
    """A condition on an attribute of the goal event, as it was given."""

    name: str
    condition: str
    data_type: str
    value: Any = None
    value1: Any = None
    negate: bool = False
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time of a filter; without an offset of its own it is read in the workspace's zone."""

    time: datetime

    def milliseconds(self, zone: tzinfo) -> int:
        """Return the moment in milliseconds since 1970."""
        moment = self.time if self.time.tzinfo else self.time.replace(tzinfo=zone)
        return (moment - _START) // timedelta(milliseconds=1)

    def day(self, zone: tzinfo) -> date:
        """Return the day on which it falls in the zone."""
        return (self.time.astimezone(zone) if self.time.tzinfo else self.time).date()


Value = str | bool | Decimal | Moment


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter that can be evaluated: the attribute, what is asked of it, and with which values."""

    name: str
    data_type: DataType
    test: Test
    values: tuple[Value, ...]
    negate: bool
    case_sensitive: bool


def read_filter(given: GoalFilter) -> Condition | Problem:
    """Return the condition that a filter means, or why it cannot be evaluated."""
    if not given.name.strip():
        return Problem("name", given.name, "a filter needs an attribute name")
    data_type = _data_type(given.data_type)
    if data_type is None:
        return Problem("data_type", given.data_type, f"use one of {', '.join((*DataType, *_ALIASES))}")
    facts = _BY_NAME.get((data_type, given.condition.lower()))
    if facts is None:
        return Problem("condition", given.condition, _unknown_condition(data_type, given.condition))
    values = _values(facts, given)
    if isinstance(values, Problem):
        return values
    return Condition(given.name, data_type, facts.test, values, given.negate, given.case_sensitive)


def _data_type(name: str) -> DataType | None:
    upper = name.upper()
    return _ALIASES.get(upper) or (DataType(upper) if upper in set(DataType) else None)


def _unknown_condition(data_type: DataType, condition: str) -> str:
    if condition.lower() in _RELATIVE:
        return "a condition relative to today cannot be a goal's: what was credited would change day by day"
    known = ", ".join(row.condition for row in CONDITIONS if row.data_type is data_type)
    return f"the conditions of {data_type} are {known}"


def _values(facts: ConditionFacts, given: GoalFilter) -> tuple[Value, ...] | Problem:
    if facts.takes is Takes.NOTHING:
        return ()
    if facts.takes is Takes.TWO:
        return _two_values(facts.data_type, given)
    many = facts.takes is Takes.MANY and isinstance(given.value, list)
    raw = given.value if many else [given.value]
    if not 1 <= len(raw) <= MOST_VALUES:
        return Problem("value", f"a list of {len(raw)}", f"a list has 1 to {MOST_VALUES:,} values")
    values = [_value(facts.data_type, one) for one in raw]
    readable = tuple(value for value in values if value is not None)
    if len(readable) != len(values):
        return Problem("value", given.value, _WANTED[facts.data_type])
    if facts.test in _PARTS and facts.data_type is DataType.STRING and "" in readable:
        return Problem("value", given.value, "every text has the empty text in it; use one that is not empty")
    return readable


_PARTS = frozenset({Test.CONTAINS, Test.STARTS, Test.ENDS})


def _two_values(data_type: DataType, given: GoalFilter) -> tuple[Value, ...] | Problem:
    ends: list[Value] = []
    for field, one in (("value", given.value), ("value1", given.value1)):
        value = _value(data_type, one)
        if value is None:
            return Problem(field, one, _WANTED[data_type])
        ends.append(value)
    return tuple(ends)


_WANTED = {
    DataType.STRING: "use a text",
    DataType.DOUBLE: "use a number with up to 15 digits before the point and nine behind it",
    DataType.BOOL: "use true or false",
    DataType.DATETIME: "use a date, or a date and time, of ISO 8601, or milliseconds since 1970",
    DataType.ARRAY: "use a text, a number, true or false",
}


def _value(data_type: DataType, raw: object) -> Value | None:
    match data_type:
        case DataType.STRING:
            return raw if isinstance(raw, str) else None
        case DataType.DOUBLE:
            return read_number(raw)
        case DataType.BOOL:
            return raw if isinstance(raw, bool) else None
        case DataType.DATETIME:
            return read_moment(raw)
        case DataType.ARRAY:
            return raw if isinstance(raw, str | bool) else read_number(raw)


JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?"
NUMBER_PLACES = 9
NUMBER_LIMIT = Decimal(10) ** 15
"""Numbers have nine decimal places, and are below this in size."""


def read_number(raw: object) -> Decimal | None:
    """Return a number of a filter, or None when it is none or has more digits than are compared."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    if isinstance(raw, str) and not re.fullmatch(JSON_NUMBER, raw):
        return None
    try:
        number = Decimal(str(raw))
        fits = number.is_finite() and abs(number) < NUMBER_LIMIT
        return number if fits and number == round(number, NUMBER_PLACES) else None
    except (InvalidOperation, ValueError):
        return None


MOMENT = (
    r"(?:19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
"""The forms of a date, or a date and time, in attributes and in filters."""


_MOST_MILLISECONDS = 7_258_118_400_000  # 2200-01-01


def read_moment(raw: object) -> Moment | None:
    """Return a moment of a filter, or None when it is none."""
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < _MOST_MILLISECONDS:
        return Moment(_START + timedelta(milliseconds=raw))
    if not isinstance(raw, str) or not re.fullmatch(MOMENT, raw):
        return None
    try:
        return Moment(datetime.fromisoformat(raw))
    except ValueError:
        return None


def day_bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """Return the first millisecond of a local day, and the first of the next."""
    first, following = (
        Moment(datetime(one.year, one.month, one.day)).milliseconds(zone)  # noqa: DTZ001 - the zone comes in there
        for one in (day, day + timedelta(days=1))
    )
    return first, following
