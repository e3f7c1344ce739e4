"""The oracle's conversions against what the rules say: windows, touches, winners, days."""

import pytest

from unit.conversion_cases import (
    BUY,
    CLICK,
    CLICKS,
    DAY,
    HOUR,
    MINUTE,
    NOON,
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


def totals(campaigns: Json | list[Json], events: list[Json], **place: str) -> list[int]:
    """Return the credited events of a node by type of attribution."""
    return [goal(campaigns, events, name, **place)["total"] for name in TYPES]


def winners(campaigns: list[Json], events: list[Json], attribution_type: str) -> list[str]:
    """Return the ids of the campaigns that are credited with anything."""
    asked = {"attribution_type": attribution_type}
    return [
        one["id"]
        for one in campaigns
        if goal(campaigns, events, asked | {"campaign_ids": [one["id"]]}, platform=one["channel"])["total"]
    ]


@pytest.mark.parametrize(
    ("after", "credited"),
    [(-1, False), (0, True), (1, True), (2 * HOUR - 1, True), (2 * HOUR, True), (2 * HOUR + 1, False)],
)
def test_both_ends_of_a_window_belong_to_it(after: int, credited: bool) -> None:
    """An event at the touch or exactly a window later is credited, a millisecond outside it is not."""
    events = [touch("opened"), touch("clicked"), buy(NOON + after)]

    in_session = credited and after <= 30 * MINUTE
    assert totals(campaign(), events) == [credited, credited, in_session, credited, credited]


@pytest.mark.parametrize(("after", "credited"), [(0, 1), (30 * MINUTE, 1), (30 * MINUTE + 1, 0), (-1, 0)])
def test_a_session_is_half_an_hour(after: int, credited: int) -> None:
    """In a session the window is thirty minutes, both ends included, however long that of the campaign is."""
    assert goal(campaign(), [touch("clicked"), buy(NOON + after)], SESSION)["total"] == credited


@pytest.mark.parametrize(("after", "credited"), [(36 * HOUR, 1), (36 * HOUR + 1, 0)])
def test_a_window_without_hours_is_the_default(after: int, credited: int) -> None:
    """A campaign that names no window has thirty-six hours."""
    one = campaign(attribution_window_hours=None)

    assert goal(one, [touch("opened"), buy(NOON + after)])["total"] == credited


@pytest.mark.parametrize(
    ("channel", "kind", "credited"),
    [
        *[("PUSH", "sent", "...T."), ("PUSH", "impression", "V..T."), ("PUSH", "clicked", ".CSTX")],
        *[("EMAIL", "sent", "...T."), ("EMAIL", "delivered", "....."), ("EMAIL", "opened", "V..T.")],
        *[("EMAIL", "clicked", ".CSTX"), ("SMS", "delivered", "V...."), ("SMS", "clicked", ".CSTX")],
        *[("RCS", "delivered", "V...."), ("RCS", "read", "...T."), ("WHATSAPP", "read", "...T.")],
        *[("WHATSAPP", "delivered", "V...."), ("IN_APP", "sent", "....."), ("IN_APP", "impression", "V.ST.")],
        *[("IN_APP", "clicked", ".C.TX"), ("ON_SITE", "impression", "V.ST."), ("ON_SITE", "clicked", ".C.TX")],
        *[("CARDS", "sent", "...T."), ("CARDS", "impression", "V..T."), ("CARDS", "clicked", ".CSTX")],
        *[("WEB_PERSONALIZATION", "impression", "V..T."), ("WEB_PERSONALIZATION", "clicked", ".CSTX")],
        *[("WEB_PERSONALIZATION", "sent", "....."), ("CONNECTOR", "sent", "V..T."), ("CONNECTOR", "clicked", ".....")],
        *[("FACEBOOK_AUDIENCE", "synced", "V...."), ("GOOGLE_ADS_AUDIENCE", "synced", "V....")],
        *[("FACEBOOK_AUDIENCE", "sent", "....."), ("EMAIL", "targeted", ".....")],
    ],
)
def test_touches_of_a_channel(channel: str, kind: str, credited: str) -> None:
    """What counts as a view, a click and a send differs by channel; here each letter is a type that credits."""
    web = channel in {"IN_APP", "ON_SITE", "WEB_PERSONALIZATION"}
    place = "web" if web else "unknown" if channel == "PUSH" else channel
    one = campaign(channel, platforms=["WEB"] if web else [])

    found = totals(one, [touch(kind), buy()], platform=place)

    assert "".join(letter if total else "." for letter, total in zip("VCSTX", found, strict=True)) == credited


@pytest.mark.parametrize("channel", ["SMS", "RCS", "WHATSAPP"])
def test_a_campaign_without_receipts(channel: str) -> None:
    """What is sent counts as seen until the first receipt of the campaign comes, whenever and for whomever that is."""
    events = [touch("sent"), buy()]
    elsewhere = touch("delivered", campaign_id="c2")
    late = touch("delivered", NOON + 90 * DAY, "bob")

    assert goal(campaign(channel), events, platform=channel)["total"] == 1
    assert goal(campaign(channel), [*events, elsewhere], platform=channel)["total"] == 1
    assert goal(campaign(channel), [*events, late], platform=channel)["total"] == 0


def test_an_event_is_credited_once() -> None:
    """However many touches are open, an event is one conversion; the latest of them says where it stands."""
    events = [
        touch("opened", NOON, locale="en", variation="A"),
        touch("opened", NOON + 1, locale="es", variation="B"),
        touch("opened", NOON + 3, locale="fr", variation="C"),
        touch("opened", NOON + 2, "bob", locale="it", variation="D"),
        buy(NOON + 2),
    ]

    assert goal(campaign(), events)["total"] == 1
    found = {locale: goal(campaign(), events, locale=locale)["total"] for locale in ("en", "es", "fr", "it")}
    assert found == {"en": 0, "es": 1, "fr": 0, "it": 0}
    assert goal(campaign(), events, variation="B")["total"] == 1
    assert goal(campaign(), events, locale="es", variation="A")["total"] == 0


def test_only_goal_events_of_the_same_user_count() -> None:
    """Another user, another name, another case of the name and another workspace are not it."""
    events = [touch("opened"), buy(user="bob"), buy(user="Ann"), buy() | {"name": "Purchase"}]
    events += [buy() | {"name": "visit"}, buy() | {"workspace_id": "other"}]

    assert goal(campaign(), events)["total"] == 0


def test_every_filter_must_hold() -> None:
    """A goal with two filters counts the events that fulfil both."""
    filters = [
        {"name": "amount", "data_type": "DOUBLE", "condition": "greaterThan", "value": 10},
        {"name": "item.color", "data_type": "STRING", "condition": "is", "value": "red"},
    ]
    one = campaign(goals=[{**BUY, "filters": filters}])
    events = [touch("opened"), buy(amount=11, item={"color": "Red"}), buy(amount=10, item={"color": "Red"})]

    assert goal(one, [*events, buy(amount=11), buy()])["total"] == 1


def test_filters_read_dates_in_the_zone_of_the_workspace() -> None:
    """Ten at night in London on New Year's Eve is New Year's Day in Kathmandu."""
    condition = {"name": "due", "data_type": "DATETIME", "condition": "on", "value": "2026-01-01"}
    one = campaign(goals=[{**BUY, "filters": [condition]}])
    events = [touch("opened"), buy(due="2025-12-31T22:00Z")]

    assert goal(one, events, {})["total"] == 0
    assert goal(one, events, {"timezone": "Asia/Kathmandu"})["total"] == 1


def test_all_interactions_credit_every_campaign() -> None:
    """Each campaign with an open window is credited in full."""
    campaigns = [campaign(), campaign(id="c2", attribution_window_hours=1), campaign("SMS", id="c3")]
    campaigns.append(campaign(id="c4", goals=[{**BUY, "event": "visit"}]))
    events = [touch("opened", campaign_id=one["id"]) for one in campaigns] + [touch("sent", campaign_id="c3")]

    assert winners(campaigns, [*events, buy(NOON + HOUR)], VIEW) == ["c1", "c2", "c3"]
    assert winners(campaigns, [*events, buy(NOON + HOUR + 1)], VIEW) == ["c1", "c3"]


@pytest.mark.parametrize(
    ("touches", "total", "clicks"),
    [
        ([("c1", "clicked", 0), ("c2", "opened", 1), ("c3", "sent", 2)], ["c1"], ["c1"]),
        ([("c1", "sent", 2), ("c2", "opened", 0), ("c3", "sent", 3)], ["c2"], []),
        ([("c1", "opened", 1), ("c2", "opened", 2), ("c2", "opened", 0)], ["c2"], []),
        ([("c1", "clicked", 5), ("c2", "opened", 0)], ["c2"], []),  # the click comes after the event
        ([("c1", "sent", 0), ("c3", "sent", 0)], ["c3"], []),
        ([("c2", "clicked", 0), ("c1", "clicked", 0), ("c3", "opened", 0)], ["c2"], ["c2"]),
        ([("c3", "delivered", 0)], [], []),
    ],
)
def test_the_last_interaction(touches: list[tuple[str, str, int]], total: list[str], clicks: list[str]) -> None:
    """The deepest touch wins, then the latest, then the greater campaign id; here the event comes at four."""
    campaigns = [campaign(), campaign(id="c2"), campaign("SMS", id="c3")]
    events = [touch(kind, NOON + time, campaign_id=of) for of, kind, time in touches]

    assert winners(campaigns, [*events, buy(NOON + 4)], TOTAL) == total
    assert winners(campaigns, [*events, buy(NOON + 4)], CLICKS) == clicks


def test_only_campaigns_with_the_goal_compete() -> None:
    """A click on a campaign that waits for something else, or whose window is over, keeps nobody from winning."""
    filters = [{"name": "amount", "data_type": "DOUBLE", "condition": "lessThan", "value": 10}]
    campaigns = [
        campaign(attribution_window_hours=3),
        campaign(id="c2", goals=[{"name": "Visit", "event": "visit"}]),
        campaign(id="c3", goals=[{**BUY, "filters": filters}]),
        campaign(id="c4", attribution_window_hours=1),
        campaign(id="c6", goals=[]),
    ]
    events = [touch("clicked", NOON + 1, campaign_id=f"c{number}") for number in range(2, 7)]
    events += [touch("opened"), buy(NOON + 2 * HOUR, amount=10)]

    assert winners(campaigns[:4], events, TOTAL) == ["c1"]
    assert goal(campaigns, events, {"attribution_type": TOTAL, "campaign_ids": ["c1"]})["total"] == 1


def test_every_goal_of_the_winner_is_credited() -> None:
    """An event that fulfils two goals of a campaign is a conversion of both, and of one where it fulfils one."""
    filters = [{"name": "amount", "data_type": "DOUBLE", "condition": "greaterThan", "value": 100}]
    one = campaign(goals=[BUY, {**BUY, "name": "Big", "filters": filters}])
    events = [touch("clicked"), buy(amount=200), buy(amount=50)]

    for name in (CLICK, SESSION, TOTAL, CLICKS):
        node = platforms(one, events, {"attribution_type": name})["EMAIL"]["locales"]["default"]["variations"]
        goals = node["all_variations"]["conversion_goal_stats"]
        assert {name: figures["total"] for name, figures in goals.items()} == {"Buy": 2, "Big": 1}


def test_ties_within_a_campaign() -> None:
    """At one millisecond the greater platform counts, then the greater locale, then the greater variation."""
    places = [("ios", "a", "a"), ("android", "z", "z"), ("ios", "b", "Z"), ("IOS", "b", "a"), ("ios", "B", "z")]
    events = [touch("impression", platform=p, locale=x, variation=v) for p, x, v in places] + [buy()]

    for name in (VIEW, TOTAL):
        assert goal(campaign("PUSH"), events, name, platform="ios", locale="b", variation="a")["total"] == 1


def test_a_conversion_is_on_its_own_day() -> None:
    """A touch before the range credits an event in it, and makes its own place appear; the other way round not."""
    one = campaign("PUSH", attribution_window_hours=48)
    events = [touch("impression", platform="ios", locale="es", variation="B"), buy(NOON + DAY)]
    second = {"start_date": "2026-01-02", "end_date": "2026-01-02"}
    first = {"start_date": "2026-01-01", "end_date": "2026-01-01"}

    later = goal(one, events, second, platform="ios", locale="es", variation="B")
    before = goal(one, events, first, platform="ios")

    assert (later["total"], later["cvr"]) == (1, 0)
    assert (before["total"], before["cvr"]) == (0, 0)


@pytest.mark.parametrize(("time", "total"), [(1_767_204_899_999, 0), (1_767_204_900_000, 1)])
def test_days_of_conversions_are_local(time: int, total: int) -> None:
    """In Kathmandu the year begins at a quarter past six in the evening, in London's time."""
    events = [touch("opened", time - HOUR), buy(time)]

    assert goal(campaign(), events, {"timezone": "Asia/Kathmandu"})["total"] == total


def test_counts_and_rates() -> None:
    """One of three openers buys twice: two conversions, one converted user, a third as rate in either mode."""
    events = [touch("opened", user=user) for user in ("ann", "ann", "bob", "cid")] + [buy(), buy(NOON + 1)]
    both = {"total": 2, "unique": 1, "cvr": 33.33, "revenue": 0, "uplift": 0, "gcg_uplift": 0}
    rest = {"goal_name": "Buy", "average_order_value": 0, "average_revenue_per_user": 0}

    assert goal(campaign(), events) == {**both, **rest, "conversions": 2}
    assert goal(campaign(), events, {"metric_type": "UNIQUE"}) == {**both, **rest, "conversions": 1}
    assert goal(campaign(), events, {"profile": "live"}, locale="all_locale")["name"] == "Buy"
    assert goal(campaign(), events, {"profile": "live"}, platform="ALL_PLATFORMS", locale="all_locale")["cvr"] == 33.33
