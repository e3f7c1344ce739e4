"""The programme of the demo's month: one row per campaign, on every channel, large and small."""

from aftersend.demo.audience import NEWCOMERS_SEGMENT
from aftersend.demo.plan import ADD_TO_CART, PURCHASE, Plan, Variation
from aftersend.demo.series import series
from aftersend.demo.span import Span
from aftersend.domain.campaigns import DEFAULT_LOCALE, DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.kinds import Kind

_ALL_PUSH = ("ANDROID", "IOS", "WEB", "MWEB")
_GROWTH, _GROWTH_OWNER = "Growth", "samir.haddad@shop.example"


def programme(span: Span) -> tuple[Plan, ...]:
    """Return the plans of the month, parents before their children."""
    return (*series(span), *_NEWSLETTERS, *_OFFERS, *_SHOWN, *_SYSTEMS)


_NEWSLETTERS = (
    Plan(
        id="welcome",
        name="Welcome",
        channel=Channel.EMAIL,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        segment=NEWCOMERS_SEGMENT,
        after=4,
        appeal=1.9,
        window=240,
        tags=("onboarding",),
    ),
    Plan(
        id="free-shipping-test",
        name="Free shipping: subject line test",
        channel=Channel.EMAIL,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.15,
        day=11,
        variations=(
            Variation(),
            Variation("variation_2", {Kind.OPENED.value: 1.3, Kind.CLICKED.value: 1.45}),
        ),
        goals=(PURCHASE, ADD_TO_CART),
        window=72,
        team=_GROWTH,
        owner=_GROWTH_OWNER,
        tags=("test",),
    ),
    Plan(
        id="new-arrivals",
        name="New arrivals, in three languages",
        channel=Channel.EMAIL,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.2,
        day=3,
        locales=(DEFAULT_LOCALE, "es-ES", "de-DE"),
        window=72,
        tags=("brand",),
    ),
    Plan(
        id="members-week",
        name="Members' week",
        channel=Channel.EMAIL,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.3,
        day=15,
        hour=8,
        appeal=1.2,
        global_group=True,
        window=72,
        tags=("members",),
    ),
    Plan(
        id="gift-guide",
        name="Gift guide",
        channel=Channel.EMAIL,
        delivery_type=DeliveryType.ONE_TIME,
        day=33,
        reachable=0.62,
        tags=("brand",),
    ),
)

_OFFERS = (
    Plan(
        id="mid-season-sale",
        name="Mid-season sale",
        channel=Channel.PUSH,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.32,
        day=12,
        hour=11,
        platforms=_ALL_PUSH,
        campaign_group=10,
        tags=("sale",),
    ),
    Plan(
        id="price-drop",
        name="Price drop on your wish list",
        channel=Channel.PUSH,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        share=0.06,
        again=0.4,
        appeal=1.8,
        platforms=_ALL_PUSH,
        team=_GROWTH,
        owner=_GROWTH_OWNER,
        tags=("wish list",),
    ),
    Plan(
        id="points-expire",
        name="Your points are about to expire",
        channel=Channel.WHATSAPP,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.16,
        day=23,
        hour=12,
        campaign_group=10,
        global_group=True,
        tags=("members",),
    ),
    Plan(
        id="flash-sale",
        name="Flash sale tonight",
        channel=Channel.SMS,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.08,
        day=30,
        hour=11,
        tags=("sale",),
    ),
    Plan(
        id="lookbook",
        name="Lookbook",
        channel=Channel.RCS,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.05,
        day=18,
        hour=17,
        tags=("brand",),
    ),
)

_SHOWN = (
    Plan(
        id="favourites-tour",
        name="Tour of the new favourites",
        channel=Channel.IN_APP,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        share=0.14,
        again=0.15,
        platforms=("ANDROID", "IOS", "WEB"),
        team=_GROWTH,
        owner=_GROWTH_OWNER,
    ),
    Plan(
        id="exit-offer",
        name="Offer on leaving",
        channel=Channel.ON_SITE,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        share=0.15,
        again=0.2,
        platforms=("WEB", "MWEB"),
        team=_GROWTH,
        owner=_GROWTH_OWNER,
    ),
    Plan(
        id="your-offers",
        name="Your offers",
        channel=Channel.CARDS,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.09,
        day=8,
        goals=(ADD_TO_CART,),
        tags=("sale",),
    ),
    Plan(
        id="returning-visitors",
        name="Home page for returning visitors",
        channel=Channel.WEB_PERSONALIZATION,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        share=0.12,
        again=0.25,
        platforms=("WEB", "MWEB"),
        team=_GROWTH,
        owner=_GROWTH_OWNER,
    ),
)

_SYSTEMS = (
    Plan(
        id="loyalty-update",
        name="Loyalty system update",
        channel=Channel.CONNECTOR,
        delivery_type=DeliveryType.EVENT_TRIGGERED,
        share=0.06,
        again=0.2,
        goals=(),
        window=None,
        team="Platform",
        owner="noor.aziz@shop.example",
    ),
    Plan(
        id="win-back",
        name="Win back lapsed customers",
        channel=Channel.FACEBOOK_AUDIENCE,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.04,
        day=6,
        team="Performance",
        owner="noor.aziz@shop.example",
    ),
    Plan(
        id="best-customers",
        name="Best customers",
        channel=Channel.GOOGLE_ADS_AUDIENCE,
        delivery_type=DeliveryType.ONE_TIME,
        share=0.03,
        day=16,
        team="Performance",
        owner="noor.aziz@shop.example",
    ),
)
