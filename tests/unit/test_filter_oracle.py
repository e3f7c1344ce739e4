"""The oracle's filters and numbers, case by case as the rules have them."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from filter_oracle import attribute_of, fulfils
from oracle_values import exact, moment_of, number_of, rounded

Json = dict[str, Any]

NOON = 1_767_268_800_000
"""2026-01-01 12:00 UTC."""


def holds(data_type: str, condition: str, attribute: Any, value: Any = None, **fields: Any) -> bool:
    """Tell whether the attribute `it` fulfils a condition, in Berlin."""
    given = {"name": "it", "data_type": data_type, "condition": condition, "value": value, **fields}
    outcome = fulfils(given, {"it": attribute}, "Europe/Berlin")
    assert fulfils({**given, "negate": True}, {"it": attribute}, "Europe/Berlin") is not outcome
    return outcome


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        *[("is", "red SHOES", True), ("is", "red", False), ("in", ["hat", "Red shoes"], True), ("in", ["hat"], False)],
        *[("contains", "D SH", True), ("contains", "hat", False)],
        *[("containsInTheFollowing", ["hat", "shoe"], True), ("containsInTheFollowing", ["hat", "cap"], False)],
        *[("startsWith", "RED", True), ("startsWith", "shoes", False)],
        *[("startWithInTheFollowing", ["hat", "re"], True), ("startWithInTheFollowing", ["hat", "ed"], False)],
        *[("endsWith", "OES", True), ("endsWith", "Red", False)],
        *[("endsWithInTheFollowing", ["hat", "s"], True), ("endsWithInTheFollowing", ["hat", "shoe"], False)],
    ],
)
def test_conditions_of_strings(condition: str, value: Any, expected: bool) -> None:
    """Strings are compared as a whole, by a part, by how they begin and by how they end, whatever their case."""
    assert holds("STRING", condition, "Red Shoes", value) is expected


@pytest.mark.parametrize("condition", ["is", "contains", "startsWith", "endsWith"])
def test_case_matters_where_it_is_asked_for(condition: str) -> None:
    """With `case_sensitive` only the same letters are equal."""
    assert holds("STRING", condition, "Rosé", "ROSÉ")
    assert not holds("STRING", condition, "Rosé", "ROSÉ", case_sensitive=True)
    assert holds("STRING", condition, "Rosé", "Rosé", case_sensitive=True)


@pytest.mark.parametrize("attribute", [7, True, None, ["red"], {"a": "red"}])
def test_what_is_no_string_fulfils_no_condition_of_strings(attribute: Any) -> None:
    """A number is not its spelling, and a list is not its element."""
    assert not holds("STRING", "contains", attribute, "")
    assert not holds("STRING", "is", attribute, "7")


@pytest.mark.parametrize(
    ("condition", "value", "value1", "expected"),
    [
        *[("is", 20, None, True), ("is", 20.01, None, False), ("in", [1, 20], None, True), ("in", [1, 2], None, False)],
        *[("between", 20, 30, True), ("between", 10, 20, True), ("between", 20.000000001, 30, False)],
        *[("lessThan", 20, None, False), ("lessThan", 20.000000001, None, True)],
        *[("greaterThan", 20, None, False), ("greaterThan", 19.999999999, None, True)],
    ],
)
@pytest.mark.parametrize("attribute", [20, 20.0, "20", "20.000", "2e1", 20.0000000009, "20.0000000009999"])
@pytest.mark.parametrize("data_type", ["DOUBLE", "NUMBER"])
def test_conditions_of_numbers(
    data_type: str, attribute: Any, condition: str, value: Any, value1: Any, expected: bool
) -> None:
    """Numbers are compared with nine places however they are written, and both ends belong to what is between them."""
    assert holds(data_type, condition, attribute, value, value1=value1) is expected


@pytest.mark.parametrize(
    "attribute", ["", " 20", "+20", "020", ".5", "20.", "1,000", "0x14", "NaN", True, None, [20], {}]
)
def test_what_is_no_number_fulfils_no_condition_of_numbers(attribute: Any) -> None:
    """Only what JSON would read as a number is one; neither is a list of one."""
    assert not holds("DOUBLE", "greaterThan", attribute, -1_000)
    assert not holds("DOUBLE", "lessThan", attribute, 1_000_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[(0, Fraction(0)), ("-0", Fraction(0)), (0.1, Fraction(1, 10)), ("0.1234567899", Fraction(123456789, 10**9))],
        *[("-0.1234567899", Fraction(-123456789, 10**9)), (999_999_999_999_999, Fraction(999_999_999_999_999))],
        *[("999999999999999.999999999", Fraction(999_999_999_999_999_999_999_999, 10**9))],
        *[(10**15, None), ("1e15", None), ("1e999999999", None), ("1e-999999999", Fraction(0)), (1e-10, Fraction(0))],
    ],
)
def test_numbers(value: Any, expected: Fraction | None) -> None:
    """A number has up to fifteen digits before the point and nine behind it, cut off towards zero."""
    assert number_of(value) == expected


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [(True, True, True), (True, False, False), (False, False, True), ("true", True, False), (1, True, False)],
)
def test_conditions_of_truths(attribute: Any, value: bool, expected: bool) -> None:
    """Only `true` is true: neither a one nor the word."""
    assert holds("BOOL", "is", attribute, value) is expected


@pytest.mark.parametrize(
    ("condition", "value", "value1", "expected"),
    [
        *[("on", "2026-01-01", None, True), ("on", "2026-01-02", None, False), ("on", NOON + 39_599_999, None, True)],
        *[("on", NOON + 39_600_000, None, False), ("on", "2025-12-31T23:00Z", None, True)],
        *[("before", NOON, None, False), ("before", NOON + 1, None, True), ("before", "2026-01-02", None, True)],
        *[("after", NOON, None, False), ("after", NOON - 1, None, True), ("after", "2026-01-01", None, True)],
        *[("between", NOON, NOON, True), ("between", NOON + 1, NOON + 2, False), ("between", 0, NOON - 1, False)],
        *[("between", "2026-01-01", "2026-01-02", True), ("between", "2025-12-31", "2026-01-01", False)],
    ],
)
@pytest.mark.parametrize(
    "attribute", [NOON, "2026-01-01T12:00Z", "2026-01-01 13:00:00", "2026-01-01T17:30:00.000+0530"]
)
def test_conditions_of_moments(attribute: Any, condition: str, value: Any, value1: Any, expected: bool) -> None:
    """Moments are compared to the millisecond, days are those of the workspace: noon in London is one in Berlin."""
    assert holds("DATETIME", condition, attribute, value, value1=value1) is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[("1970-01-01", 0), ("1970-01-02", 86_400_000), ("1970-01-01T00:01", 60_000), ("1970-01-01 00:00:01", 1_000)],
        *[("1970-01-01T00:00:00.001", 1), ("1970-01-01T00:00:00.001Z", 1), ("1970-01-01T05:30+05:30", 0), (7, 7)],
        *[("1970-01-01T05:30:00+0530", 0), ("1970-01-01 00:00-0100", 3_600_000), ("2199-12-31T23:00Z", 7258114800000)],
        *[("1969-12-31", None), ("2200-01-01", None), ("2026-02-30", None), ("2026-01-31T24:30", None), ("", None)],
        *[("2026-01-31Z", None), ("2026-1-31", None), ("20260131", None), ("2026-01-31T12", None), ("noon", None)],
        *[("2026-01-31T12:00:00.1", None), ("2026-01-31T12:00:00.1234", None), (True, None), (1.5, None), ([7], None)],
    ],
)
def test_moments(written: Any, expected: int | None) -> None:
    """A date, or a date and time in one of the accepted forms, is a moment; without an offset it is local."""
    assert moment_of(written, "UTC") == expected


@pytest.mark.parametrize(
    ("written", "timezone", "same"),
    [
        ("2026-01-01", "Asia/Kathmandu", "2025-12-31T18:15Z"),
        ("2026-07-01T00:00", "Europe/Berlin", "2026-06-30T22:00Z"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00Z"),  # there is no midnight, the day begins at one o'clock
        ("2009-11-01", "America/St_Johns", "2009-11-01T02:30Z"),  # midnight comes twice
    ],
)
def test_a_date_is_the_first_moment_of_a_day(written: str, timezone: str, same: str) -> None:
    """A day begins when it begins in the workspace."""
    assert moment_of(written, timezone) == moment_of(same, "UTC")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("RED", True), ("7", False), (7, True), (7.0, True), (7.5, True), (7.25, False), (True, True), (1, False)],
)
def test_an_array_contains_what_is_equal(value: Any, expected: bool) -> None:
    """An element is equal when it is of the same type and has the same value; strings whatever their case."""
    array = ["red", 7, 7.5, True, None, ["blue"]]

    assert holds("ARRAY", "contains", array, value) is expected
    assert holds("ARRAY", "containsInTheFollowing", array, ["blue", value]) is expected
    assert not holds("ARRAY", "contains", "red", value)
    assert not holds("ARRAY", "contains", [], value)


def test_elements_in_their_case() -> None:
    """With `case_sensitive` an element must have the same letters."""
    assert not holds("ARRAY", "contains", ["red"], "RED", case_sensitive=True)
    assert holds("ARRAY", "contains", ["RED"], "RED", case_sensitive=True)


@pytest.mark.parametrize("data_type", ["STRING", "DOUBLE", "BOOL", "DATETIME", "ARRAY"])
def test_exists(data_type: str) -> None:
    """An attribute exists when it is there and not null, whatever its type."""
    attributes: list[Any] = ["", 0, False, [], {}, "word"]
    for attribute in attributes:
        assert holds(data_type, "exists", attribute)
    assert not holds(data_type, "exists", None)
    condition = {"name": "other", "data_type": data_type, "condition": "exists"}
    assert not fulfils(condition, {"it": 1}, "UTC")
    assert fulfils({**condition, "negate": True}, {"it": 1}, "UTC")


def test_a_negated_condition_holds_without_the_attribute() -> None:
    """Who did not say that it is red said that it is not red."""
    condition = {"name": "it", "data_type": "STRING", "condition": "is", "value": "red", "negate": True}

    assert fulfils(condition, {}, "UTC")
    assert fulfils(condition, {"it": 7}, "UTC")
    assert not fulfils(condition, {"it": "Red"}, "UTC")


def test_names_of_attributes() -> None:
    """A literal name goes before a path, and a path leads through objects only."""
    attributes = {"cart": {"total": 1, "items": [{"price": 2}], "deep": {"er": 3}}, "cart.total": 4, "x": "y"}

    assert attribute_of(attributes, "cart.total") == 4
    assert attribute_of({"cart": {"total": 1}}, "cart.total") == 1
    assert attribute_of(attributes, "cart.deep.er") == 3
    for name in ("total", "cart.items.price", "cart.Total", "Cart.total", "x.y", "cart.deep.er.est", "cart."):
        assert attribute_of(attributes, name) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[(Fraction(1, 3), 0.33), (Fraction(2, 3), 0.67), (Fraction(1, 8), 0.13), (Fraction(-1, 8), -0.13)],
        *[(Fraction(1005, 1000), 1.01), (Fraction(-1, 1000), 0), (Fraction(4, 2), 2)],
    ],
)
def test_rounding(value: Fraction, expected: float) -> None:
    """Half a hundredth goes away from zero, and whole numbers have no fraction."""
    assert rounded(value) == expected
    assert isinstance(rounded(value), int) == (expected == int(expected))


def test_money_is_printed_exactly() -> None:
    """A sum keeps nine places and fifteen digits before them, which no float could."""
    assert exact(Fraction(123_456_789_012_345_123_456_789, 10**9)) == Decimal("123456789012345.123456789")
    assert exact(Fraction(1, 10) + Fraction(2, 10)) == Decimal("0.3")
    assert exact(Fraction(-5, 2)) == Decimal("-2.5")
    assert (exact(Fraction(12, 4)), type(exact(Fraction(12, 4)))) == (3, int)
