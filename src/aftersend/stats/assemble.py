"""From counts to the answer's tree. Pure, and it adds nothing up: every node brings its own counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aftersend.domain.campaigns import DEFAULT_LOCALE, DEFAULT_VARIATION, Campaign
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.control_groups import CONTROL_GROUPS, ControlGroupFacts
from aftersend.domain.conversions import Conversions
from aftersend.domain.formulas import Evaluate, Mode, evaluator, value
from aftersend.domain.funnel import CONTROL_GROUP_FUNNEL, FUNNELS
from aftersend.domain.kinds import ControlGroup
from aftersend.domain.metrics import metrics_of
from aftersend.domain.profiles import ALL_VARIATIONS, BARE_CONTROL_GROUP, PROFILES, Profile, ProfileName
from aftersend.domain.reasons import breakdown_key
from aftersend.stats.goal_stats import OWN, GoalNumbers
from aftersend.stats.plan import ANYTHING, SERVED
from aftersend.stats.request import StatsRequest
from aftersend.store.count_query import CellKey, CountCell
from aftersend.store.levels import ALL
from aftersend.store.read_conversions import CreditKey

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Tree:
    """One campaign's cells, and how its answer is to be spelled."""

    campaign: Campaign
    mode: Mode
    profile: Profile
    cells: Mapping[tuple[str, str, str], CountCell]
    goals: GoalNumbers

    def cell(self, platform: str, locale: str = ALL, variation: str = ALL) -> CountCell:
        return self.cells.get((platform, locale, variation)) or CountCell()


def assemble(
    campaigns: Sequence[Campaign],
    cells: Mapping[CellKey, CountCell],
    credited: Mapping[CreditKey, Conversions],
    request: StatsRequest,
    profile: Profile,
) -> Json:
    """Return the `data` object: one list of one element for each campaign."""
    cells_of: dict[str, dict[tuple[str, str, str], CountCell]] = {campaign.id: {} for campaign in campaigns}
    for (campaign_id, *node), cell in cells.items():
        platform, locale, variation = node
        cells_of[campaign_id][platform, locale, variation] = cell
    credits_of: dict[str, dict[tuple[str, int, str, str, str], Conversions]] = {
        campaign.id: {} for campaign in campaigns
    }
    for credit, conversions in credited.items():
        campaign_id, group, place, platform, locale, variation = credit
        credits_of[campaign_id][group, place, platform, locale, variation] = conversions
    mode = request.mode
    return {
        campaign.id: [
            _campaign_node(
                _Tree(
                    campaign,
                    mode,
                    profile,
                    cells_of[campaign.id],
                    GoalNumbers(campaign, credits_of[campaign.id], request.attribution_type, mode, profile),
                )
            )
        ]
        for campaign in campaigns
    }


def _campaign_node(tree: _Tree) -> Json:
    locales = _names(tree.campaign.locales or (DEFAULT_LOCALE,), (key[1] for key in _served(tree)))
    variations = _names(tree.campaign.variations or (DEFAULT_VARIATION,), (key[2] for key in _served(tree)))
    platforms = {
        tree.profile.platform_key(platform): _platform_node(tree, platform, locales, variations)
        for platform in _platforms(tree)
    }
    if tree.profile.all_platforms is not None:
        platforms[tree.profile.all_platforms] = _platform_node(tree, ALL, locales, variations)
    return {"platforms": platforms}


def _platforms(tree: _Tree) -> list[str]:
    """The platforms that the campaign has or that anything happened or is credited on, in the channel's order."""
    known = CHANNELS[tree.campaign.channel].platforms
    shown = {key[0] for key, cell in tree.cells.items() if cell.events.get(ANYTHING)} | set(tree.campaign.platforms)
    shown.update(platform for platform, _, _ in tree.goals.nodes_credited())
    return list(known) if len(known) == 1 else [platform for platform in known if platform in shown]


def _served(tree: _Tree) -> Iterable[tuple[str, str, str]]:
    """The nodes with something that happened in the range, or with a credit: its touch may have been before."""
    yield from (key for key, cell in tree.cells.items() if cell.events.get(SERVED))
    yield from tree.goals.nodes_credited(OWN)


def _names(registered: Sequence[str], seen: Iterable[str]) -> list[str]:
    return [*registered, *sorted(set(seen) - {ALL} - set(registered))]


def _platform_node(tree: _Tree, platform: str, locales: Sequence[str], variations: Sequence[str]) -> Json:
    aggregate = _variations(tree, platform, ALL, variations)
    aggregate.update(_control_groups(tree, platform))
    nodes = {tree.profile.all_locales: {"variations": aggregate}}
    for locale in locales:
        nodes[locale] = {"variations": _variations(tree, platform, locale, variations)}
    return {"locales": nodes}


def _variations(tree: _Tree, platform: str, locale: str, variations: Sequence[str]) -> Json:
    nodes = {ALL_VARIATIONS: _node(tree, platform, locale)}
    for variation in variations:
        nodes[variation] = _node(tree, platform, locale, variation)
    return nodes


def _node(tree: _Tree, platform: str, locale: str, variation: str = ALL) -> Json:
    channel, cell = tree.campaign.channel, tree.cell(platform, locale, variation)
    performance = {key: number(cell) for key, number in _performance(channel, tree.mode, tree.profile.name)}
    breakdown = {
        breakdown_key(channel, reason): number for reason, number in cell.by_detail(tree.mode).items() if number
    }
    return {
        "performance_stats": performance,
        "conversion_goal_stats": tree.goals.node(cell, tree.cell(platform), platform, locale, variation),
        "delivery_funnel": {key: number(cell) for key, number in _funnel(channel, tree.mode)},
        "failure_breakdown": dict(sorted(breakdown.items())),
    }


@cache
def _performance(channel: Channel, mode: Mode, profile: ProfileName) -> tuple[tuple[str, Evaluate], ...]:
    """The metrics that a profile prints for a channel, ready to be computed over its many nodes."""
    keys = ((metric, PROFILES[profile].metric_key(metric)) for metric in metrics_of(channel))
    return tuple((key, evaluator(metric.formula, mode)) for metric, key in keys if key is not None)


@cache
def _funnel(channel: Channel, mode: Mode) -> tuple[tuple[str, Evaluate], ...]:
    return tuple((stage.key, evaluator(stage.formula, mode)) for stage in FUNNELS[channel])


def _control_groups(tree: _Tree, platform: str) -> Json:
    nodes: Json = {}
    for group in CONTROL_GROUPS:
        if _has_group(tree, group):
            held_out = value(group.held_out, tree.mode, tree.cell(platform))
            nodes[group.node_key] = {
                "conversion_goal_stats": tree.goals.group_node(group, tree.cell(platform), platform),
                # Held-out users are nobody's targets: the stage is computed over a cell that has none.
                "delivery_funnel": {
                    stage.key: value(stage.formula, tree.mode, CountCell()) for stage in CONTROL_GROUP_FUNNEL
                },
                "failure_breakdown": {group.held_out_key: held_out} if held_out else {},
            }
    if tree.profile.bare_control_group:
        nodes[BARE_CONTROL_GROUP] = {}
    return nodes


def _has_group(tree: _Tree, facts: ControlGroupFacts) -> bool:
    """A campaign has a group that it is registered with, or that held users out, or whose users convert."""
    groups = tree.campaign.control_groups
    registered = groups.campaign_percentage > 0 if facts.group is ControlGroup.CAMPAIGN else groups.include_global
    held_out = any(cell.events.get(facts.held_out.tally) for cell in tree.cells.values())
    return registered or held_out or any(tree.goals.nodes_credited(facts.group))
