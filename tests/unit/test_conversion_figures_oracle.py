"""The oracle's figures of a goal against numbers computed by hand: rates, control groups, uplifts and money."""

from decimal import Decimal
from typing import Any

import pytest

from unit.conversion_cases import (
    BUY,
    CLICK,
    CLICKS,
    HOUR,
    MINUTE,
    NOON,
    PAY,
    SESSION,
    TOTAL,
    TYPES,
    VIEW,
    Json,
    buy,
    campaign,
    goal,
    platforms,
    touch,
)

OWN, GLOBAL = "campaign_control_group", "global_control_group"
HELD_OUT = {"campaign": OWN, "global": GLOBAL}


@pytest.mark.parametrize(
    ("channel", "rates"),
    [
        ("PUSH", [50, 25, 25, 50, 25]),
        ("EMAIL", [100, 33.33, 33.33, 100, 33.33]),
        *[(channel, [12.5, 12.5, 12.5, 12.5, 12.5]) for channel in ("SMS", "RCS", "WHATSAPP")],
        *[(channel, [50, 50, 50, 50, 50]) for channel in ("IN_APP", "ON_SITE", "WEB_PERSONALIZATION")],
        ("CARDS", [25, 25, 25, 25, 25]),
        ("CONNECTOR", [10, 0, 0, 10, 0]),
        *[(channel, [20, 0, 0, 0, 0]) for channel in ("FACEBOOK_AUDIENCE", "GOOGLE_ADS_AUDIENCE")],
    ],
)
def test_denominators(channel: str, rates: list[float]) -> None:
    """Ann converts; there are 2 impressions, 4 clicks by 3 users, 5 syncs, 8 receipts, 10 sends and 1 opener."""
    web = channel in {"IN_APP", "ON_SITE", "WEB_PERSONALIZATION"}
    counts = {"impression": 2, "clicked": 1, "synced": 5, "delivered": 8, "sent": 10, "opened": 3}
    events = [touch(kind) for kind, times in counts.items() for _ in range(times)]
    events += [touch("clicked", NOON + HOUR, user) for user in ("bob", "cid", "cid")]
    place = "web" if web else "unknown" if channel == "PUSH" else channel
    one = campaign(channel, platforms=["WEB"] if web else [])

    assert [goal(one, [*events, buy()], name, platform=place)["cvr"] for name in TYPES] == rates


def test_without_receipts_the_rate_is_by_what_was_sent() -> None:
    """In a node where nothing was delivered the sends are the whole, also where receipts came for another node."""
    events = [touch("sent", locale="en"), touch("sent", user="bob", locale="en"), touch("sent", locale="es")]
    receipt = touch("delivered", user="bob", locale="es")
    events.append(buy())

    assert goal(campaign("SMS"), events, TOTAL, platform="SMS")["cvr"] == 33.33
    assert goal(campaign("SMS"), [*events, receipt], TOTAL, platform="SMS")["cvr"] == 100
    assert goal(campaign("SMS"), [*events, receipt], TOTAL, platform="SMS", locale="en")["cvr"] == 0
    assert goal(campaign("SMS"), [*events, receipt], TOTAL, platform="SMS", locale="es")["cvr"] == 100


@pytest.mark.parametrize(("after", "total"), [(-1, 0), (0, 1), (2 * HOUR, 1), (2 * HOUR + 1, 0)])
@pytest.mark.parametrize("group", ["campaign", "global"])
def test_the_window_of_a_held_out_user(group: str, after: int, total: int) -> None:
    """A held-out user has the whole window of the campaign, for all five types, and stands in the node of the group."""
    events = [touch("held_out", group=group), buy(NOON + after)]

    for name in TYPES:
        assert goal(campaign(), events, name, variation=HELD_OUT[group])["total"] == total
        assert goal(campaign(), events, name)["total"] == 0


def test_rates_of_a_control_group() -> None:
    """The whole is the distinct users who were held out on the platform, whatever the type."""
    events = [touch("held_out", user=user, group="campaign") for user in ("ann", "ann", "bob", "cid")]
    events += [buy(), buy(NOON + MINUTE), touch("held_out", user="dan", group="global")]

    for name in TYPES:
        found = goal(campaign(), events, name, variation=OWN)
        assert (found["total"], found["unique"], found["conversions"], found["cvr"]) == (2, 1, 2, 33.33)
        assert goal(campaign(), events, name, variation=GLOBAL)["cvr"] == 0


def test_every_campaign_and_group_that_held_a_user_out_is_credited() -> None:
    """By all interactions each is; by the last only the latest, then the greater campaign, then the global group."""
    campaigns = [campaign(), campaign(id="c2"), campaign(id="c3", goals=[{**BUY, "event": "visit"}])]
    held_out = [
        ("c1", "campaign", 1),
        ("c1", "global", 2),
        ("c2", "global", 2),
        ("c2", "campaign", 2),
        ("c3", "global", 3),
    ]
    events = [touch("held_out", NOON + time, campaign_id=of, group=group) for of, group, time in held_out]
    events.append(buy(NOON + HOUR))
    groups = {"control_groups": {"campaign_percentage": 5, "global": True}}
    campaigns = [one | groups for one in campaigns]

    def credited(name: str) -> list[tuple[str, str]]:
        return [
            (of, group)
            for of in ("c1", "c2")
            for group in (OWN, GLOBAL)
            if goal(campaigns, events, {"attribution_type": name, "campaign_ids": [of]}, variation=group)["total"]
        ]

    assert credited(VIEW) == credited(CLICK) == credited(SESSION)
    assert credited(VIEW) == [("c1", OWN), ("c1", GLOBAL), ("c2", OWN), ("c2", GLOBAL)]
    assert credited(TOTAL) == credited(CLICKS) == [("c2", GLOBAL)]


def test_held_out_users_do_not_compete_with_touches() -> None:
    """Who was held out by one campaign and clicked another converts for both."""
    campaigns = [campaign(), campaign(id="c2")]
    events = [touch("held_out", NOON + 1, group="global"), touch("clicked", campaign_id="c2"), buy(NOON + HOUR)]

    assert goal(campaigns, events, TOTAL, variation=GLOBAL)["total"] == 1
    assert goal(campaigns, events, {"attribution_type": TOTAL, "campaign_ids": ["c2"]})["total"] == 1
    assert goal(campaigns, events, {"attribution_type": CLICKS, "campaign_ids": ["c2"]})["total"] == 1


def test_the_group_on_other_events_means_nothing() -> None:
    """A touch that names a group is a touch."""
    events = [touch("opened", group="global"), buy()]

    node = platforms(campaign(), events, {})["EMAIL"]["locales"]["all_locales"]["variations"]

    assert set(node) == {"all_variations", "variation_1"}
    assert node["variation_1"]["conversion_goal_stats"]["Buy"]["total"] == 1


def test_a_converted_held_out_user_makes_the_group_appear() -> None:
    """A group whose user converts in the range is there, although he was held out before it."""
    one = campaign("PUSH", attribution_window_hours=48)
    events = [touch("held_out", group="global", platform="ios"), buy(NOON + 24 * HOUR)]

    found = goal(one, events, {"start_date": "2026-01-02"}, platform="ios", variation=GLOBAL)

    assert (found["total"], found["cvr"]) == (1, 0)


def uplift_events() -> list[Json]:
    """Build a push campaign: on iOS 2 of 4 impressions and 1 of 3 held out convert, on Android 1 of 8 and none."""
    events = [touch("impression", user=f"i{n}", platform="ios", locale="en" if n else "es") for n in range(4)]
    events += [touch("impression", user=f"a{n}", platform="android") for n in range(8)]
    events += [touch("held_out", user=f"h{n}", platform="ios", group="campaign") for n in range(3)]
    events += [touch("held_out", user="g0", platform="android", group="campaign")]
    events += [touch("held_out", user=f"g{n}", platform="ios", group="global") for n in range(2)]
    return events + [buy(user=user) for user in ("i0", "i1", "a0", "h0", "g1")]


def test_uplifts() -> None:
    """A half against a third is 50 percent more; against the half of the global group it is nothing more."""
    one = campaign("PUSH")
    everywhere = {"platform": "ALL_PLATFORMS", "locale": "all_locale"}

    def of(asked: Json, **place: str) -> tuple[float, float]:
        found = goal(one, uplift_events(), asked, **place)
        return found["uplift"], found["gcg_uplift"]

    assert of({}, platform="ios") == (50, 0)
    assert of({}, platform="ios", locale="es") == (200, 100)
    assert of({}, platform="ios", locale="en") == (0, -33.33)
    assert of({}, platform="ios", variation="variation_1") == (50, 0)
    assert of({}, platform="android") == (0, 0)
    # A quarter of 12 impressions against a quarter of 4 users held out, and against a half of the global group.
    assert of({"profile": "live"}, **everywhere) == (0, -50)
    for name in (OWN, GLOBAL):
        assert of({}, platform="ios", variation=name) == (0, 0)


def test_uplifts_come_from_counts() -> None:
    """Two of three against one of three is twice as much, which the rounded rates would not say."""
    events = [touch("opened", user=user) for user in ("ann", "bob", "cid")] + [buy(), buy(user="bob")]
    events += [touch("held_out", user=user, group="campaign") for user in ("dan", "eve", "fay")] + [buy(user="dan")]

    assert goal(campaign(), events)["uplift"] == 100
    assert goal(campaign(), events, CLICK)["uplift"] == 0


def money(one: Json, *purchases: Json, users: int = 1) -> tuple[Any, Any, Any]:
    """Return the revenue and both averages, after purchases by that many users in turn."""
    events = [touch("opened", user=f"u{number}") for number in range(users)]
    events += [buy(user=f"u{number % users}", **attributes) for number, attributes in enumerate(purchases)]
    found = goal(campaign(goals=[one]), events)
    assert (found["total"], found["unique"]) == (len(purchases), users)
    return found["revenue"], found["average_order_value"], found["average_revenue_per_user"]


def test_amounts() -> None:
    """Numbers and their spellings are amounts; an order without one is an order."""
    attributes: list[Json] = [{"amount": 19.99}, {"amount": "0.01"}, {"amount": 10}, {"amount": None}, {}]

    assert money(PAY, *attributes, users=2) == (30, 6, 15)
    assert money(PAY, {"amount": True}, {"amount": "ten"}, {"amount": [1]}, {"amount": {"amount": 1}}) == (0, 0, 0)
    assert money(BUY, {"amount": 10}) == (0, 0, 0)
    assert money(PAY, {"amount": 0.1}, {"amount": 0.2}) == (Decimal("0.3"), Decimal("0.15"), Decimal("0.3"))


def test_revenue_is_exact() -> None:
    """Every digit of fifteen before the point and nine behind it is there, and what is behind those is cut off."""
    great, small = {"amount": "123456789012345.123456789"}, {"amount": "0.0000000019"}

    assert money(PAY, great, small)[0] == Decimal("123456789012345.123456790")
    assert money(PAY, {"amount": "1000000000000000"}, {"amount": 10**15})[0] == 0


def test_averages_are_rounded_away_from_zero() -> None:
    """Half a cent is a cent, owed or owing."""
    assert money(PAY, {"amount": 0.01}, {"amount": 0}, users=2) == (Decimal("0.01"),) * 3
    assert money(PAY, {"amount": -0.01}, {"amount": 0}, users=1) == (Decimal("-0.01"),) * 3
    third = Decimal("-3.33")
    assert money(PAY, {"amount": -10}, {"amount": 0}, {"amount": 0}, users=3) == (-10, third, third)


def test_two_currencies_have_no_sum() -> None:
    """A node with two currencies among its amounts has no revenue; one currency and none is one currency."""
    euro, dollar = {"amount": 10, "currency": "EUR"}, {"amount": 5, "currency": "USD"}

    assert money(PAY, euro, dollar) == (0, 0, 0)
    assert money(PAY, euro, {"amount": 5}, {"amount": 3, "currency": None}) == (18, 6, 18)
    assert money(PAY, euro, {"amount": 5, "currency": "eur"}) == (15, 7.5, 15)
    assert money(PAY, euro, {"currency": "USD"}, {"amount": "free", "currency": "GBP"}) == (10, Decimal("3.33"), 10)


def test_the_currency_of_a_goal() -> None:
    """A goal with a currency leaves other currencies out of its revenue, and counts their orders."""
    one = {**PAY, "currency": "EUR"}
    euro, dollar = {"amount": 10, "currency": "EUR"}, {"amount": 5, "currency": "USD"}

    assert money(one, euro, dollar, users=2) == (10, 5, 5)
    assert money(one, euro, dollar, {"amount": 2}, {"amount": 4, "currency": "eur"}) == (16, 4, 16)
    assert money(one, dollar, {"amount": 7, "currency": "GBP"}) == (0, 0, 0)


def test_two_currencies_in_two_nodes() -> None:
    """Where each node has one currency each has a sum, and only what holds both has none."""
    events = [touch("opened", locale="en"), touch("opened", user="bob", locale="us")]
    events += [buy(amount=10, currency="EUR"), buy(user="bob", amount=5, currency="USD")]
    one = campaign(goals=[PAY])

    found = {locale: goal(one, events, locale=locale)["revenue"] for locale in ("all_locales", "en", "us")}

    assert found == {"all_locales": 0, "en": 10, "us": 5}


def test_the_currency_is_beside_the_amount() -> None:
    """For the total of a cart the currency is that of the cart."""
    one = {**PAY, "revenue_attribute": "cart.total", "currency": "EUR"}
    euro, dollar = {"total": 10, "currency": "EUR"}, {"total": 5, "currency": "USD"}

    assert money(one, {"cart": euro, "currency": "USD"}, {"cart": dollar, "currency": "EUR"})[0] == 10
    assert money(one, {"cart.total": 7, "currency": "USD"})[0] == 7
    assert money(one, {"cart.total": 7, "cart.currency": "USD"})[0] == 0


def test_held_out_users_have_revenue() -> None:
    """What people buy without a message is the revenue of the node of their group."""
    events = [touch("held_out", group="global"), buy(amount=12.5)]

    found = goal(campaign(goals=[PAY]), events, TOTAL, variation=GLOBAL)

    assert (found["revenue"], found["average_order_value"], found["cvr"]) == (Decimal("12.5"), 12.5, 100)
