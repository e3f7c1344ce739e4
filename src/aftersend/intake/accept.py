"""Events of the right shape to rows of the ledger: checked against the catalogue, or turned away with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa

from aftersend.domain.campaigns import Campaign
from aftersend.domain.events import (
    ATTRIBUTES_LIMIT,
    RejectedEvent,
    Rejection,
    RejectionCode,
    Stream,
)
from aftersend.domain.periods import EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder
from aftersend.intake.decode import Decoded
from aftersend.intake.placement import Known, PlacementMemory, Placements, find_place
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.store.digests import digests
from aftersend.store.identities import identity
from aftersend.store.ledger import EventRows

NATIVE = "native"
"""The source of events that come in the native format."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


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
    kept: list[MessageEvent] = []
    numbers: list[int] = []
    times: list[int] = []
    rejected = decoded.rejected
    for place, event in zip(decoded.places, decoded.events, strict=True):
        moment = _milliseconds(event.time)
        result = arrival.refusal(moment) or placements.number(event)
        if isinstance(result, Rejection):
            rejected.append(RejectedEvent(place, event.event_id, result))
            continue
        kept.append(event)
        numbers.append(result)
        times.append(moment)
    memory.note(placements.added)
    columns = {
        **placements.columns(numbers),
        **_common_columns(arrival, kept, times),
        "machine": pa.array([event.machine for event in kept], pa.bool_()),
        "send_id": pa.array([event.send_id or "" for event in kept], pa.string()),
        "device_id": pa.array([event.device_id or "" for event in kept], pa.string()),
        "link": pa.array([event.link or "" for event in kept], pa.string()),
    }
    return _accepted(arrival, Stream.MESSAGE_EVENTS, columns, rejected)


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
    columns = {
        **_common_columns(arrival, kept, times),
        "name": pa.array([event.name for event in kept], pa.string()).dictionary_encode(),
        "platform": pa.array([(event.platform or "").upper() for event in kept], pa.string()).dictionary_encode(),
        "attributes": pa.array(attributes, pa.string()),
    }
    return _accepted(arrival, Stream.USER_EVENTS, columns, rejected)


def _common_columns(
    arrival: Arrival, events: Sequence[MessageEvent] | Sequence[UserEvent], times: list[int]
) -> dict[str, pa.Array]:
    find_day = arrival.days.day
    return {
        "workspace_id": _same(arrival.workspace_id, len(events)),
        "day": pa.array([find_day(moment) for moment in times], pa.int32()).cast(pa.date32()),
        "user_id": pa.array([event.user_id for event in events], pa.string()),
        "time": _timestamps(times),
        "event_id": pa.array([event.event_id for event in events], pa.string()),
        "received_at": _timestamps([arrival.received_at] * len(events)),
        "source": _same(arrival.source, len(events)),
        "key_id": _same(arrival.key_id, len(events)),
    }


def _accepted(
    arrival: Arrival, stream: Stream, columns: dict[str, pa.Array], rejected: list[RejectedEvent]
) -> Accepted:
    workspace_id = arrival.workspace_id
    identities = [identity(workspace_id, event_id) for event_id in columns["event_id"].to_pylist()]
    rejected.sort(key=lambda row: row.index)
    return Accepted(EventRows(stream, identities, digests(stream, columns), pa.table(columns)), rejected)


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


def _timestamps(times: list[int]) -> pa.Array:
    return pa.array(times, pa.int64()).cast(pa.timestamp("ms", "UTC"))
