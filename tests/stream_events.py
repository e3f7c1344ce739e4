"""Builders of what the MoEngage event stream sends, and what each of its codes is to move, spelled out once more."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from builders import NOON, Json

DOOR = "/v1/sources/moengage-streams"
CAMPAIGN = "66e933029ff25f3322d8279d"

_numbers = itertools.count(1)

_CHANNEL_NAMES = {
    "PUSH": "Push",
    "EMAIL": "Email",
    "SMS": "SMS",
    "WHATSAPP": "WhatsApp",
    "RCS": "RCS",
    "IN_APP": "In-App",
    "ON_SITE": "On-site Messaging",
    "CARDS": "Cards",
    "WEB_PERSONALIZATION": "Web Personalization",
    "CONNECTOR": "Connector",
    "FACEBOOK_AUDIENCE": "Facebook Audience",
    "GOOGLE_ADS_AUDIENCE": "Google Ads Audience",
}


def stream_event(code: str | None = "MOE_EMAIL_OPEN", *, channel: str = "EMAIL", **fields: Any) -> Json:
    """Build an event as the vendor words it, of one user at noon, with an id of its own.

    `attributes` are added to those of the event, None takes one away; other fields replace those of the event.
    """
    attributes: Json = {
        "campaign_id": CAMPAIGN,
        "campaign_name": "Promo",
        "campaign_type": "General",
        "campaign_channel": _CHANNEL_NAMES[channel],
    } | fields.pop("attributes", {})
    event: Json = {
        "event_name": "Something",
        "event_code": code,
        "event_uuid": f"00000000-0000-4000-8000-{next(_numbers):012}",
        "event_time": NOON // 1000,
        "event_type": "CAMPAIGN_EVENT",
        "event_source": "MOENGAGE",
        "uid": "u-1",
        "event_attributes": {name: value for name, value in attributes.items() if value is not None},
        "user_attributes": {"moengage_user_id": "5e3b7a1c9d"},
        "device_attributes": {"moengage_device_id": "aa11bb22"},
    }
    event |= fields
    return {name: value for name, value in event.items() if value is not None}


def stream_batch(*events: Any) -> Json:
    """Put events into the envelope."""
    return {"app_name": "Acme", "source": "MOENGAGE", "moe_request_id": "9f0c", "events": list(events)}


def file_line(event: Any) -> Json:
    """Put an event into the wrapper of a line of an exported file."""
    return {
        "app_name": "Acme",
        "export_hour": "12",
        "export_day": "2026-01-01",
        "export_doc_id": "d-1",
        "db_name": "Acme",
        "event": event,
    }


@dataclass(frozen=True, slots=True)
class Moves:
    """What one event of a code moves by one: where, and which keys."""

    channel: str
    platform: str
    performance: tuple[str, ...] = ()
    funnel: tuple[str, ...] = ()
    breakdown: tuple[str, ...] = ()
    attributes: Json = field(default_factory=dict)


_TRIED = ("attempted", "sent")
_PUSHED = ("active_device_token", "sent")


def _push(platform: str, *performance: str, **more: Any) -> Moves:
    funnels = {"impression": ("impressions",), "sent": _PUSHED, "failed": ("active_device_token",)}
    found = tuple(stage for key in performance for stage in funnels.get(key, ()))
    return Moves("PUSH", platform, performance, found, **more)


def _mail(*performance: str, **more: Any) -> Moves:
    stages = tuple(key for key in performance if key in ("sent", "delivered"))
    return Moves("EMAIL", "EMAIL", performance, stages, **more)


def _texts(channel: str, prefix: str, failed: str, clicked: str) -> dict[str, Moves]:
    sent = ("sent",) if channel == "WHATSAPP" else _TRIED
    return {
        f"{prefix}_SENT": Moves(channel, channel, sent, ("sent",)),
        f"{prefix}_DELIVERED": Moves(channel, channel, ("delivered",), ("delivered",)),
        clicked: Moves(channel, channel, ("click",)),
        failed: Moves(channel, channel, breakdown=("delivery_failed",)),
    }


def _shown(channel: str, platform: str, codes: str) -> dict[str, Moves]:
    shown, clicked, closed = codes.split()
    return {
        shown: Moves(channel, platform, ("impression",), ("impressions",)),
        clicked: Moves(channel, platform, ("click",)),
        closed: Moves(channel, platform, ("closed_click",)),
    }


MOVES: dict[str, Moves] = {
    "MOE_EMAIL_SENT": _mail(*_TRIED),
    "MOE_EMAIL_DELIVERED": _mail("delivered"),
    "MOE_EMAIL_OPEN": _mail("opened"),
    "MOE_EMAIL_CLICK": _mail("click"),
    "MOE_EMAIL_HARD_BOUNCE": _mail("hard_bounce", "bounced"),
    "MOE_EMAIL_SOFT_BOUNCE": _mail("soft_bounce", "bounced"),
    "MOE_EMAIL_DROP": _mail("attempted", "failed", breakdown=("email_drop",)),
    "MOE_EMAIL_UNSUBSCRIBE": _mail("unsubscribe"),
    "MOE_EMAIL_SPAM": _mail("complaint"),
    "MOE_EMAIL_DROPPED_UNSUBSCRIBE": _mail(breakdown=("email_unsubscribe_drop",)),
    **_texts("SMS", "SMS", "MOE_SMS_DELIVERY_FAILED", "MOE_SMS_CLICKED"),
    **_texts("WHATSAPP", "MOE_WHATSAPP", "MOE_WHATSAPP_DELIVERY_FAILED", "MOE_WHATSAPP_CLICKED"),
    "MOE_WHATSAPP_READ": Moves("WHATSAPP", "WHATSAPP", ("read",)),
    **_texts("RCS", "MOE_RCS", "MOE_RCS_DELIVERY_FAILED", "MOE_RCS_CLICKED"),
    "MOE_RCS_READ": Moves("RCS", "RCS", ("read",)),
    "NOTIFICATION_RECEIVED_MOE": _push("android", "impression"),
    "NOTIFICATION_CLICKED_MOE": _push("android", "click"),
    "n_i_s": _push("ios", *_TRIED),
    "NOTIFICATION_RECEIVED_IOS_MOE": _push("ios", "impression"),
    "NOTIFICATION_CLICKED_IOS_MOE": _push("ios", "click"),
    "NOTIFICATION_RECEIVED_WEB_MOE": _push("web", "impression"),
    "NOTIFICATION_CLICKED_WEB_MOE": _push("web", "click"),
    "NOTIFICATION_CLICKED_WINDOWS_MOE": _push("unknown", "click"),
    "NOTIFICATION_SENT_ANDROID": _push("android", *_TRIED),
    "NOTIFICATION_SENT_WEB": _push("web", *_TRIED),
    "NOTIFICATION_SENT_WINDOWS": _push("unknown", *_TRIED),
    "NOTIFICATION_DROPPED": _push("unknown", breakdown=("f_c_removed",), attributes={"Code": 201}),
    "NOTIFICATION_FAILED": _push(
        "unknown",
        "attempted",
        "failed",
        breakdown=("not_registered",),
        attributes={"Code": "501", "Reason": "Not Registered"},
    ),
    **_shown("IN_APP", "android", "MOE_IN_APP_SHOWN MOE_IN_APP_CLICKED MOE_IN_APP_DISMISSED"),
    **_shown("IN_APP", "ios", "iOS_IN_APP_SHOWN iOS_IN_APP_CLICKED iOS_IN_APP_CLOSE_CLICKED"),
    **_shown("IN_APP", "unknown", "WINDOWS_IN_APP_SHOWN WINDOWS_IN_APP_CLICKED WINDOWS_IN_APP_CLOSE_CLICKED"),
    **_shown("ON_SITE", "web", "MOE_ONSITE_MESSAGE_SHOWN MOE_ONSITE_MESSAGE_CLICKED MOE_ONSITE_MESSAGE_DISMISSED"),
    **_shown(
        "WEB_PERSONALIZATION", "web", "MOE_WEBP_MESSAGE_SHOWN MOE_WEBP_MESSAGE_CLICKED MOE_WEBP_MESSAGE_DISMISSED"
    ),
    "MOE_CARD_SENT": Moves("CARDS", "CARDS", ("sent",)),
    "MOE_CARD_DELIVERED": Moves("CARDS", "CARDS", ("delivered",)),
    "MOE_CARD_CLICKED": Moves("CARDS", "CARDS", ("click",)),
    "MOE_CARD_IMPRESSION": Moves("CARDS", "CARDS", ("impression",), ("impressions",)),
    "MOE_CARD_VIEWED": Moves("CARDS", "CARDS", ("impression",), ("impressions",)),
    "MOE_CONNECTOR_SENT": Moves("CONNECTOR", "CONNECTOR", _TRIED, ("sent",)),
    "WEBHOOK_SENT": Moves("CONNECTOR", "CONNECTOR", _TRIED, ("sent",)),
    "MOE_FB_AUDIENCE_SYNC": Moves(
        "FACEBOOK_AUDIENCE", "FACEBOOK_AUDIENCE", ("attempted", "sent", "successfully_synced")
    ),
    "MOE_GOOGLE_ADS_AUDIENCE_SYNC": Moves(
        "GOOGLE_ADS_AUDIENCE", "GOOGLE_ADS_AUDIENCE", ("attempted", "successfully_synced")
    ),
}
"""What each code that is about a message moves."""

NOTHING = (
    "MOE_EMAIL_DEFERRED",
    "MOE_EMAIL_VIB",
    "MOE_EMAIL_SUBSCRIPTION_UPDATED",
    "NOTIFICATION_CLEARED_MOE",
    "NOTIFICATION_RECEIVED_IOS_APP_ACTIVE",
    "NOTIFICATION_DISMISSED_IOS_MOE",
    "MO_PUSH_PREFERENCE_CHANGED",
    "MOE_OPT_IN_PUSH",
    "MOE_OPT_IN_SOFT_ASK_SHOWN",
    "MOE_WEB_OPTIN_SHOWN",
    "MOE_USER_SUBSCRIBED",
    "MOE_WEB_UNSUBSCRIBED",
    "TOKEN_EVENT",
    "NOTIFICATION_OFFLINE_MOE",
    "MOE_IN_APP_AUTO_DISMISS",
    "MOE_ONSITE_MESSAGE_AUTO_DISMISS",
    "MOE_WEBP_MESSAGE_DELIVERED",
    "MOE_CARD_DISMISSED",
    "MOE_CARD_INBOX_CLICKED",
    "MOE_USER_REMOVED_FROM_CONTROL_GROUP",
    "USER_ENTERED_FLOW",
    "USER_EXITED_FLOW",
)
"""The codes that are recognised and feed nothing."""

GOALS = (
    "MOE_APP_OPENED",
    "MOE_PAGE_VIEWED",
    "MOE_APP_EXIT",
    "MOE_LOGOUT",
    "MOE_USER_MERGED",
    "UPDATE",
    "INSTALL",
    "REINSTALL",
    "Device Uninstall",
    "MOE_USER_REINSTALL",
)
"""The codes that become user events whatever their type."""

HELD_OUT = ("MOE_CAMPAIGN_USER_REMOVED_DUE_TO_CONTROL_GROUP", "MOE_CAMPAIGN_CONTROL_GROUP")
