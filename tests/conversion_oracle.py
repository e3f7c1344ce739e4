"""The oracle's conversions: for each goal event a look at every touch, to see who is credited with it.

A conversion is the crediting touch once more, with another kind: on the day of the goal event, but with the platform,
locale and variation of the touch. So it is found in an answer wherever the touch would be.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from filter_oracle import attribute_of, fulfils
from oracle_values import Number, cents, exact, local_day, milliseconds, number_of, percent, rounded

Json = dict[str, Any]

CONVERTED, CONVERTED_HELD_OUT = "converted", "converted_held_out"
"""The kinds of a conversion: after a touch, and of a user who was held out."""

LAST_INTERACTION = ("TOTAL_CONVERSIONS", "CLICK_CONVERSIONS")
GROUPS = ("campaign", "global")

VIEWS = {
    "PUSH": "impression",
    "EMAIL": "opened",
    "SMS": "delivered",
    "RCS": "delivered",
    "WHATSAPP": "delivered",
    "IN_APP": "impression",
    "ON_SITE": "impression",
    "CARDS": "impression",
    "WEB_PERSONALIZATION": "impression",
    "CONNECTOR": "sent",
    "FACEBOOK_AUDIENCE": "synced",
    "GOOGLE_ADS_AUDIENCE": "synced",
}
WITH_RECEIPTS = ("SMS", "RCS", "WHATSAPP")
WITHOUT_CLICKS = ("CONNECTOR", "FACEBOOK_AUDIENCE", "GOOGLE_ADS_AUDIENCE")
SESSIONS_START_WITH_A_VIEW = ("IN_APP", "ON_SITE")

DEPTHS: dict[str, tuple[str | None, str | None, str | None]] = {
    "PUSH": ("clicked", "impression", "sent"),
    "EMAIL": ("clicked", "opened", "sent"),
    "SMS": ("clicked", None, "sent"),
    "RCS": ("clicked", "read", "sent"),
    "WHATSAPP": ("clicked", "read", "sent"),
    "IN_APP": ("clicked", "impression", None),
    "ON_SITE": ("clicked", "impression", None),
    "CARDS": ("clicked", "impression", "sent"),
    "WEB_PERSONALIZATION": ("clicked", "impression", None),
    "CONNECTOR": (None, None, "sent"),
    "FACEBOOK_AUDIENCE": (None, None, None),
    "GOOGLE_ADS_AUDIENCE": (None, None, None),
}
"""What competes for the last interaction: the click, the view and the send of each channel."""

MINUTE, HOUR = 60_000, 3_600_000
SESSION = 30 * MINUTE
DEFAULT_WINDOW_HOURS = 36


@dataclass(frozen=True, slots=True)
class Event:
    """A message event with its defaults filled in, its moment in milliseconds and its local day; or a conversion."""

    campaign_id: str
    kind: str
    user: str
    moment: int
    day: date
    platform: str
    locale: str
    variation: str
    reason: str | None
    group: str | None
    bounce_type: str | None
    machine: bool
    goal: str | None = None
    amount: Fraction | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """What a question asks: by which type of attribution, in which time zone."""

    attribution_type: str
    timezone: str


def family(campaign_id: str, campaigns: list[Json]) -> set[str]:
    """Return the ids of a campaign, of its children, and of theirs, however deep."""
    ids = {campaign_id}
    while more := {one["id"] for one in campaigns if one.get("parent_campaign_id") in ids} - ids:
        ids |= more
    return ids


def conversions(campaigns: list[Json], messages: list[Event], user_events: list[Json], credit: Credit) -> list[Event]:
    """Return every conversion of a workspace, on whatever day: one for each goal that is credited with an event."""
    found = []
    for goal_event in user_events:
        for campaign in campaigns:
            for touch in _crediting_touches(campaign, campaigns, messages, goal_event, credit):
                for goal in matching_goals(campaign, goal_event, credit.timezone):
                    conversion = _conversion(touch, goal, goal_event, credit.timezone)
                    # It is the campaign that is credited; the touch may be one of a child.
                    found.append(replace(conversion, campaign_id=campaign["id"]))
    return found


def matching_goals(campaign: Json, goal_event: Json, timezone: str) -> list[Json]:
    """Return the goals of a campaign of which a user event is a goal event."""
    attributes = goal_event.get("attributes") or {}
    return [
        goal
        for goal in campaign.get("goals") or []
        if goal["event"] == goal_event["name"]
        and all(fulfils(condition, attributes, timezone) for condition in goal.get("filters") or [])
    ]


def window(campaign: Json) -> int:
    """Return the window of a campaign in milliseconds."""
    return (campaign.get("attribution_window_hours") or DEFAULT_WINDOW_HOURS) * HOUR


def open_touches(touches: list[Event], goal_event: Json, length: int) -> list[Event]:
    """Return the touches of the event's user whose window is open at the event, both its ends included."""
    moment = milliseconds(goal_event["time"])
    return [
        touch
        for touch in touches
        if touch.user == goal_event["user_id"] and touch.moment <= moment <= touch.moment + length
    ]


def denominator(channel: str, attribution_type: str, events: list[Event]) -> int:
    """Return what the conversion rate of a node divides by, from the events of that node."""

    def total(kind: str) -> int:
        return len([event for event in events if event.kind == kind])

    def users(kind: str) -> int:
        return len({event.user for event in events if event.kind == kind})

    by_view = attribution_type in ("VIEW_THROUGH", "TOTAL_CONVERSIONS")
    match channel:
        case "PUSH":
            return total("impression") if by_view else total("clicked")
        case "EMAIL":
            return users("opened") if by_view else users("clicked")
        case "SMS" | "RCS" | "WHATSAPP":
            return total("delivered") or total("sent")
        case "IN_APP" | "ON_SITE" | "WEB_PERSONALIZATION":
            return total("impression")
        case "CONNECTOR":
            return total("sent")
        case "CARDS":
            return total("clicked")
    return total("synced")


def held_out_users(group: str, events: list[Event]) -> int:
    """Return what the conversion rate of a control group divides by."""
    return len({event.user for event in events if event.kind == "held_out" and event.group == group})


def converted_users(credited: list[Event]) -> int:
    """Count the distinct users with a conversion."""
    return len({event.user for event in credited})


def uplift(own: tuple[int, int], control: tuple[int, int]) -> Number:
    """Return by how many percent the rate of a node is above that of a control group: each is users and denominator."""
    (users, whole), (control_users, control_whole) = own, control
    if whole == 0 or control_whole == 0 or control_users == 0:
        return 0
    rate, control_rate = Fraction(users, whole), Fraction(control_users, control_whole)
    return rounded((rate - control_rate) / control_rate * 100)


def figures(credited: list[Event], whole: int, metric_type: str) -> Json:
    """Return the fields of a goal but for its name and uplifts, from its conversions in a node."""
    total, unique, revenue = len(credited), converted_users(credited), revenue_of(credited)
    return {
        "total": total,
        "unique": unique,
        "conversions": total if metric_type == "TOTAL" else unique,
        "cvr": percent(unique, whole),
        "revenue": exact(revenue),
        "average_order_value": cents(revenue / total) if total else 0,
        "average_revenue_per_user": cents(revenue / unique) if unique else 0,
    }


def revenue_of(credited: list[Event]) -> Fraction:
    """Add up the amounts; where they are in several currencies there is no sum."""
    with_amounts = [event for event in credited if event.amount is not None]
    if len({event.currency for event in with_amounts if event.currency is not None}) > 1:
        return Fraction(0)
    return sum((event.amount for event in with_amounts if event.amount is not None), Fraction(0))


def _crediting_touches(
    campaign: Json, campaigns: list[Json], messages: list[Event], goal_event: Json, credit: Credit
) -> list[Event]:
    """Return the touches and held-out events by which a campaign is credited with an event; none when it is not."""
    if credit.attribution_type in LAST_INTERACTION:
        touch = _last_interaction(campaigns, messages, goal_event, credit)
        held_out = _last_held_out(campaigns, messages, goal_event, credit)
        won = _of_family([one for one in (touch, held_out) if one], campaign, campaigns)
        return open_touches(won, goal_event, window(campaign))
    own = _of_family(messages, campaign, campaigns)
    kind = _kind_of_touch(campaign["channel"], credit.attribution_type, own)
    length = SESSION if credit.attribution_type == "IN_SESSION" else window(campaign)
    crediting = [open_touches([event for event in own if event.kind == kind], goal_event, length)]
    for group in GROUPS:
        kept_out = [event for event in own if event.kind == "held_out" and event.group == group]
        crediting.append(open_touches(kept_out, goal_event, window(campaign)))
    return [max(touches, key=_lateness) for touches in crediting if touches]


def _of_family(events: list[Event], campaign: Json, campaigns: list[Json]) -> list[Event]:
    ids = family(campaign["id"], campaigns)
    return [event for event in events if event.campaign_id in ids]


def _kind_of_touch(channel: str, attribution_type: str, own: list[Event]) -> str | None:
    view = VIEWS[channel]
    if channel in WITH_RECEIPTS and not [event for event in own if event.kind == "delivered"]:
        view = "sent"
    click = None if channel in WITHOUT_CLICKS else "clicked"
    if attribution_type == "VIEW_THROUGH":
        return view
    if attribution_type == "IN_SESSION" and channel in SESSIONS_START_WITH_A_VIEW:
        return view
    return click


def _lateness(touch: Event) -> tuple[int, bytes, bool, bytes, bytes, bytes]:
    """Order touches by their moment; at the same millisecond by campaign, group and where they belong, byte by byte."""
    names = (touch.platform, touch.locale, touch.variation)
    # The field `group` of an event that is no held-out event means nothing.
    by_global_group = touch.kind == "held_out" and touch.group == "global"
    platform, locale, variation = [name.encode() for name in names]
    return touch.moment, touch.campaign_id.encode(), by_global_group, platform, locale, variation


def _competing(campaigns: list[Json], goal_event: Json, timezone: str) -> list[Json]:
    return [campaign for campaign in campaigns if matching_goals(campaign, goal_event, timezone)]


def _last_interaction(campaigns: list[Json], messages: list[Event], goal_event: Json, credit: Credit) -> Event | None:
    """Return the winning touch among all campaigns, or None where nobody is credited."""
    competing = _competing(campaigns, goal_event, credit.timezone)
    for depth, name in enumerate(("click", "view", "send")):
        touches = []
        for campaign in competing:
            kind = DEPTHS[campaign["channel"]][depth]
            own = [event for event in _of_family(messages, campaign, campaigns) if event.kind == kind]
            touches += open_touches(own, goal_event, window(campaign))
        if touches:
            only_clicks = credit.attribution_type == "CLICK_CONVERSIONS"
            return None if only_clicks and name != "click" else max(touches, key=_lateness)
    return None


def _last_held_out(campaigns: list[Json], messages: list[Event], goal_event: Json, credit: Credit) -> Event | None:
    """Return the event that held the user out last, over all campaigns and groups."""
    found = []
    for campaign in _competing(campaigns, goal_event, credit.timezone):
        own = [event for event in _of_family(messages, campaign, campaigns) if event.kind == "held_out"]
        found += open_touches(own, goal_event, window(campaign))
    return max(found, key=_lateness) if found else None


def _conversion(touch: Event, goal: Json, goal_event: Json, timezone: str) -> Event:
    held_out = touch.kind == "held_out"
    amount, currency = _money(goal, goal_event.get("attributes") or {})
    return replace(
        touch,
        kind=CONVERTED_HELD_OUT if held_out else CONVERTED,
        group=touch.group if held_out else None,
        day=local_day(goal_event["time"], timezone),
        goal=goal["name"],
        amount=amount,
        currency=currency,
    )


def _money(goal: Json, attributes: Json) -> tuple[Fraction | None, str | None]:
    """Return the amount of an event and the currency that it names, without an amount that the goal leaves out."""
    path = goal.get("revenue_attribute")
    if not path:
        return None, None
    *outer, _ = path.split(".")
    currency = attribute_of(attributes, ".".join([*outer, "currency"]))
    currency = currency.upper() if isinstance(currency, str) and currency else None
    if goal.get("currency") and currency and currency != goal["currency"]:
        return None, currency
    return number_of(attribute_of(attributes, path)), currency
