"""Whether two groups of users differ: rates, amounts per user, and the sizes of the groups. No I/O.

The distributions are SciPy's. Only what SciPy leaves to its callers is here: which variance, which degrees of
freedom, and when there is too little to say anything. What cannot be computed is None, never NaN or infinity.

Rates are compared twice. The z test pools both groups for its variance and not for its interval, as textbooks
and published figures do. Welch's test is that of gbstats, and so is the interval of the relative lift, by the
delta method.

gbstats has nothing to say when the control mean is 0 or a group has no variance. Here a group without variance
is silent in the same cases, but a control mean of 0 only takes away the relative lift. Its p-value is 1 minus a
probability and becomes 0 below 1e-16; the tail is taken here, which is the same number with all its digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aftersend.stats.groups import Amounts, Arm, finite, quotient
from aftersend.stats.verdicts import verdict_on_means, verdict_on_rates

__all__ = [
    "Amounts",
    "Arm",
    "Interval",
    "MeanComparison",
    "RateComparison",
    "SampleRatio",
    "Welch",
    "ZTest",
    "compare_means",
    "compare_rates",
    "sample_ratio",
]

CONFIDENCE = 0.95
SUSPICIOUS_RATIO = 0.001
"""Sample ratios less probable than this are taken for a mistake, not for chance; GrowthBook warns at the same."""
_NO_SHARE = 1e-12
"""A part of the whole that is none: nobody means one user in a trillion."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ZTest:
    """The pooled two-proportion z test, two-sided, with the unpooled interval of the absolute lift."""

    z: float | None = None
    p_value: float | None = None
    absolute_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Welch:
    """Welch's t test, two-sided, with the intervals of both lifts."""

    t: float | None = None
    degrees_of_freedom: float | None = None
    p_value: float | None = None
    absolute_interval: Interval | None = None
    relative_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class RateComparison:
    """Two rates, as fractions of 1. The lifts are treatment minus control, and that as a fraction of control."""

    treatment_rate: float | None
    control_rate: float | None
    absolute_lift: float | None
    relative_lift: float | None
    z_test: ZTest
    welch: Welch
    verdict: str


@dataclass(frozen=True, slots=True)
class MeanComparison:
    """Two amounts per user. The lifts are treatment minus control, and that as a fraction of control."""

    treatment_mean: float | None
    control_mean: float | None
    absolute_lift: float | None
    relative_lift: float | None
    welch: Welch
    verdict: str


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether groups are as large as they were meant to be."""

    chi_square: float | None
    degrees_of_freedom: int | None
    p_value: float | None
    suspicious: bool


def compare_rates(treatment: Arm, control: Arm) -> RateComparison:
    """Compare how many users of two groups converted. The verdict is that of the z test."""
    treated, kept = _sample_of_rate(treatment), _sample_of_rate(control)
    z_test = _z_test(treatment, control)
    absolute, relative = _lifts(treatment.rate, control.rate)
    return RateComparison(
        treatment_rate=treatment.rate,
        control_rate=control.rate,
        absolute_lift=absolute,
        relative_lift=relative,
        z_test=z_test,
        welch=_welch(treated, kept),
        verdict=verdict_on_rates(treatment, control, absolute, z_test.p_value),
    )


def compare_means(treatment: Amounts, control: Amounts) -> MeanComparison:
    """Compare how much the users of two groups spent on average. The verdict is that of Welch's test."""
    welch = _welch(_sample_of_amounts(treatment), _sample_of_amounts(control))
    absolute, relative = _lifts(treatment.mean, control.mean)
    return MeanComparison(
        treatment_mean=treatment.mean,
        control_mean=control.mean,
        absolute_lift=absolute,
        relative_lift=relative,
        welch=welch,
        verdict=verdict_on_means(treatment, control, absolute, welch.p_value),
    )


def sample_ratio(observed: Sequence[int], expected: Sequence[float]) -> SampleRatio:
    """Compare the sizes of groups with what they should be, given as shares or weights in the same order.

    A group that should be empty and is not makes any ratio suspicious; its chi-square would be infinite.
    """
    from scipy.special import chdtrc

    least = _NO_SHARE * sum(expected)
    groups = [(users, share) for users, share in zip(observed, expected, strict=True) if share > least]
    if sum(observed) > sum(users for users, _ in groups):
        return SampleRatio(None, None, 0.0, suspicious=True)
    users_of_all, shares = sum(users for users, _ in groups), sum(share for _, share in groups)
    if len(groups) < 2 or users_of_all <= 0:
        return SampleRatio(None, None, None, suspicious=False)
    aims = [(users, share / shares * users_of_all) for users, share in groups]
    chi_square = sum((users - aim) * (users - aim) / aim for users, aim in aims)
    p_value = finite(chdtrc(len(groups) - 1, chi_square))
    suspicious = p_value is not None and p_value < SUSPICIOUS_RATIO
    return SampleRatio(finite(chi_square), len(groups) - 1, p_value, suspicious)


def _z_test(treatment: Arm, control: Arm) -> ZTest:
    from scipy.special import ndtr, ndtri

    first, second = treatment.rate, control.rate
    if first is None or second is None:
        return ZTest()
    pooled = (treatment.converted + control.converted) / (treatment.users + control.users)
    error = _root(pooled * (1 - pooled) * (1 / treatment.users + 1 / control.users))
    own_error = _root(first * (1 - first) / treatment.users + second * (1 - second) / control.users)
    lift = first - second
    z = quotient(lift, error)
    return ZTest(
        z=z,
        p_value=None if z is None else finite(2 * ndtr(-abs(z))),
        absolute_interval=_interval(lift, own_error, ndtri((1 + CONFIDENCE) / 2)),
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """What Welch's test needs to know of a group."""

    users: int
    mean: float
    variance: float  # of one user


def _sample_of_rate(arm: Arm) -> _Sample | None:
    rate = arm.rate
    return None if rate is None else _Sample(arm.users, rate, rate * (1 - rate))


def _sample_of_amounts(amounts: Amounts) -> _Sample | None:
    mean = amounts.mean
    if mean is None or amounts.users < 2:
        return None
    deviations = amounts.squares - amounts.total * mean
    # Where all amounts are equal, the difference of two sums is only what rounding has left.
    varied = deviations > amounts.squares * 1e-12
    return _Sample(amounts.users, mean, deviations / (amounts.users - 1) if varied else 0.0)


def _welch(treatment: _Sample | None, control: _Sample | None) -> Welch:
    from scipy.special import stdtr, stdtrit

    if treatment is None or control is None or not (treatment.variance > 0 and control.variance > 0):
        return Welch()
    treated, kept = treatment.variance / treatment.users, control.variance / control.users
    share = quotient(treated, treated + kept)
    t = quotient(treatment.mean - control.mean, _root(treated + kept))
    if share is None or t is None:
        return Welch()
    degrees = 1 / (share * share / (treatment.users - 1) + (1 - share) * (1 - share) / (control.users - 1))
    quantile = float(stdtrit(degrees, (1 + CONFIDENCE) / 2))
    absolute, relative = _lifts(treatment.mean, control.mean)
    return Welch(
        t=t,
        degrees_of_freedom=degrees,
        p_value=finite(2 * stdtr(degrees, -abs(t))),
        absolute_interval=_interval(absolute, _root(treated + kept), quantile),
        relative_interval=_interval(relative, _relative_error(treatment, control), quantile),
    )


def _relative_error(treatment: _Sample, control: _Sample) -> float:
    """Return the standard error of treatment ÷ control, by the delta method; 0 where there is none."""
    ratio = quotient(treatment.mean, abs(control.mean))
    if ratio is None:
        return 0.0
    error = _root(treatment.variance / treatment.users + ratio * ratio * control.variance / control.users)
    return quotient(error, abs(control.mean)) or 0.0


def _interval(middle: float | None, error: float, quantile: float) -> Interval | None:
    if middle is None or not error > 0:
        return None
    low, high = finite(middle - quantile * error), finite(middle + quantile * error)
    return None if low is None or high is None else Interval(low, high)


def _lifts(treatment: float | None, control: float | None) -> tuple[float | None, float | None]:
    if treatment is None or control is None:
        return None, None
    lift = finite(treatment - control)
    return lift, None if lift is None or control == 0 else finite(lift / control)


def _root(square: float) -> float:
    return math.sqrt(square) if square > 0 else 0.0
