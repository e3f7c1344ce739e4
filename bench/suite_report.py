"""How the figures of the suite are written: tables, and the floors that they are to hold."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from history import ONE_HUGE, TEN_LARGE, TEN_MIDDLE, TEN_SMALL, TOUCHES
from suite_plan import MODES, Case


@dataclass(frozen=True, slots=True)
class Section:
    """One table."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Floor:
    """One thing that has to hold: the bound, what was found, and whether more is better."""

    what: str
    bound: float
    found: float
    unit: str
    more: bool = False

    def row(self) -> list[str]:
        """Return the row of the table."""
        held = self.found >= self.bound if self.more else self.found <= self.bound
        sign = "≥" if self.more else "≤"
        told = f"{self.found:,.2f}" if self.found < 10 else f"{self.found:,.0f}"
        return [self.what, f"{sign} {self.bound:g} {self.unit}", f"{told} {self.unit}", "holds" if held else "MISSED"]


@dataclass(slots=True)
class Figures:
    """What has been measured so far."""

    warm: dict[Case, list[float]] = field(default_factory=dict)
    cold: dict[Case, float] = field(default_factory=dict)
    statements: dict[Case, tuple[list[float], str]] = field(default_factory=dict)
    postgres: dict[Case, tuple[list[float], str]] = field(default_factory=dict)
    floors: list[Floor] = field(default_factory=list)


def p50(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return statistics.median(seconds) * 1000


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile in milliseconds; of less than a hundred, the greatest."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)] * 1000


def milliseconds(found: float) -> str:
    """Write milliseconds, with a decimal where there are few."""
    return f"{found:,.1f} ms" if found < 20 else f"{found:,.0f} ms"


def _events(case: Case) -> str:
    return f"{case.campaigns} × {case.group.events:,}"


CALL_HEAD = ["campaigns × events", "days", "mode", "conversions", "cold", "p50", "p99", "calls"]


def call_rows(figures: Figures) -> list[list[str]]:
    """Return the rows of all cases."""
    return [
        [
            _events(case),
            f"{case.days}",
            case.mode,
            "yes" if case.converting else "no",
            milliseconds(figures.cold[case] * 1000) if case in figures.cold else "–",
            milliseconds(p50(seconds)),
            milliseconds(p99(seconds)),
            f"{len(seconds)}",
        ]
        for case, seconds in sorted(figures.warm.items(), key=lambda item: _order(item[0]))
    ]


def _order(case: Case) -> tuple[bool, int, int, int, str]:
    return case.converting, case.group.events, -case.campaigns, -case.days, case.mode


RATIO_HEAD = ["campaigns × events", "mode", "call p50", "the other's p50", "times faster", "fastest form of the SQL"]


def ratio_rows(figures: Figures, others: Mapping[Case, tuple[list[float], str]]) -> list[list[str]]:
    """Return the rows that compare calls with what something else took for the same numbers."""
    return [
        [
            _events(case) + (" with conversions" if case.converting else ""),
            case.mode,
            milliseconds(p50(figures.warm[case])),
            milliseconds(p50(seconds)),
            f"{p50(seconds) / p50(figures.warm[case]):,.1f}",
            form,
        ]
        for case, (seconds, form) in sorted(others.items(), key=lambda item: _order(item[0]))
    ]


_BOUNDS = {
    (TEN_MIDDLE, "TOTAL"): (15, 40),
    (TEN_MIDDLE, "UNIQUE"): (25, 60),
    (TEN_LARGE, "TOTAL"): (20, None),
    (TEN_LARGE, "UNIQUE"): (50, None),
    (ONE_HUGE, "TOTAL"): (20, None),
    (ONE_HUGE, "UNIQUE"): (50, None),
    (TOUCHES, "TOTAL"): (150, None),
    (TOUCHES, "UNIQUE"): (150, None),
}
"""Milliseconds at p50, and at p99 where there is a bound."""
_AGAINST_POSTGRES = {"TOTAL": 100, "UNIQUE": 30}


def call_floors(figures: Figures) -> list[Floor]:
    """Return the floors that calls alone decide."""
    floors = []
    for case, seconds in figures.warm.items():
        name = case.group.workspace_id
        if case.main and (name, case.mode) in _BOUNDS:
            half, most = _BOUNDS[name, case.mode]
            floors.append(Floor(f"{name}, {case.mode}, p50", half, p50(seconds), "ms"))
            if most:
                floors.append(Floor(f"{name}, {case.mode}, p99", most, p99(seconds), "ms"))
    return floors


def postgres_floors(figures: Figures) -> list[Floor]:
    """Return the floors against PostgreSQL."""
    return [
        Floor(
            f"{case.group.workspace_id}, {case.mode}, times faster than PostgreSQL",
            _AGAINST_POSTGRES[case.mode],
            p50(seconds) / p50(figures.warm[case]),
            "×",
            more=True,
        )
        for case, (seconds, _) in figures.postgres.items()
        if case.group.workspace_id != TEN_SMALL
    ]


def curve_points(figures: Figures) -> dict[str, list[tuple[int, float]]]:
    """Return the lines of the picture: milliseconds by events asked about, in UNIQUE and TOTAL."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for mode in MODES:
        sides = {
            "call": figures.warm,
            "SQL": {case: seconds for case, (seconds, _) in figures.statements.items()},
            "PostgreSQL": {case: seconds for case, (seconds, _) in figures.postgres.items()},
        }
        for name, found in sides.items():
            points = [
                (case.group.events * case.campaigns, p50(seconds))
                for case, seconds in found.items()
                if case.main and case.mode == mode and not case.converting and case.campaigns > 1
            ]
            if points:
                lines[f"{name}, {mode}"] = sorted(points)
    return lines
