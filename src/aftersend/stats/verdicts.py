"""What can be said of two groups in a sentence, above all that there is too little to say anything."""

from aftersend.stats.groups import Amounts, Arm

SIGNIFICANT = 0.05
LEAST_EXPECTED = 5
"""Conversions, and users without one, that each group should have for the normal curve to describe a rate.

They are expected at the rate of both groups together: W. G. Cochran, Some methods for strengthening the common
chi-square tests, Biometrics 10 (1954).
"""
LEAST_BUYERS = 10
"""Buyers that each group needs before its mean amount is compared, counted as `Amounts.effective_buyers` does."""


def verdict_on_rates(treatment: Arm, control: Arm, lift: float | None, p_value: float | None) -> str:
    """Say what the conversions of two groups show."""
    return _too_few_conversions(treatment, control) or _verdict(lift, p_value, _CONVERT)


def verdict_on_means(treatment: Amounts, control: Amounts, lift: float | None, p_value: float | None) -> str:
    """Say what the amounts of two groups show."""
    return _too_few_buyers(treatment, control) or _verdict(lift, p_value, _SPEND)


def _too_few_conversions(treatment: Arm, control: Arm) -> str | None:
    if empty := _empty(treatment.users, control.users):
        return empty
    pooled = (treatment.converted + control.converted) / (treatment.users + control.users)
    for name, arm in {"treatment": treatment, "control": control}.items():
        if arm.users * min(pooled, 1 - pooled) < LEAST_EXPECTED:
            return (
                f"The sample is too small to say: at the rate of both groups together, at least {LEAST_EXPECTED} "
                f"conversions and {LEAST_EXPECTED} users without one are needed in each group, and the {name} group "
                f"of {arm.users:,} has {arm.users * pooled:,.1f} and {arm.users * (1 - pooled):,.1f}."
            )
    return None


def _too_few_buyers(treatment: Amounts, control: Amounts) -> str | None:
    if empty := _empty(treatment.users, control.users):
        return empty
    for name, amounts in {"treatment": treatment, "control": control}.items():
        if not amounts.effective_buyers >= LEAST_BUYERS:
            return (
                f"The sample is too small to say: the amounts of at least {LEAST_BUYERS} buyers are needed in each "
                f"group, and those of the {name} group weigh as much as {amounts.effective_buyers:.1f} equal ones."
            )
    return None


def _empty(treatment: int, control: int) -> str | None:
    for name, users in {"treatment": treatment, "control": control}.items():
        if users <= 0:
            return f"There is nothing to compare: the {name} group has no users."
    return None


_CONVERT = ("convert more often", "convert less often")
_SPEND = ("spend more", "spend less")


def _verdict(lift: float | None, p_value: float | None, ways: tuple[str, str]) -> str:
    if lift is None or p_value is None:
        return "There is nothing to compare: the users of a group do not differ from each other."
    if p_value >= SIGNIFICANT:
        return (
            f"There is no significant difference: one of this size or more comes by chance in {_often(p_value)} "
            "of such comparisons."
        )
    way = ways[0] if lift > 0 else ways[1]
    return (
        f"The users of the treatment group {way} than those of the control group; a difference of this size "
        f"or more comes by chance in {_often(p_value)} of such comparisons."
    )


def _often(p_value: float) -> str:
    return f"{100 * p_value:.1f} %" if p_value >= 0.001 else "less than 0.1 %"
