"""A campaign as JSON: what may be sent, and how it is shown."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from aftersend.domain.attribution import MAXIMUM_WINDOW_HOURS, MINIMUM_WINDOW_HOURS
from aftersend.domain.campaigns import Campaign, ControlGroups, DeliveryType, Reachability, Status
from aftersend.domain.channels import Channel
from aftersend.domain.filters import DataType
from aftersend.domain.goals import Goal, GoalFilter
from aftersend.domain.percentages import tidy
from aftersend.errors import InvalidRequest
from aftersend.intake.decode import UNREADABLE, invalid_field


def _short(longest: int, description: str) -> Meta:
    return Meta(min_length=1, max_length=longest, description=description)


Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]
Identifier = Annotated[str, _short(128, "Printable, without spaces or slashes.")]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Share = Annotated[float, Meta(ge=0, le=100)]
Tag = Annotated[str, Meta(max_length=200)]
AttributeName = Annotated[str, _short(200, "The attribute of the event whose sum is the revenue.")]


class FilterBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A condition on an attribute of a goal's event."""

    name: Annotated[str, Meta(max_length=500, description="The attribute.")]
    condition: Annotated[str, Meta(max_length=100, description="How it is compared: a condition of the data type.")]
    data_type: Annotated[str, Meta(max_length=100, description=f"What the attribute is: {', '.join(DataType)}.")]
    value: Annotated[Any, Meta(description="With what it is compared.")] = None
    value1: Annotated[Any, Meta(description="The other end, where a condition has two.")] = None
    negate: Annotated[bool, Meta(description="Whether the condition must not hold.")] = False
    case_sensitive: Annotated[bool, Meta(description="Whether A differs from a.")] = False


class GoalBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A conversion goal."""

    name: Annotated[str, Meta(max_length=500, description="The key of its numbers in answers.", examples=["Goal 1"])]
    event: Annotated[str, Meta(max_length=500, description="The user event that it counts.", examples=["purchase"])]
    filters: Annotated[list[FilterBody], Meta(max_length=50, description="Which of those events count.")] = []
    primary: Annotated[bool, Meta(description="One goal of a campaign can be the primary one.")] = False
    revenue_attribute: AttributeName | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])] | None = None


class ControlGroupsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The control groups of a campaign."""

    campaign_percentage: Annotated[
        float, Meta(ge=0, le=100, description="The share of users that its own group keeps out.")
    ] = 0
    include_global: Annotated[bool, Meta(description="Whether the workspace's global group is kept out.")] = (
        msgspec.field(default=False, name="global")
    )


class ReachabilityBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An estimate of the users who will receive a campaign."""

    count: Annotated[int, Meta(ge=0, le=2**31 - 1, description="The users.")]
    updated_at: Moment | None = None


class CampaignBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A campaign, as it is registered."""

    name: Annotated[str, _short(500, "A name for people.")]
    channel: Annotated[Channel, Meta(description="What it goes out on; it cannot change later.")]
    id: Annotated[Identifier, Meta(description="The id in the path again; it can be left out.")] | UnsetType = UNSET
    delivery_type: Annotated[DeliveryType, Meta(description="How it goes out.")] = DeliveryType.ONE_TIME
    platforms: Annotated[list[Word], Meta(max_length=10, description="Platforms of its channel.")] = []
    locales: Annotated[list[Word], Meta(max_length=200, description="Locales; `default` if none.")] = []
    variations: Annotated[list[Word], Meta(max_length=200, description="Variations; `variation_1` if none.")] = []
    variation_percentages: Annotated[
        list[Share], Meta(max_length=200, description="The share of each variation, 100 together; equal if none.")
    ] = []
    status: Annotated[Status, Meta(description="Where it is in its life.")] = Status.DRAFT
    parent_campaign_id: Annotated[Identifier, Meta(description="The campaign of which it is one run.")] | None = None
    flow_id: Annotated[Identifier, Meta(description="The flow of which it is a node.")] | None = None
    flow_name: Annotated[str, Meta(max_length=500, description="The flow's name; it needs a flow_id.")] | None = None
    created_by: Annotated[str, Meta(max_length=320, description="Who made it.")] | None = None
    updated_by: Annotated[str, Meta(max_length=320, description="Who changed it last.")] | None = None
    team: Annotated[str, Meta(max_length=200, description="Whose it is.")] | None = None
    tags: Annotated[list[Tag], Meta(max_length=200, description="Words to find it by.")] = []
    created_at: Annotated[Moment, Meta(description="When it was made; now if left out.")] | None = None
    updated_at: Annotated[Moment, Meta(description="When it was changed; now if left out.")] | None = None
    sent_at: Annotated[Moment, Meta(description="When it was sent.")] | None = None
    start_time: Annotated[Moment, Meta(description="When it starts.")] | None = None
    attribution_window_hours: (
        Annotated[
            int,
            Meta(
                ge=MINIMUM_WINDOW_HOURS,
                le=MAXIMUM_WINDOW_HOURS,
                description="How long a touch can earn a conversion.",
            ),
        ]
        | None
    ) = None
    goals: Annotated[list[GoalBody], Meta(description="Up to five conversion goals.")] = []
    control_groups: Annotated[ControlGroupsBody, Meta(description="Who is kept out to compare with.")] = msgspec.field(
        default_factory=ControlGroupsBody
    )
    reachability: Annotated[ReachabilityBody, Meta(description="Who will be reached, estimated.")] | None = None


Body = TypeVar("Body")


def decode(kind: type[Body], body: bytes) -> Body:
    """Decode a body, or say which field of it is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_field(error) from error
    except UNREADABLE as error:
        raise InvalidRequest(f"the body is not JSON: {error}", "body") from error


def convert(kind: type[Body], value: object) -> Body:
    """Check plain data as if they had come as a body."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise invalid_field(error) from error


def to_campaign(body: CampaignBody, campaign_id: str, now: datetime, known: Campaign | None = None) -> Campaign:
    """Make the campaign that a body describes.

    Without times of its own a new campaign is created now, and a known one keeps its creation time.
    """
    if body.id is not UNSET and body.id != campaign_id:
        raise InvalidRequest("the id in the body is not the one in the path", "id", body.id)
    groups = body.control_groups
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
        variation_percentages=tuple(map(tidy, body.variation_percentages)),
        parent_campaign_id=body.parent_campaign_id,
        flow_id=body.flow_id,
        flow_name=body.flow_name,
        created_by=body.created_by,
        updated_by=body.updated_by,
        team=body.team,
        tags=tuple(body.tags),
        sent_at=body.sent_at,
        start_time=body.start_time,
        attribution_window_hours=body.attribution_window_hours,
        goals=tuple(_goal(goal) for goal in body.goals),
        control_groups=ControlGroups(tidy(groups.campaign_percentage), groups.include_global),
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
        "variation_percentages": list(campaign.variation_percentages),
        "parent_campaign_id": campaign.parent_campaign_id,
        "flow_id": campaign.flow_id,
        "flow_name": campaign.flow_name,
        "created_by": campaign.created_by,
        "updated_by": campaign.updated_by,
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
