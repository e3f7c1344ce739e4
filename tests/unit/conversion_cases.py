"""Small cases for the oracle's conversions: a campaign that wants purchases, its touches, and one node of an answer."""

from itertools import count
from typing import Any

from oracle import answer
from oracle_tables import NAMES_OF_PLATFORMS

Json = dict[str, Any]

NOON = 1_767_268_800_000
"""2026-01-01 12:00 UTC."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
VIEW, CLICK, SESSION, TOTAL, CLICKS = TYPES = (
    *("VIEW_THROUGH", "CLICK_THROUGH", "IN_SESSION"),
    *("TOTAL_CONVERSIONS", "CLICK_CONVERSIONS"),
)
BUY = {"name": "Buy", "event": "purchase"}
PAY = {**BUY, "revenue_attribute": "amount"}
WHERE = {"platform": "EMAIL", "locale": "all_locales", "variation": "all_variations"}

_numbers = count(1)


def touch(kind: str, time: int = NOON, user: str = "ann", **fields: Any) -> Json:
    """Build a message event of campaign c1."""
    usual = {"workspace_id": "shop", "event_id": f"e{next(_numbers)}", "campaign_id": "c1"}
    return {**usual, "kind": kind, "user_id": user, "time": time, **fields}


def buy(time: int = NOON, user: str = "ann", **attributes: Any) -> Json:
    """Build a purchase."""
    usual = {"workspace_id": "shop", "event_id": f"e{next(_numbers)}", "campaign_id": "", "name": "purchase"}
    return {**usual, "user_id": user, "time": time, "attributes": attributes}


def campaign(channel: str = "EMAIL", **fields: Any) -> Json:
    """Build a campaign that wants purchases within two hours."""
    return {"id": "c1", "channel": channel, "attribution_window_hours": 2, "goals": [BUY], **fields}


def platforms(campaigns: Json | list[Json], events: list[Json], asked: Json) -> Json:
    """Return the platforms of an answer about January, of campaign c1 unless another is asked for."""
    request: Json = {"request_id": "abc", "start_date": "2026-01-01", "end_date": "2026-01-31", "metric_type": "TOTAL"}
    request |= {"campaign_ids": ["c1"], "attribution_type": VIEW} | asked
    known = {"id": "shop", "timezone": request.get("timezone", "UTC")}
    some = campaigns if isinstance(campaigns, list) else [campaigns]
    body = answer(known, some, events, request, request.get("profile", "documented"))
    found: Json = body["data"][request["campaign_ids"][0]][0]["platforms"]
    return found


def goal(campaigns: Json | list[Json], events: list[Json], asked: Json | str = VIEW, **place: str) -> Json:
    """Return the figures of the one goal in a node; a question can be just a type of attribution."""
    tree = platforms(campaigns, events, {"attribution_type": asked} if isinstance(asked, str) else asked)
    where = WHERE | place
    found: Json = tree[NAMES_OF_PLATFORMS.get(where["platform"], where["platform"])]["locales"][where["locale"]][
        "variations"
    ][where["variation"]]
    (figures,) = found["conversion_goal_stats"].values()
    return dict(figures)
