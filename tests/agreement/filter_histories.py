"""Histories of filters: one campaign that everybody saw, five goals with a filter each, and many goal events."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from agreement.conversion_words import PAIRS, some_attributes, some_filter
from agreement.histories import MESSAGE_EVENTS, USER_EVENTS
from agreement.vocabulary import ZONES

Json = dict[str, Any]

GOALS, EVENTS = 5, 80


def make_filter_history(seed: int) -> Json:
    """Make up a history of one workspace in which only the filters decide what is credited."""
    dice = Random(f"filters {seed}")
    zone = tuple(ZONES)[seed % len(ZONES)]
    hard_day = date.fromisoformat(dice.choice(ZONES[zone]))
    goals = []
    for number in range(GOALS):
        pair = PAIRS[(seed * GOALS + number) % len(PAIRS)]
        condition = some_filter(dice, pair, zone, hard_day)
        goals.append({"name": f"Goal {number}", "event": "purchase", "filters": [condition]})
        goals[-1] |= {"revenue_attribute": "amount", "currency": "EUR"}
    campaign = {
        "id": "c1",
        "name": "Seen",
        "channel": "CARDS",
        "goals": goals,
        "attribution_window_hours": 240,
        "flow_id": "f",
    }
    seen = datetime.combine(hard_day, time(12), UTC)
    common = {"user_id": "ann", "time": seen.isoformat()}
    view = {"event_id": "view", "kind": "impression", "campaign_id": "c1", **common}
    events = [
        {"event_id": f"u{number}", "name": "purchase", "attributes": some_attributes(dice, zone, hard_day), **common}
        for number in range(EVENTS)
    ]
    streams = {MESSAGE_EVENTS: [view], USER_EVENTS: events}
    form = {"workspace": 0, "form": "lines", "packing": "", "bad": []}
    return {
        "seed": seed,
        "workspaces": [{"timezone": zone, "profile": "documented", "campaigns": [campaign]}],
        "batches": [{"stream": stream, "events": some, **form} for stream, some in streams.items()],
        "questions": [_question(hard_day)],
    }


def _question(hard_day: date) -> Json:
    request = {
        "request_id": "filters",
        "attribution_type": "VIEW_THROUGH",
        "metric_type": "TOTAL",
        "start_date": f"{hard_day - timedelta(days=2)}",
        "end_date": f"{hard_day + timedelta(days=2)}",
    }
    return {"workspace": 0, "profile": "documented", "header": None, "request": request}
