"""What the paths about campaigns answer when something is wrong: the nested envelope, and the order of the checks."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersend import app
from aftersend.api.limits import CallLimits
from aftersend.domain.workspaces import Feature, Scope
from aftersend.errors import StoreUnavailable
from builders import Asker, Json, campaign
from details import DETAILS, ask, page, problem, targets
from server import Server

Workspaces = Callable[..., Asker]
SiteWith = Callable[..., Callable[..., httpx.Response]]

PATHS = ("meta", "search", "p/executions")

INVALID = {"code": "InvalidValue", "target": "APP_SECRET_KEY"}
UNAUTHENTICATED: Json = {
    "code": "401 Authentication error",
    "message": "Authentication required",
    "details": [INVALID | {"message": [INVALID | {"message": "Invalid APP_SECRET_KEY is provided."}]}],
    "request_id": "",
}
HEADER = "MOE-APPKEY missing in Authentication Header"
HEADER_MISSING: Json = {
    "code": "401 Authentication error",
    "message": HEADER,
    "target": "MOE-APPKEY",
    "details": [{"target": "MOE-APPKEY", "message": HEADER}],
    "request_id": "",
}
NOT_ENABLED = "Campaign metadata API is not enabled for this workspace."
RATE: Json = {
    "code": "429 conflict",
    "message": "rate_limit",
    "target": "",
    "details": [{"target": "rate_limit", "message": "Rate limiting breached"}],
}


def use_up(server: Server, asker: Asker) -> None:
    """Use all calls about campaigns of the workspace's second."""
    while server.parts.services.limits.campaigns_call(asker.workspace_id).allowed:
        pass


def wrong(answer: httpx.Response) -> Json:
    """Return the messages of a 400 by what they are about."""
    targets(answer)
    return {detail["target"]: detail["message"] for detail in problem(answer)["details"]}


# Who may ask.


@pytest.mark.parametrize("path", PATHS)
def test_without_a_valid_key(asker: Asker, path: str) -> None:
    """No credentials, a wrong key and another workspace's name are the documented 401."""
    headers = {"MOE-APPKEY": asker.workspace_id}

    answers = [
        httpx.post(asker.url + DETAILS + path, json=page(), headers=headers),
        ask(Asker(asker.url, asker.workspace_id, "wrong"), path, page()),
        ask(asker, path, page(), headers={"MOE-APPKEY": "elsewhere"}),
    ]

    assert [(answer.status_code, problem(answer)) for answer in answers] == [(401, UNAUTHENTICATED)] * 3
    assert all(answer.headers["www-authenticate"].startswith("Basic ") for answer in answers)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_header(asker: Asker, path: str) -> None:
    """A request that does not name the workspace again is a 401 that says so."""
    answer = ask(asker, path, page(), headers={})

    assert (answer.status_code, problem(answer)) == (401, HEADER_MISSING)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scope", Scope)
def test_the_scope(server: Server, asker: Asker, scope: Scope, path: str) -> None:
    """Any key with `campaigns:read` may ask, and no other one but `admin`."""
    asker.put_campaign("p", campaign())
    limited = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, scope))

    answer = ask(limited, path, page())

    if scope in ("campaigns:read", "admin"):
        assert answer.status_code == 200
    else:
        assert (answer.status_code, problem(answer)["code"]) == (403, "403 Forbidden")
        assert problem(answer)["target"] == "scope"


@pytest.mark.parametrize("path", PATHS)
def test_a_workspace_without_the_feature(server: Server, asker: Asker, path: str) -> None:
    """Where the feature is off the answer is a 400 in the documented words, until it is on again."""
    asker.put_campaign("p", campaign())
    workspaces = server.parts.registry.workspaces
    workspaces.update(asker.workspace_id, features_off=frozenset({Feature.META}))
    off = ask(asker, path, page())
    workspaces.update(asker.workspace_id, features_off=frozenset({Feature.STATS, Feature.CAMPAIGNS, Feature.REPORTS}))
    on = ask(asker, path, page())

    assert wrong(off) == {"workspace": NOT_ENABLED}
    assert problem(off)["message"] == NOT_ENABLED
    assert on.status_code == 200


# The body and its fields.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"request_id": "' + b"a" * 2**20 + b'"}'])
def test_a_body_that_is_not_json(asker: Asker, path: str, body: bytes) -> None:
    """A body that cannot be read is a 400 about the body."""
    headers = {"MOE-APPKEY": asker.workspace_id}

    assert targets(asker.request("POST", DETAILS + path, content=body, headers=headers)) == ["body"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [[], "text", 7, None], ids=repr)
def test_a_body_that_is_not_an_object(asker: Asker, path: str, body: object) -> None:
    """JSON that is not an object is a 400 about the body."""
    assert targets(ask(asker, path, body)) == ["body"]


@pytest.mark.parametrize("path", PATHS)
def test_the_documented_error(asker: Asker, path: str) -> None:
    """A missing mandatory field is told in the documented words."""
    message = "limit key is mandatory field"

    answer = ask(asker, path, {"request_id": "11", "page": 1})

    assert (answer.status_code, problem(answer)) == (
        400,
        {
            "code": "400 Bad Request",
            "message": message,
            "target": "limit",
            "details": [{"target": "limit", "message": message}],
            "request_id": "11",
        },
    )


@pytest.mark.parametrize("path", PATHS)
def test_every_missing_field_has_a_detail(asker: Asker, path: str) -> None:
    """An empty request lacks three fields, and the answer carries the server's own id."""
    answer = ask(asker, path, {})

    assert wrong(answer) == {name: f"{name} key is mandatory field" for name in ("request_id", "limit", "page")}
    assert problem(answer)["message"] == "request_id key is mandatory field"
    assert problem(answer)["request_id"] == answer.headers["x-request-id"]


NO_NUMBERS: list[object] = [0, -1, "10", 2.5, 10.0, True, None, [], {}, [1]]
NO_TEXTS: list[object] = [7, 0, True, None, "", [], ["a"], {}]
NO_FLAGS: list[object] = ["true", 0, 1, None, [], {}]

FIELDS: list[tuple[str, object]] = [
    *(("request_id", value) for value in NO_TEXTS),
    *(("limit", value) for value in [*NO_NUMBERS, 16, 10**30]),
    *(("page", value) for value in NO_NUMBERS),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("field", "value"), FIELDS, ids=lambda value: repr(value)[:30])
def test_values_that_a_field_cannot_have(asker: Asker, path: str, field: str, value: object) -> None:
    """What is no number within its bounds, or no text, is a 400 naming its field; no limit is silently cut."""
    assert targets(ask(asker, path, page(**{field: value}))) == [field]


@pytest.mark.parametrize(
    ("value", "expected", "got"), [(7, "string", "int"), (None, "string", "null"), ([], "string", "array")]
)
def test_a_wrong_type(asker: Asker, value: object, expected: str, got: str) -> None:
    """It is told in the documented words."""
    message = f"request_id - Invalid value passed. Expected type: {expected}, but got: {got}."

    assert wrong(ask(asker, "meta", page(request_id=value))) == {"request_id": message}


NO_DATES: list[object] = ["2024-02-30", "2024-2-3", "today", "", "22/12/2024", "32-01-2024", "2024-01-01T00:00:00Z", 7]
WRONG_FILTERS: list[tuple[Json | object, list[str]]] = [
    *((value, [""]) for value in [7, "id", None, ["id"]]),
    *(({"id": value}, ["id"]) for value in [*NO_TEXTS, ["c1", "c2"], "x" * 129, "a\0"]),
    *(({"name": value}, ["name"]) for value in [*NO_TEXTS, "x" * 501]),
    *(({"channels": value}, ["channels"]) for value in ["EMAIL", 7, {}, None, ["EMAIL"] * 101]),
    ({"channels": ["EMAIL", "email", 7, "TELEGRAM"]}, ["channels[1]", "channels[2]", "channels[3]"]),
    ({"delivery_type": ["ONE_TIME", "one_time"]}, ["delivery_type[1]"]),
    ({"delivery_type": "ONE_TIME"}, ["delivery_type"]),
    ({"status": ["DONE", "SENDING", "DRAFT"]}, ["status[0]", "status[1]", "status[2]"]),
    ({"status": "ACTIVE"}, ["status"]),
    ({"created_by": "a@example.com"}, ["created_by"]),
    ({"created_by": ["", 7, "x" * 321]}, ["created_by[0]", "created_by[1]", "created_by[2]"]),
    ({"tags": [None, "a", "x" * 201]}, ["tags[0]", "tags[2]"]),
    *(({"created_date": value}, ["created_date"]) for value in ["2024-01-01", 7, [], None]),
    *(
        ({"created_date": {"from_date": value, "to_date": "2024-01-31"}}, ["created_date.from_date"])
        for value in NO_DATES
    ),
    ({"created_date": {"from_date": "2024-01-02", "to_date": "2024-01-01"}}, ["created_date.to_date"]),
    (
        {"created_date": {"from_date": "2024-01-01", "to_date": "2024-01-01", "day": 1}},
        ["created_date.day"],
    ),
    ({"ids": ["c1"]}, ["ids"]),
    ({"campaign_delivery_type": ["PERIODIC"], "id": ""}, ["id", "campaign_delivery_type"]),
]


@pytest.mark.parametrize("path", ["meta", "search"])
@pytest.mark.parametrize(("filters", "named"), WRONG_FILTERS, ids=lambda value: repr(value)[:50])
def test_filters_that_cannot_be(asker: Asker, path: str, filters: object, named: list[str]) -> None:
    """A filter that cannot be used is a 400 naming its place: it never means no filter."""
    found = targets(ask(asker, path, page(campaign_fields=filters)))

    assert found == [f"campaign_fields.{name}".rstrip(".") for name in named]


@pytest.mark.parametrize("missing", ["from_date", "to_date"])
def test_a_range_of_dates_needs_both_ends_for_details(asker: Asker, missing: str) -> None:
    """The details want both ends of a range, and say so in the documented words."""
    dates = {"from_date": "2024-01-01", "to_date": "2024-01-31"}
    del dates[missing]

    answer = ask(asker, "meta", page(campaign_fields={"created_date": dates}))

    assert wrong(answer) == {f"campaign_fields.created_date.{missing}": f"{missing} key is mandatory field"}


@pytest.mark.parametrize("path", ["meta", "search"])
@pytest.mark.parametrize("value", NO_FLAGS, ids=repr)
def test_a_switch_is_true_or_false(asker: Asker, path: str, value: object) -> None:
    """Nothing else is taken for one."""
    assert targets(ask(asker, path, page(include_child_campaigns=value))) == ["include_child_campaigns"]


@pytest.mark.parametrize("name", ["include_archive_campaigns", "include_archived_campaigns"])
def test_switches_of_the_search_alone(asker: Asker, name: str) -> None:
    """The search takes the switch for archived campaigns, and it has to be one; the others do not know it."""
    assert targets(ask(asker, "search", page(**{name: "yes"}))) == [name]
    for path in ("meta", "p/executions"):
        assert targets(ask(asker, path, page(**{name: True}))) == [name]


@pytest.mark.parametrize("path", PATHS)
def test_every_problem_has_a_detail(asker: Asker, path: str) -> None:
    """All problems are told, in the order of the fields, those that nobody knows last."""
    answer = ask(asker, path, {"request_id": "11", "limit": 16, "page": 0, "ofset": 1, "sort": "name"})

    assert targets(answer) == ["limit", "page", "ofset", "sort"]
    assert problem(answer)["request_id"] == "11"


# The order of the checks.


@pytest.mark.parametrize("path", PATHS)
def test_the_order_of_the_checks(server: Server, asker: Asker, path: str) -> None:
    """First the key, then the header, the scope, the limit, and the body last."""
    limited = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, Scope.EVENTS_WRITE))
    use_up(server, asker)

    answers = [
        httpx.post(asker.url + DETAILS + path, json=page()),
        ask(limited, path, page(), headers={}),
        ask(limited, path, page()),
        ask(asker, path, {}),
    ]

    assert [problem(answer)["message"] for answer in answers[:2]] == ["Authentication required", HEADER]
    assert [answer.status_code for answer in answers] == [401, 401, 403, 429]


# The limits.


def test_ten_calls_a_second_for_the_three_paths_together(asker: Asker, new_workspace: Workspaces) -> None:
    """The eleventh call within a second is refused in the documented words; others are not held up by it."""
    other = new_workspace()
    asker.put_campaign("p", campaign())

    answers = [ask(asker, PATHS[number % 3], page()) for number in range(40)]
    statuses = [answer.status_code for answer in answers]
    refused = next(answer for answer in answers if answer.status_code == 429)

    assert statuses[:10] == [200] * 10
    assert problem(refused) | {"request_id": ""} == RATE | {"request_id": ""}
    assert problem(refused)["request_id"] == refused.headers["x-request-id"]
    assert refused.headers["retry-after"] == "1"
    assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-remaining"]) == ("10", "0")
    assert abs(int(refused.headers["x-ratelimit-reset"]) - app.now().timestamp()) <= 60
    assert ask(other, "meta", page()).status_code == 200


def test_every_answer_tells_what_is_left(asker: Asker) -> None:
    """Good and bad answers alike carry what is left of the window that is nearest to its end."""
    answers = [ask(asker, "meta", body) for body in (page(), {})]

    assert [answer.headers["x-ratelimit-limit"] for answer in answers] == ["10", "10"]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["9", "8"]
    assert all("retry-after" not in answer.headers for answer in answers)


def test_calls_about_campaigns_are_not_stats_calls(server: Server, asker: Asker) -> None:
    """The two limits are apart."""
    use_up(server, asker)

    answer = asker.ask({"request_id": "abc"})

    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (400, "99")


def test_unknown_callers_are_slowed_down_by_address(asker: Asker, site_with: SiteWith) -> None:
    """Beyond its allowance an address without a valid key gets the documented 429."""
    send = site_with(limits=CallLimits("memory://", 1, lambda: app.now().timestamp()))
    stranger = Asker(asker.url, "nobody", "nothing")

    answers = [send(stranger, "POST", DETAILS + "meta", json=page()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 429]
    assert problem(answers[1]) | {"request_id": ""} == RATE | {"request_id": ""}
    assert answers[1].headers["retry-after"].isdecimal()


# Everything else.


def test_paths_and_methods_that_are_not_there(asker: Asker) -> None:
    """What is not there has the same envelope."""
    answers = [
        asker.request("POST", DETAILS + "nothing", json=page()),
        asker.request("GET", DETAILS + "meta"),
    ]

    assert [answer.status_code for answer in answers] == [404, 405]
    assert [problem(answer)["code"] for answer in answers] == ["404 Not Found", "405 Method Not Allowed"]


class BrokenFinder:
    """A finder that fails in a way nobody expected, or because the registry is away."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def details(self, *question: Any) -> Json:
        """Fail."""
        raise self._fault


@pytest.mark.parametrize("fault", [RuntimeError("secret"), StoreUnavailable("secret"), KeyError("secret")], ids=repr)
def test_what_nobody_expected(asker: Asker, site_with: SiteWith, fault: Exception) -> None:
    """Any fault of ours is the documented 500, and tells nothing of its cause."""
    send = site_with(finder=BrokenFinder(fault))
    headers = {"MOE-APPKEY": asker.workspace_id}

    answer = send(asker, "POST", DETAILS + "meta", json=page(request_id="11"), headers=headers)

    message = "Something went wrong. Please contact Moengage team"
    assert (answer.status_code, problem(answer)) == (
        500,
        {
            "code": "500 Internal Server Error",
            "message": message,
            "target": "",
            "details": [{"target": "", "message": message}],
            "request_id": "11",
        },
    )
    assert "secret" not in answer.text + str(answer.headers)
    assert answer.headers["x-ratelimit-remaining"].isdecimal()
