"""The part of the programme in which several campaigns belong together: runs of a parent, and a flow."""

from collections.abc import Iterator

from aftersend.demo.plan import Plan
from aftersend.demo.span import Span
from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.channels import Channel

CART_SEGMENT = "abandoned-carts"
"""The segment of the flow: those who left a cart behind, which is its trigger."""
CART_CAMPAIGN = "abandoned-cart-email"
"""The first message of the flow."""
CART_DELAY_MINUTES = 60
"""How long after the cart was left the flow's first message comes."""

_DIGEST_DAYS = (1, 5, 9, 13, 17, 21, 25, 29)
_RESTOCK_DAYS = (7, 19)
_CART_FLOW = ("abandoned-cart", "Abandoned cart")


def series(span: Span) -> Iterator[Plan]:
    """Yield the plans, each parent before its children and a flow in its own order."""
    yield from _digest(span)
    yield from _restock(span)
    yield from _CART_NODES


def _digest(span: Span) -> Iterator[Plan]:
    """Yield the periodic e-mail: the parent, and one child for each run."""
    kind, tags = DeliveryType.PERIODIC, ("digest",)
    yield Plan(id="digest", name="Digest", channel=Channel.EMAIL, delivery_type=kind, tags=tags, window=72)
    for number, day in enumerate(_DIGEST_DAYS, start=1):
        yield Plan(
            id=f"digest-{number}",
            name=f"Digest of {span.day(day)}",
            channel=Channel.EMAIL,
            delivery_type=kind,
            parent="digest",
            share=0.125 + 0.004 * number,
            day=day,
            hour=9,
            window=72,
            tags=tags,
        )


def _restock(span: Span) -> Iterator[Plan]:
    """Yield the push that a business event triggers: the parent, and one child for each time it happened."""
    kind, tags = DeliveryType.BUSINESS_EVENT_TRIGGERED, ("restock",)
    yield Plan(
        id="restock",
        name="Back in stock",
        channel=Channel.PUSH,
        delivery_type=kind,
        platforms=("ANDROID", "IOS"),
        tags=tags,
    )
    for number, day in enumerate(_RESTOCK_DAYS, start=1):
        yield Plan(
            id=f"restock-{number}",
            name=f"Back in stock on {span.day(day)}",
            channel=Channel.PUSH,
            delivery_type=kind,
            platforms=("ANDROID", "IOS"),
            parent="restock",
            share=0.06 / number,
            day=day,
            hour=15,
            appeal=1.6,
            tags=tags,
        )


def _cart_node(name: str, channel: Channel, *, kept: float, after: int, platforms: tuple[str, ...] = ()) -> Plan:
    return Plan(
        id=f"abandoned-cart-{channel.value.lower()}",
        name=name,
        channel=channel,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        segment=CART_SEGMENT,
        share=0.07,
        kept=kept,
        after=after,
        appeal=1.7,
        platforms=platforms,
        flow=_CART_FLOW,
        window=72,
        tags=("cart",),
    )


_CART_NODES = (
    _cart_node("Abandoned cart: reminder", Channel.EMAIL, kept=1.0, after=CART_DELAY_MINUTES),
    _cart_node("Abandoned cart: nudge", Channel.PUSH, kept=0.7, after=24 * 60, platforms=("ANDROID", "IOS", "WEB")),
    _cart_node("Abandoned cart: voucher", Channel.SMS, kept=0.35, after=48 * 60),
)
