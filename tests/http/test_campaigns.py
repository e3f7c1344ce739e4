"""Registering, changing, listing and forgetting campaigns."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from aftersend.domain.workspaces import Scope
from builders import Asker, Json, campaign, message_event
from server import Server

Workspaces = Callable[..., Asker]

FULL: Json = {
    "name": "Spring offer",
    "channel": "PUSH",
    "delivery_type": "PERIODIC",
    "status": "ACTIVE",
    "platforms": ["ANDROID", "IOS"],
    "locales": ["de", "en-GB"],
    "variations": ["variation_1", "variation_2"],
    "variation_percentages": [62.5, 37.5],
    "parent_campaign_id": "parent",
    "flow_id": "f1",
    "flow_name": "Welcome",
    "created_by": "a@example.com",
    "updated_by": "b@example.com",
    "team": "Growth",
    "tags": ["spring", "sale"],
    "created_at": "2026-01-01T08:00:00Z",
    "updated_at": "2026-01-02T08:00:00.123000Z",
    "sent_at": "2026-01-03T08:00:00Z",
    "start_time": "2026-01-03T07:59:00Z",
    "attribution_window_hours": 48,
    "goals": [
        {
            "name": "Order",
            "event": "purchase",
            "filters": [
                {
                    "name": "amount",
                    "condition": "between",
                    "data_type": "DOUBLE",
                    "value": 1.5,
                    "value1": 10**14,
                    "negate": True,
                    "case_sensitive": False,
                }
            ],
            "primary": True,
            "revenue_attribute": "amount",
            "currency": "EUR",
        }
    ],
    "control_groups": {"campaign_percentage": 2.5, "global": True},
    "reachability": {"count": 18182, "updated_at": "2026-01-01T09:05:42.661000Z"},
}
"""A campaign with every field that there is."""

DEFAULTS: Json = {
    "delivery_type": "ONE_TIME",
    "status": "DRAFT",
    "platforms": [],
    "locales": [],
    "variations": [],
    "variation_percentages": [],
    "parent_campaign_id": None,
    "flow_id": None,
    "flow_name": None,
    "created_by": None,
    "updated_by": None,
    "team": None,
    "tags": [],
    "sent_at": None,
    "start_time": None,
    "attribution_window_hours": None,
    "goals": [],
    "control_groups": {"campaign_percentage": 0, "global": False},
    "reachability": None,
}


def path(campaign_id: str) -> str:
    """Spell the path of a campaign."""
    return "/v1/campaigns/" + quote(campaign_id, safe="")


def get(asker: Asker, campaign_id: str) -> Json:
    """Return a campaign as it is shown."""
    answer = asker.request("GET", path(campaign_id))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def listed(asker: Asker, query: str = "") -> list[str]:
    """Return the ids of a page of campaigns."""
    return [row["id"] for row in asker.request("GET", "/v1/campaigns" + query).json()["campaigns"]]


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, code and field of an answer that has the native envelope."""
    problem = answer.json()["error"]
    assert set(problem) - {"field"} == {"code", "message", "request_id"}
    return answer.status_code, problem["code"], problem.get("field")


# Registering.


def test_a_campaign_with_every_field(asker: Asker) -> None:
    """Everything that was registered is shown as it was sent, at once and later."""
    answer = asker.put_campaign("c1", FULL)

    assert (answer.status_code, answer.json()) == (200, {"id": "c1"} | FULL)
    assert get(asker, "c1") == {"id": "c1"} | FULL


def test_a_campaign_with_only_a_name_and_a_channel(asker: Asker) -> None:
    """A name and a channel are enough; the rest has its defaults, and the campaign was created now."""
    asker.put_campaign("c1", campaign("SMS"))

    shown = get(asker, "c1")

    assert shown.pop("created_at") == shown.pop("updated_at")
    assert shown == {"id": "c1", "name": "A campaign", "channel": "SMS"} | DEFAULTS


def test_registering_again_replaces(asker: Asker) -> None:
    """A second PUT replaces everything but the time of creation; what it does not name has its default again."""
    asker.put_campaign("c1", FULL)

    shown = asker.put_campaign("c1", campaign("PUSH", name="New")).json()

    assert shown.pop("updated_at") > FULL["updated_at"]
    assert shown == {"id": "c1", "name": "New", "channel": "PUSH", "created_at": FULL["created_at"]} | DEFAULTS


def test_moments_are_shown_in_utc(asker: Asker) -> None:
    """A moment with another offset is shown as the same moment in UTC."""
    asker.put_campaign("c1", campaign(created_at="2026-01-01T01:00:00+05:30", sent_at="2026-01-01T00:30:00-01:00"))

    shown = get(asker, "c1")

    assert (shown["created_at"], shown["sent_at"]) == ("2025-12-31T19:30:00Z", "2026-01-01T01:30:00Z")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["created_at", "updated_at", "sent_at", "start_time"])
def test_moments_at_the_end_of_the_calendar(asker: Asker, field: str, moment: str) -> None:
    """A moment that UTC has no date for is a 400 naming its field, or is taken; it is no fault of ours."""
    answer = asker.put_campaign("c1", campaign(**{field: moment}))

    assert answer.status_code == 200 or refused(answer) == (400, "invalid_value", field)


def test_platforms_in_any_case(asker: Asker) -> None:
    """Platforms are kept in upper case however they were written."""
    asker.put_campaign("c1", campaign("PUSH", platforms=["ios", "Web"]))

    assert get(asker, "c1")["platforms"] == ["IOS", "WEB"]


def test_the_id_may_stand_in_the_body_too(asker: Asker) -> None:
    """An id in the body that is the one in the path is of no matter."""
    assert asker.put_campaign("c1", campaign(id="c1")).status_code == 200


ODD_IDS = [
    "x" * 128,
    "ü",
    "a?b",
    "a#b",
    "%41",
    "a:b",
    "a+b",
    "a\\b",
    "'\"",
    "<x>",
    "a%2Fb",
    "a%b",
    "*",
    "e\u0301",
    "😀",
    "...",
    "x" * 128,
]


@pytest.mark.parametrize("campaign_id", ODD_IDS)
def test_ids_with_odd_characters(asker: Asker, campaign_id: str) -> None:
    """An id may have any printable characters, and is the same in every path, body and answer."""
    assert asker.put_campaign(quote(campaign_id, safe=""), campaign()).status_code == 200

    receipt = asker.send(message_event(campaign_id=campaign_id))

    assert (receipt["accepted"], get(asker, campaign_id)["id"], listed(asker)) == (1, campaign_id, [campaign_id])
    assert asker.node("EMAIL", campaign_id=campaign_id)["performance_stats"]["sent"] == 1
    assert asker.request("DELETE", path(campaign_id)).status_code == 204
    assert listed(asker) == []


@pytest.mark.parametrize("campaign_id", ["a b", "\u200b", "a\n", "\0", "\u3000", "x" * 129])
def test_ids_that_cannot_be(asker: Asker, campaign_id: str) -> None:
    """An id that is too long or has white space or unprintable characters is a 400."""
    answer = asker.request("PUT", path(campaign_id), json=campaign())

    assert refused(answer) == (400, "invalid_value", "id")


def test_an_id_with_a_slash(asker: Asker) -> None:
    """A slash is no part of an id, packed or not."""
    for escaped in ("a/b", "a%2Fb"):
        assert asker.request("PUT", "/v1/campaigns/" + escaped, json=campaign()).status_code == 404


# Changing.


def test_a_change_leaves_the_rest_alone(asker: Asker) -> None:
    """PATCH changes what it names, and the time of the change, and nothing else."""
    asker.put_campaign("c1", FULL)

    answer = asker.request("PATCH", path("c1"), json={"status": "PAUSED", "tags": [], "team": None})

    shown = answer.json()
    assert answer.status_code == 200
    assert shown.pop("updated_at") > FULL["updated_at"]
    expected: Json = {"id": "c1"} | FULL | {"status": "PAUSED", "tags": [], "team": None}
    assert shown == {field: value for field, value in expected.items() if field != "updated_at"}
    assert get(asker, "c1")["status"] == "PAUSED"


def test_a_change_of_nothing(asker: Asker) -> None:
    """An empty change is taken."""
    asker.put_campaign("c1", FULL)

    assert asker.request("PATCH", path("c1"), json={}).status_code == 200


def test_percentages_of_variations_change_with_them(asker: Asker) -> None:
    """A change of the variations needs new percentages, or none."""
    asker.put_campaign("c1", FULL)
    three: Json = {"variations": ["a", "b", "c"]}
    changes = (three, three | {"variation_percentages": [50, 25, 25]}, three | {"variation_percentages": []})

    answers = [asker.request("PATCH", path("c1"), json=change) for change in changes]

    assert refused(answers[0]) == (400, "invalid_value", "variation_percentages")
    assert answers[1].json() | {"updated_at": None} == answers[2].json() | {
        "variation_percentages": [50, 25, 25],
        "updated_at": None,
    }
    assert get(asker, "c1")["variation_percentages"] == []


def test_a_change_that_is_refused_changes_nothing(asker: Asker) -> None:
    """When one field of a change cannot be, the other ones are not changed either."""
    asker.put_campaign("c1", FULL)

    answer = asker.request("PATCH", path("c1"), json={"name": "New", "attribution_window_hours": 0})

    assert refused(answer) == (400, "invalid_value", "attribution_window_hours")
    assert get(asker, "c1") == {"id": "c1"} | FULL


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_campaign_that_is_not_there(asker: Asker, method: str) -> None:
    """What is not registered cannot be shown, changed or forgotten."""
    options: Json = {"json": {}} if method == "PATCH" else {}

    assert refused(asker.request(method, path("c1"), **options)) == (404, "not_found", None)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_channel_cannot_change(asker: Asker, method: str) -> None:
    """Another channel would change the meaning of the events that are there: it is a 409 that names the field."""
    asker.put_campaign("c1", campaign("EMAIL"))

    answer = asker.request(method, path("c1"), json=campaign("SMS"))

    assert refused(answer) == (409, "conflict", "channel")
    assert get(asker, "c1")["channel"] == "EMAIL"


# Forgetting.


def test_forgetting_keeps_the_events(asker: Asker) -> None:
    """A forgotten campaign is in no answer; registered anew it has its events again, and none of its old goals."""
    asker.put_campaign("c1", campaign(goals=[{"name": "Order", "event": "purchase"}]))
    event = message_event()
    asker.send(event)

    answer = asker.request("DELETE", path("c1"))

    assert (answer.status_code, answer.content) == (204, b"")
    assert asker.stats(campaign_ids=["c1"])["data"] == {}
    assert (asker.stats()["total_campaigns"], listed(asker)) == (0, [])
    asker.put_campaign("c1", campaign())
    assert asker.node("EMAIL")["performance_stats"]["sent"] == 1
    assert asker.node("EMAIL")["conversion_goal_stats"] == {}
    assert asker.send(event)["duplicates"] == 1


def test_forgetting_twice(asker: Asker) -> None:
    """What has been forgotten cannot be forgotten once more."""
    asker.put_campaign("c1", campaign())

    statuses = [asker.request("DELETE", path("c1")).status_code for _ in range(2)]

    assert statuses == [204, 404]


# Listing.


def test_pages_of_campaigns(asker: Asker) -> None:
    """Campaigns are listed in the order of their creation, in pages that neither overlap nor leave one out."""
    for number in (3, 1, 4, 0, 2):
        asker.put_campaign(f"c{number}", campaign(created_at=f"2026-01-0{number + 1}T00:00:00Z"))

    pages = [asker.request("GET", f"/v1/campaigns?offset={offset}&limit=2").json() for offset in (0, 2, 4, 6)]

    assert [[row["id"] for row in page["campaigns"]] for page in pages] == [["c0", "c1"], ["c2", "c3"], ["c4"], []]
    assert [(page["total"], page["offset"], page["limit"]) for page in pages] == [(5, n, 2) for n in (0, 2, 4, 6)]


def test_the_list_without_bounds(asker: Asker) -> None:
    """Without bounds the first fifty campaigns are listed; those of flows and API-triggered ones are among them."""
    for campaign_id, body in (("c1", campaign(flow_id="f")), ("c2", campaign(delivery_type="API_TRIGGERED"))):
        asker.put_campaign(campaign_id, body)

    page = asker.request("GET", "/v1/campaigns").json()

    assert [row["id"] for row in page["campaigns"]] == ["c1", "c2"]
    assert (page["total"], page["offset"], page["limit"]) == (2, 0, 50)


def test_the_greatest_page(asker: Asker) -> None:
    """The greatest limit and offset are taken."""
    assert asker.request("GET", "/v1/campaigns?limit=100&offset=2147483648").status_code == 200


NO_OFFSETS = [
    "-1",
    "",
    "1.0",
    "1e1",
    "+1",
    " 1",
    "ten",
    "٣",
    "2147483649",
    "9" * 30,
    "0" * 20 + "9" * 30,
    "0" * 20 + "9" * 5000,
]
NO_LIMITS = ["0", "101", "-1", "", "1.0", "ten", "1" + "0" * 30, "0" * 19 + "1" + "0000"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("offset", value) for value in NO_OFFSETS] + [("limit", value) for value in NO_LIMITS],
    ids=lambda text: text[:30] or "nothing",
)
def test_bounds_that_cannot_be(asker: Asker, name: str, value: str) -> None:
    """An offset or a limit that is no number within its bounds is a 400 naming it."""
    answer = asker.request("GET", f"/v1/campaigns?{name}={quote(value)}")

    assert refused(answer) == (400, "invalid_value", name)


# Who may do what.


def test_campaigns_stay_in_their_workspace(new_workspace: Workspaces) -> None:
    """The same id in two workspaces is two campaigns; nobody sees, changes or forgets the other one's."""
    first, second = new_workspace(), new_workspace()
    first.put_campaign("c1", campaign("EMAIL", name="First"))

    assert [second.request(method, path("c1")).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert second.put_campaign("c1", campaign("SMS", name="Second")).status_code == 200
    assert second.request("DELETE", path("c1")).status_code == 204
    assert get(first, "c1")["name"] == "First"
    assert (listed(first), listed(second)) == (["c1"], [])


REQUESTS = {
    "PUT": ("/v1/campaigns/c1", "campaigns:write", 200),
    "PATCH": ("/v1/campaigns/c1", "campaigns:write", 200),
    "DELETE": ("/v1/campaigns/c1", "campaigns:write", 204),
    "GET": ("/v1/campaigns/c1", "campaigns:read", 200),
    "GET list": ("/v1/campaigns", "campaigns:read", 200),
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("scope", Scope)
def test_the_scopes_of_campaigns(server: Server, asker: Asker, scope: Scope, name: str) -> None:
    """Reading needs `campaigns:read`, changing needs `campaigns:write`, `admin` may do both, and no other scope any."""
    where, needed, success = REQUESTS[name]
    asker.put_campaign("c1", campaign())
    limited = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, scope))
    options: Json = {"json": campaign()} if name in ("PUT", "PATCH") else {}

    answer = limited.request(name.split(maxsplit=1)[0], where, **options)

    if scope in (needed, "admin"):
        assert answer.status_code == success
    else:
        assert refused(answer) == (403, "not_allowed", None)


@pytest.mark.parametrize("name", REQUESTS)
def test_without_a_key(asker: Asker, name: str) -> None:
    """Without a valid key nothing of campaigns is shown or changed."""
    stranger = Asker(asker.url, asker.workspace_id, "wrong")

    answer = stranger.request(name.split(maxsplit=1)[0], REQUESTS[name][0])

    assert refused(answer) == (401, "not_authenticated", None)
    assert answer.headers["www-authenticate"].startswith("Basic ")
