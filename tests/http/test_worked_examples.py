"""The worked examples of attribution and of counting users, each with its own times and its expected answer."""

from datetime import UTC, datetime

import pytest

from builders import Asker, Json, campaign, message_event, user_event

GOAL = {"name": "Goal 1", "event": "purchase"}

DAY_1, DAY_2 = 5, 6
"""Days of January 2026."""


def at(day: int, hour: int, minute: int = 0) -> str:
    """Return a moment of January 2026."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC).isoformat()


def put(asker: Asker, campaign_id: str, channel: str, **fields: object) -> None:
    """Register a campaign that wants purchases."""
    answer = asker.put_campaign(campaign_id, campaign(channel, goals=[GOAL], **fields))
    assert answer.is_success, answer.text


def buy(asker: Asker, *times: str, user: str = "u1") -> None:
    """Let a user buy something at each of these times."""
    asker.send(*(user_event(user_id=user, time=time) for time in times), path="/v1/user-events")


def goal(asker: Asker, campaign_id: str, platform: str, attribution_type: str, **fields: str) -> Json:
    """Ask how often a campaign reached its goal."""
    node = asker.node(platform, campaign_id=campaign_id, attribution_type=attribution_type, **fields)
    found: Json = node["conversion_goal_stats"]["Goal 1"]
    return found


def credited(asker: Asker, attribution_type: str, **platforms: str) -> dict[str, int]:
    """Return the conversions of each campaign, which is named with its platform."""
    return {one: goal(asker, one, platform, attribution_type)["total"] for one, platform in platforms.items()}


@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        (at(DAY_1, 22), {"C1": 1, "C2": 0}),
        (at(DAY_2, 9), {"C1": 1, "C2": 1}),
        (at(DAY_2, 20), {"C1": 0, "C2": 1}),
    ],
)
def test_windows_of_two_campaigns(asker: Asker, bought: str, expected: Json) -> None:
    """Two windows of twenty hours that overlap: each campaign is credited with what falls into its own."""
    for campaign_id, received in (("C1", at(DAY_1, 19)), ("C2", at(DAY_2, 8))):
        put(asker, campaign_id, "PUSH", attribution_window_hours=20)
        asker.send(message_event("impression", campaign_id=campaign_id, platform="ANDROID", time=received))
    buy(asker, bought)

    assert credited(asker, "VIEW_THROUGH", C1="android", C2="android") == expected


def test_a_click_beats_a_later_open(asker: Asker) -> None:
    """A click on a text message on the first day goes before the opening of an e-mail on the second."""
    put(asker, "text", "SMS")
    put(asker, "mail", "EMAIL")
    asker.send(
        message_event("clicked", campaign_id="text", time=at(DAY_1, 14)),
        message_event("opened", campaign_id="mail", time=at(DAY_2, 10)),
    )
    buy(asker, at(DAY_2, 22))

    for name in ("TOTAL_CONVERSIONS", "CLICK_CONVERSIONS"):
        assert credited(asker, name, text="SMS", mail="EMAIL") == {"text": 1, "mail": 0}
    # Judged by itself the e-mail is credited all the same.
    assert credited(asker, "VIEW_THROUGH", text="SMS", mail="EMAIL") == {"text": 0, "mail": 1}


def test_of_two_views_the_later_one_wins(asker: Asker) -> None:
    """Equally deep touches are told apart by their time."""
    put(asker, "push", "PUSH")
    put(asker, "mail", "EMAIL")
    asker.send(
        message_event("opened", campaign_id="mail", time=at(DAY_1, 14)),
        message_event("impression", campaign_id="push", platform="IOS", time=at(DAY_2, 10)),
    )
    buy(asker, at(DAY_2, 22))

    assert credited(asker, "TOTAL_CONVERSIONS", push="ios", mail="EMAIL") == {"push": 1, "mail": 0}
    assert credited(asker, "CLICK_CONVERSIONS", push="ios", mail="EMAIL") == {"push": 0, "mail": 0}


def test_received_clicked_and_bought(asker: Asker) -> None:
    """Received at seven, clicked at eight, with twelve hours: until seven by view, until eight by click."""
    put(asker, "mail", "EMAIL", attribution_window_hours=12)
    asker.send(
        message_event("opened", campaign_id="mail", time=at(DAY_1, 7)),
        message_event("clicked", campaign_id="mail", time=at(DAY_1, 8)),
    )
    buy(asker, at(DAY_1, 8, 30), at(DAY_1, 8, 31), at(DAY_1, 19), at(DAY_1, 19, 1), at(DAY_1, 20), at(DAY_1, 20, 1))

    found = [credited(asker, name, mail="EMAIL")["mail"] for name in ("VIEW_THROUGH", "CLICK_THROUGH", "IN_SESSION")]

    assert found == [3, 5, 1]


def test_two_sends_on_one_day(asker: Asker) -> None:
    """A user who converts after each of two sends is one converted user with two conversions."""
    put(asker, "push", "PUSH", attribution_window_hours=2)
    for send_id, hour in (("morning", 8), ("evening", 18)):
        event = message_event("impression", campaign_id="push", platform="ANDROID", send_id=send_id)
        asker.send(event | {"time": at(DAY_1, hour)})
        buy(asker, at(DAY_1, hour + 1))

    found = goal(asker, "push", "android", "VIEW_THROUGH")

    assert (found["total"], found["unique"], found["cvr"]) == (2, 1, 50)


def test_one_send_and_two_purchases(asker: Asker) -> None:
    """Two purchases after one send are two conversions of one user, and `conversions` is what was asked for."""
    put(asker, "push", "PUSH")
    asker.send(message_event("impression", campaign_id="push", platform="ANDROID", time=at(DAY_1, 8)))
    buy(asker, at(DAY_1, 9), at(DAY_1, 10))

    for metric_type, conversions in (("TOTAL", 2), ("UNIQUE", 1)):
        found = goal(asker, "push", "android", "VIEW_THROUGH", metric_type=metric_type)
        assert (found["total"], found["unique"], found["conversions"]) == (2, 1, conversions)
        assert found["cvr"] == 100


@pytest.mark.parametrize(("metric_type", "clicks"), [("TOTAL", 4), ("UNIQUE", 2)])
def test_two_links_of_one_message(asker: Asker, metric_type: str, clicks: int) -> None:
    """One user clicks two links, another clicks one link twice: four clicks by two users."""
    put(asker, "chat", "WHATSAPP")
    for user, link in (("a", "first"), ("a", "second"), ("b", "first"), ("b", "first")):
        asker.send(
            message_event("clicked", campaign_id="chat", user_id=user, link=f"https://example.com/{link}")
            | {"time": at(DAY_1, 9)}
        )

    assert asker.node("WHATSAPP", campaign_id="chat", metric_type=metric_type)["performance_stats"]["click"] == clicks


@pytest.mark.parametrize(("metric_type", "opens"), [("TOTAL", 2), ("UNIQUE", 1)])
@pytest.mark.parametrize("day", [5, 11])
def test_a_user_who_opens_again(asker: Asker, day: int, metric_type: str, opens: int) -> None:
    """Who opens on the first day and again later is one opener, however much later."""
    put(asker, "mail", "EMAIL")
    asker.send(*(message_event("opened", campaign_id="mail", time=at(opened, 9)) for opened in (1, day)))

    assert asker.node("EMAIL", campaign_id="mail", metric_type=metric_type)["performance_stats"]["opened"] == opens


def test_a_user_with_two_devices(asker: Asker) -> None:
    """On two Android devices there are two impressions and two clicks by one user, who converts once."""
    put(asker, "push", "PUSH")
    for device in ("phone", "tablet"):
        for kind, hour in (("impression", 8), ("clicked", 9)):
            event = message_event(kind, campaign_id="push", platform="ANDROID", device_id=device)
            asker.send(event | {"time": at(DAY_1, hour)})
    buy(asker, at(DAY_1, 10))

    for metric_type, count in (("TOTAL", 2), ("UNIQUE", 1)):
        stats = asker.node("android", campaign_id="push", metric_type=metric_type)["performance_stats"]
        assert (stats["impression"], stats["click"]) == (count, count)
        found = goal(asker, "push", "android", "CLICK_THROUGH", metric_type=metric_type)
        assert (found["total"], found["unique"], found["cvr"]) == (1, 1, 50)
