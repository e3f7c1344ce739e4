"""Comparisons of groups: published figures, edges, and what is said in words."""

import itertools
import math
import subprocess
import sys
from dataclasses import astuple, is_dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.stats.significance import (
    Amounts,
    Arm,
    Interval,
    Welch,
    ZTest,
    compare_means,
    compare_rates,
    sample_ratio,
)

# The MineThatData e-mail challenge (Hillstrom, 2008): customers, visits, orders, spend and its squares.
MENS, WOMENS, CONTROL = 21_307, 21_387, 21_306


def _ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("treatment", "control", "points", "percent", "z"),
    [
        (Arm(MENS, 3_894), Arm(CONTROL, 2_262), 7.65896, 72.1, 22.486),
        (Arm(WOMENS, 3_238), Arm(CONTROL, 2_262), 4.52331, 42.6, 13.949),
        (Arm(MENS, 267), Arm(CONTROL, 122), 0.68050, 118.8, 7.385),
        (Arm(WOMENS, 189), Arm(CONTROL, 122), 0.31111, 54.3, 3.780),
    ],
)
def test_published_rates(treatment: Arm, control: Arm, points: float, percent: float, z: float) -> None:
    """Lifts and z of the published experiment come out to the digits that were published."""
    found = compare_rates(treatment, control)

    assert found.absolute_lift is not None
    assert found.relative_lift is not None
    assert found.z_test.z is not None
    assert round(100 * found.absolute_lift, 5) == points
    assert round(100 * found.relative_lift, 1) == percent
    assert round(found.z_test.z, 3) == z
    assert "more often" in found.verdict


@pytest.mark.parametrize(
    ("treatment", "ends", "p_value"),
    [
        (Arm(MENS, 267), (0.50002, 0.86098), "1.52e-13"),
        (Arm(WOMENS, 189), (0.14987, 0.47234), "1.57e-04"),
    ],
)
def test_published_orders(treatment: Arm, ends: tuple[float, float], p_value: str) -> None:
    """The interval of the lift is unpooled and the p-value pooled, as published."""
    z_test = compare_rates(treatment, Arm(CONTROL, 122)).z_test

    low, high = _ends(z_test.absolute_interval)
    assert (round(100 * low, 5), round(100 * high, 5)) == ends
    assert f"{z_test.p_value:.2e}" == p_value


def test_published_arm_sizes() -> None:
    """The published arms are as large as chance makes three equal ones."""
    found = sample_ratio([MENS, WOMENS, CONTROL], [1, 1, 1])

    assert found.chi_square is not None
    assert found.p_value is not None
    assert round(found.chi_square, 4) == 0.2025
    assert round(found.p_value, 4) == 0.9037
    assert found.degrees_of_freedom == 2
    assert not found.suspicious


@pytest.mark.parametrize(
    ("treatment", "lift", "t", "ends"),
    [
        (Amounts(MENS, 30_311.69, 6_759_024.4973), 0.769827, 5.300, (0.4851, 1.0545)),
        (Amounts(WOMENS, 23_038.11, 4_911_446.5763), 0.424412, 3.256, (0.1690, 0.6799)),
    ],
)
def test_published_spend(treatment: Amounts, lift: float, t: float, ends: tuple[float, float]) -> None:
    """Spend per customer is compared by Welch's test, as published."""
    found = compare_means(treatment, Amounts(CONTROL, 13_908.33, 2_870_050.3621))

    assert found.absolute_lift is not None
    assert found.welch.t is not None
    assert round(found.absolute_lift, 6) == lift
    assert round(found.welch.t, 3) == t
    low, high = _ends(found.welch.absolute_interval)
    assert (round(low, 4), round(high, 4)) == ends
    assert "spend more" in found.verdict


_EDGES = (0, 1, 2, 10, 10**12)


def _numbers(found: object) -> list[float]:
    """Every number in a record, however deep."""
    if is_dataclass(found) and not isinstance(found, type):
        return [number for part in astuple(found) for number in _numbers(part)]
    if isinstance(found, tuple):
        return [number for part in found for number in _numbers(part)]
    return [found] if isinstance(found, float) else []


def test_nothing_raises_and_everything_is_finite() -> None:
    """Zeros, empty groups, single users and huge ones give numbers or None."""
    arms = [Arm(users, converted) for users, converted in itertools.product(_EDGES, repeat=2)]
    amounts = [
        Amounts(users, total, squares)
        for users in _EDGES
        for total in (0.0, 1.0, -3.0, 1e200)
        for squares in (0.0, 1.0, 1e-300, 1e300, math.inf)
    ]

    rates = [compare_rates(*pair) for pair in itertools.product(arms, repeat=2)]
    means = [compare_means(*pair) for pair in itertools.product(amounts, repeat=2)]

    assert all(math.isfinite(number) for found in (*rates, *means) for number in _numbers(found))
    assert all(verdict.endswith(".") for verdict in [row.verdict for row in rates] + [row.verdict for row in means])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1e9)), max_size=5))
def test_any_sample_ratio_is_finite(groups: list[tuple[int, float]]) -> None:
    """Whatever sizes are compared with whatever shares, the numbers are finite."""
    found = sample_ratio([users for users, _ in groups], [share for _, share in groups])

    assert all(math.isfinite(number) for number in _numbers(found))


def test_nobody_in_a_group() -> None:
    """A group without users has no rate, and the sentence names it."""
    found = compare_rates(Arm(10, 5), Arm(0, 0))

    assert (found.treatment_rate, found.control_rate) == (0.5, None)
    assert found.absolute_lift is None
    assert (found.z_test, found.welch) == (ZTest(), Welch())
    assert "control group has no users" in found.verdict
    assert "treatment group has no users" in compare_means(Amounts(0, 0, 0), Amounts(9, 9, 99)).verdict


def test_no_conversion_in_the_control_group() -> None:
    """A control rate of 0 takes away the relative lift and leaves the absolute one."""
    found = compare_rates(Arm(1000, 50), Arm(1000, 0))

    assert found.relative_lift is None
    assert found.absolute_lift == 0.05
    assert found.z_test.p_value is not None
    assert found.welch == Welch()
    assert "more often" in found.verdict


def test_a_control_group_that_spent_nothing_on_balance() -> None:
    """Refunds can make a mean 0 that varies: the lift has an interval, the relative lift has none."""
    found = compare_means(Amounts(100, 300.0, 2000.0), Amounts(100, 0.0, 2000.0))

    assert found.relative_lift is None
    assert found.welch.absolute_interval is not None
    assert found.welch.relative_interval is None


def test_equal_amounts_have_no_variance() -> None:
    """What rounding leaves between two sums is not taken for variance."""
    users = 1000
    amounts = Amounts(users, math.fsum([0.1] * users), math.fsum([0.1 * 0.1] * users))

    found = compare_means(amounts, amounts)

    assert found.welch == Welch()
    assert "do not differ" in found.verdict


@pytest.mark.parametrize(
    ("treatment", "control", "expected"),
    [
        (Arm(1000, 4), Arm(1000, 5), "treatment group of 1,000 has 4.5 and 995.5"),
        (Arm(1000, 50), Arm(40, 2), "control group of 40 has 2.0 and 38.0"),
        (Arm(1000, 999), Arm(1000, 998), "treatment group of 1,000 has 998.5 and 1.5"),
        (Arm(1000, 0), Arm(1000, 0), "too small"),
        (Arm(1000, 5), Arm(1000, 5), "no significant difference"),
        (Arm(1000, 50), Arm(1000, 70), "no significant difference: one of this size or more comes by chance in 6.0 %"),
        (Arm(1000, 50), Arm(1000, 90), "convert less often than those of the control group"),
        (Arm(1000, 90), Arm(1000, 50), "convert more often than those of the control group"),
    ],
)
def test_what_is_said_of_rates(treatment: Arm, control: Arm, expected: str) -> None:
    """A rate is judged when both groups together promise five conversions, and five without, in each."""
    assert expected in compare_rates(treatment, control).verdict


@pytest.mark.parametrize(
    ("treatment", "control", "expected"),
    [
        (Amounts(1000, 100.0, 1000.0), Amounts(1000, 99.0, 1000.0), "those of the control group weigh as much as 9.8"),
        (Amounts(1000, 10_050.0, 100_002_500.0), Amounts(1000, 100.0, 1000.0), "those of the treatment group weigh"),
        (Amounts(1000, 110.0, 1000.0), Amounts(1000, 100.0, 1000.0), "no significant difference"),
        (Amounts(1000, 500.0, 1000.0), Amounts(1000, 100.0, 1000.0), "spend more than those of the control group"),
        (Amounts(1000, 100.0, 1000.0), Amounts(1000, 500.0, 1000.0), "spend less than those of the control group"),
    ],
)
def test_what_is_said_of_amounts(treatment: Amounts, control: Amounts, expected: str) -> None:
    """Amounts are judged when each group has as much to say as ten equal buyers: one huge purchase does not."""
    assert expected in compare_means(treatment, control).verdict


def test_a_sample_ratio_that_chance_does_not_make() -> None:
    """Fewer held-out users than were meant to be are noticed."""
    found = sample_ratio([9_400, 600], [0.9, 0.1])

    assert found.suspicious
    assert found.p_value is not None
    assert found.p_value < 1e-30


def test_users_in_a_group_that_should_be_empty() -> None:
    """Users where none should be are a mistake for certain; an empty group of no share is left out."""
    assert sample_ratio([5, 1], [1, 0]).suspicious
    assert sample_ratio([5, 5, 0], [1, 1, 0]).degrees_of_freedom == 1


@pytest.mark.parametrize(("observed", "expected"), [([], []), ([5], [1]), ([0, 0], [1, 1]), ([0, 0], [0, 0])])
def test_no_ratio_to_check(observed: list[int], expected: list[float]) -> None:
    """Without users, or with one group, there is no ratio and nothing suspicious about it."""
    found = sample_ratio(observed, expected)

    assert (found.chi_square, found.p_value, found.suspicious) == (None, None, False)


def test_statistics_are_loaded_when_they_are_needed() -> None:
    """Commands that compare nothing do not pay for loading SciPy."""
    code = "import sys, aftersend.stats.significance, aftersend.cli.main; sys.exit('scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
