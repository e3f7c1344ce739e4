"""One history over all channels, small enough to check by eye, and how answers about it are kept as files."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from agreement.vocabulary import CHANNELS, KINDS, PLATFORMS
from builders import NOON, Json

FOLDER = Path(__file__).parent / "http" / "golden"
PROFILES = ("documented", "live")
METRIC_TYPES = ("TOTAL", "UNIQUE")

GOAL: Json = {"name": "Goal 1", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
WITH_NAMES = ("PUSH", "EMAIL")
"""The channels whose second user gets another locale and variation than the first."""

_HOUR = 3_600_000
_REACHED = (
    *("targeted", "addressed", "eligible", "attempted", "sent", "synced", "delivered", "impression"),
    *("opened", "read", "device_started", "clicked", "closed", "unsubscribed", "complained"),
)
"""What happens to the message of a user who is reached, as far as it can happen on the channel."""


def campaigns() -> list[Json]:
    """Return a campaign for each channel, called like it, with a goal and both control groups."""
    return [
        {
            "id": channel,
            "name": channel,
            "channel": channel,
            "created_at": f"2026-01-01T00:00:{number:02}Z",
            "goals": [GOAL],
            "control_groups": {"campaign_percentage": 10, "global": True},
        }
        for number, channel in enumerate(CHANNELS)
    ]


def message_events() -> list[Json]:
    """Return what happens to the messages, every kind on every channel.

    Ann and Bob are reached on two platforms, and Ann clicks twice. Cid fails, Dan is removed, Eve and Fay are bounced
    or not delivered where that can be, Gus and Hal are held out by the campaign's group and by the global one.
    """
    numbers = count(1)
    found = []
    for channel in CHANNELS:
        for event in _of_channel(channel):
            common = {"event_id": f"m{next(numbers)}", "campaign_id": channel, "time": NOON}
            found.append(common | event)
    return found


def user_events() -> list[Json]:
    """Return the purchases: Ann buys twice, Gus once, an hour after the messages."""
    bought = (("ann", "10"), ("ann", "20.5"), ("gus", "5"))
    return [
        {
            "event_id": f"u{number}",
            "name": "purchase",
            "user_id": user,
            "time": NOON + _HOUR,
            "attributes": {"amount": amount, "currency": "EUR"},
        }
        for number, (user, amount) in enumerate(bought)
    ]


def request(channel: str, metric_type: str) -> Json:
    """Return the question about the campaign of a channel."""
    return {
        "request_id": f"golden {channel}",
        "campaign_ids": [channel],
        "start_date": "2026-01-01",
        "end_date": "2026-01-02",
        "attribution_type": "VIEW_THROUGH",
        "metric_type": metric_type,
    }


def file_of(profile: str, channel: str, metric_type: str) -> Path:
    """Return where the body of an answer is kept."""
    return FOLDER / profile / f"{channel.lower()}.{metric_type.lower()}.json"


def written(body: Any, indent: str = "") -> str:
    """Write a body so that it can be read: what has no objects within it stands on one line."""
    if isinstance(body, list):
        return "[" + ", ".join(written(one, indent) for one in body) + "]"
    if not isinstance(body, dict) or not any(isinstance(value, dict | list) for value in body.values()):
        return json.dumps(body, ensure_ascii=False)
    deeper = indent + " "
    lines = [f"{deeper}{json.dumps(key)}: {written(value, deeper)}" for key, value in body.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _of_channel(channel: str) -> Iterator[Json]:
    first, second = [{"platform": name} for name in PLATFORMS.get(channel, (channel, channel))[:2]]
    # A push event that names no platform is on an unknown one.
    second = {} if channel == "PUSH" else second
    named = {"locale": "de", "variation": "variation_2"} if channel in WITH_NAMES else {}
    for kind in [kind for kind in _REACHED if kind in KINDS[channel]]:
        yield {"kind": kind, "user_id": "ann", **first}
        yield {"kind": kind, "user_id": "bob", **second, **named, **({"machine": True} if kind == "opened" else {})}
    if "clicked" in KINDS[channel]:
        yield {"kind": "clicked", "user_id": "ann", **first}
    for kind in ("targeted", "attempted"):
        yield {"kind": kind, "user_id": "cid", **first}
    yield {"kind": "failed", "user_id": "cid", "reason": "frequency_cap", **first}
    yield {"kind": "targeted", "user_id": "dan", **first}
    yield {"kind": "removed", "user_id": "dan", "reason": "suppressed", **first}
    for user, bounce_type in (("eve", "hard"), ("fay", "soft")):
        if "bounced" in KINDS[channel]:
            yield from ({"kind": kind, "user_id": user, **first} for kind in ("targeted", "attempted", "sent"))
            yield {"kind": "bounced", "user_id": user, "bounce_type": bounce_type, **first}
        elif "undelivered" in KINDS[channel] and user == "eve":
            yield from ({"kind": kind, "user_id": user, **first} for kind in ("targeted", "attempted", "sent"))
            yield {"kind": "undelivered", "user_id": user, "reason": "in_transit", **first}
    for user, group in (("gus", "campaign"), ("hal", "global")):
        yield {"kind": "held_out", "user_id": user, "group": group, **first}
