"""The few shapes a number in an answer can have.

A formula is a small tree of records, neither SQL nor a function, because four readers must
understand it: the plan (which counts to fetch), the store (how to count), the arithmetic and the
documents. Numbers (Count, Minus, FirstNonZero, Remaining) can nest; a rate (Percent) only sits on top.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import sub
from typing import Generic, Protocol, TypeVar

from aftersend.domain.kinds import Kind


class Mode(StrEnum):
    """How a request wants things counted, spelled as in `metric_type`."""

    TOTAL = "TOTAL"  # every occurrence
    UNIQUE = "UNIQUE"  # distinct users


@dataclass(frozen=True, slots=True)
class Tally:
    """What one base count looks at: events of any of `kinds`.

    `details` narrows to events whose detail is one of them; `human` leaves out events that were
    flagged as machine activity. No number needs both, and the store does not count both.
    """

    kinds: tuple[Kind, ...]
    details: frozenset[str] | None = None
    human: bool = False

    def __post_init__(self) -> None:
        """Refuse what the store does not count."""
        if self.human and self.details is not None:
            raise ValueError("a tally is by detail or by people, not both")


@dataclass(frozen=True, slots=True)
class Count:
    """How many, in the counting mode of the request unless `mode` pins one."""

    tally: Tally
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Minus:
    """The difference of two numbers as they would be printed."""

    whole: "Number"
    part: "Number"


@dataclass(frozen=True, slots=True)
class FirstNonZero:
    """The first number, or the second where the first is zero (a channel without receipts)."""

    first: "Number"
    otherwise: "Number"


@dataclass(frozen=True, slots=True)
class Remaining:
    """How many of `start` are left after `losses`.

    TOTAL: start minus losses. UNIQUE: the users with more starts than losses, so that a user who was
    targeted twice and removed once is still there once. It is a distinct count of its own, never a
    difference of distinct counts.
    """

    start: Tally
    losses: Tally

    def __post_init__(self) -> None:
        """Refuse what the store does not count."""
        if self.start.human or self.start.details is not None or self.losses.details is None:
            raise ValueError("a funnel stage starts with kinds and loses by details")


Number = Count | Minus | FirstNonZero | Remaining


@dataclass(frozen=True, slots=True)
class Percent:
    """A share on the 0 to 100 scale; it may exceed 100, and is 0 where there is nothing to divide by."""

    part: Number
    whole: Number


Formula = Number | Percent


Amount = TypeVar("Amount")
"""What a base count is: a whole number for one node, or a column of them for many."""

Amount_co = TypeVar("Amount_co", covariant=True)

Share = TypeVar("Share")


class Cell(Protocol[Amount_co]):
    """The counts of one node of the answer, or of many."""

    def count(self, tally: Tally, mode: Mode) -> Amount_co:
        """Return the base count."""
        ...

    def remaining_users(self, remaining: Remaining) -> Amount_co:
        """Return the number of distinct users that are left."""
        ...


@dataclass(frozen=True, slots=True)
class Arithmetic(Generic[Amount, Share]):
    """What formulas are computed with: for the counts of one node, or for columns of counts."""

    minus: Callable[[Amount, Amount], Amount]
    first_non_zero: Callable[[Amount, Amount], Amount]
    percent: Callable[[Amount, Amount], Share]


def count(*kinds: Kind, details: frozenset[str] | None = None, human: bool = False) -> Count:
    """Build a count that follows the counting mode of the request."""
    return Count(Tally(kinds, details, human))


def total(*kinds: Kind) -> Count:
    """Build a count that is TOTAL whatever the request asks for."""
    return Count(Tally(kinds), Mode.TOTAL)


def unique(*kinds: Kind) -> Count:
    """Build a count that is UNIQUE whatever the request asks for."""
    return Count(Tally(kinds), Mode.UNIQUE)


def needs(formula: Formula, mode: Mode) -> Iterator[tuple[Tally, Mode] | Remaining]:
    """Yield the base counts that the formula is made of."""
    match formula:
        case Count(tally, pinned):
            yield tally, pinned or mode
        case Remaining(start, losses) if mode is Mode.TOTAL:
            yield start, mode
            yield losses, mode
        case Remaining(start, _):
            yield start, mode
            yield formula
        case Minus(first, second) | FirstNonZero(first, second) | Percent(first, second):
            yield from needs(first, mode)
            yield from needs(second, mode)


def value(formula: Formula, mode: Mode, cell: Cell[int]) -> int | float:
    """Compute the formula over one node's counts."""
    return evaluator(formula, mode, _OF_ONE)(cell)


def evaluator(
    formula: Formula, mode: Mode, arithmetic: Arithmetic[Amount, Share]
) -> Callable[[Cell[Amount]], Amount | Share]:
    """Return the formula as a function of counts, for whoever computes it more than once."""
    if isinstance(formula, Percent):
        part, whole = _number(formula.part, mode, arithmetic), _number(formula.whole, mode, arithmetic)
        return lambda cell: arithmetic.percent(part(cell), whole(cell))
    return _number(formula, mode, arithmetic)


def _number(number: Number, mode: Mode, arithmetic: Arithmetic[Amount, Share]) -> Callable[[Cell[Amount]], Amount]:
    match number:
        case Count(tally, pinned):
            counting = pinned or mode
            return lambda cell: cell.count(tally, counting)
        case Minus(whole, part):
            total, less = _number(whole, mode, arithmetic), _number(part, mode, arithmetic)
            return lambda cell: arithmetic.minus(total(cell), less(cell))
        case FirstNonZero(first, otherwise):
            here, there = _number(first, mode, arithmetic), _number(otherwise, mode, arithmetic)
            return lambda cell: arithmetic.first_non_zero(here(cell), there(cell))
        case Remaining(start, losses) if mode is Mode.TOTAL:
            return lambda cell: arithmetic.minus(cell.count(start, mode), cell.count(losses, mode))
        case Remaining():
            return lambda cell: cell.remaining_users(number)


def percent(part: int, whole: int) -> int | float:
    """Return part / whole x 100, rounded half-up to two decimals, without a fraction when whole.

    Integer arithmetic, so that the half is exact. A zero denominator gives 0 (design: open points).
    """
    if whole == 0:
        return 0
    sign = -1 if (part < 0) != (whole < 0) else 1
    hundredths = sign * ((abs(part) * 20_000 + abs(whole)) // (2 * abs(whole)))
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


_OF_ONE: Arithmetic[int, int | float] = Arithmetic(sub, lambda first, otherwise: first or otherwise, percent)


def text(formula: Formula) -> str:
    """Spell the formula for the reference page and the served catalogue."""
    match formula:
        case Count(tally, pinned):
            return (f"{pinned.value.lower()} " if pinned else "") + _tally_text(tally)
        case Minus(whole, part):
            return f"({text(whole)} - {text(part)})"
        case FirstNonZero(first, otherwise):
            return f"({text(first)}, or {text(otherwise)} where there is none)"
        case Remaining(start, losses):
            return f"{_tally_text(start)} left after {_tally_text(losses)}"
        case Percent(part, whole):
            return f"{text(part)} / {text(whole)} x 100"


def _tally_text(tally: Tally) -> str:
    words = " or ".join(tally.kinds)
    if tally.details is not None:
        words += f" ({', '.join(sorted(tally.details))})"
    return words + (" by people" if tally.human else "")
