"""THE CATALOGUE: one row per metric of `performance_stats`, and its formula on each channel.

Request validation, the counts that are fetched, the response, the API document, the served catalogue
and the reference page are all computed from these rows. A metric whose formula differs by channel has a
row for each formula; a pair of key and channel occurs once.

Which counting mode a rate uses is part of its definition: `count` follows the request, `total` and
`unique` are pinned. An e-mail's click-through rate, for example, is total clicks over delivered
e-mails whether the request says TOTAL or UNIQUE.
"""

from dataclasses import dataclass
from functools import cache

from aftersend.domain.channels import Channel as C
from aftersend.domain.formulas import (
    Count,
    FirstNonZero,
    Formula,
    Minus,
    Mode,
    Percent,
    Tally,
    count,
    total,
    unique,
)
from aftersend.domain.kinds import BounceType, Kind


@dataclass(frozen=True, slots=True)
class Metric:
    """One row.

    `key` is the documented spelling, `live_key` the one of the live profile. A metric that only one
    profile prints has `None` as its spelling in the other.
    """

    key: str | None
    live_key: str | None
    channels: frozenset[C]
    formula: Formula
    meaning: str

    @property
    def name(self) -> str:
        """Return what the metric is called in the catalogue."""
        return self.key or self.live_key or ""


def _row(key: str, channels: str, formula: Formula, meaning: str, live: str | None = None) -> Metric:
    return Metric(key, live or key, _channels(channels), formula, meaning)


def _live_only(key: str, channels: str, formula: Formula, meaning: str) -> Metric:
    return Metric(None, key, _channels(channels), formula, meaning)


def _channels(names: str) -> frozenset[C]:
    return frozenset(C[name] for name in names.split())


_ATTEMPTED, _SENT, _DELIVERED = count(Kind.ATTEMPTED), count(Kind.SENT), count(Kind.DELIVERED)
_NOT_SENT = Percent(Minus(_ATTEMPTED, _SENT), _ATTEMPTED)
_RECEIVED = FirstNonZero(total(Kind.DELIVERED), total(Kind.SENT))
_BOUNCED = count(Kind.BOUNCED)


def _bounces(bounce_type: BounceType) -> Count:
    return count(Kind.BOUNCED, details=frozenset({bounce_type.value}))


METRICS: tuple[Metric, ...] = (
    _row(
        "attempted",
        "PUSH EMAIL SMS RCS CONNECTOR FACEBOOK_AUDIENCE GOOGLE_ADS_AUDIENCE",
        _ATTEMPTED,
        "sends tried; for push, one per active device token",
    ),
    _row("sent", "PUSH EMAIL SMS RCS CONNECTOR CARDS WHATSAPP", _SENT, "accepted by the provider"),
    _row("sent", "FACEBOOK_AUDIENCE", count(Kind.SYNCED), "users added to the ad audience"),
    _row("failed", "EMAIL SMS RCS PUSH CONNECTOR", count(Kind.FAILED), "attempted, but not sent"),
    _row("bounced", "EMAIL", _BOUNCED, "hard and soft bounces together", live="bounce"),
    _row(
        "impression",
        "PUSH IN_APP ON_SITE CARDS WEB_PERSONALIZATION",
        count(Kind.IMPRESSION),
        "times shown; for push, received by the device",
    ),
    _row(
        "click",
        "PUSH EMAIL SMS RCS IN_APP WHATSAPP ON_SITE CARDS WEB_PERSONALIZATION",
        count(Kind.CLICKED),
        "clicks on the message or on a link or button in it",
    ),
    _row("opened", "EMAIL", count(Kind.OPENED), "e-mails opened, machine opens included", live="open"),
    _live_only("adjusted_open", "EMAIL", count(Kind.OPENED, human=True), "e-mails opened, machine opens left out"),
    _row("delivered", "EMAIL SMS RCS CARDS WHATSAPP", _DELIVERED, "receipts of arrival"),
    _row("read", "WHATSAPP RCS", count(Kind.READ), "messages read, where read receipts are on"),
    _row("closed_click", "IN_APP ON_SITE WEB_PERSONALIZATION", count(Kind.CLOSED), "closed by the close button"),
    _row("unsubscribe", "EMAIL", count(Kind.UNSUBSCRIBED), "unsubscribed through this e-mail"),
    _row("complaint", "EMAIL", count(Kind.COMPLAINED), "marked as spam"),
    _row("hard_bounce", "EMAIL", _bounces(BounceType.HARD), "addresses that are bad for good"),
    _row("soft_bounce", "EMAIL", _bounces(BounceType.SOFT), "addresses that are bad for now"),
    _row("successfully_synced", "FACEBOOK_AUDIENCE GOOGLE_ADS_AUDIENCE", count(Kind.SYNCED), "users added"),
    _row("eligible_users", "FACEBOOK_AUDIENCE GOOGLE_ADS_AUDIENCE", count(Kind.ELIGIBLE), "users who qualify"),
    _live_only("device_start", "PUSH", count(Kind.DEVICE_STARTED), "app opened from the notification"),
    _row(
        "ctr",
        "PUSH IN_APP ON_SITE CARDS WEB_PERSONALIZATION",
        Percent(total(Kind.CLICKED), total(Kind.IMPRESSION)),
        "click-through rate; above 100 where one impression is clicked several times",
    ),
    _row("ctr", "EMAIL", Percent(total(Kind.CLICKED), total(Kind.DELIVERED)), "click-through rate"),
    _row("ctr", "SMS RCS", Percent(total(Kind.CLICKED), _RECEIVED), "click-through rate"),
    _row("ctr", "WHATSAPP", Percent(unique(Kind.CLICKED), total(Kind.DELIVERED)), "click-through rate"),
    _row("ctr", "CONNECTOR", Percent(total(Kind.CLICKED), total(Kind.SENT)), "click-through rate"),
    _row("delivery_rate", "EMAIL SMS RCS CARDS WHATSAPP", Percent(_DELIVERED, _SENT), "share of sent that arrived"),
    _row("delivery_rate", "PUSH", Percent(count(Kind.IMPRESSION), _SENT), "share of sent that a device received"),
    _row(
        "read_rate", "WHATSAPP RCS", Percent(unique(Kind.READ), unique(Kind.DELIVERED)), "share of receivers who read"
    ),
    _row("sent_rate", "CONNECTOR EMAIL PUSH SMS RCS", Percent(_SENT, _ATTEMPTED), "share of attempted that was sent"),
    _row("failure_rate", "CONNECTOR PUSH SMS RCS", _NOT_SENT, "share of attempted that was not sent"),
    _row("failure_rate", "EMAIL", _NOT_SENT, "share of attempted that was not sent", live="failed_rate"),
    _row("open_rate", "EMAIL", Percent(unique(Kind.OPENED), total(Kind.DELIVERED)), "openers per delivered e-mail"),
    _row("ctor", "EMAIL", Percent(unique(Kind.CLICKED), unique(Kind.OPENED)), "clickers per opener"),
    _live_only(
        "adjusted_ctor",
        "EMAIL",
        Percent(unique(Kind.CLICKED), Count(Tally((Kind.OPENED,), human=True), Mode.UNIQUE)),
        "clickers per opener, machine opens left out",
    ),
    _row("unsub_rate", "EMAIL", Percent(count(Kind.UNSUBSCRIBED), _DELIVERED), "unsubscribes per delivered e-mail"),
    _row("bounce_rate", "EMAIL", Percent(_BOUNCED, _SENT), "bounces per sent e-mail"),
    _row("complaints_rate", "EMAIL", Percent(count(Kind.COMPLAINED), _DELIVERED), "complaints per delivered e-mail"),
)

BREAKDOWN = Tally((Kind.FAILED, Kind.UNDELIVERED))
"""What `failure_breakdown` counts, by reason: failures before the send, and after it."""


@cache
def metrics_of(channel: C) -> tuple[Metric, ...]:
    """Return the rows of one channel, in the order in which answers print them."""
    return tuple(metric for metric in METRICS if channel in metric.channels)
