"""Campaigns as the details, search and executions paths spell them. What is not known is not there."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aftersend.domain.campaign_search import EXECUTION_STATUS, PLATFORM_NAMES
from aftersend.domain.campaigns import DEFAULT_LOCALE, Campaign
from aftersend.domain.channels import CLIENT_NAMES, Channel
from aftersend.domain.goals import Goal, GoalFilter
from aftersend.domain.profiles import Profile
from aftersend.stats.campaign_details import CampaignDetails

Json = dict[str, Any]


def meta_json(found: CampaignDetails, *, with_children: bool) -> Json:
    """Show a campaign's details; whose child it is, is told where children were asked for."""
    campaign, reachability = found.campaign, found.reachability
    return _known(
        campaign_id=campaign.id,
        channel=CLIENT_NAMES[campaign.channel],
        platform=_platforms(campaign),
        created_by=campaign.created_by,
        campaign_delivery_type=campaign.delivery_type,
        campaign_name=campaign.name,
        campaign_team=campaign.team,
        campaign_tags=list(campaign.tags),
        campaign_status=campaign.status.title(),
        campaign_start_time=_iso(campaign.start_time, "seconds"),
        parent_campaign_id=campaign.parent_campaign_id if with_children else None,
        total_child_campaigns=found.children,
        flow_id=campaign.flow_id,
        flow_name=campaign.flow_name,
        reachability_details=reachability
        and {"count": reachability.count, "last_updated_time": _iso(reachability.updated_at)},
    )


def search_json(found: CampaignDetails, profile: Profile) -> Json:
    """Show a campaign that a search has found."""
    campaign = found.campaign
    return _known(
        campaign_id=campaign.id,
        status=campaign.status.title(),
        channel=CLIENT_NAMES[campaign.channel],
        campaign_delivery_type=campaign.delivery_type,
        created_by=campaign.created_by,
        updated_by=campaign.updated_by,
        created_at=_spaced(campaign.created_at),
        updated_at=_spaced(campaign.updated_at),
        sent_time=_spaced(campaign.sent_at),
        flow_id=campaign.flow_id,
        flow_name=campaign.flow_name,
        parent_id=campaign.parent_campaign_id if found.of_periodic else None,
        basic_details=_known(
            name=campaign.name,
            tags=list(campaign.tags),
            team=campaign.team,
            platforms=_platforms(campaign) if campaign.channel is Channel.PUSH else None,
        ),
        campaign_content={
            "locales": list(campaign.locales or (DEFAULT_LOCALE,)),
            "variation_details": _variations(campaign),
        },
        scheduling_details=campaign.start_time and {"start_time": _iso(campaign.start_time, "seconds")},
        conversion_goal_details={
            "attribution_window_in_hours": campaign.window_hours,
            "goals": [_goal(goal, profile) for goal in campaign.goals],
        }
        if campaign.goals
        else None,
        control_group_details={
            "is_campaign_control_group_enabled": campaign.control_groups.campaign_percentage > 0,
            "campaign_control_group_percentage": campaign.control_groups.campaign_percentage,
            "is_global_control_group_enabled": campaign.control_groups.include_global,
        },
    )


def execution_json(campaign: Campaign) -> Json:
    """Show one run of a parent."""
    status = EXECUTION_STATUS[campaign.status]
    return _known(campaign_id=campaign.id, sent_time=_iso(campaign.sent_at), status=status)


def _known(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _platforms(campaign: Campaign) -> list[str]:
    if campaign.channel is not Channel.PUSH:
        return []
    return list(dict.fromkeys(PLATFORM_NAMES[name] for name in campaign.platforms if name in PLATFORM_NAMES))


def _variations(campaign: Campaign) -> Json:
    """Percentages are of all users there, the rest being the control group; ours are of those who are sent to."""
    number = max(1, len(campaign.variations))
    if not campaign.variation_percentages:
        return {"no_of_variations": number}
    sent = 100 - Decimal(str(campaign.control_groups.campaign_percentage))
    shares = [sent * Decimal(str(share)) / 100 for share in campaign.variation_percentages]
    return {
        "distribution_type": "MANUAL",
        "no_of_variations": number,
        "manual_distribution_percentage": {
            name: f"{share.normalize():f}" for name, share in zip(campaign.variations, shares, strict=True)
        },
    }


def _goal(goal: Goal, profile: Profile) -> Json:
    conditions = [_condition(condition) for condition in goal.filters]
    return _known(
        goal_name=goal.name,
        name=goal.name if profile.goal_name_twice else None,
        goal_event_name=goal.event,
        goal_event_attribute={"filters": conditions} if len(conditions) > 1 else next(iter(conditions), None),
        is_primary_goal=goal.primary,
        revenue_attribute=goal.revenue_attribute,
        revenue_currency=goal.currency,
    )


def _condition(condition: GoalFilter) -> Json:
    return _known(
        name=condition.name,
        condition=condition.condition,
        data_type=condition.data_type,
        value=condition.value,
        value1=condition.value1,
        negate=condition.negate,
        is_case_sensitive=condition.case_sensitive,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _iso(moment: datetime | None, until: str = "microseconds") -> str | None:
    return _utc(moment).isoformat(timespec=until) if moment else None


def _spaced(moment: datetime | None) -> str | None:
    return str(_utc(moment)) if moment else None
