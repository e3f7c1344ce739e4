"""Events of the right shape to rows of the ledger: checked against the catalogue, or turned away with a reason.

What a check looks at (campaign, kind, platform, locale, variation, detail) repeats through a batch, so each
combination is checked once and remembered for the batch; a row then costs a look-up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa

from aftersend.domain.campaigns import (
    DEFAULT_LOCALE,
    DEFAULT_VARIATION,
    DIMENSION_NAME_RULE,
    Campaign,
    is_dimension_name,
)
from aftersend.domain.channels import CHANNELS
from aftersend.domain.events import (
    ATTRIBUTES_LIMIT,
    RejectedEvent,
    Rejection,
    RejectionCode,
    Stream,
)
from aftersend.domain.kinds import KINDS, Detail
from aftersend.domain.periods import EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder
from aftersend.domain.reasons import reason_name
from aftersend.intake.decode import Decoded
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.store.identities import identity
from aftersend.store.ledger import EventRows

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the tree of its campaign an event counts."""

    campaign_id: str
    kind: str
    platform: str
    locale: str
    variation: str
    detail: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What all events of a batch share: whose they are, how that workspace's days fall, and when they came."""

    workspace_id: str
    days: DayFinder
    received_at: int


@dataclass(slots=True)
class Accepted:
    """The rows of a batch and the events that were turned away, in the order of the batch."""

    rows: EventRows
    rejected: list[RejectedEvent]


class _Placements:
    """The combinations that a batch has brought so far, each checked once."""

    def __init__(self, campaigns: Mapping[str, Campaign]) -> None:
        self._campaigns = campaigns
        self._checked: dict[tuple[object, ...], int | Rejection] = {}
        self.found: dict[Placement, int] = {}

    def number(self, event: MessageEvent) -> int | Rejection:
        """Return the number of the event's placement, or why it has none."""
        combination = (
            event.campaign_id,
            event.kind,
            event.platform,
            event.locale,
            event.variation,
            event.reason,
            event.group,
            event.bounce_type,
            event.channel,
        )
        result = self._checked.get(combination)
        if result is None:
            placed = _place(event, self._campaigns.get(event.campaign_id))
            result = self.found.setdefault(placed, len(self.found)) if isinstance(placed, Placement) else placed
            self._checked[combination] = result
        return result

    def columns(self, numbers: list[int]) -> dict[str, pa.Array]:
        """Return the columns of the rows that have these placements, as dictionaries of few values."""
        indices = pa.array(numbers, pa.int32())
        columns = {}
        for field in Placement.__slots__:
            values = [getattr(placement, field) for placement in self.found]
            encoded = pa.array(values, pa.string()).dictionary_encode()
            columns[field] = pa.DictionaryArray.from_arrays(encoded.indices.take(indices), encoded.dictionary)
        return columns


def accept_message_events(
    arrival: Arrival, decoded: Decoded[MessageEvent], campaigns: Mapping[str, Campaign]
) -> Accepted:
    """Check message events against the catalogue and the registered campaigns and make rows of the good ones."""
    placements = _Placements(campaigns)
    kept: list[MessageEvent] = []
    numbers: list[int] = []
    times: list[int] = []
    rejected = decoded.rejected
    for place, event in zip(decoded.places, decoded.events, strict=True):
        result = placements.number(event)
        moment = _milliseconds(event.time)
        if not EARLIEST_MILLISECONDS <= moment < LATEST_MILLISECONDS:
            result = _TIME_OUT_OF_BOUNDS
        if isinstance(result, Rejection):
            rejected.append(RejectedEvent(place, event.event_id, result))
            continue
        kept.append(event)
        numbers.append(result)
        times.append(moment)
    columns = {
        **placements.columns(numbers),
        **_common_columns(arrival, kept, times),
        "machine": pa.array([event.machine for event in kept], pa.bool_()),
        "send_id": pa.array([event.send_id or "" for event in kept], pa.string()),
        "device_id": pa.array([event.device_id or "" for event in kept], pa.string()),
        "link": pa.array([event.link or "" for event in kept], pa.string()),
    }
    return _accepted(arrival, Stream.MESSAGE_EVENTS, columns, rejected)


def accept_user_events(arrival: Arrival, decoded: Decoded[UserEvent]) -> Accepted:
    """Check user events and make rows of the good ones."""
    kept: list[UserEvent] = []
    times: list[int] = []
    attributes: list[str] = []
    rejected = decoded.rejected
    for place, event in zip(decoded.places, decoded.events, strict=True):
        moment = _milliseconds(event.time)
        written = _attributes(event.attributes)
        if not EARLIEST_MILLISECONDS <= moment < LATEST_MILLISECONDS:
            rejected.append(RejectedEvent(place, event.event_id, _TIME_OUT_OF_BOUNDS))
        elif isinstance(written, Rejection):
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
        "workspace_id": pa.array([arrival.workspace_id] * len(events), pa.string()).dictionary_encode(),
        "day": pa.array([find_day(moment) for moment in times], pa.int32()).cast(pa.date32()),
        "user_id": pa.array([event.user_id for event in events], pa.string()),
        "time": _timestamps(times),
        "event_id": pa.array([event.event_id for event in events], pa.string()),
        "received_at": _timestamps([arrival.received_at] * len(events)),
    }


def _accepted(
    arrival: Arrival, stream: Stream, columns: dict[str, pa.Array], rejected: list[RejectedEvent]
) -> Accepted:
    workspace_id = arrival.workspace_id
    identities = [identity(workspace_id, event_id) for event_id in columns["event_id"].to_pylist()]
    rejected.sort(key=lambda row: row.index)
    return Accepted(EventRows(stream, identities, pa.table(columns)), rejected)


def _place(event: MessageEvent, campaign: Campaign | None) -> Placement | Rejection:
    if campaign is None:
        return Rejection(
            RejectionCode.UNKNOWN_CAMPAIGN,
            "campaign_id",
            f"register it with PUT /v1/campaigns/{event.campaign_id}, or send 'channel' to have a draft registered",
        )
    channel = campaign.channel
    if event.channel is not None and event.channel is not channel:
        message = f"campaign {campaign.id} is registered as {channel}; leave 'channel' out or correct it"
        return Rejection(RejectionCode.CHANNEL_MISMATCH, "channel", message)
    if channel not in KINDS[event.kind].channels:
        message = f"'{event.kind}' cannot happen on {channel}; GET /v1/catalogue lists what can"
        return Rejection(RejectionCode.KIND_NOT_ON_CHANNEL, "kind", message)
    for field, name in (("locale", event.locale), ("variation", event.variation)):
        if name is not None and not is_dimension_name(name):
            return Rejection(RejectionCode.INVALID_VALUE, field, DIMENSION_NAME_RULE)
    platform = _platform(event, campaign)
    detail = _detail(event, campaign)
    if isinstance(platform, Rejection):
        return platform
    if isinstance(detail, Rejection):
        return detail
    return Placement(
        campaign.id,
        event.kind.value,
        platform,
        event.locale or DEFAULT_LOCALE,
        event.variation or DEFAULT_VARIATION,
        detail,
    )


def _platform(event: MessageEvent, campaign: Campaign) -> str | Rejection:
    facts = CHANNELS[campaign.channel]
    if event.platform is not None:
        platform = event.platform.upper()
        if platform not in facts.platforms:
            message = f"{campaign.channel} has the platforms {', '.join(facts.platforms)}"
            return Rejection(RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform", message)
        return platform
    if facts.unnamed_platform is not None:
        return facts.unnamed_platform
    if len(campaign.platforms) == 1:
        return campaign.platforms[0]
    message = f"say which of {', '.join(facts.platforms)} it happened on"
    return Rejection(RejectionCode.MISSING_FIELD, "platform", message)


def _detail(event: MessageEvent, campaign: Campaign) -> str | Rejection:
    needed = KINDS[event.kind].detail
    if needed is None:
        return ""
    given: str | None = getattr(event, needed.value)
    if given is None:
        return Rejection(RejectionCode.MISSING_FIELD, needed.value, f"'{event.kind}' needs a {needed.value} beside it")
    return reason_name(campaign.channel, given) if needed is Detail.REASON else str(given)


_TIME_OUT_OF_BOUNDS = Rejection(
    RejectionCode.INVALID_VALUE,
    "time",
    "use a time between 2000 and 2100; a number is milliseconds since 1970, not seconds",
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
