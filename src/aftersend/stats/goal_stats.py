"""From conversions to the ten fields of each goal. Pure, and it adds nothing up: every node brings its own credits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aftersend.domain.campaigns import Campaign
from aftersend.domain.conversions import NO_CONVERSIONS, Conversions, Rate, quotient, uplift
from aftersend.domain.formulas import Mode
from aftersend.domain.kinds import ControlGroup
from aftersend.domain.profiles import Profile
from aftersend.stats.node_numbers import NodeNumbers
from aftersend.store.count_block import Node
from aftersend.store.levels import ALL

Json = dict[str, Any]

OWN = ""
"""The name of the campaign's own nodes, beside those of its control groups."""

CampaignCredits = Mapping[tuple[str, int, str, str, str], Conversions]
"""One campaign's credits: by group, goal's place, platform, locale, variation."""


@dataclass(frozen=True, slots=True)
class GoalNumbers:
    """The goals of one campaign, with what they are credited with, and how the answer is to be counted and spelled."""

    campaign: Campaign
    credits: CampaignCredits
    numbers: NodeNumbers
    mode: Mode
    profile: Profile

    def node(self, row: int, group_row: int, node: Node) -> Json:
        """Return the goals of one of the campaign's own nodes.

        Its numbers are in `row`, those of the platform with its control groups in `group_row`.
        """
        base, platform = int(self.numbers.bases[row]), node[0]
        nodes = {}
        for place, goal in enumerate(self.campaign.goals):
            credited = self.credits.get((OWN, place, *node), NO_CONVERSIONS)
            rates = {
                group: Rate(self._converted(group, place, platform), int(members[group_row]))
                for group, members in self.numbers.members.items()
            }
            nodes[goal.name] = self._fields(goal.name, credited, base, rates)
        return nodes

    def group_node(self, group: ControlGroup, row: int, platform: str) -> Json:
        """Return the goals of a control group's node; nobody is compared with a group there."""
        members = int(self.numbers.members[group][row])
        return {
            goal.name: self._fields(
                goal.name, self.credits.get((group, place, platform, ALL, ALL), NO_CONVERSIONS), members, {}
            )
            for place, goal in enumerate(self.campaign.goals)
        }

    def nodes_credited(self, *groups: str) -> Iterator[tuple[str, str, str]]:
        """Yield platform, locale and variation of each node that is credited with anything, of these groups or any."""
        for group, _, platform, locale, variation in self.credits:
            if not groups or group in groups:
                yield platform, locale, variation

    def _converted(self, group: ControlGroup, place: int, platform: str) -> int:
        return self.credits.get((group, place, platform, ALL, ALL), NO_CONVERSIONS).users

    def _fields(self, name: str, credited: Conversions, base: int, groups: Mapping[ControlGroup, Rate]) -> Json:
        rate = Rate(credited.users, base)
        fields: Json = {
            "conversions": credited.events if self.mode is Mode.TOTAL else credited.users,
            "cvr": rate.percent(),
            "uplift": uplift(rate, groups.get(ControlGroup.CAMPAIGN)),
            "goal_name": name,
            "total": credited.events,
            "unique": credited.users,
            "revenue": plain(credited.revenue),
            "average_order_value": plain(quotient(credited.revenue, credited.events)),
            "average_revenue_per_user": plain(quotient(credited.revenue, credited.users)),
            "gcg_uplift": uplift(rate, groups.get(ControlGroup.GLOBAL)),
        }
        return fields | {"name": name} if self.profile.goal_name_twice else fields


def plain(amount: Decimal) -> Decimal | int:
    """Return an amount without trailing zeros, and without a fraction when it is whole."""
    if amount == amount.to_integral_value():
        return int(amount)
    return Decimal(f"{amount:f}".rstrip("0"))
