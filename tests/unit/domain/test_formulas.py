"""The shapes of a number: what each needs, what each is worth, and how each reads."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aftersend.domain.formulas import (
    Count,
    FirstNonZero,
    Formula,
    Minus,
    Mode,
    Percent,
    Remaining,
    Tally,
    count,
    needs,
    percent,
    text,
    total,
    unique,
    value,
)
from aftersend.domain.kinds import Kind
from fakes import FakeCell, of

SENT, CLICKED, DELIVERED = of(Kind.SENT), of(Kind.CLICKED), of(Kind.DELIVERED)
LEFT = Remaining(of(Kind.TARGETED), of(Kind.REMOVED, Kind.FAILED, details=frozenset({"b", "a"})))


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 3, 33.33),
        (2, 3, 66.67),
        (1, 8, 12.5),
        (4, 2, 200),
        (5, 5, 100),
        (0, 5, 0),
        (1, 800, 0.13),  # 0.125: the half goes up
        (3, 800, 0.38),  # 0.375
        (1, 801, 0.12),
        (-1, 800, -0.13),  # below zero the half goes away from zero
        (1, -800, -0.13),
        (-1, -800, 0.13),
        (-1, 3, -33.33),
        (-2, 2, -100),
        (1, 1_000_000, 0),
    ],
)
def test_percent_is_rounded_half_up_to_two_decimals(part: int, whole: int, expected: float) -> None:
    """A share has at most two decimals, and an exact half is rounded away from zero."""
    assert percent(part, whole) == expected


@pytest.mark.parametrize("part", [0, 1, -1, 10**20])
def test_percent_of_nothing_is_zero(part: int) -> None:
    """A zero denominator gives 0, whatever is divided by it."""
    assert percent(part, 0) == 0


@pytest.mark.parametrize(("part", "whole"), [(1, 1), (4, 2), (0, 7), (3, 0), (-5, 5)])
def test_a_whole_percentage_is_an_integer(part: int, whole: int) -> None:
    """A percentage without a fraction is printed without one."""
    assert type(percent(part, whole)) is int


@settings(deadline=None)
@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15).filter(bool))
@example(12_345_678_901_234_567, 98_765_432_109_876_543)
def test_percent_agrees_with_decimal_arithmetic(part: int, whole: int) -> None:
    """The integer arithmetic gives what exact decimal rounding gives."""
    exact = Fraction(part * 100, whole)

    with localcontext(prec=80):
        expected = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert percent(part, whole) == float(expected)


@pytest.mark.parametrize("mode", Mode)
def test_a_count_follows_the_request_unless_it_is_pinned(mode: Mode) -> None:
    """A count needs the mode that is asked for; a pinned one always its own."""
    assert list(needs(count(Kind.SENT), mode)) == [(SENT, mode)]
    assert list(needs(total(Kind.SENT), mode)) == [(SENT, Mode.TOTAL)]
    assert list(needs(unique(Kind.SENT), mode)) == [(SENT, Mode.UNIQUE)]


@pytest.mark.parametrize("shape", [Minus, FirstNonZero, Percent])
def test_a_pair_needs_what_its_parts_need(shape: type[Minus] | type[FirstNonZero] | type[Percent]) -> None:
    """A shape of two numbers needs the counts of the first, then those of the second."""
    assert list(needs(shape(count(Kind.SENT), unique(Kind.CLICKED)), Mode.TOTAL)) == [
        (SENT, Mode.TOTAL),
        (CLICKED, Mode.UNIQUE),
    ]


def test_remaining_needs_two_totals_or_a_count_of_its_own() -> None:
    """In TOTAL what is left is a difference of two counts; in UNIQUE users are counted beside those who started."""
    assert list(needs(LEFT, Mode.TOTAL)) == [(LEFT.start, Mode.TOTAL), (LEFT.losses, Mode.TOTAL)]
    assert list(needs(LEFT, Mode.UNIQUE)) == [(LEFT.start, Mode.UNIQUE), LEFT]


def test_a_tally_is_by_detail_or_by_people() -> None:
    """No count is narrowed both ways, so nothing can ask for one."""
    with pytest.raises(ValueError, match="by detail or by people"):
        of(Kind.BOUNCED, details=frozenset({"hard"}), human=True)


@pytest.mark.parametrize(("mode", "expected"), [(Mode.TOTAL, 9), (Mode.UNIQUE, 4)])
def test_the_value_of_a_count(mode: Mode, expected: int) -> None:
    """A count is the cell's number in the mode that is asked for."""
    assert value(count(Kind.SENT), mode, FakeCell({SENT: (9, 4)})) == expected


@pytest.mark.parametrize("mode", Mode)
def test_the_value_of_a_pinned_count(mode: Mode) -> None:
    """A pinned count is the same in both modes."""
    cell = FakeCell({SENT: (9, 4)})

    assert value(total(Kind.SENT), mode, cell) == 9
    assert value(unique(Kind.SENT), mode, cell) == 4


@pytest.mark.parametrize(("mode", "expected"), [(Mode.TOTAL, 6), (Mode.UNIQUE, 3)])
def test_the_value_of_a_difference(mode: Mode, expected: int) -> None:
    """A difference is taken of the two numbers as they would be printed."""
    cell = FakeCell({SENT: (9, 4), CLICKED: (3, 1)})

    assert value(Minus(count(Kind.SENT), count(Kind.CLICKED)), mode, cell) == expected


def test_a_difference_can_be_negative() -> None:
    """Nothing is clipped at zero: in a window, more can be sent than was attempted."""
    assert value(Minus(count(Kind.SENT), count(Kind.CLICKED)), Mode.TOTAL, FakeCell({CLICKED: (3, 3)})) == -3


@pytest.mark.parametrize(("delivered", "expected"), [((5, 5), 5), ((0, 0), 9)])
def test_the_first_number_that_is_not_zero(delivered: tuple[int, int], expected: int) -> None:
    """The second number stands in exactly where the first is zero."""
    cell = FakeCell({DELIVERED: delivered, SENT: (9, 9)})

    assert value(FirstNonZero(total(Kind.DELIVERED), total(Kind.SENT)), Mode.TOTAL, cell) == expected


@pytest.mark.parametrize(("mode", "expected"), [(Mode.TOTAL, 6), (Mode.UNIQUE, 7)])
def test_the_value_of_what_remains(mode: Mode, expected: int) -> None:
    """In TOTAL the losses are taken off; in UNIQUE the cell's own count of users is taken as it is."""
    cell = FakeCell({LEFT.start: (10, 8), LEFT.losses: (4, 3)}, {LEFT: 7})

    assert value(LEFT, mode, cell) == expected


@pytest.mark.parametrize(("mode", "expected"), [(Mode.TOTAL, 33.33), (Mode.UNIQUE, 25)])
def test_the_value_of_a_share(mode: Mode, expected: float) -> None:
    """A share divides its two numbers, each in the mode that holds for it."""
    cell = FakeCell({SENT: (9, 4), CLICKED: (3, 1)})

    assert value(Percent(count(Kind.CLICKED), count(Kind.SENT)), mode, cell) == expected


def test_a_share_in_an_empty_cell_is_zero() -> None:
    """Where nothing happened a rate is 0."""
    assert value(Percent(count(Kind.CLICKED), count(Kind.SENT)), Mode.TOTAL, FakeCell()) == 0


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (count(Kind.SENT), "sent"),
        (count(Kind.SENT, Kind.FAILED), "sent or failed"),
        (total(Kind.SENT), "total sent"),
        (unique(Kind.SENT), "unique sent"),
        (count(Kind.OPENED, human=True), "opened by people"),
        (count(Kind.BOUNCED, details=frozenset({"soft", "hard"})), "bounced (hard, soft)"),
        (Minus(count(Kind.ATTEMPTED), count(Kind.SENT)), "(attempted - sent)"),
        (
            FirstNonZero(total(Kind.DELIVERED), total(Kind.SENT)),
            "(total delivered, or total sent where there is none)",
        ),
        (LEFT, "targeted left after removed or failed (a, b)"),
        (Percent(unique(Kind.CLICKED), count(Kind.SENT)), "unique clicked / sent x 100"),
        (
            Percent(Minus(count(Kind.ATTEMPTED), count(Kind.SENT)), count(Kind.ATTEMPTED)),
            "(attempted - sent) / attempted x 100",
        ),
    ],
)
def test_every_shape_can_be_read(formula: Formula, expected: str) -> None:
    """The reference page spells a formula in words."""
    assert text(formula) == expected


def test_builders_make_counts() -> None:
    """The three builders differ in the mode that they pin."""
    assert count(Kind.SENT) == Count(SENT)
    assert total(Kind.SENT) == Count(SENT, Mode.TOTAL)
    assert unique(Kind.SENT) == Count(SENT, Mode.UNIQUE)


@pytest.mark.parametrize(
    ("start", "losses"),
    [
        (of(Kind.TARGETED, human=True), of(Kind.REMOVED, details=frozenset({"x"}))),
        (of(Kind.TARGETED, details=frozenset({"x"})), of(Kind.REMOVED, details=frozenset({"x"}))),
        (of(Kind.TARGETED), of(Kind.REMOVED)),
    ],
)
def test_a_stage_that_the_store_does_not_count_is_refused(start: Tally, losses: Tally) -> None:
    """What is left is counted of kinds, less details; a row that wants another thing is found at once."""
    with pytest.raises(ValueError, match="starts with kinds and loses by details"):
        Remaining(start, losses)
