"""The native events as they arrive, field by field, with the limits that the decoder itself can check."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from aftersend.domain.channels import Channel
from aftersend.domain.events import (
    EVENT_ID_LIMIT,
    LINK_LIMIT,
    NAME_LIMIT,
    USER_ID_LIMIT,
)
from aftersend.domain.kinds import BounceType, ControlGroup, Kind

EventId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=EVENT_ID_LIMIT,
        description="The sender's id of this event. The first event of an id counts; any later one is a duplicate.",
        examples=["welcome-42-sent"],
    ),
]
UserId = Annotated[
    str, Meta(min_length=1, max_length=USER_ID_LIMIT, description="Who it happened to.", examples=["user-42"])
]
Moment = (
    Annotated[int, Meta(examples=[1767225600000])]
    | Annotated[datetime, Meta(tz=True, examples=["2026-01-01T00:00:00Z"])]
)


def _short(longest: int, description: str) -> Meta:
    return Meta(min_length=1, max_length=longest, description=description)


Time = Annotated[Moment, Meta(description="When it happened: RFC 3339 with an offset, or milliseconds since 1970.")]
Platform = Annotated[str, _short(32, "The platform, in any case; it may be left out where the channel has only one.")]
CampaignId = Annotated[str, _short(128, "The campaign that the message belongs to.")]
Locale = Annotated[str, _short(64, "The locale of the message; `default` if left out.")]
Variation = Annotated[str, _short(64, "The variation that was served; `variation_1` if left out.")]
SendId = Annotated[str, _short(NAME_LIMIT, "One send of the campaign to the user, where there are several.")]
DeviceId = Annotated[str, _short(NAME_LIMIT, "The device it happened on.")]
Link = Annotated[str, Meta(max_length=LINK_LIMIT, description="The link that was clicked.")]
Reason = Annotated[
    str, _short(NAME_LIMIT, "Why it was removed, failed or not delivered: of the catalogue, or any word.")
]
Group = Annotated[ControlGroup, Meta(description="Which control group the user was held out for.")]
Bounce = Annotated[BounceType, Meta(description="Whether the address is bad for good or for now.")]
Machine = Annotated[bool, Meta(description="A bot or a privacy proxy did it, not a person.")]
DraftChannel = Annotated[Channel, Meta(description="Lets a campaign that is not registered be registered as a draft.")]
ParentId = Annotated[
    str,
    _short(128, "The campaign of which this one is a run: its parent, if it is registered by this event."),
]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT, description="What was done.", examples=["purchase"])]
Attributes = Annotated[msgspec.Raw, Meta(description="What is known about it: a JSON object, kept as it is written.")]


class MessageEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What happened to one message."""

    event_id: EventId
    kind: Annotated[Kind, Meta(description="What happened.")]
    campaign_id: CampaignId
    user_id: UserId
    time: Time
    platform: Platform | None = None
    locale: Locale | None = None
    variation: Variation | None = None
    send_id: SendId | None = None
    device_id: DeviceId | None = None
    link: Link | None = None
    reason: Reason | None = None
    group: Group | None = None
    bounce_type: Bounce | None = None
    machine: Machine = False
    channel: DraftChannel | None = None
    parent_campaign_id: ParentId | None = None


class UserEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a user did, message or not."""

    event_id: EventId
    name: Name
    user_id: UserId
    time: Time
    platform: Platform | None = None
    attributes: Attributes = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
