"""How the MoEngage event stream spells channels, platforms, kinds of delivery, locales, variations, ids and times."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aftersend.domain.campaigns import DEFAULT_LOCALE, DeliveryType
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.reasons import is_known_reason, is_loss, reason_name
from aftersend.domain.stream_codes import fold


def _words(table: dict[Any, str]) -> dict[str, Any]:
    return {fold(word): meant for meant, words in table.items() for word in (str(meant), *words.split("|"))}


CHANNEL_WORDS: dict[str, Channel] = _words(
    {
        Channel.PUSH: "General Push|Mobile Push|Web Push|Push Notification",
        Channel.EMAIL: "Email|E-mail",
        Channel.SMS: "MMS|Text",
        Channel.WHATSAPP: "WhatsApp",
        Channel.RCS: "RCS",
        Channel.IN_APP: "In-App|Mobile In-App|InApp Message|nativ",
        Channel.ON_SITE: "OSM|On-site Messaging|Onsite Message|Website",
        Channel.CARDS: "Card|App Inbox",
        Channel.WEB_PERSONALIZATION: "WebP|Web Personalisation|Personalization",
        Channel.CONNECTOR: "Connectors|Webhook|Custom Connector",
        Channel.FACEBOOK_AUDIENCE: "Facebook|FB Audience|Facebook Audience Sync",
        Channel.GOOGLE_ADS_AUDIENCE: "Google Ads|Google Audience|Google Ads Audience Sync",
    }
)

DELIVERY_WORDS: dict[str, DeliveryType] = _words(
    {
        DeliveryType.ONE_TIME: "General|One-time|General Push Campaign|Single",
        DeliveryType.PERIODIC: "Periodic",
        DeliveryType.EVENT_TRIGGERED: "Event Trigger|Smart Trigger|Smart Triggered|Triggered",
        DeliveryType.BUSINESS_EVENT_TRIGGERED: "Business Event|Business Event Trigger",
        DeliveryType.DEVICE_TRIGGERED: "Device Trigger",
        DeliveryType.LOCATION_TRIGGERED: "Location Trigger|Geofence",
        DeliveryType.API_TRIGGERED: "API Trigger|Transactional",
        DeliveryType.BROADCAST_LIVE_ACTIVITY: "Live Activity",
    }
)

_PLATFORM_WORDS: dict[str, str] = _words(
    {
        "ANDROID": "Android OS|Huawei",
        "IOS": "iPhone|iPhone OS|iPad|iPadOS",
        "WEB": "Desktop|Desktop Web",
        "MWEB": "Mobile Web",
        "UNKNOWN": "Windows|Windows Phone|TV|Android TV|Apple TV|tvOS|Fire TV|Roku",
    }
)


def channel_named(*words: str) -> Channel | None:
    """Return the channel that the first known word means."""
    return next((CHANNEL_WORDS[fold(word)] for word in words if fold(word) in CHANNEL_WORDS), None)


def delivery_named(*words: str) -> DeliveryType | None:
    """Return the delivery type that the first known word means."""
    return next((DELIVERY_WORDS[fold(word)] for word in words if fold(word) in DELIVERY_WORDS), None)


def platform_named(*words: str) -> str | None:
    """Return the platform that the first known word means."""
    return next((_PLATFORM_WORDS[fold(word)] for word in words if fold(word) in _PLATFORM_WORDS), None)


def platform_on(channel: Channel, of_code: str | None, given: str | None) -> str | None:
    """Return where on a channel something happened, by its code and by what the event says of its device.

    The event's own word wins, but what a code of the web is about happened in a browser.
    """
    platforms = CHANNELS[channel].platforms
    if len(platforms) == 1:
        return None
    if given == "MWEB" and "MWEB" not in platforms:
        given = "WEB"
    candidates = (given if of_code != "WEB" or given == "MWEB" else None, of_code, "UNKNOWN", "WEB")
    return next(name for name in candidates if name in platforms)


@dataclass(frozen=True, slots=True)
class SplitId:
    """A campaign's id without what was hung on to it: variation and locale, each where the id says it."""

    campaign_id: str
    variation: str | None = None
    locale: str | None = None


_OWN_ID = re.compile(r"[0-9a-f]{24}(?=_)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:_[A-Z]+(?:_\d+)?)*_L_\d+")


def split_id(text: str) -> SplitId:
    """Take the suffix off an id, such as that of <id>_F_T_GP_AB_1_P_0_L_0.

    What looks like one of the vendor's own ids ends at the first underscore; any other only where all the rest reads
    like a suffix, because an id of somebody else's may have underscores of its own.
    """
    head, underscore, rest = text.partition("_")
    if not underscore or not (_OWN_ID.match(text) or _SUFFIX.fullmatch(f"_{rest}")):
        return SplitId(text)
    variation = re.search(r"(?:^|_)AB_(\d+)(?=_|$)", rest)
    locale = re.search(r"(?:^|_)L_(\d+)(?=_|$)", rest)
    return SplitId(head, variation[1] if variation else None, locale[1] if locale else None)


def variation_name(text: str) -> str | None:
    """Return the variation of an id or a name: "1" is variation_1."""
    if not text:
        return None
    numbered = re.fullmatch(r"(?i)(?:variation[\s_-]*)?0*(\d{1,9})", text)
    return f"variation_{numbered[1]}" if numbered else text


def locale_named(name: str, number: str) -> str | None:
    """Return the locale of a name, or of a number where there is no name; number 0 is the default one."""
    if not name:
        return (DEFAULT_LOCALE if number == "0" else number) or None
    return DEFAULT_LOCALE if name.lower() == DEFAULT_LOCALE else name


def reason_word(channel: Channel, reason: str, code: str, group: str) -> str | None:
    """Return the word of those that a failure came with that says most about it.

    A code of the catalogue says more than a text that is not in it, but for 501, with which push services speak for
    themselves.
    """
    if reason and (is_known_reason(channel, reason) or not is_known_reason(channel, code) or code == "501"):
        return reason
    return code or group or None


def reason_off_funnel(channel: Channel, word: str) -> str:
    """Return a word for a failure that takes nobody off the delivery funnel.

    The stream does not say who was targeted: what is taken off nothing would leave the funnel below zero.
    """
    return f"dropped {reason_name(channel, word)}" if is_loss(channel, word) else word


MILLISECONDS_FROM = 10**11
"""A number of at least this size is a time in milliseconds, one below in seconds."""


def milliseconds(value: Any) -> int | None:
    """Return a time in milliseconds since 1970, of seconds, milliseconds or ISO 8601, which is UTC if it names no zone.

    What is finer is cut off: rounding could take the last moment of a day into the next one.
    """
    if isinstance(value, str):
        value = _moment(value.strip())
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    if isinstance(value, float) and math.isfinite(value):
        value = Decimal(repr(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return int(number if abs(number) >= MILLISECONDS_FROM else number * 1000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(text: str) -> Decimal | datetime | None:
    if re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text):
        return Decimal(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
