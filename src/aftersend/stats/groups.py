"""Groups of users that can be compared: how many they are, and what they did. No I/O."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """The users of one group, and how many of them converted."""

    users: int
    converted: int

    @property
    def rate(self) -> float | None:
        """Return the share of users that converted."""
        return quotient(self.converted, self.users)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The users of one group, with the sum and the sum of squares of what each of them spent, 0 included."""

    users: int
    total: float
    squares: float

    @property
    def mean(self) -> float | None:
        """Return the amount per user."""
        return quotient(self.total, self.users)

    @property
    def effective_buyers(self) -> float:
        """Return how many buyers of one and the same amount would say as much as these do.

        It is never more than the buyers that there are (L. Kish, Survey Sampling, 1965), so one huge purchase
        among small ones counts for little more than one.
        """
        return quotient(self.total * self.total, self.squares) or 0.0


def quotient(part: float, whole: float) -> float | None:
    """Return part ÷ whole, or None where there is no such number."""
    return finite(part / whole) if whole > 0 else None


def finite(number: float) -> float | None:
    """Return the number unless it is infinite or none at all."""
    return float(number) if math.isfinite(number) else None
