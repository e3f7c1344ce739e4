"""Events of the right shape, checked against the catalogue: good ones, and those turned away with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple

from aftersend.domain.campaigns import Campaign
from aftersend.domain.events import ATTRIBUTES_LIMIT, RejectedEvent, Rejection, RejectionCode, Stream
from aftersend.intake.arrival import Arrival, Moments
from aftersend.intake.columns import Checked
from aftersend.intake.decode import Decoded
from aftersend.intake.placement import Columns, Known, PlacementMemory, Placements, find_place
from aftersend.intake.wire import MessageEvent, UserEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_MESSAGE_FIELDS = ("event_id", "user_id", "machine", "send_id", "device_id", "link")
"""What becomes columns as it is; the other fields say where an event counts."""


@dataclass(slots=True)
class Accepted:
    """The good events of a batch and those that were turned away, in the order of the batch."""

    checked: Checked
    rejected: list[RejectedEvent]


def accept_message_events(
    arrival: Arrival, decoded: Decoded[MessageEvent], known: Known, memory: PlacementMemory
) -> Accepted:
    """Check message events against the catalogue and the registered campaigns."""
    placements = Placements(arrival.workspace_id, known, memory)
    fields: Columns = _columns(MessageEvent, decoded.events)
    times, numbers = _moments(fields["time"]), placements.numbers(decoded.events, fields)
    if times is None or numbers is None or not arrival.admits(times):
        # One by one, to say which are turned away and why.
        fields, times, numbers = _sift(arrival, decoded, placements)
    kept = {name: fields[name] for name in _MESSAGE_FIELDS}
    checked = Checked(Stream.MESSAGE_EVENTS, arrival, kept, times, decoded.size, placements, numbers)
    return _accepted(checked, decoded.rejected)


def _sift(
    arrival: Arrival, decoded: Decoded[MessageEvent], placements: Placements
) -> tuple[Columns, Moments, list[int]]:
    """Note which events are turned away, and return the others with their moments and placements."""
    kept: list[MessageEvent] = []
    numbers: list[int] = []
    times: list[int] = []
    for place, event in zip(decoded.places, decoded.events, strict=True):
        moment = _milliseconds(event.time)
        result = arrival.refusal(moment) or placements.number(event)
        if isinstance(result, Rejection):
            decoded.rejected.append(RejectedEvent(place, event.event_id, result))
            continue
        kept.append(event)
        numbers.append(result)
        times.append(moment)
    return _columns(MessageEvent, kept), np.array(times, np.int64), numbers


def rejection_of(arrival: Arrival, event: MessageEvent, campaign: Campaign) -> Rejection | None:
    """Return why an event of the campaign would be turned away, or None."""
    placed = find_place(event, campaign)
    if isinstance(placed, Rejection):
        return placed
    return arrival.refusal(_milliseconds(event.time))


def accept_user_events(arrival: Arrival, decoded: Decoded[UserEvent]) -> Accepted:
    """Check user events."""
    kept: list[UserEvent] = []
    times: list[int] = []
    attributes: list[str] = []
    for place, event in zip(decoded.places, decoded.events, strict=True):
        moment = _milliseconds(event.time)
        written = arrival.refusal(moment) or _attributes(event.attributes)
        if isinstance(written, Rejection):
            decoded.rejected.append(RejectedEvent(place, event.event_id, written))
        else:
            kept.append(event)
            times.append(moment)
            attributes.append(written)
    fields = {**_columns(UserEvent, kept), "attributes": attributes}
    del fields["time"]
    checked = Checked(Stream.USER_EVENTS, arrival, fields, np.array(times, np.int64), decoded.size)
    return _accepted(checked, decoded.rejected)


def _columns(
    wire: type[MessageEvent] | type[UserEvent], events: Sequence[MessageEvent] | Sequence[UserEvent]
) -> dict[str, Sequence[object]]:
    names = wire.__struct_fields__
    return dict(zip(names, zip(*map(astuple, events), strict=True) if events else [()] * len(names), strict=True))


def _accepted(checked: Checked, rejected: list[RejectedEvent]) -> Accepted:
    rejected.sort(key=lambda row: row.index)
    return Accepted(checked, rejected)


def _attributes(raw: msgspec.Raw) -> str | Rejection:
    """Return the attributes as they were written: an amount keeps every digit that it came with."""
    try:
        written = bytes(raw).decode("utf-8").strip()
    except UnicodeDecodeError:
        return Rejection(RejectionCode.MALFORMED, "attributes", "this is not UTF-8")
    if written == "null":
        return "{}"
    if not written.startswith("{"):
        return Rejection(RejectionCode.INVALID_TYPE, "attributes", "attributes are a JSON object")
    if len(written) > ATTRIBUTES_LIMIT:
        message = f"attributes can be up to {ATTRIBUTES_LIMIT:,} characters of JSON"
        return Rejection(RejectionCode.INVALID_VALUE, "attributes", message)
    return written


def _milliseconds(moment: int | datetime) -> int:
    if isinstance(moment, int):
        return moment
    return (moment - _EPOCH) // _MILLISECOND


def _moments(times: Sequence[Any]) -> Moments | None:
    """Return the moments of all events; nothing where one is further away than a number of milliseconds can say."""
    try:
        return np.array(times if set(map(type, times)) <= {int} else list(map(_milliseconds, times)), np.int64)
    except OverflowError:
        return None
