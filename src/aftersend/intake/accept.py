"""Events of the right shape to rows of the ledger: checked against the catalogue, or turned away with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from aftersend.domain.campaigns import Campaign
from aftersend.domain.events import (
    ATTRIBUTES_LIMIT,
    RejectedEvent,
    Rejection,
    RejectionCode,
    Stream,
)
from aftersend.domain.periods import DAY_MILLISECONDS, EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder
from aftersend.intake.decode import Decoded
from aftersend.intake.placement import Columns, Known, PlacementMemory, Placements, find_place
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.store.batches import EventRows
from aftersend.store.digests import digests
from aftersend.store.identities import identities_of

NATIVE = "native"
"""The source of events that come in the native format."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

Moments = np.ndarray[Any, np.dtype[np.int64]]
"""Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What all events of a batch share: whose they are, how that workspace's days fall, when and from whom they came.

    Events of before `earliest`, in milliseconds, are older than the workspace keeps them.
    """

    workspace_id: str
    days: DayFinder
    received_at: int
    source: str = NATIVE
    key_id: str = ""
    earliest: int = EARLIEST_MILLISECONDS

    def refusal(self, moment: int) -> Rejection | None:
        """Return why an event of a moment is turned away, or None."""
        if not EARLIEST_MILLISECONDS <= moment < LATEST_MILLISECONDS:
            return _TIME_OUT_OF_BOUNDS
        return _EXPIRED if moment < self.earliest else None

    def admits(self, times: "Moments") -> bool:
        """Return whether no event of these moments is turned away."""
        if not times.size:
            return True
        return bool(times.min() >= max(EARLIEST_MILLISECONDS, self.earliest) and times.max() < LATEST_MILLISECONDS)


@dataclass(slots=True)
class Accepted:
    """The rows of a batch and the events that were turned away, in the order of the batch."""

    rows: EventRows
    rejected: list[RejectedEvent]


def accept_message_events(
    arrival: Arrival, decoded: Decoded[MessageEvent], known: Known, memory: PlacementMemory
) -> Accepted:
    """Check message events against the catalogue and the registered campaigns and make rows of the good ones."""
    placements = Placements(arrival.workspace_id, known, memory)
    rejected = decoded.rejected
    fields = _columns(MessageEvent, decoded.events)
    times, numbers = _moments(fields["time"]), placements.numbers(decoded.events, fields)
    if times is None or numbers is None or not arrival.admits(times):
        # One by one, to say which are turned away and why.
        fields, times, numbers = _sift(arrival, decoded, placements)
    columns = {
        **placements.columns(numbers),
        **_common_columns(arrival, fields, times),
        "machine": pa.array(fields["machine"], pa.bool_()),
        "send_id": _texts(fields["send_id"]),
        "device_id": _texts(fields["device_id"]),
        "link": _texts(fields["link"]),
    }
    marks = digests(Stream.MESSAGE_EVENTS, columns, placements.openings(numbers))
    return _accepted(arrival, Stream.MESSAGE_EVENTS, columns, marks, rejected)


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
    """Check user events and make rows of the good ones."""
    kept: list[UserEvent] = []
    times: list[int] = []
    attributes: list[str] = []
    rejected = decoded.rejected
    for place, event in zip(decoded.places, decoded.events, strict=True):
        moment = _milliseconds(event.time)
        written = arrival.refusal(moment) or _attributes(event.attributes)
        if isinstance(written, Rejection):
            rejected.append(RejectedEvent(place, event.event_id, written))
        else:
            kept.append(event)
            times.append(moment)
            attributes.append(written)
    fields = _columns(UserEvent, kept)
    columns = {
        **_common_columns(arrival, fields, np.array(times, np.int64)),
        "name": _texts(fields["name"]).dictionary_encode(),
        "platform": _texts([(platform or "").upper() for platform in fields["platform"]]).dictionary_encode(),  # type: ignore[attr-defined]
        "attributes": _texts(attributes),
    }
    return _accepted(arrival, Stream.USER_EVENTS, columns, digests(Stream.USER_EVENTS, columns), rejected)


def _columns(
    wire: type[MessageEvent] | type[UserEvent], events: Sequence[MessageEvent] | Sequence[UserEvent]
) -> Columns:
    names = wire.__struct_fields__
    return dict(zip(names, zip(*map(astuple, events), strict=True) if events else [()] * len(names), strict=True))


def _common_columns(arrival: Arrival, fields: Columns, times: Moments) -> dict[str, pa.Array]:
    rows = times.size
    return {
        "workspace_id": _same(arrival.workspace_id, rows),
        "day": pa.array(_days(arrival.days, times).astype(np.int32)).view(pa.date32()),
        "user_id": _texts(fields["user_id"]),
        "time": pa.array(times, _TIMESTAMP),
        "event_id": _texts(fields["event_id"]),
        "received_at": pa.repeat(pa.scalar(arrival.received_at, _TIMESTAMP), rows),
        "source": _same(arrival.source, rows),
        "key_id": _same(arrival.key_id, rows),
    }


def _accepted(
    arrival: Arrival, stream: Stream, columns: dict[str, pa.Array], marks: list[bytes], rejected: list[RejectedEvent]
) -> Accepted:
    identities = identities_of(arrival.workspace_id, columns["event_id"].to_pylist())
    rejected.sort(key=lambda row: row.index)
    return Accepted(EventRows(stream, identities, marks, pa.table(columns)), rejected)


def _same(text: str, rows: int) -> pa.Array:
    """Make a column that has one text in all rows."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([text], pa.string()))


_TIME_OUT_OF_BOUNDS = Rejection(
    RejectionCode.INVALID_VALUE,
    "time",
    "use a time between 2000 and 2100; a number is milliseconds since 1970, not seconds",
)

_EXPIRED = Rejection(
    RejectionCode.EXPIRED, "time", "this is older than the workspace keeps events; raise its retention first"
)


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


def _days(finder: DayFinder, times: Moments) -> Moments:
    """Return the days on which moments fall: one question for each day of UTC, where its offset is steady."""
    days, places = np.unique(times // DAY_MILLISECONDS, return_inverse=True)
    offsets = [finder.steady_offset(day) for day in days.tolist()]
    if None in offsets:
        return np.array([finder.day(moment) for moment in times.tolist()], np.int64)
    found: Moments = (times + np.array(offsets, np.int64)[places]) // DAY_MILLISECONDS
    return found


_TIMESTAMP = pa.timestamp("ms", "UTC")


def _texts(values: Sequence[object]) -> pa.Array:
    """Make a column of texts; where there is none it is empty."""
    column = pa.array(values, pa.string())
    return column.fill_null("") if column.null_count else column
