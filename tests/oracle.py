"""The oracle: the answer of the Stats API, computed slowly and obviously from a plain list of events.

It shares nothing with the product but the spelling of names, so the two agree only where both are right.
Every figure is a filter over a list of events and a count of what is left: nothing is stored, added up or reused.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Number = int | float
Funnel = dict[str, str | tuple[str, ...]]

CHANNELS_WITH_PLATFORMS = ("PUSH", "IN_APP", "ON_SITE", "WEB_PERSONALIZATION")
"""Every other channel has one pseudo-platform, which is called like the channel."""

CONTROL_GROUP_KEYS = {
    # "campaing" is how clients know the word: the contract is misspelt, and so it stays.
    "campaign": "user_removed_due_to_campaing_control_group",
    "global": "user_removed_due_to_global_control_group",
}

PERSONALIZATION_REASONS = (
    "personalization_failed",
    "personalization_failed_user_attribute",
    "personalization_failed_event_attribute",
    "personalization_failed_campaign_attribute",
    "personalization_failed_undefined",
    "personalization_failed_unknown",
)

TEXT_FUNNEL: Funnel = {
    "reachable_users_in_segment": "targeted",
    "after_fc": ("frequency_cap",),
    "users_after_dup": ("duplicate_mobile_number",),
    "sent": "sent",
    "delivered": "delivered",
}
SHOWN_FUNNEL: Funnel = {"impressions": "impression"}

FUNNELS: dict[str, Funnel] = {
    "PUSH": {
        "reachable_users_in_segment": "targeted",
        "segment_after_uninstall": ("uninstalled",),
        "after_fc": ("frequency_cap",),
        "users_after_dup": ("duplicate_token",),
        "user_devices": "addressed",
        "active_device_token": "attempted",
        "sent": "sent",
        "impressions": "impression",
    },
    "EMAIL": {
        "total_user_in_segment": "targeted",
        "user_with_email": ("no_email_address",),
        "user_with_email_after__h_b": ("blocklisted",),
        "after_invalid_removal": ("invalid_email",),
        "user_after_duplicate_removal": ("duplicate_email",),
        "after_fc": ("frequency_cap",),
        "after_personalization_removal": PERSONALIZATION_REASONS,
        "sent": "sent",
        "delivered": "delivered",
    },
    "SMS": TEXT_FUNNEL,
    "RCS": TEXT_FUNNEL,
    "WHATSAPP": TEXT_FUNNEL,
    "CONNECTOR": {
        "total_user_in_segment": "targeted",
        "after_fc": ("frequency_cap",),
        "after_personalization_removal": PERSONALIZATION_REASONS,
        "sent": "sent",
    },
    "IN_APP": SHOWN_FUNNEL,
    "ON_SITE": SHOWN_FUNNEL,
    "CARDS": SHOWN_FUNNEL,
    "WEB_PERSONALIZATION": SHOWN_FUNNEL,
    "FACEBOOK_AUDIENCE": {},
    "GOOGLE_ADS_AUDIENCE": {},
}
"""The stages of each channel in order: a kind of event to count, or the reasons which the stage takes off."""

SHARED_REASON_KEYS = {
    "campaign_control_group": CONTROL_GROUP_KEYS["campaign"],
    "global_control_group": CONTROL_GROUP_KEYS["global"],
    "frequency_cap": "f_c_removed",
    "do_not_disturb": "rejected_because_of_d_n_d",
    "minimum_delay": "removed_due_to_minimum_delay",
    "campaign_minimum_delay": "not_sent_due_to_campaign_level_min_delay",
    "campaign_frequency_limit": "users_removed_due_to_campaign_frequency_limit",
    "suppressed": "mo_engage_suppression",
    "content_not_reproducible": "user_device_was_not_able_to_reproduce_the_content",
}
"""Reasons that every channel knows, and the key under which the answer prints each."""

CHANNEL_REASON_KEYS = {
    "PUSH": {
        "no_device": "users_removed_as_no_device_was_found",
        "no_active_token": "users_removed_as_no_active_device_token_was_found",
        "duplicate_token": "removal_of_duplicate_tokens",
        "timer_too_long": "timer_duration_exceeded_limit",
        "timer_too_short": "timer_duration_less_than_15_minutes",
    },
    "EMAIL": {"blocklisted": "b_u_c_removed"},
    # What is shown in an app or on a site has a minimum delay of its own, printed under its own name.
    "IN_APP": {"minimum_delay": "minimum_delay"},
    "ON_SITE": {"minimum_delay": "minimum_delay"},
}
"""Reasons that only one channel knows, or that it prints differently; all others are their own keys."""

SMS_KEYS = "attempted sent failed delivered click ctr delivery_rate sent_rate failure_rate"
SHOWN_KEYS = "impression click closed_click ctr"

PERFORMANCE_KEYS = {
    "PUSH": "attempted sent failed impression click ctr delivery_rate sent_rate failure_rate",
    "EMAIL": (
        "attempted sent failed bounced hard_bounce soft_bounce click opened delivered unsubscribe complaint ctr "
        "delivery_rate sent_rate failure_rate open_rate ctor unsub_rate bounce_rate complaints_rate"
    ),
    "SMS": SMS_KEYS,
    "RCS": f"{SMS_KEYS} read read_rate",
    "WHATSAPP": "sent delivered read click ctr delivery_rate read_rate",
    "CONNECTOR": "attempted sent failed ctr sent_rate failure_rate",
    "CARDS": "sent delivered impression click ctr delivery_rate",
    "IN_APP": SHOWN_KEYS,
    "ON_SITE": SHOWN_KEYS,
    "WEB_PERSONALIZATION": SHOWN_KEYS,
    "FACEBOOK_AUDIENCE": "attempted sent successfully_synced eligible_users",
    "GOOGLE_ADS_AUDIENCE": "attempted successfully_synced eligible_users",
}

RENAMED_KINDS = {
    "click": "clicked",
    "closed_click": "closed",
    "unsubscribe": "unsubscribed",
    "complaint": "complained",
    "successfully_synced": "synced",
    "eligible_users": "eligible",
}
"""The keys that count one kind of event, where they are not called like that kind."""

LIVE_EMAIL_KEYS = {"opened": "open", "bounced": "bounce", "failure_rate": "failed_rate"}

GOAL_FIGURES = "conversions cvr uplift total unique revenue average_order_value average_revenue_per_user gcg_uplift"


@dataclass(frozen=True, slots=True)
class Event:
    """A message event with its defaults filled in and its time turned into a local day."""

    kind: str
    user: str
    day: date
    platform: str
    locale: str
    variation: str
    reason: str | None
    group: str | None
    bounce_type: str | None
    machine: bool


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
    live: bool


def answer(workspace: Json, campaigns: list[Json], events: list[Json], request: Json, profile: str) -> Json:
    """Return the whole response body that the request must get.

    `events` are in order of arrival and carry a `workspace_id` beside the fields of a native event.
    Reasons must be spelled by their names in the catalogue: aliases are not known here.
    """
    asked = _asked_ids(campaigns, request)
    offset, limit = request.get("offset", 0), request.get("limit", 10)
    registered = {campaign["id"]: campaign for campaign in campaigns}
    kept = keep_first(workspace["id"], events)
    data = {}
    for campaign_id in asked[offset : offset + limit]:
        if campaign_id in registered:
            campaign = registered[campaign_id]
            in_range = events_in_range(campaign, kept, workspace["timezone"], request)
            layout = _layout(campaign, in_range, request["metric_type"], profile)
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


def events_in_range(campaign: Json, events: list[Json], timezone: str, request: Json) -> list[Event]:
    """Return the campaign's events whose local day lies in the requested range, both ends included."""
    first, last = date.fromisoformat(request["start_date"]), date.fromisoformat(request["end_date"])
    own = [_event(campaign, event, timezone) for event in events if event["campaign_id"] == campaign["id"]]
    return [event for event in own if first <= event.day <= last]


def local_day(time: int | str, timezone: str) -> date:
    """Return the calendar day of a moment in a time zone: epoch milliseconds, or RFC 3339 with an offset."""
    if isinstance(time, int):
        # Adding whole milliseconds stays exact; dividing to get seconds would pass through a float.
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)
    else:
        moment = datetime.fromisoformat(time.upper())
    return moment.astimezone(ZoneInfo(timezone)).date()


def percent(part: int, whole: int) -> Number:
    """Return a rate in percent, rounded half away from zero to two decimals; 0 when there is no whole."""
    if whole == 0:
        return 0
    hundredths = floor(Fraction(abs(part) * 100 * 100, whole) + Fraction(1, 2))
    if part < 0:
        hundredths = -hundredths
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


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
        kind=event["kind"],
        user=event["user_id"],
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


def _layout(campaign: Json, events: list[Event], metric_type: str, profile: str) -> Layout:
    # Held-out users got no message, so the locale and variation on their events mean nothing.
    messages = [event for event in events if event.kind != "held_out"]
    return Layout(
        channel=campaign["channel"],
        platforms=_platforms(campaign, events),
        locales=_names(campaign.get("locales") or ["default"], [event.locale for event in messages]),
        variations=_names(campaign.get("variations") or ["variation_1"], [event.variation for event in messages]),
        groups=_groups(campaign.get("control_groups") or {}, events),
        goals=[goal["name"] for goal in campaign.get("goals") or []],
        metric_type=metric_type,
        live=profile == "live",
    )


def _platforms(campaign: Json, events: list[Event]) -> list[str]:
    registered = [platform.upper() for platform in campaign.get("platforms") or []]
    if campaign["channel"] not in CHANNELS_WITH_PLATFORMS:
        registered = [campaign["channel"]]
    return _names(registered, [event.platform for event in events])


def _names(registered: list[str], seen: list[str]) -> list[str]:
    return [*registered, *sorted(set(seen) - set(registered))]


def _groups(control_groups: Json, events: list[Event]) -> list[str]:
    seen = {event.group for event in events if event.kind == "held_out"}
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
        platforms[platform.lower() if in_lower_case else platform] = {"locales": _locales_answer(layout, here)}
    return platforms


def _locales_answer(layout: Layout, events: list[Event]) -> Json:
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
        "conversion_goal_stats": _goals_answer(layout),
        "delivery_funnel": _delivery_funnel(layout.channel, node),
        "failure_breakdown": _failure_breakdown(layout.channel, node),
    }


def _control_groups_answer(layout: Layout, events: list[Event]) -> Json:
    nodes: Json = {"control_group": {}} if layout.live else {}
    node = Node(events, layout.metric_type)
    for group in layout.groups:
        held_out = node.measure([event for event in node.of("held_out") if event.group == group])
        nodes[f"{group}_control_group"] = {
            "conversion_goal_stats": _goals_answer(layout),
            "delivery_funnel": {"reachable_users_in_segment": 0},
            "failure_breakdown": {CONTROL_GROUP_KEYS[group]: held_out} if held_out else {},
        }
    return nodes


def _goals_answer(layout: Layout) -> Json:
    goals = {}
    for goal in layout.goals:
        # Conversions are not computed here: every figure of a goal is what it is when nobody converted.
        goals[goal] = {"goal_name": goal} | dict.fromkeys(GOAL_FIGURES.split(), 0)
        if layout.live:
            goals[goal]["name"] = goal
    return goals


def _performance_stats(layout: Layout, node: Node) -> Json:
    keys = PERFORMANCE_KEYS[layout.channel].split()
    stats = {key: _performance_stat(layout.channel, key, node) for key in keys}
    if layout.live and layout.channel == "PUSH":
        stats["device_start"] = node.count("device_started")
    if layout.live and layout.channel == "EMAIL":
        stats = {LIVE_EMAIL_KEYS.get(key, key): value for key, value in stats.items()}
        stats["adjusted_open"] = node.measure([event for event in node.of("opened") if not event.machine])
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
