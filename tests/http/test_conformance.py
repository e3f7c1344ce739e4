"""The conformance checks of the wire contract, one by one, over HTTP.

The numbers in the docstrings are those of the contract's list of checks. What is expected is written out here
and not taken from the product's own tables.
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, NoReturn

import httpx
import pytest

from aftersend.demo import sample
from aftersend.domain.channels import Channel
from aftersend.domain.workspaces import Feature, Scope
from builders import NOON, STATS, Asker, Json, campaign, message_event, question
from server import Server

Workspaces = Callable[..., Asker]

SAMPLE_NODES: Json = {
    "all_variations": {
        "performance_stats": {
            "attempted": 2,
            "sent": 2,
            "failed": 0,
            "impression": 2,
            "click": 4,
            "ctr": 200,
            "delivery_rate": 100,
            "sent_rate": 100,
            "failure_rate": 0,
        },
        "conversion_goal_stats": {"Goal 1": {"conversions": 0, "cvr": 0, "uplift": 0}},
        "delivery_funnel": {
            "reachable_users_in_segment": 2,
            "segment_after_uninstall": 2,
            "after_fc": 2,
            "users_after_dup": 2,
            "sent": 2,
            "user_devices": 2,
            "impressions": 2,
            "active_device_token": 2,
        },
        "failure_breakdown": {},
    },
    "campaign_control_group": {
        "conversion_goal_stats": {"Goal 1": {"conversions": 0, "cvr": 0, "uplift": 0}},
        "delivery_funnel": {"reachable_users_in_segment": 0},
        "failure_breakdown": {"user_removed_due_to_campaing_control_group": 1},
    },
    "global_control_group": {
        "conversion_goal_stats": {"Goal 1": {"conversions": 0, "cvr": 0, "uplift": 0}},
        "delivery_funnel": {"reachable_users_in_segment": 0},
        "failure_breakdown": {"user_removed_due_to_global_control_group": 1},
    },
}
"""The three nodes of the documented sample answer, key by key."""

SEVEN_MORE_GOAL_FIELDS = {
    "goal_name": "Goal 1",
    "total": 0,
    "unique": 0,
    "revenue": 0,
    "average_order_value": 0,
    "average_revenue_per_user": 0,
    "gcg_uplift": 0,
}

SAMPLE_DAY = date(2024, 12, 22)
SAMPLE_QUESTION = {
    "request_id": "abc",
    "campaign_ids": ["66e933029ff25f3322d8279d"],
    "start_date": "2024-12-22",
    "end_date": "2024-12-23",
    "attribution_type": "VIEW_THROUGH",
    "metric_type": "TOTAL",
}

MANDATORY = ("request_id", "start_date", "end_date", "attribution_type", "metric_type")


def refused(answer: httpx.Response, status: int, title: str, description: str | None) -> bool:
    """Whether the answer is an error of exactly the three documented fields."""
    body = answer.json()
    code = body.pop("code")
    assert (answer.status_code, body) == (status, {"title": title, "description": description})
    return len(code) == 8 and code.isascii() and code.isalpha()


def names(answer: httpx.Response, field: str, value: object) -> bool:
    """Whether the answer is the 400 about a field and its value."""
    description = f"{field} - Some of the field values are invalid: {field} : {value}"
    return refused(answer, 400, "Invalid Field Value", description)


def _no_fraction(text: str) -> NoReturn:
    raise AssertionError(f"{text} is printed with a fraction")


def test_the_documented_sample(asker: Asker) -> None:
    """Check 1: given the sample's facts, the answer is the sample's body and the seven newer goal fields."""
    asker.put_campaign(sample.CAMPAIGN_ID, sample.campaign(SAMPLE_DAY))
    asker.send(*sample.message_events(SAMPLE_DAY))

    answer = asker.ask(SAMPLE_QUESTION)

    body = json.loads(answer.text, parse_float=_no_fraction)
    (element,) = body.pop("data").pop("66e933029ff25f3322d8279d")
    nodes = element["platforms"].pop("android")["locales"]["all_locales"]["variations"]
    assert body == {"response_id": "abc", "total_campaigns": 1, "current_page": 1, "total_pages": 1}
    assert element == {"platforms": {}}
    for name, expected in SAMPLE_NODES.items():
        goal = expected["conversion_goal_stats"]["Goal 1"] | SEVEN_MORE_GOAL_FIELDS
        assert nodes[name] == expected | {"conversion_goal_stats": {"Goal 1": goal}}


def test_the_sample_has_the_unnamed_locale_and_variation_beside_the_aggregates(asker: Asker) -> None:
    """Check 1: beside the aggregates stand only `default` and `variation_1`, which have the same numbers."""
    asker.put_campaign(sample.CAMPAIGN_ID, sample.campaign(SAMPLE_DAY))
    asker.send(*sample.message_events(SAMPLE_DAY))

    (element,) = asker.ask(SAMPLE_QUESTION).json()["data"][sample.CAMPAIGN_ID]

    locales = element["platforms"]["android"]["locales"]
    whole = locales["all_locales"]["variations"]["all_variations"]
    assert set(locales) == {"all_locales", "default"}
    assert set(locales["all_locales"]["variations"]) == {*SAMPLE_NODES, "variation_1"}
    assert locales["all_locales"]["variations"]["variation_1"] == whole
    assert locales["default"]["variations"] == {"all_variations": whole, "variation_1": whole}


@pytest.mark.parametrize("credentials", ["none", "wrong key", "unknown workspace", "wrong scheme", "no colon"])
def test_without_valid_credentials(asker: Asker, credentials: str) -> None:
    """Check 2: no, wrong or unreadable credentials are a 401 with the documented words."""
    ways: dict[str, Json] = {
        "none": {},
        "wrong key": {"auth": (asker.workspace_id, "wrong")},
        "unknown workspace": {"auth": ("nobody", asker.secret)},
        "wrong scheme": {"headers": {"Authorization": f"Bearer {asker.secret}"}},
        "no colon": {"headers": {"Authorization": "Basic bm9jb2xvbg=="}},
    }
    options = ways[credentials]
    headers = {"MOE-APPKEY": asker.workspace_id} | options.pop("headers", {})

    answer = httpx.post(asker.url + STATS, json=question(), headers=headers, **options)

    assert refused(answer, 401, "Authentication required", "Invalid identity information found.")


def test_without_the_workspace_header(asker: Asker) -> None:
    """Check 3: without MOE-APPKEY the answer is the documented sample of a 400."""
    answer = asker.request("POST", STATS, json=question())

    assert names(answer, "app_key", None)


def test_with_the_feature_off(server: Server, asker: Asker) -> None:
    """Check 4: with statistics switched off the answer is a 403 whose description is null."""
    server.parts.registry.workspaces.update(asker.workspace_id, features_off=frozenset({Feature.STATS}))

    assert refused(asker.ask(question()), 403, "Forbidden Request", None)


def test_with_a_key_that_lacks_the_scope(server: Server, asker: Asker) -> None:
    """Check 4: a valid key without the scope gets a 403 whose description is null."""
    other = tuple(scope for scope in Scope if scope not in (Scope.STATS_READ, Scope.ADMIN))
    limited = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, *other))

    assert refused(limited.ask(question()), 403, "Forbidden Request", None)


@pytest.mark.parametrize("field", MANDATORY)
@pytest.mark.parametrize("value", ["missing", None, 7, ""], ids=repr)
def test_a_mandatory_field_that_is_not_there_or_not_a_text(asker: Asker, field: str, value: object) -> None:
    """Checks 5 and 6: a mandatory field that is missing, null, a number or empty is a 400 naming it."""
    body = question(**{field: value})
    if value == "missing":
        del body[field]

    assert names(asker.ask(body), field, None if value == "missing" else value)


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2026-01-01", "2026-01-01", 200),
        ("2026-01-01", "2026-01-31", 200),
        ("2026-01-01", "2026-02-01", 400),
        ("2024-02-01", "2024-03-02", 200),
        ("2024-02-01", "2024-03-03", 400),
        ("2026-01-02", "2026-01-01", 400),
    ],
)
def test_the_length_of_the_range(asker: Asker, start: str, end: str, status: int) -> None:
    """Check 7: up to 30 days may lie between the dates, and the end is not before the start."""
    assert asker.ask(question(start_date=start, end_date=end)).status_code == status


@pytest.mark.parametrize("field", ["start_date", "end_date"])
@pytest.mark.parametrize("written", ["2024-02-30", "2024-2-3", "22-12-2024"])
def test_dates_that_are_not_dates(asker: Asker, field: str, written: str) -> None:
    """Check 8: only days of the calendar, written YYYY-MM-DD, are taken."""
    assert names(asker.ask(question(**{field: written})), field, written)


@pytest.mark.parametrize(
    ("ids", "status"),
    [([f"c{n}" for n in range(10)], 200), ([f"c{n}" for n in range(11)], 400), (["c1", "c2", "c1"], 400)],
    ids=["ten", "eleven", "duplicate"],
)
def test_how_many_ids(asker: Asker, ids: list[str], status: int) -> None:
    """Check 9: ten ids are answered, eleven or a repeated one are a 400."""
    answer = asker.ask(question(campaign_ids=ids))

    assert answer.status_code == status
    assert status == 200 or names(answer, "campaign_ids", ids)


@pytest.mark.parametrize(
    ("field", "value"), [("limit", 0), ("limit", 11), ("limit", "10"), ("limit", 2.5), ("offset", -1)]
)
def test_paging_outside_its_bounds(asker: Asker, field: str, value: object) -> None:
    """Check 10: a limit or an offset outside its bounds is a 400, and is never capped in silence."""
    assert names(asker.ask(question(**{field: value})), field, value)


def _register(asker: Asker, number: int) -> list[str]:
    ids = [f"c{index}" for index in range(number)]
    for index, campaign_id in enumerate(ids):
        body = campaign(created_at=f"2026-01-01T00:{index:02}:00Z")
        assert asker.put_campaign(campaign_id, body).status_code == 200
    return ids


def test_pages(asker: Asker) -> None:
    """Checks 11 and 12: 23 campaigns are three pages without overlap, in creation order, and nothing after them."""
    ids = _register(asker, 23)

    pages = [asker.stats(offset=offset) for offset in (0, 10, 20, 50)]

    assert [len(page["data"]) for page in pages] == [10, 10, 3, 0]
    assert [page["current_page"] for page in pages] == [1, 2, 3, 6]
    assert {(page["total_pages"], page["total_campaigns"]) for page in pages} == {(3, 23)}
    assert [campaign_id for page in pages for campaign_id in page["data"]] == ids


def test_an_unknown_id(asker: Asker) -> None:
    """Check 13: an unknown id is left out of `data`, and still counts among the campaigns asked about."""
    asker.put_campaign("known", campaign())

    answer = asker.stats(campaign_ids=["unknown", "known"])

    assert list(answer["data"]) == ["known"]
    assert answer["total_campaigns"] == 2


def test_parents_children_and_nodes_of_flows(asker: Asker) -> None:
    """Check 14: without ids parents and children are listed, flow nodes and API-triggered campaigns are not."""
    bodies: dict[str, Json] = {
        "parent": campaign(delivery_type="PERIODIC"),
        "child-1": campaign(parent_campaign_id="parent"),
        "child-2": campaign(parent_campaign_id="parent"),
        "node": campaign(flow_id="f1", flow_name="Welcome"),
        "triggered": campaign(delivery_type="API_TRIGGERED"),
    }
    for campaign_id, body in bodies.items():
        asker.put_campaign(campaign_id, body)

    listed, by_id = asker.stats(), asker.stats(campaign_ids=["node"])

    assert set(listed["data"]) == {"parent", "child-1", "child-2"}
    assert listed["total_campaigns"] == 3
    assert list(by_id["data"]) == ["node"]


def test_one_call_too_many(new_workspace: Workspaces) -> None:
    """Check 15: the 101st call of a minute is a 429 without a body, and another workspace is not affected."""
    asker, other = new_workspace(), new_workspace()
    headers = {"MOE-APPKEY": asker.workspace_id}

    with httpx.Client(auth=(asker.workspace_id, asker.secret), headers=headers) as client:
        answers = [client.post(asker.url + STATS, json=question()) for _ in range(101)]

    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert answers[-1].content == b""
    assert other.ask(question()).status_code == 200


def _all_nodes(tree: Any) -> list[tuple[str, Json]]:
    platforms = tree["platforms"].values()
    locales = [locale for platform in platforms for locale in platform["locales"].values()]
    return [node for locale in locales for node in locale["variations"].items()]


def test_control_groups_have_no_performance(asker: Asker) -> None:
    """Check 16: a node has `performance_stats` exactly when it is not one of a control group."""
    asker.put_campaign("c1", campaign(control_groups={"campaign_percentage": 5, "global": True}))

    nodes = _all_nodes(asker.stats(campaign_ids=["c1"])["data"]["c1"][0])

    assert {name for name, node in nodes if "performance_stats" not in node} == {
        "campaign_control_group",
        "global_control_group",
    }


def test_a_campaign_without_goals_and_failures(asker: Asker) -> None:
    """Check 17: without goals and failures both objects are there, and empty."""
    asker.put_campaign("c1", campaign())
    asker.send(message_event("attempted"), message_event("sent"))

    node = asker.node("EMAIL")

    assert node["conversion_goal_stats"] == {}
    assert node["failure_breakdown"] == {}


def test_a_rate_above_a_hundred(asker: Asker) -> None:
    """Check 18: four clicks on two impressions are a rate of 200, printed as a number without a fraction."""
    asker.put_campaign("c1", campaign("PUSH"))
    events = [message_event(kind, platform="IOS") for kind in ["impression"] * 2 + ["clicked"] * 4]
    asker.send(*events)

    text = asker.ask(question(campaign_ids=["c1"])).text

    assert '"ctr":200,' in text.replace(" ", "").replace("}", ",")


@pytest.mark.parametrize("mode", ["TOTAL", "UNIQUE"])
@pytest.mark.parametrize("channel", Channel)
def test_nothing_was_sent(asker: Asker, channel: Channel, mode: str) -> None:
    """Check 19: where nothing happened every number is there and is 0, on every channel."""
    platforms = {"PUSH": ["ANDROID"], "IN_APP": ["IOS"], "ON_SITE": ["WEB"], "WEB_PERSONALIZATION": ["MWEB"]}
    asker.put_campaign("c1", campaign(channel, platforms=platforms.get(channel, [])))

    answer = asker.stats(campaign_ids=["c1"], metric_type=mode)

    nodes = _all_nodes(answer["data"]["c1"][0])
    assert nodes
    for _, node in nodes:
        assert node["performance_stats"]
        assert {repr(number) for number in node["performance_stats"].values()} == {"0"}
        assert {repr(number) for number in node["delivery_funnel"].values()} <= {"0"}


@pytest.mark.parametrize(
    ("timezone", "last", "first"),
    [
        ("UTC", "2026-01-10T23:59:59Z", "2026-01-11T00:00:00Z"),
        ("Asia/Kolkata", "2026-01-10T18:29:59Z", "2026-01-10T18:30:00Z"),
        ("America/New_York", "2026-01-11T04:59:59Z", "2026-01-11T05:00:00Z"),
        ("Pacific/Kiritimati", "2026-01-10T09:59:59.999Z", "2026-01-10T10:00:00.000Z"),
        ("UTC", "2026-01-10T23:59:59.999999999Z", "2026-01-11T00:00:00.000000001Z"),
    ],
)
def test_midnight_in_the_workspace(new_workspace: Workspaces, timezone: str, last: str, first: str) -> None:
    """Check 25: the last moment of a day and the first of the next one, in the workspace's zone, are two days."""
    asker = new_workspace(timezone)
    asker.put_campaign("c1", campaign())
    asker.send(message_event(time=last), message_event(time=first), message_event(time=first))

    days = ("2026-01-09", "2026-01-10", "2026-01-11", "2026-01-12")
    sent = [asker.node("EMAIL", start_date=day, end_date=day)["performance_stats"]["sent"] for day in days]

    assert sent == [0, 1, 2, 0]


def test_totals_and_uniques(asker: Asker) -> None:
    """Check 26: three clicks of one user are 3 in TOTAL and 1 in UNIQUE."""
    asker.put_campaign("c1", campaign())
    asker.send(*[message_event("clicked", time=NOON + minute * 60_000) for minute in range(3)])

    clicks = {mode: asker.node("EMAIL", metric_type=mode)["performance_stats"]["click"] for mode in ("TOTAL", "UNIQUE")}

    assert clicks == {"TOTAL": 3, "UNIQUE": 1}
