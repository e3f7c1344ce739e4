"""From counts to the answer's tree. Pure, and it adds nothing up: every node brings its own counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aftersend.domain.campaigns import DEFAULT_LOCALE, DEFAULT_VARIATION, Campaign
from aftersend.domain.channels import CHANNELS
from aftersend.domain.control_groups import CONTROL_GROUPS, ControlGroupFacts
from aftersend.domain.conversions import Conversions
from aftersend.domain.kinds import ControlGroup
from aftersend.domain.profiles import ALL_VARIATIONS, BARE_CONTROL_GROUP, Profile
from aftersend.stats.goal_stats import OWN, GoalNumbers
from aftersend.stats.node_numbers import NodeNumbers, Spelling, node_numbers
from aftersend.stats.plan import ANYTHING, SERVED
from aftersend.stats.request import StatsRequest
from aftersend.store.count_block import CountBlock, Node
from aftersend.store.levels import ALL
from aftersend.store.read_conversions import CreditKey

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Tree:
    """One campaign's counts, and how its answer is to be spelled. `rows` says where the numbers of a node are."""

    campaign: Campaign
    profile: Profile
    block: CountBlock
    numbers: NodeNumbers
    rows: Mapping[Node, int]
    goals: GoalNumbers

    def row(self, platform: str, locale: str = ALL, variation: str = ALL) -> int:
        return self.rows.get((platform, locale, variation), -1)


def assemble(
    campaigns: Sequence[Campaign],
    blocks: Mapping[str, CountBlock],
    credited: Mapping[CreditKey, Conversions],
    request: StatsRequest,
    profile: Profile,
) -> Json:
    """Return the `data` object: one list of one element for each campaign."""
    credits_of: dict[str, dict[tuple[str, int, str, str, str], Conversions]] = {
        campaign.id: {} for campaign in campaigns
    }
    for credit, conversions in credited.items():
        campaign_id, group, place, platform, locale, variation = credit
        credits_of[campaign_id][group, place, platform, locale, variation] = conversions
    data: Json = {campaign.id: [] for campaign in campaigns}
    for channel in dict.fromkeys(campaign.channel for campaign in campaigns):
        same = [campaign for campaign in campaigns if campaign.channel is channel]
        found = [blocks.get(campaign.id, CountBlock(())) for campaign in same]
        numbers = node_numbers(found, Spelling(channel, request.mode, profile.name), request.attribution_type)
        first = 0
        for campaign, block in zip(same, found, strict=True):
            rows = {node: row for row, node in enumerate(block.nodes, first)}
            goals = GoalNumbers(campaign, credits_of[campaign.id], numbers, request.mode, profile)
            data[campaign.id].append(_campaign_node(_Tree(campaign, profile, block, numbers, rows, goals)))
            first += len(rows)
    return data


def _campaign_node(tree: _Tree) -> Json:
    served = list(_served(tree))
    locales = _names(tree.campaign.locales or (DEFAULT_LOCALE,), (locale for _, locale, _ in served))
    variations = _names(tree.campaign.variations or (DEFAULT_VARIATION,), (variation for _, _, variation in served))
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
    shown = {platform for platform, _, _ in tree.block.nodes_with(ANYTHING)} | set(tree.campaign.platforms)
    shown.update(platform for platform, _, _ in tree.goals.nodes_credited())
    return list(known) if len(known) == 1 else [platform for platform in known if platform in shown]


def _served(tree: _Tree) -> Iterator[Node]:
    """The nodes with something that happened in the range, or with a credit: its touch may have been before."""
    yield from tree.block.nodes_with(SERVED)
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
    nodes = {ALL_VARIATIONS: _node(tree, (platform, locale, ALL))}
    for variation in variations:
        nodes[variation] = _node(tree, (platform, locale, variation))
    return nodes


def _node(tree: _Tree, node: Node) -> Json:
    row = tree.rows.get(node, -1)
    numbers = tree.numbers.nodes[row]
    if not tree.campaign.goals:
        return numbers  # nobody changes an answer, so nodes without events can be one and the same
    return numbers | {"conversion_goal_stats": tree.goals.node(row, tree.row(node[0]), node)}


def _control_groups(tree: _Tree, platform: str) -> Json:
    nodes: Json = {}
    row = tree.row(platform)
    for facts in CONTROL_GROUPS:
        if _has_group(tree, facts):
            held_out = tree.numbers.held_out[facts.group][row]
            nodes[facts.node_key] = {
                "conversion_goal_stats": tree.goals.group_node(facts.group, row, platform),
                "delivery_funnel": tree.numbers.nobody,
                "failure_breakdown": {facts.held_out_key: held_out} if held_out else {},
            }
    if tree.profile.bare_control_group:
        nodes[BARE_CONTROL_GROUP] = {}
    return nodes


def _has_group(tree: _Tree, facts: ControlGroupFacts) -> bool:
    """A campaign has a group that it is registered with, or that held users out, or whose users convert."""
    groups = tree.campaign.control_groups
    registered = groups.campaign_percentage > 0 if facts.group is ControlGroup.CAMPAIGN else groups.include_global
    held_out = tree.block.has(facts.held_out.tally)
    return registered or held_out or any(tree.goals.nodes_credited(facts.group))
