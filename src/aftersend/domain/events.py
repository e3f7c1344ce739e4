"""An event on its way into the ledger, and why one can be turned away.

A rejected event is a value with a code from a closed list, never an exception: the good events of the
same batch are kept.
"""

from dataclasses import dataclass
from enum import StrEnum


class Stream(StrEnum):
    """The two streams of events, each with its own table. They share one space of event ids."""

    MESSAGE_EVENTS = "message_events"
    USER_EVENTS = "user_events"


class RejectionCode(StrEnum):
    """Why an event was not kept."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "RejectionCode":
        """Make a code that knows what it means."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    MALFORMED = "malformed", "the event is not JSON"
    NOT_AN_OBJECT = "not_an_object", "the event is JSON, but not an object"
    MISSING_FIELD = "missing_field", "a field that this event needs is not there"
    INVALID_TYPE = "invalid_type", "a field is of another type than it must be"
    INVALID_VALUE = "invalid_value", "a field has a value that cannot be used"
    UNKNOWN_FIELD = "unknown_field", "events have no such field; it may be misspelt"
    UNKNOWN_CAMPAIGN = "unknown_campaign", "the campaign is not registered, and the event names no channel"
    CHANNEL_MISMATCH = "channel_mismatch", "the campaign is registered on another channel"
    KIND_NOT_ON_CHANNEL = "kind_not_on_channel", "this cannot happen to a message on the campaign's channel"
    EXPIRED = "expired", "the event is older than the workspace keeps events"
    UNKNOWN_CODE = "unknown_code", "the source has no such event as far as is known here; it is kept as it came"
    PLATFORM_NOT_ON_CHANNEL = "platform_not_on_channel", "the campaign's channel has no such platform"


REJECTION_CODES: dict[str, RejectionCode] = {code.value: code for code in RejectionCode}


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event of a batch was not kept, and what its sender can do."""

    code: RejectionCode
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """A rejection with the place of the event in its batch."""

    index: int
    event_id: str | None
    rejection: Rejection


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch, once it is durable and visible.

    `accepted` counts events that are in the ledger for the first time, `duplicates` those that already
    were, also within the same batch.
    """

    accepted: int
    duplicates: int
    rejected: tuple[RejectedEvent, ...]


EVENT_ID_LIMIT = 128
USER_ID_LIMIT = 256
NAME_LIMIT = 256
"""Characters in a user event's name, a reason, a send's or a device's id."""
LINK_LIMIT = 2048
ATTRIBUTES_LIMIT = 32_768
"""Characters of a user event's attributes, as JSON."""

BATCH_EVENTS_LIMIT = 50_000
BATCH_BYTES_LIMIT = 64 * 1024 * 1024
"""Bytes of one batch once it is decompressed."""
