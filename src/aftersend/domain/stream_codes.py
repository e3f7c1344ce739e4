"""Looks up the codes of the MoEngage event stream, and says what each of them moves."""

import re
from functools import lru_cache

from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.formulas import Count, Formula
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import BREAKDOWN, metrics_of
from aftersend.domain.stream_rows import CODES, HELD_OUT_OF_CAMPAIGN, IMPLIED, StreamCode

__all__ = [
    "CODES",
    "GOAL_TYPES",
    "HELD_OUT_OF_CAMPAIGN",
    "IMPLIED",
    "StreamCode",
    "derived_id",
    "feeds",
    "find_code",
    "find_name",
    "fold",
]

GOAL_TYPES = frozenset({"useractionevent", "acquisition", "lifecycle", "uninstall"})
"""The event types, folded, whose events become user events whatever their code."""


def fold(word: str) -> str:
    """Return a code, a name or a type without what its spellings differ in: case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", word).lower()


def _by_code() -> dict[str, StreamCode]:
    return {fold(code): row for row in CODES for code in (row.code, *row.aliases) if not code.endswith("*")}


def _by_name() -> dict[str, StreamCode]:
    return {fold(name): row for row in CODES for name in row.names}


_BY_CODE, _BY_NAME = _by_code(), _by_name()
_BY_START = tuple((fold(row.code), row) for row in CODES if row.code.endswith("*"))


@lru_cache(maxsize=4096)
def find_code(code: str) -> StreamCode | None:
    """Return the row of a code, however it is spelled."""
    folded = fold(code)
    found = _BY_CODE.get(folded)
    return found or next((row for start, row in _BY_START if folded.startswith(start)), None)


def find_name(name: str) -> StreamCode | None:
    """Return the row of a display name."""
    return _BY_NAME.get(fold(name))


def derived_id(event_id: str, kind: Kind) -> str:
    """Return the id of what is derived from an event: the same whenever the event comes again."""
    return f"{event_id}#{kind.value}"


def feeds(row: StreamCode) -> list[str]:
    """Return the keys of what a row moves, by the tables of metrics, funnels and control groups."""
    if row.kind is Kind.HELD_OUT:
        return [group.held_out_key for group in CONTROL_GROUPS]
    if not row.channels:
        return []
    channel = row.channels[0]
    keys = [metric.name for metric in metrics_of(channel) if any(_counts(metric.formula, row, k) for k in row.kinds)]
    stages = [stage.key for stage in FUNNELS[channel] if any(_counts(stage.formula, row, kind) for kind in row.kinds)]
    broken_down = ["failure_breakdown"] if row.kind in BREAKDOWN.kinds else []
    return [*keys, *broken_down, *(f"delivery_funnel.{key}" for key in stages)]


def _counts(formula: Formula, row: StreamCode, kind: Kind) -> bool:
    if not isinstance(formula, Count) or kind not in formula.tally.kinds:
        return False
    return formula.tally.details is None or row.bounce_type in formula.tally.details
