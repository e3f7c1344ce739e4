"""Histories of conversions: a few users, overlapping campaigns, and goal events just inside and outside of windows.

They have the form of other histories, so the same tests send them and ask about them.
"""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from agreement.conversion_words import GOAL_EVENTS, OTHER_EVENTS, PAIRS, some_attributes, some_goals
from agreement.histories import (
    ATTRIBUTION_TYPES,
    FORMS,
    MESSAGE_EVENTS,
    PACKINGS,
    USER_EVENTS,
    brought_along,
    cut,
    some_campaigns,
    some_move,
    some_platform,
    written,
)
from agreement.vocabulary import CAMPAIGN_IDS, CHANNELS, KINDS, LOCALES, USERS, VARIATIONS, ZONES

Json = dict[str, Any]

TOUCHES = ("sent", "delivered", "impression", "opened", "clicked", "clicked", "read", "synced", "held_out")
"""The kinds of events that have to do with conversions."""

WITH_RECEIPTS = ("SMS", "RCS", "WHATSAPP")
WINDOWS = (1, 2, 24, 36, 240, None)
CHANNELS_WITH_LONG_WINDOWS = ("EMAIL", "SMS", "WHATSAPP", "RCS", "FACEBOOK_AUDIENCE", "GOOGLE_ADS_AUDIENCE")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


def make_conversion_history(seed: int) -> Json:
    """Make up a history: `workspaces`, `batches` of events in order of arrival, and `questions`."""
    dice = Random(f"conversions {seed}")
    ids = dice.sample(CAMPAIGN_IDS, dice.choice((2, 3, 3, 4)))
    zones = [tuple(ZONES)[seed // len(CHANNELS) % len(ZONES)]]
    zones.append(dice.choice([zone for zone in ZONES if zone not in zones]))
    workspaces = [_workspace(dice, ids, zone, seed + place) for place, zone in enumerate(zones)]
    types = dice.sample(ATTRIBUTION_TYPES, 5)
    batches, questions = [], []
    for place, workspace in enumerate(workspaces):
        user_events = _user_events(dice, workspace)
        messages = _messages(dice, workspace, user_events)
        batches += _batches(dice, place, {MESSAGE_EVENTS: messages, USER_EVENTS: user_events})
        questions += _questions(dice, place, workspace, user_events, types[:3] if place == 0 else types[3:])
    dice.shuffle(batches)
    return {"seed": seed, "workspaces": workspaces, "batches": batches, "questions": questions}


def moment_of(event: Json) -> int:
    """Return when a made-up event happens, in milliseconds."""
    found = event["time"]
    if isinstance(found, int):
        return found
    return (datetime.fromisoformat(found.upper()) - _EPOCH) // timedelta(milliseconds=1)


def _window(dice: Random, campaign: Json) -> int | None:
    """Ten days are for channels whose messages are read late, and for the nodes of flows."""
    is_long = campaign["channel"] in CHANNELS_WITH_LONG_WINDOWS or campaign.get("flow_id") is not None
    return dice.choice([hours for hours in WINDOWS if is_long or hours != 240])


def _workspace(dice: Random, ids: list[str], zone: str, seed: int) -> Json:
    hard_day = date.fromisoformat(dice.choice(ZONES[zone]))
    first = hard_day - timedelta(days=dice.randint(3, 14))
    campaigns = some_campaigns(dice, ids, CHANNELS[seed % len(CHANNELS)])
    for number, campaign in enumerate(campaigns):
        if not campaign.get("unregistered"):
            pair = PAIRS[(seed + number) % len(PAIRS)]
            campaign["goals"] = some_goals(dice, pair, zone, hard_day)
            campaign["attribution_window_hours"] = _window(dice, campaign)
    return {
        "timezone": zone,
        "profile": dice.choice(("documented", "live")),
        "campaigns": campaigns,
        "move": some_move(dice, campaigns),
        "without_receipts": [one["id"] for one in campaigns if one["channel"] in WITH_RECEIPTS and dice.random() < 0.5],
        "days": [first, first + timedelta(days=30), hard_day],
        "users": dice.sample(USERS, dice.randint(2, 3)),
        "locales": dice.sample(LOCALES, 2),
        "variations": dice.sample(VARIATIONS, 2),
    }


def _user_events(dice: Random, workspace: Json) -> list[Json]:
    """Make up goal events around the midnights of the hard day, and others that are none."""
    zone, hard_day = workspace["timezone"], workspace["days"][2]
    events = []
    for number in range(dice.randint(4, 9)):
        day = hard_day + timedelta(days=dice.choice((0, 0, 1, dice.randint(-4, 4))))
        moment = (datetime.combine(day, time(), ZoneInfo(zone)) - _EPOCH) // timedelta(milliseconds=1)
        moment += dice.choice((0, -1, 1, 30 * _MINUTE * dice.randint(-3, 8), dice.randint(0, _DAY)))
        event = {
            "event_id": f"u{number}",
            "name": dice.choice(OTHER_EVENTS if dice.random() < 0.1 else GOAL_EVENTS),
            "user_id": dice.choice(workspace["users"]),
            "time": written(dice, moment),
        }
        if dice.random() < 0.95:
            event["attributes"] = some_attributes(dice, zone, hard_day)
        if dice.random() < 0.2:
            event["platform"] = dice.choice(("ANDROID", "web"))
        events.append(event)
    return events


def _messages(dice: Random, workspace: Json, user_events: list[Json]) -> list[Json]:
    """Make up touches whose windows begin and end at goal events; some come at the same millisecond as others."""
    campaigns = workspace["campaigns"]
    chosen = [*campaigns, *dice.choices(campaigns, k=dice.randint(10, 30))]
    events: list[Json] = []
    for number, campaign in enumerate(chosen):
        event = _touch(dice, workspace, campaign, dice.choice(user_events))
        if events and dice.random() < 0.3:
            other = dice.choice(events)
            event |= {"time": written(dice, moment_of(other)), "user_id": other["user_id"]}
        events.append({"event_id": f"m{number}", **event})
    return events


def _touch(dice: Random, workspace: Json, campaign: Json, goal_event: Json) -> Json:
    channel = campaign["channel"]
    kinds = [kind for kind in TOUCHES if kind in KINDS[channel]]
    if campaign["id"] in workspace["without_receipts"]:
        kinds.remove("delivered")
    event = {
        "kind": dice.choice(KINDS[channel] if dice.random() < 0.05 else kinds),
        "campaign_id": campaign["id"],
        "user_id": goal_event["user_id"] if dice.random() < 0.85 else dice.choice(workspace["users"]),
        "time": written(dice, moment_of(goal_event) - _before(dice, campaign)),
        **some_platform(dice, campaign),
    }
    if event["kind"] == "delivered" and campaign["id"] in workspace["without_receipts"]:
        event["kind"] = "sent"
    needed = {"held_out": ("group", ("campaign", "global")), "bounced": ("bounce_type", ("hard", "soft"))}
    if event["kind"] in needed:
        field, words = needed[event["kind"]]
        event[field] = dice.choice(words)
    elif event["kind"] in {"removed", "failed", "undelivered"}:
        event["reason"] = "frequency_cap"
    elif dice.random() < 0.05:
        event["group"] = "global"  # means nothing here
    for field in ("locale", "variation"):
        if dice.random() < 0.7:
            event[field] = dice.choice([*workspace[f"{field}s"], None])
    if dice.random() < 0.2:
        event["machine"] = True
    if dice.random() < 0.3:
        event["send_id"] = dice.choice(("send 1", "send 2"))
    return event | brought_along(dice, campaign)


def _before(dice: Random, campaign: Json) -> int:
    """Choose how long before a goal event a touch is; below zero it comes after it."""
    window = (campaign.get("attribution_window_hours") or 36) * _HOUR
    return dice.choice(
        (
            *(0, 0, 1, -1, window, window, window + 1, window - 1, 30 * _MINUTE, 30 * _MINUTE + 1),
            *(dice.randint(0, 30 * _MINUTE), dice.randint(0, window), dice.randint(0, window)),
            *(dice.randint(0, window), dice.randint(-_DAY, 2 * window)),
        )
    )


def _batches(dice: Random, place: int, streams: dict[str, list[Json]]) -> list[Json]:
    """Cut the events of a workspace into batches, with repetitions and with other events under known ids."""
    ids = [event["event_id"] for events in streams.values() for event in events]
    batches = []
    for stream, events in streams.items():
        copies: list[Json] = dice.choices(events, k=dice.randint(0, 3))
        impostors = [dice.choice(events) | {"event_id": dice.choice(ids)} for _ in range(dice.randint(0, 2))]
        arriving = [(event, True) for event in [*events, *copies, *impostors]]
        dice.shuffle(arriving)
        for some in cut(dice, arriving) if dice.random() < 0.5 else [arriving]:
            batches.append(
                {
                    "workspace": place,
                    "stream": stream,
                    "form": dice.choice(FORMS),
                    "packing": dice.choice(PACKINGS),
                    "events": [event for event, _ in some],
                    "bad": [],
                }
            )
    return batches


def _questions(dice: Random, place: int, workspace: Json, user_events: list[Json], types: list[str]) -> list[Json]:
    """Ask by these types of attribution, each time about other days."""
    questions = []
    for attribution_type in types:
        request = {
            "request_id": "conversions",
            "attribution_type": attribution_type,
            "metric_type": dice.choice(("TOTAL", "UNIQUE")),
            **_range(dice, workspace, dice.choice(user_events)),
        }
        if dice.random() < 0.8:
            request["campaign_ids"] = [campaign["id"] for campaign in workspace["campaigns"]]
        profile = dice.choice(("documented", "live"))
        # Some are asked while events are still to come, which then must change the answers to the others.
        early = dice.random() < 0.15
        question = {"workspace": place, "profile": profile, "header": profile, "request": request, "early": early}
        questions.append(question)
    return questions


def _range(dice: Random, workspace: Json, goal_event: Json) -> Json:
    first, last, _ = workspace["days"]
    moment = _EPOCH + timedelta(milliseconds=moment_of(goal_event))
    day = moment.astimezone(ZoneInfo(workspace["timezone"])).date()
    some = timedelta(days=dice.randint(0, 9))
    start, end = dice.choice(
        ((first, last), (first, last), (first, last), (day, day), (day, day + some), (day - some, day))
    )
    return {"start_date": start.isoformat(), "end_date": end.isoformat()}
