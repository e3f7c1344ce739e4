"""Which distinct users any answer about a channel can need: what is worth keeping counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from aftersend.domain.attribution import AttributionType
from aftersend.domain.channels import Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import rate_base
from aftersend.domain.formulas import Formula, Mode, Remaining, Tally, needs
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.metrics import metrics_of


@dataclass(frozen=True, slots=True)
class Measures:
    """The distinct users of a channel's formulas: those of every answer first, then those of UNIQUE ones."""

    pinned: tuple[Tally, ...]
    unique: tuple[Tally, ...]
    remaining: tuple[Remaining, ...]


@cache
def measures_of(channel: Channel) -> Measures:
    """Return whatever formulas count distinct users by, in the order of the catalogue."""
    formulas = list(_formulas(channel))
    pinned = _users(formulas, Mode.TOTAL)
    unique = [tally for tally in _users(formulas, Mode.UNIQUE) if tally not in pinned]
    remaining = [need for formula in formulas for need in needs(formula, Mode.UNIQUE) if isinstance(need, Remaining)]
    return Measures(tuple(pinned), tuple(unique), tuple(dict.fromkeys(remaining)))


def _users(formulas: list[Formula], mode: Mode) -> list[Tally]:
    found = (need for formula in formulas for need in needs(formula, mode) if not isinstance(need, Remaining))
    return list(dict.fromkeys(tally for tally, counting in found if counting is Mode.UNIQUE))


def _formulas(channel: Channel) -> Iterator[Formula]:
    for metric in metrics_of(channel):
        yield metric.formula
    for stage in FUNNELS[channel]:
        yield stage.formula
    for group in CONTROL_GROUPS:
        yield group.held_out
        yield group.members
    for attribution in AttributionType:
        yield rate_base(channel, attribution)
