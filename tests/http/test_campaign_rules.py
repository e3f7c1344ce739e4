"""What a campaign's data may not be: each contradiction is a 400 that names its field, and changes nothing."""

from collections.abc import Iterator

import httpx
import pytest

from aftersend.domain.channels import Channel
from builders import Asker, Json, campaign
from server import Server


@pytest.fixture(scope="module")
def place(server: Server) -> Asker:
    """A workspace for tests that register nothing."""
    return server.create_workspace("campaign-rules")


def goal(name: str = "Order", **fields: object) -> Json:
    """Build a goal."""
    return {"name": name, "event": "purchase"} | fields


def condition(**fields: object) -> Json:
    """Build a filter of a goal."""
    return {"name": "amount", "condition": "is", "data_type": "STRING", "value": "x"} | fields


def names(answer: httpx.Response, field: str) -> bool:
    """Whether the answer is a 400 about the field."""
    problem = answer.json()["error"]
    assert problem["message"]
    return (answer.status_code, problem["code"], problem["field"]) == (400, "invalid_value", field)


Case = tuple[str, Json]
"""The field that is named, and what is wrong with an otherwise good e-mail campaign."""

Values = list[object]

TEXTS = ("name", "flow_id", "flow_name", "created_by", "team", "parent_campaign_id")
LISTS = ("platforms", "locales", "variations", "tags")
MOMENTS = ("created_at", "updated_at", "sent_at", "start_time")


def _each(field: str, values: Values) -> Iterator[Case]:
    """Give a field, which may be one of an object, each of the values."""
    outer, _, inner = field.partition(".")
    for value in values:
        yield field, {outer: {inner: value} if inner else value}


def _texts() -> Iterator[Case]:
    for field in TEXTS:
        yield from _each(field, [7, True, [], {}])
    yield from _each("name", [None, ""])
    yield from _each("flow_name", ["Welcome"])
    yield from _each("id", ["c2", None, 7])
    for field, limit in (("name", 500), ("flow_name", 500), ("created_by", 320), ("team", 200), ("flow_id", 128)):
        yield field, {"flow_id": "f1", field: "x" * (limit + 1)}


def _enums() -> Iterator[Case]:
    for field in ("channel", "delivery_type", "status"):
        yield from _each(field, [None, 7, "", "nonsense", "email", "sent", "one_time", ["EMAIL"]])
    yield from _each("delivery_type", ["DEVICE_TRIGGERED", "LOCATION_TRIGGERED", "BROADCAST_LIVE_ACTIVITY"])


def _lists() -> Iterator[Case]:
    for field in LISTS:
        yield from _each(field, [None, "de", {}, 7])
        yield f"{field}[1]", {field: ["EMAIL", 7]}
        yield f"{field}[0]", {field: [None]}
    for field in ("locales", "variations"):
        yield field, {field: ["de", "en", "de"]}
        for name in ("", "x" * 65, " ", "a\nb", "all_locales", "all_locale", "all_variations", "control_group"):
            yield f"{field}[1]", {field: ["en", name]}
        for name in ("campaign_control_group", "global_control_group", "ALL_PLATFORMS"):
            yield f"{field}[0]", {field: [name]}
    yield "platforms", {"platforms": ["EMAIL", "email"]}
    yield "tags[0]", {"tags": ["x" * 201]}
    yield "tags", {"tags": ["x"] * 201}


def _moments() -> Iterator[Case]:
    no_moments: Values = ["", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "now", 1767225600000, True]
    for field in MOMENTS:
        yield from _each(field, no_moments)


def _numbers() -> Iterator[Case]:
    yield from _each("attribution_window_hours", [0, -1, 241, 10**400, 1.5, "36", True, []])
    yield from _each("control_groups.campaign_percentage", [-0.1, -1, 100.1, 101, 10**400, "5", None, True])
    yield from _each("variation_percentages", [None, 50, "50", {}, [100]])
    for shares, field in (([50, 60], ""), ([50], ""), ([50, "50"], "[1]"), ([101, -1], "[0]"), ([None, 100], "[0]")):
        yield f"variation_percentages{field}", {"variations": ["a", "b"], "variation_percentages": shares}
    yield from _each("control_groups.global", [None, "yes", 1, {}])
    yield from _each("control_groups.size", [5])
    yield from _each("control_groups", [5, None, []])
    yield from _each("reachability.count", [-1, 2**31, 1.5, "7", None, True])
    yield from _each("reachability", [7, []])
    yield "reachability.count", {"reachability": {}}
    yield "reachability.updated_at", {"reachability": {"count": 1, "updated_at": "yesterday"}}
    yield "reachability.users", {"reachability": {"count": 1, "users": 1}}


def _goals() -> Iterator[Case]:
    yield "goals", {"goals": [goal(f"Goal {number}") for number in range(6)]}
    yield "goals", {"goals": [goal("One", primary=True), goal("Two", primary=True)]}
    yield "goals", {"goals": None}
    yield "goals", {"goals": {"name": "Order"}}
    yield "goals[0]", {"goals": ["Order"]}
    yield "goals[1].name", {"goals": [goal("Order"), goal("Order")]}
    yield "goals[0].name", {"goals": [{"event": "purchase"}]}
    yield "goals[0].event", {"goals": [{"name": "Order"}]}
    wrong: dict[str, Values] = {
        "extra": [1],
        "name": [None, 7, "", " \n", "x" * 501],
        "event": [None, 7, "", " \n", "x" * 501],
        "primary": [None, 1, "yes"],
        "revenue_attribute": [7, "", "x" * 201],
        "currency": ["EUR", "eur", "EURO", "", "€", 978],
        "filters": [None, {}],
    }
    for field, values in wrong.items():
        for value in values:
            yield f"goals[0].{field}", {"goals": [goal() | {field: value}]}
    yield "goals[0].currency", {"goals": [goal(revenue_attribute="amount", currency="eur")]}


def _filters() -> Iterator[Case]:
    yield "goals[0].filters[0]", {"goals": [goal(filters=["amount"])]}
    for field in ("name", "condition", "data_type"):
        bare = {name: text for name, text in condition().items() if name != field}
        yield f"goals[0].filters[0].{field}", {"goals": [goal(filters=[bare])]}
        yield f"goals[0].filters[1].{field}", {"goals": [goal(filters=[condition(), condition(**{field: 7})])]}
    yield "goals[0].filters[0].name", {"goals": [goal(filters=[condition(name="  ")])]}
    yield "goals[0].filters[0].negate", {"goals": [goal(filters=[condition(negate="no")])]}
    yield "goals[0].filters[0].case_sensitive", {"goals": [goal(filters=[condition(case_sensitive=0)])]}
    yield "goals[0].filters[0].extra", {"goals": [goal(filters=[condition(extra=1)])]}


CASES = [*_texts(), *_enums(), *_lists(), *_moments(), *_numbers(), *_goals(), *_filters(), *_each("extra", [1])]


def _label(case: object) -> str:
    return repr(case)[:70]


@pytest.mark.parametrize(("field", "changes"), CASES, ids=_label)
def test_data_that_cannot_be(place: Asker, field: str, changes: Json) -> None:
    """Data that contradict a rule are a 400 naming the field, and the campaign is not registered."""
    answer = place.put_campaign("c1", campaign() | changes)

    assert names(answer, field), answer.text
    assert place.request("GET", "/v1/campaigns/c1").status_code == 404


@pytest.mark.parametrize("field", ["name", "channel"])
def test_a_field_that_is_not_there(place: Asker, field: str) -> None:
    """A name and a channel are mandatory."""
    body = campaign()
    del body[field]

    assert names(place.put_campaign("c1", body), field)


STRANGE_PLATFORMS = [
    ("EMAIL", "IOS"),
    ("PUSH", "EMAIL"),
    ("PUSH", "ALL_PLATFORMS"),
    ("PUSH", ""),
    ("IN_APP", "MWEB"),
    ("ON_SITE", "ANDROID"),
    ("WEB_PERSONALIZATION", "UNKNOWN"),
    ("SMS", "RCS"),
    ("CARDS", "WEB"),
]


@pytest.mark.parametrize(("channel", "platform"), STRANGE_PLATFORMS)
def test_a_platform_that_the_channel_lacks(place: Asker, channel: str, platform: str) -> None:
    """A platform that the channel has not is a 400 that names its place."""
    known = {"PUSH": "IOS", "IN_APP": "IOS", "ON_SITE": "WEB", "WEB_PERSONALIZATION": "WEB"}.get(channel, channel)

    answer = place.put_campaign("c1", campaign(channel, platforms=[known, platform]))

    assert names(answer, "platforms[1]")


@pytest.mark.parametrize("channel", sorted(set(Channel) - {Channel.EMAIL}))
def test_a_parent_on_another_channel(asker: Asker, channel: Channel) -> None:
    """Parent and child are on one channel."""
    asker.put_campaign("parent", campaign("EMAIL"))

    answer = asker.put_campaign("child", campaign(channel, parent_campaign_id="parent"))

    assert names(answer, "parent_campaign_id")


def test_a_campaign_is_not_its_own_parent(place: Asker) -> None:
    """A campaign cannot be a child of itself."""
    assert names(place.put_campaign("c1", campaign(parent_campaign_id="c1")), "parent_campaign_id")


def test_a_circle_of_parents(asker: Asker) -> None:
    """A campaign cannot be among its own ancestors, however far up."""
    asker.put_campaign("c1", campaign())
    asker.put_campaign("c2", campaign(parent_campaign_id="c1"))
    asker.put_campaign("c3", campaign(parent_campaign_id="c2"))

    answers = [
        asker.put_campaign("c1", campaign(parent_campaign_id="c3")),
        asker.request("PATCH", "/v1/campaigns/c1", json={"parent_campaign_id": "c2"}),
    ]

    assert all(names(answer, "parent_campaign_id") for answer in answers)
    assert asker.request("GET", "/v1/campaigns/c1").json()["parent_campaign_id"] is None


def test_a_circle_that_is_closed_by_the_last_one(asker: Asker) -> None:
    """Children may come before their parent, and still the parent cannot close a circle."""
    asker.put_campaign("c1", campaign(parent_campaign_id="c2"))

    assert names(asker.put_campaign("c2", campaign(parent_campaign_id="c1")), "parent_campaign_id")


def test_a_parent_that_comes_after_its_child(asker: Asker) -> None:
    """A child can be registered before its parent."""
    asker.put_campaign("child", campaign("SMS", parent_campaign_id="parent"))

    assert asker.put_campaign("parent", campaign("SMS", delivery_type="PERIODIC")).status_code == 200


@pytest.mark.parametrize("window", [1, 36, 240, None])
def test_attribution_windows_that_can_be(asker: Asker, window: int | None) -> None:
    """A window of one hour to ten days can be set, and none at all."""
    assert asker.put_campaign("c1", campaign(attribution_window_hours=window)).status_code == 200


@pytest.mark.parametrize("percentage", [0, 0.01, 33.3, 100, 100.0])
def test_percentages_that_can_be(asker: Asker, percentage: float) -> None:
    """A control group has any share from 0 to 100, and the share is shown as it was sent."""
    asker.put_campaign("c1", campaign(control_groups={"campaign_percentage": percentage}))

    shown = asker.request("GET", "/v1/campaigns/c1").json()["control_groups"]
    assert shown == {"campaign_percentage": percentage, "global": False}


def test_five_goals(asker: Asker) -> None:
    """A campaign can have five goals, one of them the primary one, in the order in which they were sent."""
    goals = [goal(f"Goal {number}", primary=number == 3) for number in (5, 4, 3, 2, 1)]

    asker.put_campaign("c1", campaign(goals=goals))

    shown = asker.request("GET", "/v1/campaigns/c1").json()["goals"]
    assert [(row["name"], row["primary"]) for row in shown] == [(row["name"], row["primary"]) for row in goals]


BAD_BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"name": "\xff"}',
    "an array": b"[]",
    "null": b"null",
    "a text": b'"name"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a lone surrogate": b'{"name": "\\ud800", "channel": "EMAIL"}',
    "nested without end": b'{"name": ' + b"[" * 100_000,
    "nested in a value": b'{"goals": [{"filters": [{"value": ' + b"[" * 5000 + b"]" * 5000 + b"}]}]}",
}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_no_campaign(asker: Asker, body: bytes, method: str) -> None:
    """A body that is no JSON object is a 400."""
    asker.put_campaign("c1", campaign())

    answer = asker.request(method, "/v1/campaigns/c1", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["field"]


def test_a_body_that_is_too_large(asker: Asker) -> None:
    """A campaign of more than one MiB is a 413."""
    answer = asker.put_campaign("c1", campaign(name="x" * 2**20))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
