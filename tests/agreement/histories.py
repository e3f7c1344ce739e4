"""Histories: what happens in two workspaces, made up from one number, and the questions asked about it.

A history is plain data as it goes over the wire. Its two workspaces use the same campaign, user and event ids for
different things, so that whatever leaks from one into the other shows.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from agreement.vocabulary import (
    CAMPAIGN_IDS,
    CHANNELS,
    KINDS,
    KINDS_WITH_REASONS,
    LOCALES,
    PLATFORMS,
    REASONS,
    SHARED_REASONS,
    UNKNOWN_REASONS,
    USERS,
    VARIATIONS,
    ZONES,
)
from conversion_oracle import family

Json = dict[str, Any]

MESSAGE_EVENTS, USER_EVENTS = "message-events", "user-events"
FORMS = ("array", "object", "lines")
PACKINGS = ("", "gzip", "zstd")
ATTRIBUTION_TYPES = ("VIEW_THROUGH", "CLICK_THROUGH", "IN_SESSION", "TOTAL_CONVERSIONS", "CLICK_CONVERSIONS")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HALF_HOUR, _DAY = 1_800_000, 86_400_000


def make_history(seed: int) -> Json:
    """Make up a history: `workspaces`, `batches` of events in order of arrival, and `questions`."""
    dice = Random(seed)
    ids = dice.sample(CAMPAIGN_IDS, dice.choice((2, 2, 3, 3, 4, 5)))
    zones = [tuple(ZONES)[seed // len(CHANNELS) % len(ZONES)]]
    zones.append(dice.choice([zone for zone in ZONES if zone not in zones]))
    channels = [CHANNELS[seed % len(CHANNELS)], dice.choice(CHANNELS)]
    workspaces = [_workspace(dice, ids, *both) for both in zip(zones, channels, strict=True)]
    batches = [batch for place, one in enumerate(workspaces) for batch in _batches(dice, place, one)]
    dice.shuffle(batches)
    questions = [question for place, one in enumerate(workspaces) for question in _questions(dice, place, one)]
    return {"seed": seed, "workspaces": workspaces, "batches": batches, "questions": questions}


def as_arrivals(batch: Json, workspace_id: str) -> list[Json]:
    """Return the good events of a batch as the oracle reads them; user events belong to no campaign."""
    return [
        {"campaign_id": "", **event, "workspace_id": workspace_id}
        for index, event in enumerate(batch["events"])
        if index not in batch["bad"]
    ]


def _workspace(dice: Random, ids: list[str], zone: str, channel: str) -> Json:
    hard_day = date.fromisoformat(dice.choice(ZONES[zone]))
    first = hard_day - timedelta(days=dice.randint(0, 15))
    last = hard_day + timedelta(days=dice.randint(0, 15))
    campaigns = some_campaigns(dice, ids, channel)
    return {
        "timezone": zone,
        "profile": dice.choice(("documented", "live")),
        "campaigns": campaigns,
        "move": some_move(dice, campaigns),
        "days": [first, last, hard_day],
        "users": dice.sample(USERS, dice.randint(3, len(USERS))),
        "locales": dice.sample(LOCALES, dice.randint(1, 3)),
        "variations": dice.sample(VARIATIONS, dice.randint(1, 3)),
    }


def some_campaigns(dice: Random, ids: list[str], channel: str) -> list[Json]:
    """Make up campaigns in the order of their creation; one that is only `unregistered` is created by its events."""
    campaigns: list[Json] = []
    for number, campaign_id in enumerate(ids):
        created = {"id": campaign_id, "name": f"Campaign {number}", "created_at": f"2026-01-01T00:00:{number:02}Z"}
        campaigns.append(created | _campaign(dice, channel, campaigns))
        # Only campaigns of one channel can be parents and children.
        channel = dice.choice([*[channel] * 2 * len(CHANNELS), *CHANNELS])
    special, other = dice.sample(campaigns, 2)
    if dice.random() < 0.4:
        special.update(flow_id="flow-1", flow_name="Flow")
    if dice.random() < 0.4:
        other.update(delivery_type="API_TRIGGERED")
    if dice.random() < 0.3:
        newest = campaigns[-1]
        known = ("id", "channel", "parent_campaign_id")
        campaigns[-1] = {field: value for field, value in newest.items() if field in known} | {"unregistered": True}
    return campaigns


def some_move(dice: Random, campaigns: list[Json]) -> Json | None:
    """Choose a campaign that gets another parent, or none, on the way."""
    registered = [campaign for campaign in campaigns if not campaign.get("unregistered")]
    moved = dice.choice(registered)
    below = family(moved["id"], campaigns)
    parents = [one["id"] for one in registered if one["channel"] == moved["channel"] and one["id"] not in below]
    choices = [*parents, None] if moved.get("parent_campaign_id") else parents
    return {"campaign": moved["id"], "parent": dice.choice(choices)} if choices and dice.random() < 0.4 else None


def brought_along(dice: Random, campaign: Json) -> Json:
    """Return what an event says so that its campaign can be registered: its channel, or its parent, or both."""
    if not campaign.get("unregistered"):
        return {"channel": campaign["channel"]} if dice.random() < 0.05 else {}
    parent = campaign.get("parent_campaign_id")
    if parent is None or dice.random() < 0.2:
        return {"channel": campaign["channel"]}
    both = {"channel": campaign["channel"], "parent_campaign_id": parent}
    return dice.choice((both, both, {"parent_campaign_id": parent}))


def _campaign(dice: Random, channel: str, older: list[Json]) -> Json:
    campaign: Json = {"channel": channel, "delivery_type": dice.choice(("ONE_TIME", "PERIODIC", "EVENT_TRIGGERED"))}
    parents = [one["id"] for one in older if one["channel"] == channel]
    if parents and dice.random() < 0.7:
        campaign["parent_campaign_id"] = dice.choice(parents)
    if dice.random() < 0.6:
        platforms = PLATFORMS.get(channel, (channel,))
        chosen = dice.sample(platforms, dice.randint(1, len(platforms)))
        campaign["platforms"] = [platform.lower() if dice.random() < 0.3 else platform for platform in chosen]
    if dice.random() < 0.5:
        campaign["locales"] = dice.sample(LOCALES, dice.randint(1, 2))
    if dice.random() < 0.5:
        campaign["variations"] = dice.sample(VARIATIONS, dice.randint(1, 2))
    if dice.random() < 0.5:
        # Nobody does what these goals wait for: conversions are no part of what histories compare.
        goals = dice.randint(1, 3)
        campaign["goals"] = [{"name": f"Goal {number}", "event": "never happens"} for number in range(goals)]
    if dice.random() < 0.5:
        campaign["control_groups"] = {
            "campaign_percentage": dice.choice((0, 5, 12.5)),
            "global": dice.random() < 0.5,
        }
    return campaign


def _batches(dice: Random, place: int, workspace: Json) -> list[Json]:
    """Cut what happens in a workspace into batches, one stream each."""
    message_events, user_events = _happenings(dice, workspace)
    batches = []
    for stream, events in ((MESSAGE_EVENTS, message_events), (USER_EVENTS, user_events)):
        for some in cut(dice, events):
            batches.append(
                {
                    "workspace": place,
                    "stream": stream,
                    "form": dice.choice(FORMS),
                    "packing": dice.choice(PACKINGS),
                    "events": [event for event, _ in some],
                    "bad": [index for index, (_, is_good) in enumerate(some) if not is_good],
                }
            )
    return batches


def cut(dice: Random, events: list[tuple[Json, bool]]) -> list[list[tuple[Json, bool]]]:
    """Cut events into up to four pieces, some of them of a single event."""
    cuts = dice.choice((0, 0, 1, 1, 2, 3))
    places = sorted(dice.choice((1, dice.randint(0, len(events)))) for _ in range(cuts))
    pieces = [events[start:end] for start, end in pairwise([0, *places, len(events)])]
    return [piece for piece in pieces if piece]


def _happenings(dice: Random, workspace: Json) -> tuple[list[tuple[Json, bool]], list[tuple[Json, bool]]]:
    """Make up message events and user events in order of arrival, and tell the good from the bad."""
    most = dice.choice((40, 100, 300))
    silent = dice.choice(workspace["campaigns"])["id"] if dice.random() < 0.2 else None
    # One that its events register would not be there without an event.
    campaigns = [one for one in workspace["campaigns"] if one["id"] != silent or one.get("unregistered")]
    chosen = [*campaigns, *dice.choices(campaigns, k=dice.randint(20, most))]
    messages = [_message_event(dice, workspace, one, f"e{number}") for number, one in enumerate(chosen)]
    users = [_user_event(dice, workspace, f"u{number}") for number in range(dice.choice((0, 3, 8)))]
    ids = [event["event_id"] for event in messages + users]
    copies: list[Json] = dice.choices(messages, k=dice.randint(0, len(messages) // 4))
    others = [
        _message_event(dice, workspace, dice.choice(campaigns), dice.choice(ids))
        for _ in range(dice.randint(0, len(messages) // 4))
    ]
    if dice.random() < 0.3:
        messages.sort(key=lambda event: str(event["time"]))
        dice.shuffle(others)
        late = [*copies, *others]
    else:
        messages += copies + others
        dice.shuffle(messages)
        late = []
    users += [_user_event(dice, workspace, dice.choice(ids)) for _ in users]
    dice.shuffle(users)
    good = [(event, True) for event in messages + late]
    for _ in range(dice.choice((0, 0, 1, 3))):
        good.insert(dice.randint(0, len(good)), (_bad_event(dice, dice.choice(messages)), False))
    return good, [(event, True) for event in users]


def _user_event(dice: Random, workspace: Json, event_id: str) -> Json:
    return {
        "event_id": event_id,
        "name": dice.choice(("page viewed", "cart filled")),
        "user_id": dice.choice(workspace["users"]),
        "time": _time(dice, workspace),
        "attributes": {"amount": dice.randint(1, 100)},
    }


def _message_event(dice: Random, workspace: Json, campaign: Json, event_id: str) -> Json:
    channel = campaign["channel"]
    kind = dice.choice((*KINDS[channel], *KINDS[channel], "targeted", "removed", "failed"))
    event = {
        "event_id": event_id,
        "kind": kind,
        "campaign_id": campaign["id"],
        "user_id": dice.choice(workspace["users"]),
        "time": _time(dice, workspace),
        **_details(dice, channel, kind),
        **some_platform(dice, campaign),
    }
    for field in ("locale", "variation"):
        if dice.random() < 0.7:
            event[field] = dice.choice([*workspace[f"{field}s"], None])
    if dice.random() < 0.2:
        event["machine"] = dice.random() < 0.7
    if dice.random() < 0.2:
        event |= {"send_id": "send 1", "device_id": "device 1", "link": "https://example.com/?a=1"}
    return event | brought_along(dice, campaign)


def _details(dice: Random, channel: str, kind: str) -> Json:
    reasons = (*SHARED_REASONS, *REASONS.get(channel, ()), *REASONS.get(channel, ()), *UNKNOWN_REASONS)
    elsewhere = REASONS[dice.choice(tuple(REASONS))]
    possible = {
        "reason": dice.choice(elsewhere if dice.random() < 0.1 else reasons),
        "group": dice.choice(("campaign", "global")),
        "bounce_type": dice.choice(("hard", "soft")),
    }
    needed = "reason" if kind in KINDS_WITH_REASONS else {"held_out": "group", "bounced": "bounce_type"}.get(kind)
    # What a kind does not need may be there all the same, and means nothing.
    return {field: word for field, word in possible.items() if field == needed or dice.random() < 0.05}


def some_platform(dice: Random, campaign: Json) -> Json:
    """Name a platform of the campaign's channel, or none where none is needed."""
    channel, registered = campaign["channel"], campaign.get("platforms") or []
    can_be_missing = channel == "PUSH" or channel not in PLATFORMS or len(registered) == 1
    if can_be_missing and dice.random() < 0.3:
        return dice.choice(({}, {"platform": None}))
    platform = dice.choice(PLATFORMS.get(channel, (channel,)))
    return {"platform": platform.lower() if dice.random() < 0.3 else platform}


def _bad_event(dice: Random, good: Json) -> Json:
    """Spoil a good event. Nothing of it may be kept, and its id stays free for a good one."""
    spoiled = dice.choice(
        (
            {"kind": "vanished"},
            {"user_id": ""},
            {"platform": "FRIDGE"},
            {"locale": "all_locales"},
            {"time": 1_767_225_600},
            {"time": "2026-01-01T00:00:00"},
            {"colour": "red"},
            {"campaign_id": "nobody-knows", "channel": None, "parent_campaign_id": None},
        )
    )
    return good | spoiled


def _time(dice: Random, workspace: Json) -> int | str:
    """Make up a time near the hard day, near an edge of the days that are asked about, or anywhere around them."""
    first, last, hard_day = workspace["days"]
    next_day = timedelta(days=1)
    anywhere = first + timedelta(days=dice.randint(-3, (last - first).days + 3))
    day = dice.choice((first, last, last + next_day, hard_day, hard_day, hard_day + next_day, anywhere, anywhere))
    midnight = datetime.combine(day, time(), ZoneInfo(workspace["timezone"]))
    milliseconds = (midnight - _EPOCH) // timedelta(milliseconds=1)
    milliseconds += dice.choice((0, 0, _HALF_HOUR * dice.randint(-3, 8), dice.randint(0, _DAY)))
    return written(dice, milliseconds + dice.choice((-1, 0, 1)))


def written(dice: Random, milliseconds: int) -> int | str:
    """Spell a moment as a number, or as RFC 3339 with some offset and some digits after the second."""
    if dice.random() < 0.5:
        return milliseconds
    minutes = dice.choice((0, 345, -210, 60, 840, -720, 1439))
    moment = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(timezone(timedelta(minutes=minutes)))
    # The digits after the milliseconds do not matter, but are there.
    fraction = f"{milliseconds % 1000:03}" + dice.choice(("", "998", "000001"))
    fraction = "" if milliseconds % 1000 == 0 and dice.random() < 0.5 else f".{fraction}"
    sign, (hours, rest) = "+" if minutes >= 0 else "-", divmod(abs(minutes), 60)
    offset = f"{sign}{hours:02}:{rest:02}"
    if minutes == 0:
        offset = dice.choice(("Z", "z", "+00:00", "-00:00"))
    return f"{moment:%Y-%m-%d}{dice.choice('Tt')}{moment:%H:%M:%S}{fraction}{offset}"


def _questions(dice: Random, place: int, workspace: Json) -> list[Json]:
    """Ask in both counting modes and both spellings, each time about other days and campaigns."""
    questions = []
    profiles = dice.sample(("documented", "live"), 2)
    for metric_type, profile in zip(("TOTAL", "UNIQUE"), profiles, strict=True):
        request = {
            "request_id": f"question {dice.randint(1, 999)}",
            "attribution_type": dice.choice(ATTRIBUTION_TYPES),
            "metric_type": metric_type,
            **_range(dice, workspace),
            **_page(dice, workspace),
        }
        # Without the header it is the workspace that says how keys are spelled.
        named = None if profile == workspace["profile"] and dice.random() < 0.5 else profile
        questions.append({"workspace": place, "profile": profile, "header": named, "request": request})
    return questions


def _range(dice: Random, workspace: Json) -> Json:
    first, last, hard_day = workspace["days"]
    start = dice.choice((first, first, hard_day, first + timedelta(days=dice.randint(-3, 3))))
    end = dice.choice((start, last, last, hard_day, start + timedelta(days=dice.randint(0, 30))))
    end = min(max(start, end), start + timedelta(days=30))
    if dice.random() < 0.02:
        start = end = date(dice.choice((1, 1969, 1970, 2149, 2150, 9999)), 12, 31)
    return {"start_date": start.isoformat(), "end_date": end.isoformat()}


def _page(dice: Random, workspace: Json) -> Json:
    page: Json = {}
    if dice.random() < 0.6:
        ids = [campaign["id"] for campaign in workspace["campaigns"]]
        unknown = [f"nobody-{number}" for number in range(dice.choice((0, 0, 1, 5)))]
        page["campaign_ids"] = dice.sample(ids + unknown, dice.randint(1, len(ids + unknown)))
    elif dice.random() < 0.3:
        page["campaign_ids"] = []
    if dice.random() < 0.4:
        page |= {"offset": dice.randint(0, 6), "limit": dice.randint(1, 10)}
    return page
