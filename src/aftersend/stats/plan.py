"""From campaigns and a request to the counts that the answer needs. Pure."""

from collections.abc import Iterator, Sequence

from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import rate_base
from aftersend.domain.formulas import Formula, Mode, Remaining, Tally, needs
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import BREAKDOWN, metrics_of
from aftersend.domain.profiles import Profile
from aftersend.stats.request import StatsRequest
from aftersend.store.count_query import CountQuery
from aftersend.store.families import Families

ANYTHING = Tally(tuple(Kind))
"""Counts every event: where it is not zero, the platform has a node."""

SERVED = Tally(tuple(kind for kind in Kind if kind is not Kind.HELD_OUT))
"""Counts what happened to users who were not held out: it tells which locales and variations occur."""


def plan(
    workspace_id: str,
    campaigns: Sequence[Campaign],
    request: StatsRequest,
    profile: Profile,
    families: Families | None = None,
) -> CountQuery:
    """Collect the base counts that the campaigns' channels need, and for which of them users."""
    mode = request.mode
    tallies: dict[Tally, None] = {ANYTHING: None, SERVED: None}
    users: dict[Tally, tuple[str, ...]] = {}
    remaining: dict[Remaining, None] = {}
    for channel in dict.fromkeys(campaign.channel for campaign in campaigns):
        same = [campaign for campaign in campaigns if campaign.channel is channel]
        ids = tuple(campaign.id for campaign in same)
        formulas = list(_formulas(channel, profile))
        if any(campaign.goals for campaign in same):
            formulas += _rate_bases(channel, request.attribution_type)
        for formula in formulas:
            for need in needs(formula, mode):
                if isinstance(need, Remaining):
                    remaining[need] = None
                    continue
                tally, counting = need
                tallies[tally] = None
                if counting is Mode.UNIQUE:
                    users[tally] = tuple(dict.fromkeys((*users.get(tally, ()), *ids)))
    return CountQuery(
        workspace_id=workspace_id,
        campaign_ids=tuple(campaign.id for campaign in campaigns),
        days=request.days.numbers,
        tallies=tuple(tallies),
        users=users,
        by_detail=BREAKDOWN,
        users_by_detail=mode is Mode.UNIQUE,
        remaining=tuple(remaining),
        over_platforms=profile.all_platforms is not None,
        families=families or {},
    )


def _formulas(channel: Channel, profile: Profile) -> Iterator[Formula]:
    for metric in metrics_of(channel):
        if profile.metric_key(metric):
            yield metric.formula
    for stage in FUNNELS[channel]:
        yield stage.formula
    for group in CONTROL_GROUPS:
        yield group.held_out


def _rate_bases(channel: Channel, attribution: AttributionType) -> list[Formula]:
    """What converted users are divided by: the campaign's own, and those of its control groups."""
    return [rate_base(channel, attribution), *(group.members for group in CONTROL_GROUPS)]
