"""The MoEngage event stream as it arrives: nothing in it is trusted to be of any type."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from aftersend.domain.events import BATCH_EVENTS_LIMIT
from aftersend.errors import TooLarge
from aftersend.intake.decode import UNREADABLE


def _raw() -> Raw:
    return Raw(b"null")


class StreamEvent(msgspec.Struct, gc=False):
    """One event; or a batch, which has `events`, or the line of a file, which has `event`."""

    event_name: Any = None
    event_code: Any = None
    event_uuid: Any = None
    event_time: Any = None
    event_type: Any = None
    uid: Any = None
    push_id: Any = None
    email_id: Any = None
    email_address: Any = None
    mobile_number: Any = None
    event_attributes: Raw = msgspec.field(default_factory=_raw)
    user_attributes: Raw = msgspec.field(default_factory=_raw)
    device_attributes: Raw = msgspec.field(default_factory=_raw)
    events: Raw | UnsetType = UNSET
    event: Raw | UnsetType = UNSET


class EventAttributes(msgspec.Struct, gc=False):
    """What an event says of its campaign, and of what happened."""

    campaign_id: Any = None
    moe_campaign_id: Any = None
    campaign_name: Any = None
    campaign_type: Any = None
    moe_delivery_type: Any = None
    campaign_channel: Any = None
    moe_campaign_channel: Any = None
    parent_campaign_id: Any = None
    moe_c_pid: Any = None
    parent_flow_id: Any = None
    moe_f_pid: Any = None
    parent_flow_name: Any = None
    moe_f_pname: Any = None
    moe_campaign_tags: Any = None
    variation_id: Any = None
    moe_variation_id: Any = None
    locale_id: Any = None
    moe_locale_id: Any = None
    locale_name: Any = None
    moe_locale_name: Any = None
    os: Any = None
    os_key: Any = None
    platform: Any = None
    moe_mweb: Any = None
    reason: Any = None
    given_reason: Any = msgspec.field(default=None, name="Reason")
    reason_code: Any = msgspec.field(default=None, name="Code")
    reason_group: Any = msgspec.field(default=None, name="Reason group")
    control_group_type: Any = None
    moe_control_group_type: Any = None
    gcm_action_id: Any = None


class UserAttributes(msgspec.Struct, gc=False):
    """What an event says of its user."""

    moengage_user_id: Any = None
    moe_mweb: Any = None


class DeviceAttributes(msgspec.Struct, gc=False):
    """What an event says of the device."""

    moengage_device_id: Any = None
    os: Any = None
    os_key: Any = None
    platform: Any = None
    moe_mweb: Any = None


@dataclass(slots=True)
class StreamBatch:
    """The events of a body with their raw texts, each at the place where it stands; None where it cannot be read."""

    events: list[StreamEvent | None] = field(default_factory=list)
    raws: list[bytes | Raw] = field(default_factory=list)

    def add(self, event: StreamEvent | None, raw: bytes | Raw) -> None:
        """Add the next event.

        Raises:
            TooLarge: there are more than one body may have.
        """
        if len(self.events) == BATCH_EVENTS_LIMIT:
            raise TooLarge(f"a batch can have up to {BATCH_EVENTS_LIMIT:,} events; send fewer at a time")
        self.events.append(event)
        self.raws.append(raw)


_Attributes = TypeVar("_Attributes", EventAttributes, UserAttributes, DeviceAttributes)

_DEEPEST = 4
"""Batches within batches that are looked into."""

_MARK = b"\xef\xbb\xbf"
_event = msgspec.json.Decoder(StreamEvent)
_list = msgspec.json.Decoder(list[Raw])
_anything = msgspec.json.Decoder(Raw)


def read_stream(body: bytes) -> StreamBatch:
    """Read a body in whichever form it comes: a batch, a list of events, one event, or one of these on each line.

    Raises:
        TooLarge: it has more events than one body may have.
    """
    body = body.removeprefix(_MARK).strip()
    batch = StreamBatch()
    try:
        whole = _anything.decode(body)
    except UNREADABLE:
        for line in body.split(b"\n"):
            if line and not line.isspace():
                _read(line.strip(), batch, 0)
        if not any(batch.events) and batch.events:
            return StreamBatch([None], [body])
        return batch
    _read(whole, batch, 0)
    return batch


def _read(raw: bytes | Raw, batch: StreamBatch, depth: int) -> None:
    try:
        if depth < _DEEPEST and bytes(memoryview(raw)[:1]) == b"[":
            items = _list.decode(raw)
        else:
            event = _event.decode(raw)
            inner = _inner(event) if depth < _DEEPEST else UNSET
            if isinstance(inner, UnsetType):
                batch.add(event, raw)
                return
            items = _list.decode(inner) if inner is event.events else [inner]
    except UNREADABLE:
        batch.add(None, raw)
        return
    for item in items:
        _read(item, batch, depth + 1)


def _inner(event: StreamEvent) -> Raw | UnsetType:
    """What a batch or a line of a file holds; an event of its own may have attributes of these names."""
    if event.event_code is not None or event.event_name is not None:
        return UNSET
    return event.event if isinstance(event.events, UnsetType) else event.events


def read_attributes(raw: Raw) -> EventAttributes:
    """Return what the attributes of an event say; what is no object says nothing."""
    return _attributes_of(_event_attributes, raw) or EventAttributes()


def read_user(raw: Raw) -> UserAttributes:
    """Return what the attributes of a user say."""
    return _attributes_of(_user_attributes, raw) or UserAttributes()


def read_device(raw: Raw) -> DeviceAttributes:
    """Return what the attributes of a device say."""
    return _attributes_of(_device_attributes, raw) or DeviceAttributes()


_event_attributes = msgspec.json.Decoder(EventAttributes)
_user_attributes = msgspec.json.Decoder(UserAttributes)
_device_attributes = msgspec.json.Decoder(DeviceAttributes)


def _attributes_of(decoder: msgspec.json.Decoder[_Attributes], raw: Raw) -> _Attributes | None:
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        return None


def text(value: Any) -> str:
    """Return a value as the text that it stands for, or nothing where it stands for none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ""


def first(*values: Any) -> str:
    """Return the first value that is a text."""
    return next((found for value in values if (found := text(value))), "")


def is_true(value: Any) -> bool:
    """Return whether a value stands for yes."""
    return value is True or text(value).lower() in ("true", "1")
