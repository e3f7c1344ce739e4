"""Percentages of users, as they are set for control groups and variations: 0 to 100, with fractions if need be."""

import math
from collections.abc import Sequence

from aftersend.domain.problems import Problem

Percentage = int | float

_WHOLE = 1e-6
"""How far the shares of a whole may be from 100 together: three thirds are never exactly 100."""


def tidy(percentage: float) -> Percentage:
    """Return the percentage as people write it: without a fraction where it has none."""
    return int(percentage) if percentage == int(percentage) else percentage


def check_percentage(field: str, percentage: float) -> Problem | None:
    """Return what is wrong with a percentage."""
    if not 0 <= percentage <= 100:
        return Problem(field, percentage, "a percentage is between 0 and 100")
    return None


def check_shares(field: str, shares: Sequence[float], parts: int) -> Problem | None:
    """Return what is wrong with the percentages of the parts of a whole."""
    if len(shares) != parts:
        return Problem(field, list(shares), f"give one percentage for each of the {parts}, or none at all")
    for place, share in enumerate(shares):
        if problem := check_percentage(f"{field}[{place}]", share):
            return problem
    if abs(math.fsum(shares) - 100) > _WHOLE:
        return Problem(field, list(shares), f"the percentages make {tidy(round(math.fsum(shares), 6))}, not 100")
    return None
