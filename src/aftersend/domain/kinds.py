"""The table of message-event kinds: everything that can happen to a message.

A row says on which channels the kind can occur and which extra field it must carry. The ledger
keeps that extra field in one column, the detail: a reason, a control group or a bounce type.
"""

from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.channels import Channel as C


class Kind(StrEnum):
    """The kinds of message event, spelled as in events."""

    TARGETED = "targeted"
    REMOVED = "removed"
    HELD_OUT = "held_out"
    ELIGIBLE = "eligible"
    ADDRESSED = "addressed"
    ATTEMPTED = "attempted"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"
    IMPRESSION = "impression"
    CLICKED = "clicked"
    CLOSED = "closed"
    OPENED = "opened"
    READ = "read"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    SYNCED = "synced"
    DEVICE_STARTED = "device_started"


class Detail(StrEnum):
    """The field that a kind must carry beside the common ones."""

    REASON = "reason"
    GROUP = "group"
    BOUNCE_TYPE = "bounce_type"


class ControlGroup(StrEnum):
    """The two groups a user can be held out for."""

    CAMPAIGN = "campaign"
    GLOBAL = "global"


class BounceType(StrEnum):
    """Whether an address is bad for good (hard) or for now (soft)."""

    HARD = "hard"
    SOFT = "soft"


DETAIL_VALUES: dict[Detail, tuple[str, ...] | None] = {
    Detail.REASON: None,  # open: the catalogue of reasons and any other word
    Detail.GROUP: tuple(ControlGroup),
    Detail.BOUNCE_TYPE: tuple(BounceType),
}


@dataclass(frozen=True, slots=True)
class KindFacts:
    """One row: the kind, the channels on which it can occur, its detail, and what it means."""

    kind: Kind
    channels: frozenset[C]
    detail: Detail | None
    meaning: str


_ALL = frozenset(C)
_AUDIENCES = frozenset({C.FACEBOOK_AUDIENCE, C.GOOGLE_ADS_AUDIENCE})
_MESSAGES = _ALL - _AUDIENCES
_TEXT = frozenset({C.SMS, C.RCS, C.WHATSAPP})
_SHOWN = frozenset({C.PUSH, C.IN_APP, C.ON_SITE, C.CARDS, C.WEB_PERSONALIZATION})

KINDS: dict[Kind, KindFacts] = {
    row.kind: row
    for row in (
        KindFacts(Kind.TARGETED, _ALL, None, "the user is in the segment for this send"),
        KindFacts(Kind.REMOVED, _ALL, Detail.REASON, "in the segment, but never attempted"),
        KindFacts(Kind.HELD_OUT, _ALL, Detail.GROUP, "kept out by a control group"),
        KindFacts(Kind.ELIGIBLE, _AUDIENCES, None, "satisfies the criteria of an ad audience"),
        KindFacts(Kind.ADDRESSED, frozenset({C.PUSH}), None, "a device of a remaining user was found"),
        KindFacts(Kind.ATTEMPTED, _ALL, None, "a send was tried; for push, to one active device token"),
        KindFacts(Kind.FAILED, _ALL, Detail.REASON, "attempted, but not sent"),
        KindFacts(Kind.SENT, _ALL, None, "accepted by the provider"),
        KindFacts(Kind.DELIVERED, _MESSAGES, None, "a receipt confirmed arrival"),
        KindFacts(
            Kind.UNDELIVERED,
            _TEXT | {C.EMAIL, C.PUSH},
            Detail.REASON,
            "accepted by the provider, then not delivered; for push, dropped without having been attempted",
        ),
        KindFacts(Kind.BOUNCED, frozenset({C.EMAIL}), Detail.BOUNCE_TYPE, "refused by the receiving mail server"),
        KindFacts(Kind.IMPRESSION, _SHOWN, None, "shown to the user, or received by the device"),
        KindFacts(Kind.CLICKED, _MESSAGES, None, "the message or a link or button in it was clicked"),
        KindFacts(
            Kind.CLOSED,
            frozenset({C.IN_APP, C.ON_SITE, C.WEB_PERSONALIZATION}),
            None,
            "closed by its close button",
        ),
        KindFacts(Kind.OPENED, frozenset({C.EMAIL}), None, "the e-mail was opened"),
        KindFacts(Kind.READ, frozenset({C.WHATSAPP, C.RCS}), None, "a read receipt came back"),
        KindFacts(Kind.UNSUBSCRIBED, _TEXT | {C.EMAIL}, None, "the user unsubscribed through this message"),
        KindFacts(Kind.COMPLAINED, frozenset({C.EMAIL}), None, "marked as spam"),
        KindFacts(Kind.SYNCED, _AUDIENCES, None, "added to the ad audience"),
        KindFacts(Kind.DEVICE_STARTED, frozenset({C.PUSH}), None, "the app was opened from the message"),
    )
}
