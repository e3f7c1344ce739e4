"""From campaigns and an attribution type to what the store credits: whose touches of which kinds claim which events."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aftersend.domain.attribution import (
    ATTRIBUTION_TYPES,
    SESSION_MINUTES,
    TOUCHES,
    AttributionModel,
    AttributionType,
)
from aftersend.domain.campaigns import Campaign
from aftersend.domain.filters import Condition, read_filter
from aftersend.domain.goals import Goal
from aftersend.domain.kinds import Kind
from aftersend.domain.profiles import Profile
from aftersend.domain.workspaces import Workspace
from aftersend.stats.request import StatsRequest
from aftersend.store.conversion_query import Claimant, ClaimedGoal, ConversionQuery, Definition, Money
from aftersend.store.families import Families

_MINUTE_MILLISECONDS = 60_000
HOUR_MILLISECONDS = 60 * _MINUTE_MILLISECONDS


def needs_competitors(attribution: AttributionType) -> bool:
    """Return whether the campaigns asked about compete for an event with all others."""
    return ATTRIBUTION_TYPES[attribution].model is AttributionModel.LAST_INTERACTION


def needs_receipts(campaign: Campaign, attribution: AttributionType) -> bool:
    """Return whether the campaign's touches depend on receipts having come for it."""
    without = TOUCHES[campaign.channel].view_without_receipts
    return attribution is AttributionType.VIEW_THROUGH and without is not None and bool(campaign.goals)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What conversions of campaigns depend on beside their own registration.

    `competitors` are the other campaigns with goals on the same events. `families` name whose touches are a
    campaign's, where there are others than its own. `with_receipts` are those that receipts have come for.
    """

    competitors: tuple[Campaign, ...] = ()
    families: Families = field(default_factory=dict)
    with_receipts: frozenset[str] = frozenset()


def claim(
    workspace: Workspace,
    asked: Sequence[Campaign],
    request: StatsRequest,
    profile: Profile,
    surroundings: Surroundings = Surroundings(),
) -> ConversionQuery:
    """Say what to credit for the campaigns asked about. A parent claims by the touches of its family."""
    attribution = request.attribution_type
    wanted = {goal.event for campaign in asked for goal in campaign.goals}
    # Of others only what competes matters: their goals on other events would be read for nothing.
    others = (
        replace(one, goals=tuple(goal for goal in one.goals if goal.event in wanted))
        for one in surroundings.competitors
    )
    campaigns = {campaign.id: campaign for campaign in (*others, *asked) if campaign.goals}
    return ConversionQuery(
        workspace_id=workspace.id,
        zone=workspace.zone,
        days=request.days.numbers,
        claimants=tuple(
            claimant(
                campaign,
                surroundings.families.get(campaign.id, (campaign.id,)),
                *_touches(campaign, attribution, surroundings.with_receipts),
            )
            for campaign in campaigns.values()
        ),
        asked=frozenset(campaign.id for campaign in asked),
        one_winner=needs_competitors(attribution),
        clicks_only=attribution is AttributionType.CLICK_CONVERSIONS,
        over_platforms=profile.all_platforms is not None,
    )


def claimant(campaign: Campaign, members: tuple[str, ...], kinds: tuple[Kind, ...], window: int) -> Claimant:
    """Describe a campaign as somebody who can be credited, by touches of its members. `window` is in milliseconds."""
    return Claimant(
        campaign_id=campaign.id,
        members=members,
        kinds=kinds,
        window=window,
        held_out_window=campaign.window_hours * HOUR_MILLISECONDS,
        goals=tuple(_claimed(goal) for goal in campaign.goals),
    )


def _touches(
    campaign: Campaign, attribution: AttributionType, with_receipts: frozenset[str]
) -> tuple[tuple[Kind, ...], int]:
    """The kinds of touch that claim for the campaign, and for how long."""
    facts, window = TOUCHES[campaign.channel], campaign.window_hours * HOUR_MILLISECONDS
    match attribution:
        case AttributionType.VIEW_THROUGH:
            without = facts.view_without_receipts
            view = facts.view if without is None or campaign.id in with_receipts else without
            return (view,), window
        case AttributionType.CLICK_THROUGH:
            return _known(facts.click), window
        case AttributionType.IN_SESSION:
            return _known(facts.session), SESSION_MINUTES * _MINUTE_MILLISECONDS
        case AttributionType.TOTAL_CONVERSIONS | AttributionType.CLICK_CONVERSIONS:
            return tuple(facts.last), window


def _known(kind: Kind | None) -> tuple[Kind, ...]:
    return () if kind is None else (kind,)


def _claimed(goal: Goal) -> ClaimedGoal:
    read = (read_filter(given) for given in goal.filters)
    conditions = tuple(one for one in read if isinstance(one, Condition))
    money = None if goal.revenue_attribute is None else Money(goal.revenue_attribute, goal.currency)
    return ClaimedGoal(Definition(goal.event, conditions), money)
