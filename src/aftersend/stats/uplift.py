"""What a campaign changed: its arms compared by intention to treat, beside the uplift per reached user.

The documented uplift divides the target's conversions by those who were reached and the control's by those who were
held out. Here everybody counts who was assigned to an arm, so the two sides differ by chance and by the campaign alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aftersend.domain.campaigns import DEFAULT_VARIATION, Campaign
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import quotient
from aftersend.domain.formulas import Mode, percent
from aftersend.domain.goals import Goal
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.periods import FIRST_DAY, LAST_DAY, Days
from aftersend.domain.profiles import ALL_VARIATIONS, PROFILES, ProfileName
from aftersend.domain.workspaces import Workspace
from aftersend.registry.campaigns import Campaigns
from aftersend.stats.answer import Stats
from aftersend.stats.claims import HOUR_MILLISECONDS, claimant
from aftersend.stats.goal_stats import plain
from aftersend.stats.request import StatsRequest
from aftersend.stats.uplift_request import UpliftRequest
from aftersend.store.conversion_query import Claimant, ConversionQuery
from aftersend.store.engine import Engine
from aftersend.store.levels import ALL
from aftersend.store.read_uplift import ArmGoal, ArmKey, Experiment, read_assigned_kind, read_experiment

if TYPE_CHECKING:
    from aftersend.stats.significance import Amounts, SampleRatio

Json = dict[str, Any]

ASSIGNED_KINDS = (Kind.ATTEMPTED, Kind.SENT, Kind.TARGETED, Kind.IMPRESSION, Kind.SYNCED)
"""Which kind of event says that a user was assigned to a variation: the first of these that the campaign has.

A group is drawn from those who could be sent to, so the attempt is what being held out takes the place of.
"""

_NOTHING = ArmGoal(0, 0, Decimal(0), Decimal(0), frozenset())
_EVERYBODY: ArmKey = ("", ALL)


@dataclass(frozen=True, slots=True)
class Uplift:
    """Answers what campaigns changed."""

    campaigns: Campaigns
    engine: Engine
    stats: Stats

    def answer(self, workspace: Workspace, request: UpliftRequest) -> Json:
        """Return the body of the answer.

        Raises:
            NotFound: the workspace has no such campaign.
        """
        campaign = self.campaigns.get(workspace.id, request.campaign_id)
        members = self.campaigns.families(workspace.id, [campaign.id]).get(campaign.id, (campaign.id,))
        assigned_by = read_assigned_kind(self.engine, workspace.id, members, ASSIGNED_KINDS)
        window = campaign.window_hours * HOUR_MILLISECONDS
        assigned = claimant(campaign, members, (assigned_by,) if assigned_by else (), window)
        experiment = self._experiment(workspace, campaign, request.days, assigned)
        reached = self._per_reached_user(workspace, campaign, request)
        return {
            "campaign_id": campaign.id,
            "start_date": request.days.start.isoformat() if request.days else None,
            "end_date": request.days.end.isoformat() if request.days else None,
            "timezone": workspace.timezone,
            "window_hours": campaign.window_hours,
            "assigned_by": assigned_by,
            "arms": [
                {"arm": _name(arm), "users": users}
                for arm, users in sorted(experiment.users.items(), key=lambda row: _order(row[0]))
            ],
            "sample_ratio": _sample_ratio(campaign, experiment),
            "goals": [
                {
                    "goal_name": goal.name,
                    "event": goal.event,
                    "intention_to_treat": _compared(goal, place, experiment),
                    "per_reached_user": reached[goal.name],
                }
                for place, goal in enumerate(campaign.goals)
            ],
        }

    def _experiment(
        self, workspace: Workspace, campaign: Campaign, days: Days | None, assigned: Claimant
    ) -> Experiment:
        first, last = days.numbers if days else (FIRST_DAY, LAST_DAY)
        query = ConversionQuery(
            workspace_id=workspace.id,
            zone=workspace.zone,
            # Goal events count as long as a window is open, also after the last day of assignment.
            days=(first, min(last + campaign.window_hours // 24 + 2, LAST_DAY)),
            claimants=(assigned,),
            asked=frozenset({campaign.id}),
        )
        return read_experiment(self.engine, query, (first, last))

    def _per_reached_user(self, workspace: Workspace, campaign: Campaign, request: UpliftRequest) -> dict[str, Json]:
        """The documented figures over all platforms, for each goal."""
        if not campaign.goals:
            return {}
        question = StatsRequest(
            request_id="uplift",
            campaign_ids=(campaign.id,),
            days=request.days or Days.ever(),
            attribution_type=request.attribution_type,
            mode=Mode.UNIQUE,
            offset=0,
            limit=1,
        )
        profile = PROFILES[ProfileName.LIVE]
        tree = self.stats.answer(workspace, question, profile)["data"][campaign.id][0]["platforms"]
        goals = tree[profile.all_platforms]["locales"][profile.all_locales]["variations"][ALL_VARIATIONS]
        return {
            name: {
                "attribution_type": request.attribution_type,
                **{field: found[field] for field in ("total", "unique", "cvr", "uplift", "gcg_uplift")},
            }
            for name, found in goals["conversion_goal_stats"].items()
        }


def _name(arm: ArmKey) -> str:
    group, variation = arm
    if group:
        return next(facts.node_key for facts in CONTROL_GROUPS if facts.group == group)
    return variation or ALL_VARIATIONS


def _order(arm: ArmKey) -> tuple[bool, str, str]:
    group, variation = arm
    return bool(group), group, variation


def _compared(goal: Goal, place: int, experiment: Experiment) -> Json:
    """The arms of one goal, and each arm that was not held out beside each group that was."""
    arms = sorted(experiment.users, key=_order)
    found = {arm: experiment.goals.get((arm, place), _NOTHING) for arm in arms}
    currencies = {currency for one in found.values() for currency in one.currencies}
    pays = goal.revenue_attribute is not None
    comparable = pays and len(currencies) <= 1
    return {
        "currency": goal.currency or (next(iter(currencies), None) if comparable else None),
        "mixed_currencies": sorted(currencies) if pays and not comparable else [],
        "arms": [
            {
                "arm": _name(arm),
                "users": experiment.users[arm],
                "converted": found[arm].converted,
                "conversion_rate": percent(found[arm].converted, experiment.users[arm]),
                "total": found[arm].events,
                "revenue": plain(found[arm].revenue) if comparable else None,
                "revenue_per_user": plain(quotient(found[arm].revenue, experiment.users[arm])) if comparable else None,
            }
            for arm in arms
        ],
        "comparisons": list(_comparisons(arms, found, experiment, comparable=comparable)),
    }


def _comparisons(
    arms: list[ArmKey], found: dict[ArmKey, ArmGoal], experiment: Experiment, *, comparable: bool
) -> Iterator[Json]:
    # SciPy takes long to load, and nothing else needs it.
    from aftersend.stats.significance import Arm, compare_means, compare_rates

    for control in (arm for arm in arms if arm[0] and arm[1] == ALL):
        for treated in (arm for arm in arms if not arm[0]):
            sizes = experiment.users[treated], experiment.users[control]
            rates = [Arm(size, found[arm].converted) for arm, size in zip((treated, control), sizes, strict=True)]
            amounts = [_amounts(found[arm], size) for arm, size in zip((treated, control), sizes, strict=True)]
            yield {
                "arm": _name(treated),
                "against": _name(control),
                "conversion_rate": compare_rates(*rates),
                "revenue_per_user": compare_means(*amounts) if comparable else None,
            }


def _amounts(found: ArmGoal, users: int) -> "Amounts":
    from aftersend.stats.significance import Amounts

    return Amounts(users, float(found.revenue), float(found.squares))


def _sample_ratio(campaign: Campaign, experiment: Experiment) -> "SampleRatio | None":
    """Whether the arms are as large as the campaign's percentages say; None where there is nothing to compare."""
    from aftersend.stats.significance import sample_ratio

    held_out = campaign.control_groups.campaign_percentage
    if not 0 < held_out < 100 or not experiment.users.get(_EVERYBODY):
        return None
    names = campaign.variations or (DEFAULT_VARIATION,)
    shares = campaign.variation_percentages or tuple(100 / len(names) for _ in names)
    observed = [experiment.users.get(("", name), 0) for name in names]
    observed.append(experiment.users.get((ControlGroup.CAMPAIGN.value, ALL), 0))
    expected = [share * (100 - held_out) / 100 for share in shares]
    return sample_ratio(observed, [*expected, held_out])
