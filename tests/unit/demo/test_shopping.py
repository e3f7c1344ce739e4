"""What people do themselves in the demo's month: enough of it, and more where messages moved them."""

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import date

import pytest

from aftersend.demo.history import Month, month
from aftersend.demo.series import CART_CAMPAIGN, CART_DELAY_MINUTES
from aftersend.demo.span import HOUR, MINUTE
from aftersend.domain.channels import REAL_PLATFORMS
from aftersend.domain.kinds import Kind
from builders import Json

WINDOW = 36 * HOUR


@pytest.fixture(scope="module")
def whole() -> Month:
    """Return a month of fewer people than a demo's."""
    return month(date(2025, 3, 30), users=12_000)


@pytest.fixture(scope="module")
def user_events(whole: Month) -> list[Json]:
    """Return all user events of the month."""
    return list(whole.user_events())


@pytest.fixture(scope="module")
def messages(whole: Month) -> list[Json]:
    """Return all message events of the month."""
    return list(whole.message_events())


def test_user_events_have_native_fields(user_events: list[Json]) -> None:
    """Each event has exactly the fields of a user event, and a platform that the product knows."""
    assert {frozenset(event) for event in user_events} == {
        frozenset({"event_id", "name", "user_id", "time", "platform", "attributes"})
    }
    assert {event["platform"] for event in user_events} <= set(REAL_PLATFORMS)


def test_people_sign_up_fill_carts_and_buy(whole: Month, user_events: list[Json]) -> None:
    """There is about one user event for each person, many of each name, all within the month."""
    names = Counter(event["name"] for event in user_events)

    assert 0.8 < len(user_events) / len(whole.people) < 1.2
    assert set(names) == {"purchase", "signup", "add_to_cart"}
    assert min(names.values()) > 0.1 * len(whole.people)
    assert all(whole.span.opens <= event["time"] <= whole.span.closes for event in user_events)


def test_purchases_carry_an_order(user_events: list[Json]) -> None:
    """Each purchase has a positive amount in euros and an order id of its own."""
    orders = [event["attributes"] for event in user_events if event["name"] == "purchase"]

    assert all(order["amount"] > 0 and order["currency"] == "EUR" for order in orders)
    assert len({order["order_id"] for order in orders}) == len(orders)


def test_nobody_acts_before_signing_up(whole: Month, user_events: list[Json]) -> None:
    """Whoever signs up during the month does so once, and before anything else."""
    joined = {person.id: person.joined for person in whole.people if person.joined is not None}

    assert {e["user_id"]: e["time"] for e in user_events if e["name"] == "signup"} == joined
    assert all(event["time"] >= joined.get(event["user_id"], 0) for event in user_events)


def test_the_reminder_follows_a_cart(messages: list[Json], user_events: list[Json]) -> None:
    """Whoever the flow reminds has left a cart behind just before."""
    carts = {(event["user_id"], event["time"]) for event in user_events if event["name"] == "add_to_cart"}
    reminded = [e for e in messages if e["campaign_id"] == CART_CAMPAIGN and e["kind"] == Kind.TARGETED]

    assert reminded
    assert all((e["user_id"], int(e["time"]) - CART_DELAY_MINUTES * MINUTE) in carts for e in reminded)


def test_messages_move_people(whole: Month, messages: list[Json], user_events: list[Json]) -> None:
    """Those who clicked convert more than those who only saw, and these more than those held out."""
    bought: dict[object, list[int]] = defaultdict(list)
    for event in user_events:
        if event["name"] == "purchase":
            bought[event["user_id"]].append(int(event["time"]))
    touches: dict[Kind, dict[tuple[object, object], int]] = defaultdict(dict)
    with_groups = {campaign["id"] for campaign in whole.campaigns if "control_groups" in campaign}
    for message in messages:
        if message["campaign_id"] in with_groups:
            key = message["campaign_id"], message["user_id"]
            touches[Kind(message["kind"])].setdefault(key, int(message["time"]))

    def rate(reached: dict[tuple[object, object], int]) -> float:
        return sum(_within(bought[user], time) for (_, user), time in reached.items()) / len(reached)

    clicked = touches[Kind.CLICKED]
    seen = touches[Kind.OPENED] | touches[Kind.READ] | touches[Kind.IMPRESSION]
    only_seen = {key: time for key, time in seen.items() if key not in clicked}
    assert rate(clicked) > 1.5 * rate(only_seen)
    assert rate(only_seen) > 1.2 * rate(touches[Kind.HELD_OUT])


def _within(times: list[int], start: int) -> bool:
    place = bisect_left(ordered := sorted(times), start)
    return place < len(ordered) and ordered[place] <= start + WINDOW
