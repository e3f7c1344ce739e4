"""A campaign as the registry knows it, and the rules that its data may not contradict."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aftersend.domain.attribution import window_of
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.goals import Goal, check_goals
from aftersend.domain.percentages import Percentage, check_percentage, check_shares
from aftersend.domain.problems import Problem, check_text

DEFAULT_LOCALE = "default"
DEFAULT_VARIATION = "variation_1"


class DeliveryType(StrEnum):
    """How a campaign goes out."""

    ONE_TIME = "ONE_TIME"
    PERIODIC = "PERIODIC"
    EVENT_TRIGGERED = "EVENT_TRIGGERED"
    BUSINESS_EVENT_TRIGGERED = "BUSINESS_EVENT_TRIGGERED"
    DEVICE_TRIGGERED = "DEVICE_TRIGGERED"
    LOCATION_TRIGGERED = "LOCATION_TRIGGERED"
    API_TRIGGERED = "API_TRIGGERED"
    BROADCAST_LIVE_ACTIVITY = "BROADCAST_LIVE_ACTIVITY"


class Status(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    SENDING = "SENDING"
    PAUSED = "PAUSED"
    SENT = "SENT"
    STOPPED = "STOPPED"
    RETIRED = "RETIRED"
    ARCHIVED = "ARCHIVED"


PARENT_TYPES = frozenset({DeliveryType.PERIODIC, DeliveryType.BUSINESS_EVENT_TRIGGERED})
"""Campaigns that run as children, one per run."""

_PUSH_ONLY = frozenset(
    {DeliveryType.DEVICE_TRIGGERED, DeliveryType.LOCATION_TRIGGERED, DeliveryType.BROADCAST_LIVE_ACTIVITY}
)


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """Which control groups a campaign has: its own, by percentage, and the workspace's global one."""

    campaign_percentage: Percentage = 0
    include_global: bool = False


@dataclass(frozen=True, slots=True)
class Reachability:
    """An estimate of the users who will receive a scheduled campaign."""

    count: int
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign of one workspace."""

    id: str
    name: str
    channel: Channel
    created_at: datetime
    updated_at: datetime
    delivery_type: DeliveryType = DeliveryType.ONE_TIME
    status: Status = Status.DRAFT
    platforms: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    variations: tuple[str, ...] = ()
    variation_percentages: tuple[Percentage, ...] = ()  # one for each variation, or none: equal shares
    parent_campaign_id: str | None = None
    flow_id: str | None = None
    flow_name: str | None = None
    created_by: str | None = None
    updated_by: str | None = None
    team: str | None = None
    tags: tuple[str, ...] = ()
    sent_at: datetime | None = None
    start_time: datetime | None = None
    attribution_window_hours: int | None = None
    goals: tuple[Goal, ...] = ()
    control_groups: ControlGroups = ControlGroups()
    reachability: Reachability | None = None
    drafted: bool = False  # registered by its events, and by nobody since

    @property
    def window_hours(self) -> int:
        """Return how long a touch can earn a conversion."""
        default = window_of(self.channel, in_flow=self.flow_id is not None).default
        return default if self.attribution_window_hours is None else self.attribution_window_hours


def is_identifier(text: str, longest: int = 128) -> bool:
    """Return whether the text can be an id: printable, without white space or slashes, not too long."""
    return 1 <= len(text) <= longest and text.isprintable() and not re.search(r"[\s/]", text)


def check_campaign(campaign: Campaign) -> Problem | None:
    """Return the first contradiction in a campaign's own data."""
    for check in (_check_identity, _check_texts, _check_names, _check_delivery, _check_numbers, _check_times):
        if problem := check(campaign):
            return problem
    return check_goals(campaign.goals)


def _check_identity(campaign: Campaign) -> Problem | None:
    if not is_identifier(campaign.id):
        return Problem("id", campaign.id, "use 1 to 128 printable characters without spaces or slashes")
    if campaign.parent_campaign_id == campaign.id:
        return Problem("parent_campaign_id", campaign.id, "a campaign cannot be its own parent")
    if campaign.parent_campaign_id is not None and not is_identifier(campaign.parent_campaign_id):
        return Problem("parent_campaign_id", campaign.parent_campaign_id, "this cannot be the id of a campaign")
    return None


def _check_texts(campaign: Campaign) -> Problem | None:
    texts: dict[str, tuple[str | None, int]] = {
        "name": (campaign.name, 500),
        "flow_id": (campaign.flow_id, 128),
        "flow_name": (campaign.flow_name, 500),
        "created_by": (campaign.created_by, 320),
        "updated_by": (campaign.updated_by, 320),
        "team": (campaign.team, 200),
    }
    for place, tag in enumerate(campaign.tags):
        texts[f"tags[{place}]"] = (tag, 200)
    for place, goal in enumerate(campaign.goals):
        texts[f"goals[{place}].name"] = (goal.name, 500)
        texts[f"goals[{place}].event"] = (goal.event, 500)
        texts[f"goals[{place}].revenue_attribute"] = (goal.revenue_attribute, 200)
        texts[f"goals[{place}].currency"] = (goal.currency, 8)
    return next(
        (problem for field, (text, limit) in texts.items() if (problem := check_text(field, text, limit))), None
    )


def _check_names(campaign: Campaign) -> Problem | None:
    known = CHANNELS[campaign.channel].platforms
    for index, platform in enumerate(campaign.platforms):
        if platform not in known:
            message = f"{campaign.channel} has the platforms {', '.join(known)}"
            return Problem(f"platforms[{index}]", platform, message)
    for field in ("platforms", "locales", "variations"):
        names: tuple[str, ...] = getattr(campaign, field)
        if len(set(names)) != len(names):
            return Problem(field, list(names), "name each one once")
        for index, name in enumerate(names):
            if not is_dimension_name(name):
                return Problem(f"{field}[{index}]", name, DIMENSION_NAME_RULE)
    return None


DIMENSION_NAME_RULE = "use 1 to 64 printable characters, and none of the names that answers keep for aggregates"

RESERVED_NAMES = frozenset(
    {
        "all_locales",
        "all_locale",
        "all_variations",
        "campaign_control_group",
        "global_control_group",
        "control_group",
        "ALL_PLATFORMS",
    }
)


def is_dimension_name(name: str) -> bool:
    """Return whether the text can name a locale or a variation: an aggregate's key would hide it."""
    return 1 <= len(name) <= 64 and name.isprintable() and not name.isspace() and name not in RESERVED_NAMES


def _check_delivery(campaign: Campaign) -> Problem | None:
    if campaign.delivery_type in _PUSH_ONLY and campaign.channel is not Channel.PUSH:
        return Problem("delivery_type", campaign.delivery_type.value, "only PUSH campaigns have this delivery type")
    if campaign.flow_name is not None and campaign.flow_id is None:
        return Problem("flow_name", campaign.flow_name, "a flow name needs a flow_id beside it")
    return None


def _check_times(campaign: Campaign) -> Problem | None:
    reachable_at = campaign.reachability.updated_at if campaign.reachability else None
    times = {field: getattr(campaign, field) for field in ("created_at", "updated_at", "sent_at", "start_time")}
    for field, moment in (times | {"reachability.updated_at": reachable_at}).items():
        if moment is not None and not 1970 <= moment.year < 2200:
            return Problem(field, moment.isoformat(), "use a time between 1970 and 2200")
    return None


def _check_numbers(campaign: Campaign) -> Problem | None:
    hours = campaign.attribution_window_hours
    bounds = window_of(campaign.channel, in_flow=campaign.flow_id is not None)
    if hours is not None and not bounds.minimum <= hours <= bounds.maximum:
        message = f"the attribution window of {campaign.channel} is {bounds.minimum} to {bounds.maximum} hours"
        return Problem("attribution_window_hours", hours, message)
    share = campaign.control_groups.campaign_percentage
    if problem := check_percentage("control_groups.campaign_percentage", share):
        return problem
    shares = campaign.variation_percentages
    if shares and (problem := check_shares("variation_percentages", shares, len(campaign.variations))):
        return problem
    if campaign.reachability is not None and campaign.reachability.count < 0:
        return Problem("reachability.count", campaign.reachability.count, "a count of users is not negative")
    return None
