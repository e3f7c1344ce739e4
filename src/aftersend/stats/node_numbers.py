"""What the nodes of an answer print of counts: computed for all nodes of a channel's campaigns at once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aftersend.domain.attribution import AttributionType
from aftersend.domain.channels import Channel
from aftersend.domain.columns import Printed, column, rows
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import rate_base
from aftersend.domain.formulas import Formula, Mode
from aftersend.domain.funnel import CONTROL_GROUP_FUNNEL, FUNNELS
from aftersend.domain.kinds import ControlGroup
from aftersend.domain.metrics import metrics_of
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.domain.reasons import breakdown_key
from aftersend.store.count_block import NOTHING, CountBlock, stacked

Json = dict[str, Any]

Row = tuple[tuple[str, Formula], ...]
"""What one object of a node prints: keys, and what stands under each."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the numbers of one channel are counted and spelled."""

    channel: Channel
    mode: Mode
    profile: ProfileName


@dataclass(frozen=True, slots=True)
class NodeNumbers:
    """The numbers of every node of some campaigns of one channel; the last place is of a node without any event.

    `nodes` are the nodes but for their goals. `bases` are what converted users are divided by; `held_out` and `members`
    are the users of each control group.
    """

    nodes: list[Json]
    bases: Printed
    held_out: Mapping[ControlGroup, Printed]
    members: Mapping[ControlGroup, Printed]
    nobody: Json
    """The funnel of a control group: held-out users are nobody's targets."""


def node_numbers(blocks: Sequence[CountBlock], spelling: Spelling, attribution: AttributionType) -> NodeNumbers:
    """Compute the numbers of all nodes of these campaigns, one campaign after the other."""
    mode, counts = spelling.mode, stacked([*blocks, NOTHING])
    return NodeNumbers(
        nodes=_nodes(spelling, counts),
        bases=column(rate_base(spelling.channel, attribution), mode, counts),
        held_out={row.group: column(row.held_out, mode, counts) for row in CONTROL_GROUPS},
        members={row.group: column(row.members, mode, counts) for row in CONTROL_GROUPS},
        nobody=_objects(_CONTROL_GROUP, mode, NOTHING)[0],
    )


def _nodes(spelling: Spelling, counts: CountBlock) -> list[Json]:
    """The nodes as they are printed for a campaign without goals."""
    channel, mode = spelling.channel, spelling.mode
    parts = (
        _objects(_performance(spelling), mode, counts),
        _objects(_funnel(channel), mode, counts),
        _failures(channel, mode, counts),
    )
    return [
        {
            "performance_stats": performance,
            "conversion_goal_stats": {},
            "delivery_funnel": funnel,
            "failure_breakdown": failures,
        }
        for performance, funnel, failures in zip(*parts, strict=True)
    ]


def _objects(row: Row, mode: Mode, counts: CountBlock) -> list[Json]:
    keys = [key for key, _ in row]
    columns = [column(formula, mode, counts) for _, formula in row]
    return [dict(zip(keys, numbers, strict=True)) for numbers in rows(columns, len(counts.nodes))]


def _failures(channel: Channel, mode: Mode, counts: CountBlock) -> list[Json]:
    """The reasons of every node by their keys, in order; those that did not occur are left out."""
    found: list[Json] = [{} for _ in counts.nodes]
    keys = {breakdown_key(channel, reason): numbers for reason, numbers in counts.by_detail(mode).items()}
    for key, numbers in sorted(keys.items()):
        for node in numbers.nonzero()[0].tolist():
            found[node][key] = int(numbers[node])
    return found


@cache
def _performance(spelling: Spelling) -> Row:
    keys = ((metric, PROFILES[spelling.profile].metric_key(metric)) for metric in metrics_of(spelling.channel))
    return tuple((key, metric.formula) for metric, key in keys if key is not None)


@cache
def _funnel(channel: Channel) -> Row:
    return tuple((stage.key, stage.formula) for stage in FUNNELS[channel])


_CONTROL_GROUP: Row = tuple((stage.key, stage.formula) for stage in CONTROL_GROUP_FUNNEL)
