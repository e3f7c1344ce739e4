"""A plan: one campaign of the demo's month, whom it reaches and when, and how the registry spells it."""

from dataclasses import dataclass, field
from typing import Any

from aftersend.demo.people import EASTERNMOST
from aftersend.demo.span import DAY, HOUR, MINUTE, Span, timestamp
from aftersend.domain.campaigns import DEFAULT_VARIATION, DeliveryType, Status
from aftersend.domain.channels import Channel

PURCHASE = {
    "name": "Purchase",
    "event": "purchase",
    "primary": True,
    "revenue_attribute": "amount",
    "currency": "EUR",
}
ADD_TO_CART = {"name": "Add to cart", "event": "add_to_cart"}


@dataclass(frozen=True, slots=True)
class Variation:
    """One arm of a test; `lifts` multiplies the chance of what its readers do, by kind."""

    name: str = DEFAULT_VARIATION
    lifts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One campaign of the month.

    `share` of all users are in its segment; plans that name the same `segment` and share have the same
    users in it, of whom `kept` are still there at this point. A plan with a `day` goes out on that day
    at `hour` of the user's own clock; one without a day is triggered by each user, and goes out `after`
    so many minutes. With the chance `again` the trigger strikes the same user once more.
    """

    id: str
    name: str
    channel: Channel
    delivery_type: DeliveryType
    share: float = 0.0
    segment: str | None = None
    kept: float = 1.0
    day: int | None = None
    hour: int = 10
    after: int = 0
    again: float = 0.0
    appeal: float = 1.0
    platforms: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    variations: tuple[Variation, ...] = (Variation(),)
    parent: str | None = None
    flow: tuple[str, str] | None = None
    campaign_group: int = 0
    global_group: bool = False
    goals: tuple[dict[str, Any], ...] = (PURCHASE,)
    window: int | None = 36
    owner: str = "lena.ortiz@shop.example"
    team: str = "CRM"
    tags: tuple[str, ...] = ()
    reachable: float | None = None


def campaign(plan: Plan, place: int, span: Span, users: int) -> dict[str, Any]:
    """Spell the plan as a campaign of the registry; `place` tells those created together apart."""
    start = span.opens if plan.day is None else span.at(plan.day, plan.hour - EASTERNMOST)
    created = min(start - 2 * DAY, span.at(28, 8)) + place * MINUTE
    status = _status(plan)
    fields = {
        "id": plan.id,
        "name": plan.name,
        "channel": plan.channel.value,
        "delivery_type": plan.delivery_type.value,
        "platforms": list(plan.platforms),
        "locales": list(plan.locales),
        "variations": [variation.name for variation in plan.variations] if len(plan.variations) > 1 else None,
        "status": status.value,
        "parent_campaign_id": plan.parent,
        "flow_id": plan.flow and plan.flow[0],
        "flow_name": plan.flow and plan.flow[1],
        "created_by": plan.owner,
        "team": plan.team,
        "tags": list(plan.tags),
        "created_at": timestamp(created),
        "updated_at": timestamp(created + 3 * HOUR),
        "sent_at": timestamp(start) if status is Status.SENT else None,
        "start_time": timestamp(start),
        "attribution_window_hours": plan.window,
        "goals": [dict(goal) for goal in plan.goals],
        "control_groups": _control_groups(plan),
        "reachability": _reachability(plan, span, users),
    }
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def _status(plan: Plan) -> Status:
    if plan.reachable is not None:
        return Status.SCHEDULED
    return Status.ACTIVE if plan.day is None else Status.SENT


def _control_groups(plan: Plan) -> dict[str, int | bool]:
    if not plan.campaign_group and not plan.global_group:
        return {}
    return {"campaign_percentage": plan.campaign_group, "global": plan.global_group}


def _reachability(plan: Plan, span: Span, users: int) -> dict[str, int | str] | None:
    if plan.reachable is None:
        return None
    return {"count": int(plan.reachable * users), "updated_at": timestamp(span.at(30, 9))}
