"""Events of the MoEngage stream to events of our own. What cannot be used is set aside with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from msgspec import Raw

from aftersend.domain.campaigns import Campaign, is_identifier
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.events import EVENT_ID_LIMIT, NAME_LIMIT, USER_ID_LIMIT, Rejection, RejectionCode
from aftersend.domain.kinds import Kind
from aftersend.domain.stream_codes import (
    GOAL_TYPES,
    HELD_OUT_OF_CAMPAIGN,
    StreamCode,
    derived_id,
    find_code,
    find_name,
    fold,
)
from aftersend.domain.stream_words import (
    milliseconds,
    platform_named,
    platform_on,
    reason_off_funnel,
    reason_word,
)
from aftersend.intake.drafts import DraftFacts
from aftersend.intake.sources.stream_attributes import Told, platform_told, told_by
from aftersend.intake.sources.stream_wire import (
    DeviceAttributes,
    StreamBatch,
    StreamEvent,
    first,
    is_true,
    read_attributes,
    read_device,
    read_user,
    text,
)
from aftersend.intake.wire import MessageEvent, UserEvent

LONGEST_UUID = EVENT_ID_LIMIT - max(len(derived_id("", kind)) for kind in Kind)
"""Characters of an event's id, so that there is room for those of what is derived from it."""


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What the address of the stream says about it: whether a push that iOS accepted counts as an impression too."""

    sent_is_shown_on_ios: bool = False


@dataclass(frozen=True, slots=True)
class Common:
    """What every event has: its id, its user and its time in milliseconds."""

    event_id: str
    user_id: str
    moment: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event that becomes message events: the row of its code and what its attributes say."""

    place: int
    event: StreamEvent
    row: StreamCode
    told: Told
    common: Common


@dataclass(slots=True)
class Translation:
    """What a batch becomes: events of our own with the places of theirs, and those that feed nothing."""

    messages: list[MessageEvent] = field(default_factory=list)
    message_places: list[int] = field(default_factory=list)
    user_events: list[UserEvent] = field(default_factory=list)
    user_places: list[int] = field(default_factory=list)
    refused: dict[int, Rejection] = field(default_factory=dict)
    recognised: int = 0


class Translator:
    """Translates one batch: first it finds out which campaigns are meant, then, when those are known, the rest."""

    def __init__(self, batch: StreamBatch, options: StreamOptions) -> None:
        self._batch = batch
        self._options = options
        self._wanted: list[Wanted] = []
        self.result = Translation()
        for place, event in enumerate(batch.events):
            self._sort(place, event)

    @property
    def campaign_ids(self) -> set[str]:
        """Return the campaigns that the events name."""
        return {one.told.campaign_id for one in self._wanted}

    def drafts(self) -> list[tuple[str, DraftFacts]]:
        """Return what the events say of their campaigns, where they say on which channel they are."""
        found = {}
        for one in self._wanted:
            channel = _channel(one, None)
            if channel is not None and one.told.campaign_id not in found:
                facts = one.told.draft
                found[one.told.campaign_id] = facts if facts.channel is channel else replace(facts, channel=channel)
        return list(found.items())

    def finish(self, campaigns: Mapping[str, Campaign]) -> Translation:
        """Translate what is about campaigns."""
        for one in self._wanted:
            campaign = campaigns.get(one.told.campaign_id)
            channel = _channel(one, campaign)
            if channel is None:
                self.result.refused[one.place] = _NO_CHANNEL
            else:
                self._add(one, channel, campaign)
        return self.result

    def _sort(self, place: int, event: StreamEvent | None) -> None:
        refused = _UNREADABLE if event is None else self._take(place, event)
        if refused is not None:
            self.result.refused[place] = refused

    def _take(self, place: int, event: StreamEvent) -> Rejection | None:
        code, name = text(event.event_code), text(event.event_name)
        if not code and not name:
            return _NO_CODE
        row = find_code(code) if len(code) <= NAME_LIMIT else None
        told = None
        if row is None or row.kind is not None:
            told = told_by(event.event_attributes)
        if row is None and told is not None and (told.campaign_id or not code):
            row = find_name(name)
        if row is None and fold(text(event.event_type)) not in GOAL_TYPES:
            return _UNKNOWN_CODE
        if row is None or row.for_goals:
            return self._user_event(place, event, code or name)
        if row.kind is None or told is None or (row.code == HELD_OUT_OF_CAMPAIGN and not told.campaign_id):
            self.result.recognised += 1
            return None
        if not told.campaign_id:
            return _NO_CAMPAIGN
        if not is_identifier(told.campaign_id):
            return _BAD_CAMPAIGN
        common = _common(event)
        if isinstance(common, Rejection):
            return common
        self._wanted.append(Wanted(place, event, row, told, common))
        return None

    def _user_event(self, place: int, event: StreamEvent, name: str) -> Rejection | None:
        common = _common(event)
        if isinstance(common, Rejection):
            return common
        if len(name) > NAME_LIMIT:
            return Rejection(RejectionCode.INVALID_VALUE, "event_code", f"it has more than {NAME_LIMIT} characters")
        written = bytes(event.event_attributes)
        attributes = event.event_attributes if written[:1] == b"{" else Raw(b"{}")
        device = read_device(event.device_attributes)
        platform = platform_told(read_attributes(event.event_attributes)) or _platform_of(device)
        bought = UserEvent(common.event_id, name, common.user_id, common.moment, platform, attributes)
        self.result.user_events.append(bought)
        self.result.user_places.append(place)
        return None

    def _add(self, one: Wanted, channel: Channel, campaign: Campaign | None) -> None:
        """Add the message events that an event becomes."""
        row, told, common = one.row, one.told, one.common
        kinds = row.kinds
        if self._options.sent_is_shown_on_ios and row.code == "n_i_s":
            kinds = (*kinds, Kind.IMPRESSION)
        device = read_device(one.event.device_attributes)
        platform = None
        if len(CHANNELS[channel].platforms) > 1:
            platform = platform_on(channel, row.platform, _platform_given(one, device, campaign))
        device_id = text(device.moengage_device_id)[:NAME_LIMIT] or None
        reason = _reason(row, channel, told) if row.reason is not None else None
        for kind in kinds:
            self.result.messages.append(
                MessageEvent(
                    event_id=common.event_id if kind is row.kind else derived_id(common.event_id, kind),
                    kind=kind,
                    campaign_id=told.campaign_id,
                    user_id=common.user_id,
                    time=common.moment,
                    platform=platform,
                    locale=told.locale,
                    variation=told.variation,
                    device_id=device_id,
                    link=told.link,
                    reason=reason,
                    group=told.group,
                    bounce_type=row.bounce_type,
                    channel=channel,
                )
            )
            self.result.message_places.append(one.place)


def _channel(one: Wanted, campaign: Campaign | None) -> Channel | None:
    """The channel that a code is about: the campaign's, or the one that the event names, where it can be either."""
    channels = one.row.channels
    if len(channels) == 1:
        return channels[0]
    for found in (campaign.channel if campaign else None, one.told.channel):
        if found in channels:
            return found
    return None if len(channels) == len(Channel) else channels[0]


def _platform_given(one: Wanted, device: DeviceAttributes, campaign: Campaign | None) -> str | None:
    """What the event says of its platform; of a user who is held out, only the campaign may know."""
    given = one.told.platform or _platform_of(device)
    if given is None and one.row.platform is None and campaign is not None and len(campaign.platforms) == 1:
        return campaign.platforms[0]
    if (given or one.row.platform) != "WEB":
        return given
    mobile = is_true(device.moe_mweb) or is_true(read_user(one.event.user_attributes).moe_mweb)
    return "MWEB" if mobile else given


def _platform_of(device: DeviceAttributes) -> str | None:
    return platform_named(*(text(word) for word in (device.os_key, device.os, device.platform)))


def _reason(row: StreamCode, channel: Channel, told: Told) -> str | None:
    if row.reason == "email_unsubscribe_drop":
        return row.reason  # what its attributes add are notes of the provider
    word = reason_word(channel, *told.reasons) or row.reason or ""
    return reason_off_funnel(channel, word) if row.kind is Kind.FAILED else word


def _common(event: StreamEvent) -> Common | Rejection:
    """The id, the user and the time of an event, or what is wrong with them."""
    event_id = text(event.event_uuid)
    if not event_id:
        return _NO_ID
    if len(event_id) > LONGEST_UUID:
        return Rejection(RejectionCode.INVALID_VALUE, "event_uuid", f"it has more than {LONGEST_UUID} characters")
    user_id = _user(event)
    if not user_id:
        return _NO_USER
    if len(user_id) > USER_ID_LIMIT:
        return Rejection(RejectionCode.INVALID_VALUE, "user_id", f"it has more than {USER_ID_LIMIT} characters")
    moment = milliseconds(event.event_time)
    return _NO_TIME if moment is None else Common(event_id, user_id, moment)


def _user(event: StreamEvent) -> str:
    """Who it was: the vendor's own id of a user stays the same when the customer's comes later."""
    return first(
        read_user(event.user_attributes).moengage_user_id,
        event.uid,
    ) or first(
        read_device(event.device_attributes).moengage_device_id,
        event.push_id,
        event.email_id,
        event.mobile_number,
        event.email_address,
    )


def _missing(name: str, message: str) -> Rejection:
    return Rejection(RejectionCode.MISSING_FIELD, name, message)


_UNREADABLE = Rejection(
    RejectionCode.MALFORMED, "body", "this is neither an event as JSON, nor a batch, nor a line of an exported file"
)
_NO_CODE = _missing("event_code", "an event has an event_code, or at least an event_name")
_UNKNOWN_CODE = Rejection(
    RejectionCode.UNKNOWN_CODE, "event_code", "this code is not known here; it is kept and counts nowhere"
)
_NO_CAMPAIGN = _missing("event_attributes.campaign_id", "what happened to a message names its campaign")
_BAD_CAMPAIGN = Rejection(
    RejectionCode.INVALID_VALUE,
    "event_attributes.campaign_id",
    "use 1 to 128 printable characters without spaces or slashes",
)
_NO_CHANNEL = _missing(
    "event_attributes.campaign_channel", "name the campaign's channel, or register the campaign before its events"
)
_NO_ID = _missing("event_uuid", "an event has an event_uuid, by which a repetition is told")
_NO_USER = _missing("user_attributes.moengage_user_id", "say who it was, if only by uid, device or address")
_NO_TIME = Rejection(
    RejectionCode.INVALID_VALUE,
    "event_time",
    "use seconds or milliseconds since 1970, or a time such as 2026-01-31T12:00:00Z",
)
