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
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT)]
Link = Annotated[str, Meta(max_length=LINK_LIMIT, description="The link that was clicked.")]
Moment = (
    Annotated[int, Meta(description="Milliseconds since 1970-01-01 UTC.", examples=[1767225600000])]
    | Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]
)


class MessageEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What happened to one message."""

    event_id: EventId
    kind: Kind
    campaign_id: Annotated[str, Meta(min_length=1, max_length=128, description="The campaign it belongs to.")]
    user_id: UserId
    time: Moment
    platform: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    locale: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    variation: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    send_id: Name | None = None
    device_id: Name | None = None
    link: Link | None = None
    reason: Name | None = None
    group: ControlGroup | None = None
    bounce_type: BounceType | None = None
    machine: Annotated[bool, Meta(description="A bot or a privacy proxy did it, not a person.")] = False
    channel: (
        Annotated[Channel, Meta(description="Lets a campaign that is not registered be registered as a draft.")] | None
    ) = None


class UserEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a user did, message or not."""

    event_id: EventId
    name: Annotated[Name, Meta(description="What was done; goals name it.", examples=["purchase"])]
    user_id: UserId
    time: Moment
    platform: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    attributes: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
