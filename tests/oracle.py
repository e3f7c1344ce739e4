"""The oracle: the answer of the Stats API, computed slowly and obviously from a plain list of events.

It shares nothing with the product but the spelling of names, so the two agree only where both are right.
Every figure is a filter over a list of events and a count of what is left: nothing is stored, added up or reused.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

from conversion_oracle import (
    CONVERTED,
    CONVERTED_HELD_OUT,
    Credit,
    Event,
    conversions,
    converted_users,
    denominator,
    family,
    figures,
    held_out_users,
    uplift,
)
from oracle_tables import (
    CHANNEL_REASON_KEYS,
    CHANNELS_WITH_PLATFORMS,
    CONTROL_GROUP_KEYS,
    FUNNELS,
    LIVE_EMAIL_KEYS,
    NAMES_OF_PLATFORMS,
    PERFORMANCE_KEYS,
    RENAMED_KINDS,
    SHARED_REASON_KEYS,
)
from oracle_values import Number, local_day, milliseconds, percent

Json = dict[str, Any]
CONVERSIONS = (CONVERTED, CONVERTED_HELD_OUT)
HELD_OUT = ("held_out", CONVERTED_HELD_OUT)
"""The kinds of what happens to held-out users, who stand in the nodes of their groups only."""


@dataclass(frozen=True, slots=True)
class Node:
    """The events of one node of the answer, and whether the request counts events or users."""

    events: list[Event]
    metric_type: str

    def of(self, *kinds: str) -> list[Event]:
        """Return the node's events of these kinds."""
        return [event for event in self.events if event.kind in kinds]

    def total(self, kind: str) -> int:
        """Count the events of a kind, whatever the request counts."""
        return len(self.of(kind))

    def unique(self, kind: str) -> int:
        """Count the distinct users with an event of a kind, whatever the request counts."""
        return len({event.user for event in self.of(kind)})

    def count(self, kind: str) -> int:
        """Count a kind in the unit which the request asks for."""
        return self.measure(self.of(kind))

    def measure(self, events: list[Event]) -> int:
        """Count these events, or their distinct users, as the request asks."""
        if self.metric_type == "TOTAL":
            return len(events)
        return len({event.user for event in events})


@dataclass(frozen=True, slots=True)
class Layout:
    """What all the nodes of one campaign's answer have in common."""

    channel: str
    platforms: list[str]
    locales: list[str]
    variations: list[str]
    groups: list[str]
    goals: list[str]
    metric_type: str
    attribution_type: str
    live: bool
    on_platform: list[Event]


def answer(workspace: Json, campaigns: list[Json], events: list[Json], request: Json, profile: str) -> Json:
    """Return the whole response body that the request must get.

    `events` are in order of arrival and carry a `workspace_id` beside the fields of a native event.
    Reasons must be spelled by their names in the catalogue: aliases are not known here.
    """
    asked = _asked_ids(campaigns, request)
    offset, limit = request.get("offset", 0), request.get("limit", 10)
    registered = {campaign["id"]: campaign for campaign in campaigns}
    happened = all_events(workspace, campaigns, events, request["attribution_type"])
    data = {}
    for campaign_id in asked[offset : offset + limit]:
        if campaign_id in registered:
            in_range = events_in_range(campaign_id, campaigns, happened, request)
            layout = _layout(registered[campaign_id], in_range, request, profile)
            data[campaign_id] = [{"platforms": _platforms_answer(layout, in_range)}]
    return {
        "response_id": request["request_id"],
        "total_campaigns": len(asked),
        "current_page": offset // limit + 1,
        "total_pages": ceil(Fraction(len(asked), limit)),
        "data": data,
    }


def keep_first(workspace_id: str, events: list[Json]) -> list[Json]:
    """Return the events sent to a workspace, without those whose id has been there before."""
    kept: dict[str, Json] = {}
    for event in events:
        if event["workspace_id"] == workspace_id and event["event_id"] not in kept:
            kept[event["event_id"]] = event
    return list(kept.values())


def all_events(workspace: Json, campaigns: list[Json], events: list[Json], attribution_type: str) -> list[Event]:
    """Return what happened to the messages of registered campaigns, and after it the conversions credited to them."""
    timezone = workspace["timezone"]
    kept = keep_first(workspace["id"], events)
    registered = {campaign["id"]: campaign for campaign in campaigns}
    messages = [
        _event(registered[event["campaign_id"]], event, timezone)
        for event in kept
        if "kind" in event and event["campaign_id"] in registered
    ]
    user_events = [event for event in kept if "kind" not in event]
    return messages + conversions(campaigns, messages, user_events, Credit(attribution_type, timezone))


def events_in_range(campaign_id: str, campaigns: list[Json], events: list[Event], request: Json) -> list[Event]:
    """Return what counts for a campaign on the requested days: what happened to its family's messages, its conversions.

    Both days are included. A child's conversions are credited by its own goals and stay with it.
    """
    first, last = date.fromisoformat(request["start_date"]), date.fromisoformat(request["end_date"])
    ids = family(campaign_id, campaigns)
    return [
        event
        for event in events
        if first <= event.day <= last
        and (event.campaign_id == campaign_id if event.kind in CONVERSIONS else event.campaign_id in ids)
    ]


def breakdown_key(channel: str, reason: str) -> str:
    """Return the key of a reason in `failure_breakdown`; a reason in neither table is its own key."""
    shared = SHARED_REASON_KEYS.get(reason, reason)
    return CHANNEL_REASON_KEYS.get(channel, {}).get(reason, shared)


def _asked_ids(campaigns: list[Json], request: Json) -> list[str]:
    ids: list[str] = request.get("campaign_ids") or []
    if ids:
        return ids
    return [
        campaign["id"]
        for campaign in campaigns
        if not campaign.get("flow_id") and campaign.get("delivery_type") != "API_TRIGGERED"
    ]


def _event(campaign: Json, event: Json, timezone: str) -> Event:
    return Event(
        campaign_id=event["campaign_id"],
        kind=event["kind"],
        user=event["user_id"],
        moment=milliseconds(event["time"]),
        day=local_day(event["time"], timezone),
        platform=_platform(campaign, event),
        locale=event.get("locale") or "default",
        variation=event.get("variation") or "variation_1",
        reason=event.get("reason"),
        group=event.get("group"),
        bounce_type=event.get("bounce_type"),
        machine=bool(event.get("machine")),
    )


def _platform(campaign: Json, event: Json) -> str:
    if event.get("platform"):
        return str(event["platform"]).upper()
    if campaign["channel"] == "PUSH":
        return "UNKNOWN"
    if campaign["channel"] not in CHANNELS_WITH_PLATFORMS:
        return str(campaign["channel"])
    # An event that names no platform is valid only where the campaign leaves no choice.
    (only_platform,) = campaign["platforms"]
    return str(only_platform).upper()


def _layout(campaign: Json, events: list[Event], request: Json, profile: str) -> Layout:
    # Held-out users got no message, so the locale and variation on their events mean nothing.
    messages = [event for event in events if event.kind not in HELD_OUT]
    return Layout(
        channel=campaign["channel"],
        platforms=_platforms(campaign, events),
        locales=_names(campaign.get("locales") or ["default"], [event.locale for event in messages]),
        variations=_names(campaign.get("variations") or ["variation_1"], [event.variation for event in messages]),
        groups=_groups(campaign.get("control_groups") or {}, events),
        goals=[goal["name"] for goal in campaign.get("goals") or []],
        metric_type=request["metric_type"],
        attribution_type=request["attribution_type"],
        live=profile == "live",
        on_platform=[],
    )


def _platforms(campaign: Json, events: list[Event]) -> list[str]:
    registered = [platform.upper() for platform in campaign.get("platforms") or []]
    if campaign["channel"] not in CHANNELS_WITH_PLATFORMS:
        registered = [campaign["channel"]]
    return _names(registered, [event.platform for event in events])


def _names(registered: list[str], seen: list[str]) -> list[str]:
    return [*registered, *sorted(set(seen) - set(registered))]


def _groups(control_groups: Json, events: list[Event]) -> list[str]:
    seen = {event.group for event in events if event.kind in HELD_OUT}
    groups = []
    if (control_groups.get("campaign_percentage") or 0) > 0 or "campaign" in seen:
        groups.append("campaign")
    if control_groups.get("global") or "global" in seen:
        groups.append("global")
    return groups


def _platforms_answer(layout: Layout, events: list[Event]) -> Json:
    platforms = {}
    if layout.live:
        platforms["ALL_PLATFORMS"] = {"locales": _locales_answer(layout, events)}
    in_lower_case = layout.channel in CHANNELS_WITH_PLATFORMS and not layout.live
    for platform in layout.platforms:
        here = [event for event in events if event.platform == platform]
        key = platform.lower() if in_lower_case else NAMES_OF_PLATFORMS.get(platform, platform)
        platforms[key] = {"locales": _locales_answer(layout, here)}
    return platforms


def _locales_answer(layout: Layout, events: list[Event]) -> Json:
    layout = replace(layout, on_platform=events)
    all_variations = _variations_answer(layout, events) | _control_groups_answer(layout, events)
    locales = {"all_locale" if layout.live else "all_locales": {"variations": all_variations}}
    for locale in layout.locales:
        here = [event for event in events if event.locale == locale]
        locales[locale] = {"variations": _variations_answer(layout, here)}
    return locales


def _variations_answer(layout: Layout, events: list[Event]) -> Json:
    variations = {"all_variations": _node_answer(layout, events)}
    for variation in layout.variations:
        here = [event for event in events if event.variation == variation]
        variations[variation] = _node_answer(layout, here)
    return variations


def _node_answer(layout: Layout, events: list[Event]) -> Json:
    node = Node(events, layout.metric_type)
    return {
        "performance_stats": _performance_stats(layout, node),
        "conversion_goal_stats": _goals_answer(layout, events),
        "delivery_funnel": _delivery_funnel(layout.channel, node),
        "failure_breakdown": _failure_breakdown(layout.channel, node),
    }


def _control_groups_answer(layout: Layout, events: list[Event]) -> Json:
    nodes: Json = {"control_group": {}} if layout.live else {}
    node = Node(events, layout.metric_type)
    for group in layout.groups:
        held_out = node.measure([event for event in node.of("held_out") if event.group == group])
        nodes[f"{group}_control_group"] = {
            "conversion_goal_stats": _group_goals_answer(layout, group),
            "delivery_funnel": {"reachable_users_in_segment": 0},
            "failure_breakdown": {CONTROL_GROUP_KEYS[group]: held_out} if held_out else {},
        }
    return nodes


def _goals_answer(layout: Layout, events: list[Event]) -> Json:
    goals = {}
    whole = denominator(layout.channel, layout.attribution_type, events)
    for goal in layout.goals:
        credited = [event for event in events if event.kind == CONVERTED and event.goal == goal]
        own = (converted_users(credited), whole)
        uplifts = {
            "uplift": uplift(own, _rate_of_group(layout, "campaign", goal)),
            "gcg_uplift": uplift(own, _rate_of_group(layout, "global", goal)),
        }
        goals[goal] = _named(layout, goal) | figures(credited, whole, layout.metric_type) | uplifts
    return goals


def _group_goals_answer(layout: Layout, group: str) -> Json:
    goals = {}
    for goal in layout.goals:
        credited = _converted_of_group(layout, group, goal)
        whole = held_out_users(group, layout.on_platform)
        uplifts = {"uplift": 0, "gcg_uplift": 0}
        goals[goal] = _named(layout, goal) | figures(credited, whole, layout.metric_type) | uplifts
    return goals


def _converted_of_group(layout: Layout, group: str, goal: str) -> list[Event]:
    held_out = [event for event in layout.on_platform if event.kind == CONVERTED_HELD_OUT and event.group == group]
    return [event for event in held_out if event.goal == goal]


def _rate_of_group(layout: Layout, group: str, goal: str) -> tuple[int, int]:
    """Return the converted users of a control group and all its users, on the platform that is answered."""
    credited = _converted_of_group(layout, group, goal)
    return converted_users(credited), held_out_users(group, layout.on_platform)


def _named(layout: Layout, goal: str) -> Json:
    return {"goal_name": goal, "name": goal} if layout.live else {"goal_name": goal}


def _performance_stats(layout: Layout, node: Node) -> Json:
    keys = PERFORMANCE_KEYS[layout.channel].split()
    stats = {key: _performance_stat(layout.channel, key, node) for key in keys}
    if layout.live and layout.channel == "PUSH":
        stats["device_start"] = node.count("device_started")
    if layout.live and layout.channel == "EMAIL":
        stats = {LIVE_EMAIL_KEYS.get(key, key): value for key, value in stats.items()}
        by_people = [event for event in node.of("opened") if not event.machine]
        stats["adjusted_open"] = node.measure(by_people)
        stats["adjusted_ctor"] = percent(node.unique("clicked"), len({event.user for event in by_people}))
    return stats


def _performance_stat(channel: str, key: str, node: Node) -> Number:
    match key:
        case "sent" if channel == "FACEBOOK_AUDIENCE":
            return node.count("synced")
        case "hard_bounce" | "soft_bounce":
            wanted = key.removesuffix("_bounce")
            return node.measure([event for event in node.of("bounced") if event.bounce_type == wanted])
        case "ctr":
            return _click_through_rate(channel, node)
        case "sent_rate":
            return percent(node.count("sent"), node.count("attempted"))
        case "failure_rate":
            return percent(node.count("attempted") - node.count("sent"), node.count("attempted"))
        case "delivery_rate":
            arrived = "impression" if channel == "PUSH" else "delivered"
            return percent(node.count(arrived), node.count("sent"))
        case _:
            return _response_stat(key, node)


def _response_stat(key: str, node: Node) -> Number:
    """What people did with what reached them, and the plain counts."""
    match key:
        case "read_rate":
            return percent(node.unique("read"), node.unique("delivered"))
        case "open_rate":
            return percent(node.unique("opened"), node.total("delivered"))
        case "ctor":
            return percent(node.unique("clicked"), node.unique("opened"))
        case "bounce_rate":
            return percent(node.count("bounced"), node.count("sent"))
        case "unsub_rate":
            return percent(node.count("unsubscribed"), node.count("delivered"))
        case "complaints_rate":
            return percent(node.count("complained"), node.count("delivered"))
        case _:
            return node.count(RENAMED_KINDS.get(key, key))


def _click_through_rate(channel: str, node: Node) -> Number:
    match channel:
        case "EMAIL":
            return percent(node.total("clicked"), node.total("delivered"))
        case "SMS" | "RCS":
            # A provider without receipts has nothing delivered; then clicks are held against what was sent.
            return percent(node.total("clicked"), node.total("delivered") or node.total("sent"))
        case "WHATSAPP":
            return percent(node.unique("clicked"), node.total("delivered"))
        case "CONNECTOR":
            return percent(node.total("clicked"), node.total("sent"))
        case _:
            return percent(node.total("clicked"), node.total("impression"))


def _delivery_funnel(channel: str, node: Node) -> Json:
    funnel = {}
    reasons: list[str] = []
    for key, stage in FUNNELS[channel].items():
        if isinstance(stage, str):
            funnel[key] = node.count(stage)
        else:
            reasons.extend(stage)
            funnel[key] = _remaining(node, reasons)
    return funnel


def _remaining(node: Node, reasons: list[str]) -> int:
    targeted = node.of("targeted")
    lost = [event for event in node.of("removed", "failed") if event.reason in reasons]
    if node.metric_type == "TOTAL":
        return len(targeted) - len(lost)
    left = Counter(event.user for event in targeted)
    left.subtract(event.user for event in lost)
    return len([user for user, times in left.items() if times > 0])


def _failure_breakdown(channel: str, node: Node) -> Json:
    by_key: dict[str, list[Event]] = {}
    for event in node.of("failed", "undelivered"):
        by_key.setdefault(breakdown_key(channel, str(event.reason)), []).append(event)
    return {key: node.measure(events) for key, events in by_key.items()}
