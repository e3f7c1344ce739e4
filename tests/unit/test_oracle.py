"""The oracle against numbers computed by hand, so that it can be trusted to judge the product."""

from itertools import count
from typing import Any

import pytest

from oracle import answer, breakdown_key
from oracle_tables import NAMES_OF_PLATFORMS
from oracle_values import local_day, percent

Json = dict[str, Any]

WORKSPACE = {"id": "shop", "timezone": "UTC"}
NOON = "2024-12-22T12:00:00Z"

_numbers = count(1)


def event(kind: str, user: str = "ann", **fields: Any) -> Json:
    """Build one valid event with an id of its own."""
    usual = {"workspace_id": "shop", "event_id": f"event-{next(_numbers)}", "campaign_id": "c1", "time": NOON}
    return {**usual, "kind": kind, "user_id": user, **fields}


def campaign(channel: str = "EMAIL", **fields: Any) -> Json:
    """Build a campaign with nothing but what must be there."""
    return {"id": "c1", "name": "Sale", "channel": channel, **fields}


def ask(metric_type: str = "TOTAL", **fields: Any) -> Json:
    """Build a request for two days."""
    usual = {"request_id": "abc", "start_date": "2024-12-22", "end_date": "2024-12-23"}
    return {**usual, "attribution_type": "VIEW_THROUGH", "metric_type": metric_type, **fields}


def platforms_of(one: Json, events: list[Json], metric_type: str = "TOTAL", profile: str = "documented") -> Json:
    """Return the platforms of the answer about one campaign."""
    body = answer(WORKSPACE, [one], events, ask(metric_type), profile)
    platforms: Json = body["data"]["c1"][0]["platforms"]
    return platforms


def node_of(one: Json, events: list[Json], metric_type: str = "TOTAL", platform: str = "") -> Json:
    """Return the node over all locales and variations of one platform, by default that of the channel."""
    platforms = platforms_of(one, events, metric_type)
    channel: str = one["channel"]
    key = platform or NAMES_OF_PLATFORMS.get(channel, channel)
    node: Json = platforms[key]["locales"]["all_locales"]["variations"]["all_variations"]
    return node


def sample_campaign() -> Json:
    """Build the campaign of the documented sample."""
    groups = {"campaign_percentage": 10, "global": True}
    return campaign("PUSH", platforms=["ANDROID"], goals=[{"name": "Goal 1"}], control_groups=groups)


def sample_events() -> list[Json]:
    """Build the events of the documented sample: two users who click twice each, and two who are held out."""
    kinds = ["targeted", "addressed", "attempted", "sent", "impression", "clicked", "clicked"]
    reached = [event(kind, user, platform="android") for user in ("ann", "bob") for kind in kinds]
    held_out = [
        event("held_out", f"out of {group}", platform="android", group=group) for group in ("campaign", "global")
    ]
    return reached + held_out


SAMPLE_GOALS = {
    "Goal 1": {"goal_name": "Goal 1", "conversions": 0, "cvr": 0, "uplift": 0, "total": 0, "unique": 0, "revenue": 0}
    | {"average_order_value": 0, "average_revenue_per_user": 0, "gcg_uplift": 0}
}


def test_documented_sample() -> None:
    """The facts of the documented sample give the figures of the documented sample."""
    variations = platforms_of(sample_campaign(), sample_events())["android"]["locales"]["all_locales"]["variations"]

    assert variations["all_variations"] == {
        "performance_stats": {"attempted": 2, "sent": 2, "failed": 0, "impression": 2, "click": 4}
        | {"ctr": 200, "delivery_rate": 100, "sent_rate": 100, "failure_rate": 0},
        "conversion_goal_stats": SAMPLE_GOALS,
        "delivery_funnel": {"reachable_users_in_segment": 2, "segment_after_uninstall": 2}
        | {"after_fc": 2, "users_after_dup": 2, "user_devices": 2, "active_device_token": 2}
        | {"sent": 2, "impressions": 2},
        "failure_breakdown": {},
    }
    control_groups = {
        "campaign_control_group": "user_removed_due_to_campaing_control_group",
        "global_control_group": "user_removed_due_to_global_control_group",
    }
    for name, key in control_groups.items():
        assert variations[name] == {
            "conversion_goal_stats": SAMPLE_GOALS,
            "delivery_funnel": {"reachable_users_in_segment": 0},
            "failure_breakdown": {key: 1},
        }


def test_tree_of_the_sample() -> None:
    """Named locales and variations stand beside the aggregates; control groups only below all locales."""
    locales = platforms_of(sample_campaign(), sample_events())["android"]["locales"]

    named = ["all_variations", "variation_1"]
    assert {name: list(locale["variations"]) for name, locale in locales.items()} == {
        "all_locales": [*named, "campaign_control_group", "global_control_group"],
        "default": named,
    }


def test_whole_numbers_are_printed_without_a_fraction() -> None:
    """A whole rate is an integer, so that it is written as 200 and not as 200.0."""
    node = node_of(sample_campaign(), sample_events(), platform="android")

    assert {type(value) for value in node["performance_stats"].values()} == {int}


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        *[(4, 2, 200), (1, 8, 12.5), (1, 3, 33.33), (2, 3, 66.67), (201, 20000, 1.01)],
        *[(1, 800, 0.13), (3, 800, 0.38), (-1, 800, -0.13), (-1, 2, -50), (-3, 8, -37.5)],
        *[(1, 20000, 0.01), (1, 20001, 0), (-1, 20001, 0), (0, 5, 0), (5, 0, 0)],
    ],
)
def test_percent(part: int, whole: int, expected: float) -> None:
    """Rates are rounded half away from zero to two decimals, exactly, and are 0 without a denominator."""
    rate = percent(part, whole)

    assert rate == expected
    assert isinstance(rate, int) == (expected == int(expected))


def test_unique_counts_users_and_not_events() -> None:
    """Three clicks by one user and one by another are four clicks by two users."""
    events = [
        event("clicked"),
        event("clicked"),
        event("clicked", time="2024-12-23T12:00:00Z"),
        event("clicked", "bob"),
    ]

    assert node_of(campaign(), events)["performance_stats"]["click"] == 4
    assert node_of(campaign(), events, "UNIQUE")["performance_stats"]["click"] == 2


def test_unique_is_never_a_sum() -> None:
    """A user seen on two platforms, locales and variations is one user in every aggregate."""
    events = [
        event("clicked", platform="IOS", locale="fr", variation="variation_1"),
        event("clicked", platform="android", locale="es", variation="variation_2"),
        event("clicked", platform="android", locale="fr", variation="variation_2"),
    ]

    platforms = platforms_of(campaign("PUSH"), events, "UNIQUE", "live")

    def clickers(platform: str, locale: str, variation: str) -> int:
        node = platforms[platform]["locales"][locale]["variations"][variation]
        return int(node["performance_stats"]["click"])

    assert clickers("ALL_PLATFORMS", "all_locale", "all_variations") == 1
    assert clickers("ALL_PLATFORMS", "fr", "all_variations") == 1
    assert clickers("ANDROID", "all_locale", "variation_2") == 1
    assert clickers("ANDROID", "fr", "variation_1") == 0
    assert clickers("IOS", "es", "all_variations") == 0


def test_first_event_with_an_id_wins() -> None:
    """An id that comes again changes nothing, whatever else it says; another workspace has ids of its own."""
    events = [
        event("clicked", event_id="one", workspace_id="other"),
        event("clicked", event_id="nine", workspace_id="other"),
        event("clicked", event_id="one"),
        event("clicked", "bob", event_id="one"),
        event("opened", event_id="one", time="2024-12-23T12:00:00Z"),
        event("clicked", "eve", event_id="two", campaign_id="c2"),
        event("clicked", "eve", event_id="two"),
    ]

    stats = node_of(campaign(), events)["performance_stats"]

    assert (stats["click"], stats["opened"]) == (1, 0)


@pytest.mark.parametrize(
    ("time", "counted"),
    [
        # Kathmandu is 5 hours and 45 minutes ahead: its 22 December begins at 18:15 of the 21st.
        ("2024-12-21T18:14:59.999Z", 0),
        ("2024-12-21T18:15:00Z", 1),
        ("2024-12-22T18:14:59.999Z", 1),
        ("2024-12-22T18:15:00Z", 0),
        ("2024-12-22t23:59:59.999+05:45", 1),
        ("2024-12-23T00:00:00+05:45", 0),
        (1_734_804_899_999, 0),
        (1_734_804_900_000, 1),
        (1_734_891_299_999, 1),
        (1_734_891_300_000, 0),
    ],
)
def test_days_are_days_in_the_zone_of_the_workspace(time: int | str, counted: int) -> None:
    """An event belongs to the day on which it happened in the workspace's zone, to the millisecond."""
    workspace = {"id": "shop", "timezone": "Asia/Kathmandu"}
    request = ask(start_date="2024-12-22", end_date="2024-12-22")

    body = answer(workspace, [campaign()], [event("sent", time=time)], request, "documented")

    node = body["data"]["c1"][0]["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]
    assert node["performance_stats"]["sent"] == counted


def test_local_day_follows_summer_time() -> None:
    """The offset is the one that holds on that day, not the one of today."""
    assert str(local_day("2024-03-30T23:30:00Z", "Europe/Berlin")) == "2024-03-31"
    assert str(local_day("2024-03-31T22:30:00Z", "Europe/Berlin")) == "2024-04-01"
    assert str(local_day("2024-10-27T22:30:00Z", "Europe/Berlin")) == "2024-10-27"


def funnel_events() -> list[Json]:
    """Build five users: two are lost, one is lost in one send of two, one is lost without being targeted."""
    return [
        *(event("targeted", user) for user in ("ann", "bob", "cid", "dan")),
        event("targeted", "ann"),
        event("removed", "bob", reason="no_email_address"),
        event("failed", "cid", reason="personalization_failed_user_attribute"),
        event("failed", "ann", reason="frequency_cap"),
        event("failed", "eve", reason="duplicate_email"),
        event("failed", "dan", reason="smtp_refused"),
        event("sent", "ann"),
        event("delivered", "ann"),
    ]


def test_funnel_in_total() -> None:
    """Each removal stage is all targeted events minus the losses of it and of the stages before it."""
    assert node_of(campaign(), funnel_events())["delivery_funnel"] == {
        "total_user_in_segment": 5,
        "user_with_email": 4,
        "user_with_email_after__h_b": 4,
        "after_invalid_removal": 4,
        "user_after_duplicate_removal": 3,
        "after_fc": 2,
        "after_personalization_removal": 1,
        "sent": 1,
        "delivered": 1,
    }


def test_funnel_in_unique() -> None:
    """A user stays in the funnel as long as one of his sends does, and one who was never in it takes nobody out."""
    assert node_of(campaign(), funnel_events(), "UNIQUE")["delivery_funnel"] == {
        "total_user_in_segment": 4,
        "user_with_email": 3,
        "user_with_email_after__h_b": 3,
        "after_invalid_removal": 3,
        "user_after_duplicate_removal": 3,
        "after_fc": 3,
        "after_personalization_removal": 2,
        "sent": 1,
        "delivered": 1,
    }


def test_funnel_may_fall_below_zero() -> None:
    """A range that holds losses without the targeting that came before them shows what it holds."""
    events = [event("removed", reason="frequency_cap"), event("failed", reason="duplicate_mobile_number")]

    total, unique = (node_of(campaign("SMS"), events, mode)["delivery_funnel"] for mode in ("TOTAL", "UNIQUE"))

    assert (total["after_fc"], total["users_after_dup"]) == (-1, -2)
    assert (unique["after_fc"], unique["users_after_dup"]) == (0, 0)


def test_funnel_loses_a_user_within_the_node_only() -> None:
    """A loss in one locale does not take the user out of another."""
    events = [
        event("targeted", locale="es"),
        event("targeted", locale="fr"),
        event("failed", locale="fr", reason="frequency_cap"),
    ]

    locales = platforms_of(campaign("CONNECTOR"), events, "UNIQUE")["CONNECTORS"]["locales"]

    left = {
        name: locale["variations"]["all_variations"]["delivery_funnel"]["after_fc"] for name, locale in locales.items()
    }
    assert left == {"all_locales": 1, "default": 0, "es": 1, "fr": 0}


@pytest.mark.parametrize(
    ("channel", "keys"),
    [
        (
            "PUSH",
            (
                "reachable_users_in_segment segment_after_uninstall after_fc users_after_dup user_devices "
                "active_device_token sent impressions"
            ),
        ),
        ("SMS", "reachable_users_in_segment after_fc users_after_dup sent delivered"),
        ("RCS", "reachable_users_in_segment after_fc users_after_dup sent delivered"),
        ("WHATSAPP", "reachable_users_in_segment after_fc users_after_dup sent delivered"),
        ("CONNECTOR", "total_user_in_segment after_fc after_personalization_removal sent"),
        ("CARDS", "impressions"),
        ("FACEBOOK_AUDIENCE", ""),
        ("GOOGLE_ADS_AUDIENCE", ""),
    ],
)
def test_funnel_stages_of_a_channel(channel: str, keys: str) -> None:
    """A channel prints its own stages in their order, with zeros when nothing happened."""
    platforms = platforms_of(campaign(channel), [], profile="live")
    funnel = platforms["ALL_PLATFORMS"]["locales"]["all_locale"]["variations"]["all_variations"]["delivery_funnel"]

    assert list(funnel.items()) == [(key, 0) for key in keys.split()]


def test_email_stats() -> None:
    """Counts follow the request; rates that are pinned to users or to events do not."""
    events = [
        *(event("attempted", user) for user in ("ann", "bob", "cid", "dan", "eve", "eve")),
        *(event("sent", user) for user in ("ann", "bob", "cid", "dan")),
        event("failed", "eve", reason="smtp_refused"),
        event("failed", "eve", reason="smtp_refused"),
        *(event("delivered", user) for user in ("ann", "bob", "cid", "cid")),
        event("bounced", "dan", bounce_type="soft"),
        event("bounced", "dan", bounce_type="hard"),
        *(event("opened", user) for user in ("ann", "ann", "bob")),
        event("opened", "cid", machine=True),
        *(event("clicked", "ann") for _ in range(4)),
        event("unsubscribed", "bob"),
        event("complained", "cid"),
        event("complained", "cid"),
    ]
    # The brackets show TOTAL first and UNIQUE second.
    expected = {
        "attempted": (6, 5),
        "sent": (4, 4),
        "failed": (2, 1),
        "bounced": (2, 1),
        "hard_bounce": (1, 1),
        "soft_bounce": (1, 1),
        "click": (4, 1),
        "opened": (4, 3),
        "delivered": (4, 3),
        "unsubscribe": (1, 1),
        "complaint": (2, 1),
        "ctr": (100, 100),
        "delivery_rate": (100, 75),
        "sent_rate": (66.67, 80),
        "failure_rate": (33.33, 20),
        "open_rate": (75, 75),
        "ctor": (33.33, 33.33),
        "unsub_rate": (25, 33.33),
        "bounce_rate": (50, 25),
        "complaints_rate": (50, 33.33),
    }

    total = node_of(campaign(), events)["performance_stats"]
    unique = node_of(campaign(), events, "UNIQUE")["performance_stats"]

    assert total == {key: pair[0] for key, pair in expected.items()}
    assert unique == {key: pair[1] for key, pair in expected.items()}


def test_text_channels_without_receipts() -> None:
    """Clicks on a text message are held against what was sent when nothing is known to have arrived."""
    without = [event("sent"), event("sent", "bob"), event("clicked")]
    received = [*without, event("delivered")]

    assert node_of(campaign("SMS"), without)["performance_stats"]["ctr"] == 50
    assert node_of(campaign("RCS"), received)["performance_stats"]["ctr"] == 100
    assert node_of(campaign("SMS"), [event("clicked")])["performance_stats"]["ctr"] == 0


def test_sms_and_rcs_stats() -> None:
    """RCS has what SMS has, and reads besides."""
    kinds = ["attempted"] * 4 + ["sent"] * 3 + ["failed", "delivered", "delivered", "read", "clicked"]
    events = [event(kind, f"user {number}", reason="do_not_disturb") for number, kind in enumerate(kinds)]
    counts = {"attempted": 4, "sent": 3, "failed": 1, "delivered": 2, "click": 1}
    sms = {**counts, "ctr": 50, "delivery_rate": 66.67, "sent_rate": 75, "failure_rate": 25}

    assert node_of(campaign("SMS"), events)["performance_stats"] == sms
    assert node_of(campaign("RCS"), events, "UNIQUE")["performance_stats"] == {**sms, "read": 1, "read_rate": 50}


def test_whatsapp_stats() -> None:
    """The click-through rate is clickers per delivered message, the read rate readers per receiver."""
    events = [
        *(event("sent") for _ in range(4)),
        *(event("delivered") for _ in range(3)),
        event("delivered", "bob"),
        *(event("clicked") for _ in range(2)),
        *(event("read") for _ in range(3)),
    ]
    rates = {"ctr": 25, "delivery_rate": 100, "read_rate": 50}

    total = node_of(campaign("WHATSAPP"), events)["performance_stats"]
    unique = node_of(campaign("WHATSAPP"), events, "UNIQUE")["performance_stats"]

    assert total == {"sent": 4, "delivered": 4, "read": 3, "click": 2, **rates}
    assert unique == {"sent": 1, "delivered": 2, "read": 1, "click": 1, **rates, "delivery_rate": 200}


@pytest.mark.parametrize(("channel", "shown"), [("PUSH", "impression"), ("CARDS", "impression"), ("CONNECTOR", "sent")])
def test_click_through_rate_stays_a_rate_of_events(channel: str, shown: str) -> None:
    """Three clicks by one of two users are a rate of 150 percent, whatever the request counts."""
    events = [event(shown), event(shown, "bob"), event("clicked"), event("clicked"), event("clicked")]

    platform = "unknown" if channel == "PUSH" else ""

    assert node_of(campaign(channel), events, "UNIQUE", platform)["performance_stats"]["ctr"] == 150


@pytest.mark.parametrize("channel", ["IN_APP", "ON_SITE", "WEB_PERSONALIZATION"])
def test_shown_stats(channel: str) -> None:
    """What is shown in an app or on a site has impressions, clicks and closes; its one platform goes unnamed."""
    kinds = ["impression"] * 2 + ["clicked"] * 3 + ["closed"]

    node = node_of(campaign(channel, platforms=["WEB"]), [event(kind) for kind in kinds], platform="web")

    assert node["performance_stats"] == {"impression": 2, "click": 3, "closed_click": 1, "ctr": 150}
    assert node["delivery_funnel"] == {"impressions": 2}


@pytest.mark.parametrize(
    ("channel", "kinds", "stats"),
    [
        (
            "CARDS",
            ["sent", "sent", "delivered", "impression", "clicked"],
            {"sent": 2, "delivered": 1, "impression": 1, "click": 1, "ctr": 100, "delivery_rate": 50},
        ),
        (
            "CONNECTOR",
            ["attempted", "attempted", "sent", "clicked"],
            {"attempted": 2, "sent": 1, "failed": 0, "ctr": 100, "sent_rate": 50, "failure_rate": 50},
        ),
        (
            "FACEBOOK_AUDIENCE",
            ["eligible", "eligible", "eligible", "attempted", "attempted", "sent", "sent", "synced"],
            {"attempted": 2, "sent": 1, "successfully_synced": 1, "eligible_users": 3},
        ),
        (
            "GOOGLE_ADS_AUDIENCE",
            ["eligible", "attempted", "synced", "synced"],
            {"attempted": 1, "successfully_synced": 2, "eligible_users": 1},
        ),
    ],
)
def test_stats_of_the_smaller_channels(channel: str, kinds: list[str], stats: Json) -> None:
    """Each channel prints exactly its own keys."""
    assert node_of(campaign(channel), [event(kind) for kind in kinds])["performance_stats"] == stats


def test_failure_breakdown() -> None:
    """Failures before and after the send stand together, by the key of their reason; removals are not among them."""
    events = [
        event("failed", reason="frequency_cap"),
        event("failed", reason="frequency_cap"),
        event("undelivered", reason="frequency_cap"),
        event("undelivered", "bob", reason="handset_off"),
        event("removed", "bob", reason="suppressed"),
    ]

    assert node_of(campaign("SMS"), events)["failure_breakdown"] == {"f_c_removed": 3, "handset_off": 1}
    assert node_of(campaign("SMS"), events, "UNIQUE")["failure_breakdown"] == {"f_c_removed": 1, "handset_off": 1}


def test_breakdown_keys_belong_to_a_channel() -> None:
    """One name can have different keys on different channels."""
    assert breakdown_key("PUSH", "duplicate_token") == "removal_of_duplicate_tokens"
    assert breakdown_key("EMAIL", "duplicate_token") == "duplicate_token"
    assert breakdown_key("EMAIL", "minimum_delay") == "removed_due_to_minimum_delay"
    assert breakdown_key("IN_APP", "minimum_delay") == breakdown_key("ON_SITE", "minimum_delay") == "minimum_delay"


def test_held_out_users_show_only_in_the_node_of_their_group() -> None:
    """A held-out event makes its group and its platform appear, but neither a locale nor a variation."""
    held_out = {"group": "campaign", "locale": "fr", "variation": "variation_7"}
    events = [event("held_out", platform="ios", **held_out), event("held_out", platform="ios", **held_out)]

    platforms = platforms_of(campaign("PUSH", platforms=["ANDROID"]), events)

    assert set(platforms) == {"android", "ios"}
    for platform, failures in (("android", {}), ("ios", {"user_removed_due_to_campaing_control_group": 2})):
        locales = platforms[platform]["locales"]
        assert set(locales) == {"all_locales", "default"}
        variations = locales["all_locales"]["variations"]
        assert set(variations) == {"all_variations", "variation_1", "campaign_control_group"}
        assert variations["campaign_control_group"]["failure_breakdown"] == failures
        assert variations["all_variations"]["failure_breakdown"] == {}


@pytest.mark.parametrize(
    ("control_groups", "nodes"),
    [
        ({"campaign_percentage": 5, "global": False}, {"campaign_control_group"}),
        ({"campaign_percentage": 0, "global": True}, {"global_control_group"}),
        ({"campaign_percentage": 0, "global": False}, set()),
    ],
)
def test_control_groups_of_a_campaign_are_there_without_events(control_groups: Json, nodes: set[str]) -> None:
    """A campaign that has a control group has its node, empty as long as nobody was held out."""
    one = campaign(control_groups=control_groups)

    variations = platforms_of(one, [])["EMAIL"]["locales"]["all_locales"]["variations"]

    assert set(variations) - {"all_variations", "variation_1"} == nodes
    assert all(variations[node]["failure_breakdown"] == {} for node in nodes)


def test_held_out_users_are_distinct_in_unique() -> None:
    """A user held out of two sends is one held-out user."""
    events = [event("held_out", group="global"), event("held_out", group="global")]

    variations = platforms_of(campaign(), events, "UNIQUE")["EMAIL"]["locales"]["all_locales"]["variations"]

    assert variations["global_control_group"]["failure_breakdown"] == {"user_removed_due_to_global_control_group": 1}


def test_registered_and_seen_names_are_joined() -> None:
    """Every platform prints the same locales and variations: those registered and those seen in the range."""
    registered = campaign("PUSH", platforms=["ios"], locales=["es"], variations=["A"])
    events = [event("sent", platform="web"), event("sent", locale="old", time="2024-12-01T00:00:00Z")]

    platforms = platforms_of(registered, events)

    assert set(platforms) == {"ios", "web"}
    for platform in platforms.values():
        assert set(platform["locales"]) == {"all_locales", "es", "default"}
        for locale in platform["locales"].values():
            assert set(locale["variations"]) == {"all_variations", "A", "variation_1"}


def test_push_without_a_platform_is_unknown() -> None:
    """A push event that does not name its platform is counted, under a platform of that meaning."""
    assert set(platforms_of(campaign("PUSH"), [event("sent")])) == {"unknown"}


def test_live_profile() -> None:
    """The live spelling renames keys and adds the aggregate platform, but counts the same."""
    events = [
        event("opened"),
        event("clicked"),
        event("opened", "bob", machine=True),
        event("bounced", "cid", bounce_type="hard"),
    ]

    platforms = platforms_of(campaign(goals=[{"name": "Buy"}]), events, profile="live")

    assert set(platforms) == {"ALL_PLATFORMS", "EMAIL"}
    assert platforms["ALL_PLATFORMS"] == platforms["EMAIL"]
    variations = platforms["EMAIL"]["locales"]["all_locale"]["variations"]
    assert variations["control_group"] == {}
    assert "control_group" not in platforms["EMAIL"]["locales"]["default"]["variations"]
    stats = variations["all_variations"]["performance_stats"]
    assert (stats["open"], stats["adjusted_open"], stats["bounce"], stats["failed_rate"]) == (2, 1, 1, 0)
    assert stats["adjusted_ctor"] == 100
    assert not {"opened", "bounced", "failure_rate"} & set(stats)
    assert variations["all_variations"]["conversion_goal_stats"]["Buy"]["name"] == "Buy"


def test_live_push() -> None:
    """Live push counts apps opened from the notification, and keeps the name of its failure rate."""
    variations = platforms_of(campaign("PUSH"), [event("device_started", platform="ios")], profile="live")

    assert set(variations) == {"ALL_PLATFORMS", "IOS"}
    stats = variations["IOS"]["locales"]["all_locale"]["variations"]["all_variations"]["performance_stats"]
    assert stats["device_start"] == 1
    assert "failure_rate" in stats


def test_pages_of_ids() -> None:
    """Ids are paged as they were asked for; one that nobody registered is counted but has no data."""
    campaigns = [campaign(), {**campaign("SMS"), "id": "c2", "flow_id": "f1"}]
    request = ask(campaign_ids=["c2", "nobody", "c1"], offset=1, limit=2)

    body = answer(WORKSPACE, campaigns, [], request, "documented")

    assert (body["response_id"], body["total_campaigns"]) == ("abc", 3)
    assert (body["current_page"], body["total_pages"]) == (1, 2)
    assert list(body["data"]) == ["c1"]


def test_pages_of_all_campaigns() -> None:
    """Without ids all campaigns come in the order of their creation, but for flow nodes and API-triggered ones."""
    campaigns = [{**campaign(), "id": f"c{number}"} for number in range(23)]
    hidden = [
        {**campaign(), "id": "flow", "flow_id": "f1"},
        {**campaign(), "id": "api", "delivery_type": "API_TRIGGERED"},
    ]

    pages = [
        answer(WORKSPACE, hidden + campaigns, [], ask(campaign_ids=[], offset=offset), "documented")
        for offset in (0, 10, 20, 50)
    ]

    assert [list(page["data"]) for page in pages] == [
        [f"c{number}" for number in range(10)],
        [f"c{number}" for number in range(10, 20)],
        [f"c{number}" for number in range(20, 23)],
        [],
    ]
    assert [page["current_page"] for page in pages] == [1, 2, 3, 6]
    assert {(page["total_campaigns"], page["total_pages"]) for page in pages} == {(23, 3)}


def test_no_campaigns() -> None:
    """A workspace without campaigns has no pages."""
    body = answer(WORKSPACE, [], [], ask(), "documented")

    assert body == {"response_id": "abc", "total_campaigns": 0, "current_page": 1, "total_pages": 0, "data": {}}
