"""A campaign as JSON: what may be sent, and how it is shown."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from aftersend.domain.campaigns import Campaign, ControlGroups, DeliveryType, Reachability, Status
from aftersend.domain.channels import Channel
from aftersend.domain.goals import Goal, GoalFilter
from aftersend.errors import InvalidRequest

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]
Text = Annotated[str, Meta(max_length=500)]
Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Words = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=200)]


class FilterBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A condition on an attribute of a goal's event."""

    name: Text
    condition: Text
    data_type: Text
    value: Any = None
    value1: Any = None
    negate: bool = False
    case_sensitive: bool = False


class GoalBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A conversion goal."""

    name: Text
    event: Text
    filters: list[FilterBody] = []
    primary: bool = False
    revenue_attribute: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.")] | None = None


class ControlGroupsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The control groups of a campaign."""

    campaign_percentage: Annotated[float, Meta(ge=0, le=100)] = 0
    include_global: bool = msgspec.field(default=False, name="global")


class ReachabilityBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An estimate of the users who will receive a campaign."""

    count: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    updated_at: Moment | None = None


class CampaignBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A campaign, as it is registered."""

    name: Annotated[str, Meta(min_length=1, max_length=500)]
    channel: Channel
    id: Identifier | UnsetType = UNSET
    delivery_type: DeliveryType = DeliveryType.ONE_TIME
    platforms: Words = []
    locales: Words = []
    variations: Words = []
    status: Status = Status.DRAFT
    parent_campaign_id: Identifier | None = None
    flow_id: Identifier | None = None
    flow_name: Text | None = None
    created_by: Annotated[str, Meta(max_length=320)] | None = None
    team: Annotated[str, Meta(max_length=200)] | None = None
    tags: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=200)] = []
    created_at: Moment | None = None
    updated_at: Moment | None = None
    sent_at: Moment | None = None
    start_time: Moment | None = None
    attribution_window_hours: int | None = None
    goals: list[GoalBody] = []
    control_groups: ControlGroupsBody = msgspec.field(default_factory=ControlGroupsBody)
    reachability: ReachabilityBody | None = None


Body = TypeVar("Body")


def decode(kind: type[Body], body: bytes) -> Body:
    """Decode a body, or say which field of it is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}", "body") from error


def convert(kind: type[Body], value: object) -> Body:
    """Check plain data as if they had come as a body."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: msgspec.ValidationError) -> InvalidRequest:
    sentence, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".")
    if sentence.startswith(("Object missing required field", "Object contains unknown field")):
        named = sentence.split("`")[1]
        field = f"{field}.{named}" if field else named
    return InvalidRequest(sentence, field or "body")


def to_campaign(body: CampaignBody, campaign_id: str, now: datetime, known: Campaign | None = None) -> Campaign:
    """Make the campaign that a body describes.

    Without times of its own a new campaign is created now, and a known one keeps its creation time.
    """
    if body.id is not UNSET and body.id != campaign_id:
        raise InvalidRequest("the id in the body is not the one in the path", "id", body.id)
    groups = body.control_groups
    percentage = groups.campaign_percentage
    return Campaign(
        id=campaign_id,
        name=body.name,
        channel=body.channel,
        created_at=body.created_at or (known.created_at if known else now),
        updated_at=body.updated_at or now,
        delivery_type=body.delivery_type,
        status=body.status,
        platforms=tuple(platform.upper() for platform in body.platforms),
        locales=tuple(body.locales),
        variations=tuple(body.variations),
        parent_campaign_id=body.parent_campaign_id,
        flow_id=body.flow_id,
        flow_name=body.flow_name,
        created_by=body.created_by,
        team=body.team,
        tags=tuple(body.tags),
        sent_at=body.sent_at,
        start_time=body.start_time,
        attribution_window_hours=body.attribution_window_hours,
        goals=tuple(_goal(goal) for goal in body.goals),
        control_groups=ControlGroups(
            int(percentage) if percentage == int(percentage) else percentage, groups.include_global
        ),
        reachability=Reachability(body.reachability.count, body.reachability.updated_at) if body.reachability else None,
    )


def _goal(body: GoalBody) -> Goal:
    return Goal(
        name=body.name,
        event=body.event,
        filters=tuple(
            GoalFilter(
                name=condition.name,
                condition=condition.condition,
                data_type=condition.data_type,
                value=condition.value,
                value1=condition.value1,
                negate=condition.negate,
                case_sensitive=condition.case_sensitive,
            )
            for condition in body.filters
        ),
        primary=body.primary,
        revenue_attribute=body.revenue_attribute,
        currency=body.currency,
    )


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """Show a campaign, every field of it."""
    groups, reachability = campaign.control_groups, campaign.reachability
    return {
        "id": campaign.id,
        "name": campaign.name,
        "channel": campaign.channel,
        "delivery_type": campaign.delivery_type,
        "status": campaign.status,
        "platforms": list(campaign.platforms),
        "locales": list(campaign.locales),
        "variations": list(campaign.variations),
        "parent_campaign_id": campaign.parent_campaign_id,
        "flow_id": campaign.flow_id,
        "flow_name": campaign.flow_name,
        "created_by": campaign.created_by,
        "team": campaign.team,
        "tags": list(campaign.tags),
        "created_at": _shown(campaign.created_at),
        "updated_at": _shown(campaign.updated_at),
        "sent_at": _shown(campaign.sent_at),
        "start_time": _shown(campaign.start_time),
        "attribution_window_hours": campaign.attribution_window_hours,
        "goals": [_goal_json(goal) for goal in campaign.goals],
        "control_groups": {"campaign_percentage": groups.campaign_percentage, "global": groups.include_global},
        "reachability": {"count": reachability.count, "updated_at": _shown(reachability.updated_at)}
        if reachability
        else None,
    }


def _goal_json(goal: Goal) -> dict[str, Any]:
    return {
        "name": goal.name,
        "event": goal.event,
        "filters": [{field: getattr(condition, field) for field in GoalFilter.__slots__} for condition in goal.filters],
        "primary": goal.primary,
        "revenue_attribute": goal.revenue_attribute,
        "currency": goal.currency,
    }


def _shown(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
