"""What can be sent and asked in a life: few ids, users and moments, so that they meet often."""

from typing import Any

from hypothesis import strategies as st

from builders import NOON, Json

CAMPAIGN_IDS = ("mail", "push", "text")
CHANNELS = {"mail": "EMAIL", "push": "PUSH", "text": "SMS"}
ATTRIBUTION_TYPES = ("VIEW_THROUGH", "CLICK_THROUGH", "IN_SESSION", "TOTAL_CONVERSIONS", "CLICK_CONVERSIONS")

_EVENT_IDS = tuple(f"e{number}" for number in range(120))
_USERS = ("u1", "u2", "u3", "o'neil / 4")
_ORDER = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
_GOALS: tuple[list[Json], ...] = (
    [],
    [_ORDER],
    [_ORDER, {"name": "Sign-up", "event": "sign-up"}],
    [_ORDER | {"event": "sign-up"}],
)
_GROUPS: tuple[Json, ...] = (
    {},
    {"campaign_percentage": 5, "global": False},
    {"campaign_percentage": 0, "global": True},
)
_PLATFORMS = (None, ["ANDROID"], ["IOS", "ANDROID"])
_KINDS: dict[str, tuple[Json, ...]] = {
    "mail": ({"kind": "opened"}, {"kind": "bounced", "bounce_type": "hard"}, {"kind": "unsubscribed"}),
    "push": ({"kind": "impression", "platform": "IOS"}, {"kind": "clicked", "platform": "WEB"}),
    "text": ({"kind": "delivered"}, {"kind": "undelivered", "reason": "in_transit"}),
}
_SHARED_KINDS: tuple[Json, ...] = (
    {"kind": "sent"},
    {"kind": "delivered"},
    {"kind": "clicked"},
    {"kind": "targeted"},
    {"kind": "removed", "reason": "frequency_cap"},
    {"kind": "held_out", "group": "campaign"},
    {"kind": "held_out", "group": "global"},
)
_SPOILED: tuple[Json, ...] = ({"kind": "vanished"}, {"user_id": ""}, {"colour": "red"}, {"time": "2026-01-01"})
_HOUR = 3_600_000

event_ids = st.sampled_from(_EVENT_IDS)
users = st.sampled_from(_USERS)
_moments = st.sampled_from([NOON + hours * _HOUR for hours in (0, 1, 2, 11, 12, 13, 30, 48, 49)])


@st.composite
def _message_events(draw: st.DrawFn) -> Json:
    campaign_id = draw(st.sampled_from(CAMPAIGN_IDS))
    event = {
        "event_id": draw(event_ids),
        "campaign_id": campaign_id,
        "user_id": draw(users),
        "time": draw(_moments),
        **draw(st.sampled_from(_KINDS[campaign_id] + _SHARED_KINDS)),
    }
    return event | ({"variation": "variation_2", "locale": "de"} if draw(st.booleans()) else {})


@st.composite
def _user_events(draw: st.DrawFn) -> Json:
    return {
        "event_id": draw(event_ids),
        "name": draw(st.sampled_from(("purchase", "sign-up"))),
        "user_id": draw(users),
        "time": draw(_moments),
        "attributes": {"amount": draw(st.integers(1, 9)), "currency": draw(st.sampled_from(("EUR", "USD")))},
    }


message_batches = st.lists(_message_events(), min_size=1, max_size=20)
user_batches = st.lists(_user_events(), min_size=1, max_size=8)
spoiled_batches = st.lists(_message_events(), min_size=2, max_size=6)
spoilings = st.sampled_from(_SPOILED)
some_ids = st.lists(event_ids, min_size=1, max_size=5)


@st.composite
def campaigns(draw: st.DrawFn) -> Json:
    """Draw a campaign as it is edited at any time."""
    campaign_id = draw(st.sampled_from(CAMPAIGN_IDS))
    body: dict[str, Any] = {
        "id": campaign_id,
        "name": campaign_id,
        "channel": CHANNELS[campaign_id],
        "goals": draw(st.sampled_from(_GOALS)),
        "control_groups": draw(st.sampled_from(_GROUPS)),
    }
    platforms = draw(st.sampled_from(_PLATFORMS)) if campaign_id == "push" else None
    return body | ({"platforms": platforms} if platforms else {})


@st.composite
def questions(draw: st.DrawFn) -> Json:
    """Draw a request about all campaigns."""
    return {
        "request_id": "life",
        "campaign_ids": list(CAMPAIGN_IDS),
        "start_date": draw(st.sampled_from(("2025-12-20", "2026-01-02"))),
        "end_date": draw(st.sampled_from(("2026-01-10", "2026-01-02"))),
        "attribution_type": draw(st.sampled_from(ATTRIBUTION_TYPES)),
        "metric_type": draw(st.sampled_from(("TOTAL", "UNIQUE"))),
    }
