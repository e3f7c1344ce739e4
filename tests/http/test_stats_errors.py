"""What the stats path answers when something is wrong: the exact bodies, and the order of the checks."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersend import app
from aftersend.api.limits import CallLimits
from aftersend.domain.workspaces import Feature, Scope
from aftersend.errors import StoreUnavailable
from builders import STATS, Asker, Json, campaign, question
from server import Server

Workspaces = Callable[..., Asker]
SiteWith = Callable[..., Callable[..., httpx.Response]]

UNAUTHENTICATED = (401, "Authentication required", "Invalid identity information found.")
FORBIDDEN = (403, "Forbidden Request", None)
OUR_FAULT = (
    500,
    "Server Error",
    "An unexpected error was encountered while processing this request. Please contact MoEngage Team",
)


def wrong(field: str, value: object) -> tuple[int, str, str]:
    """Build what is expected of a request whose field cannot be used."""
    return 400, "Invalid Field Value", f"{field} - Some of the field values are invalid: {field} : {value}"


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, title and description of an answer that has exactly the three documented fields."""
    body = answer.json()
    assert set(body) == {"title", "description", "code"}
    assert re.fullmatch("[A-Za-z]{8}", body["code"])
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, body["title"], body["description"]


def key(server: Server, asker: Asker, *scopes: Scope) -> Asker:
    """Make somebody in the same workspace whose key has only these scopes."""
    return Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, *scopes))


def use_up(server: Server, asker: Asker) -> None:
    """Use all stats calls of the workspace's minute."""
    while server.parts.services.limits.stats_call(asker.workspace_id).allowed:
        pass


def _seconds() -> float:
    return app.now().timestamp()


def test_every_occurrence_has_a_code_of_its_own(asker: Asker) -> None:
    """The code is a reference to one occurrence and not a class of errors."""
    codes = {asker.ask({}).json()["code"] for _ in range(3)}

    assert len(codes) == 3


# The order of the checks.


def test_who_asks_comes_before_the_workspace_header(asker: Asker) -> None:
    """Without credentials and without MOE-APPKEY the answer is about the credentials."""
    assert error(httpx.post(asker.url + STATS)) == UNAUTHENTICATED


def test_the_workspace_header_comes_before_the_scope(server: Server, asker: Asker) -> None:
    """A key without the scope and a request without MOE-APPKEY give the answer about the header."""
    limited = key(server, asker, Scope.EVENTS_WRITE)

    assert error(limited.request("POST", STATS, json=question())) == wrong("app_key", None)
    assert error(limited.ask(question(), MOE_APPKEY="elsewhere")) == UNAUTHENTICATED


def test_the_scope_comes_before_the_limit(server: Server, asker: Asker) -> None:
    """A key without the scope gets its 403 also when the workspace has no calls left."""
    limited = key(server, asker, Scope.CAMPAIGNS_READ)
    use_up(server, asker)

    assert error(limited.ask(question())) == FORBIDDEN


def test_the_limit_comes_before_the_body(server: Server, asker: Asker) -> None:
    """Without calls left even a wrong body is a 429."""
    use_up(server, asker)

    assert asker.ask({}).status_code == 429


WRONG_BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "two values": b"{} {}",
    "not UTF-8": b'{"request_id": "\xff"}',
    "a lone surrogate": b'{"request_id": "\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "not a number": b'{"limit": NaN}',
    "nested without end": b"[" * 100_000,
    "one MiB and more": b'{"request_id": "' + b"a" * 2**20 + b'"}',
    "null": b"null",
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_body_that_is_not_json(asker: Asker, body: bytes) -> None:
    """A body that cannot be read is a 400 about the field `body`."""
    answer = asker.request("POST", STATS, content=body, headers={"MOE-APPKEY": asker.workspace_id})

    assert error(answer) == wrong("body", None)


@pytest.mark.parametrize("body", [[], "text", 7, True, 1.5], ids=repr)
def test_a_body_that_is_not_an_object(asker: Asker, body: object) -> None:
    """JSON that is not an object is a 400 about the field `body`."""
    assert error(asker.ask(body)) == wrong("body", body)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", None])
def test_the_content_type_does_not_matter(asker: Asker, content_type: str | None) -> None:
    """The body is read as JSON whatever its type says."""
    headers = {"MOE-APPKEY": asker.workspace_id} | ({"content-type": content_type} if content_type else {})
    body = httpx.Request("POST", asker.url, json=question()).content

    assert asker.request("POST", STATS, content=body, headers=headers).status_code == 200


# Every field.

FIELDS = (
    "request_id",
    "campaign_ids",
    "start_date",
    "end_date",
    "attribution_type",
    "metric_type",
    "offset",
    "limit",
    "no_such_field",
)
"""In the order in which they are checked; what nobody knows comes last."""

NEVER: list[object] = [None, True, False, 1.5, -7, {}, {"a": 1}, "", [None], [[]]]
"""Values that no field can have."""

DATES: list[object] = ["2026-1-1", "20260101", "2026-W01-1", " 2026-01-01", "2026-01-01\n", "2026-01-01T00:00:00Z"]
NO_DAYS: list[object] = ["0000-01-01", "2025-02-29", "2026-13-01", "2026-00-10", "２０２６-01-01", "today", 20260101, 0]

ALSO_WRONG: dict[str, list[object]] = {
    "request_id": [7, 0, 10**400, [], ["a"]],
    "campaign_ids": ["c1", 7, [""], [1], ["c1", None], [["c1"]], ["c1", "c1"], [{"id": "c1"}]],
    "start_date": [*DATES, *NO_DAYS, ["2026-01-01"]],
    "end_date": [*DATES, *NO_DAYS, "2025-12-31", "2026-02-01", "9999-12-31"],
    "attribution_type": ["view_through", "VIEW_THROUGH ", "View_Through", "VIEW-THROUGH", "LAST", 1, ["VIEW_THROUGH"]],
    "metric_type": ["total", "Unique", "TOTAL ", "BOTH", 1, ["TOTAL"]],
    "offset": ["0", "10", [], [0], 0.0, 10.0, -1, -(10**400)],
    "limit": ["10", [], [10], 10.0, 0, 11, 100, -1, 10**400],
    "no_such_field": [0, "text", []],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field in FIELDS for value in NEVER + ALSO_WRONG[field]],
    ids=lambda value: repr(value)[:40],
)
def test_a_value_that_a_field_cannot_have(asker: Asker, field: str, value: object) -> None:
    """A value that a field cannot have is a 400 with the field and the value as Python writes it."""
    status, title, description = error(asker.ask(question(**{field: value})))

    expected = wrong(field, value)
    assert (status, title) == expected[:2]
    assert (description or "")[:200] == expected[2][:200]


def test_a_long_value_is_cut(asker: Asker) -> None:
    """An answer does not repeat megabytes of a bad value."""
    answer = asker.ask(question(metric_type="x" * 500_000))

    assert error(answer)[0] == 400
    assert len(answer.content) < 1000


@pytest.mark.parametrize("place", range(len(FIELDS)), ids=FIELDS)
def test_the_first_wrong_field_is_named(asker: Asker, place: int) -> None:
    """Of several wrong fields the first in the documented order is named, wherever it stands in the body."""
    good = question(campaign_ids=["c1"], offset=0, limit=10)

    body = dict.fromkeys(reversed(FIELDS[place:]), False) | {field: good[field] for field in FIELDS[:place]}

    assert error(asker.ask(body)) == wrong(FIELDS[place], False)


@pytest.mark.parametrize("field", ["Request_Id", "platforms", "campaign_id", "", "_", "a\nb"])
def test_an_unknown_field(asker: Asker, field: str) -> None:
    """A field that the request does not have is a 400 naming it."""
    assert error(asker.ask(question() | {field: "x"})) == wrong(field, "x")


@pytest.mark.parametrize(
    "fields",
    [
        {"campaign_ids": []},
        {"offset": 0, "limit": 1},
        {"offset": 10**6, "limit": 10},
        {"request_id": "é\u0000\U0001f600" + "x" * 5000},
        {"start_date": "1900-01-01", "end_date": "1900-01-31"},
        {"start_date": "9999-12-01", "end_date": "9999-12-31"},
        {"start_date": "0001-01-01", "end_date": "0001-01-01"},
        {"start_date": "2024-02-29", "end_date": "2024-02-29"},
        {"attribution_type": "CLICK_THROUGH"},
        {"attribution_type": "IN_SESSION"},
        {"attribution_type": "TOTAL_CONVERSIONS"},
        {"attribution_type": "CLICK_CONVERSIONS", "metric_type": "UNIQUE"},
        {"campaign_ids": ["x" * 1000, "\u0000", "'; --", "\\", "é"]},
    ],
    ids=str,
)
def test_values_at_the_edge_are_taken(asker: Asker, fields: Json) -> None:
    """What the rules allow is answered, however odd it looks, and the request id comes back as it was."""
    asker.put_campaign("c1", campaign())

    answer = asker.ask(question(**fields))

    assert answer.status_code == 200
    assert answer.json()["response_id"] == fields.get("request_id", "abc")


@pytest.mark.parametrize("offset", [2**31, 2**63, 10**30])
def test_an_offset_beyond_everything(asker: Asker, offset: int) -> None:
    """No offset is too large to be answered with an empty page and the page number of the formula."""
    answer = asker.ask(question(offset=offset, limit=10))

    assert answer.status_code == 200
    assert answer.json()["data"] == {}
    assert answer.json()["current_page"] == offset // 10 + 1


# Who may ask.


def test_a_header_that_names_another_workspace(new_workspace: Workspaces) -> None:
    """MOE-APPKEY must name the workspace of the key, also when the other workspace exists."""
    asker, other = new_workspace(), new_workspace()

    assert error(asker.ask(question(), MOE_APPKEY=other.workspace_id)) == UNAUTHENTICATED
    assert error(asker.ask(question(), MOE_APPKEY=asker.workspace_id.upper())) == UNAUTHENTICATED


def test_a_key_of_another_workspace(new_workspace: Workspaces) -> None:
    """A key opens its own workspace and no other one."""
    asker, other = new_workspace(), new_workspace()

    assert error(Asker(asker.url, other.workspace_id, asker.secret).ask(question())) == UNAUTHENTICATED


@pytest.mark.parametrize(
    "header",
    [b"", b"Basic", b"Basic !!!!", b"Basic \xe9", b"Basic /w==", b"Basic " + b"A" * 5000, b"basic Og=="],
    ids=repr,
)
def test_an_authorization_that_cannot_be_read(asker: Asker, header: bytes) -> None:
    """Whatever stands in Authorization, if it opens nothing the answer is a 401."""
    headers = {b"authorization": header, b"moe-appkey": asker.workspace_id.encode()}

    answer = httpx.post(asker.url + STATS, json=question(), headers=headers)

    assert error(answer) == UNAUTHENTICATED
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_the_scheme_is_read_in_any_case(asker: Asker) -> None:
    """The word Basic is not sensitive to case."""
    shown = httpx.BasicAuth(asker.workspace_id, asker.secret)
    request = next(shown.auth_flow(httpx.Request("POST", asker.url)))
    headers = {"Authorization": request.headers["Authorization"].replace("Basic", "bAsIc")}

    answer = httpx.post(asker.url + STATS, json=question(), headers=headers | {"moe-AppKey": asker.workspace_id})

    assert answer.status_code == 200


@pytest.mark.parametrize("scope", Scope)
def test_only_two_scopes_open_statistics(server: Server, asker: Asker, scope: Scope) -> None:
    """Of all scopes `stats:read` and `admin` let a key ask, and every other one is a 403."""
    answer = key(server, asker, scope).ask(question())

    if scope in ("stats:read", "admin"):
        assert answer.status_code == 200
    else:
        assert error(answer) == FORBIDDEN


def test_statistics_can_be_switched_off_and_on(server: Server, asker: Asker) -> None:
    """Switching the feature takes effect with the next call."""
    workspaces = server.parts.registry.workspaces

    statuses = [asker.ask(question()).status_code]
    for features_off in (frozenset({Feature.STATS}), frozenset[Feature]()):
        workspaces.update(asker.workspace_id, features_off=features_off)
        statuses.append(asker.ask(question()).status_code)

    assert statuses == [200, 403, 200]


def test_a_revoked_key_is_dead_at_once(server: Server, asker: Asker) -> None:
    """The call after a key was revoked is a 401, and other keys of the workspace live on."""
    keys = server.parts.registry.keys
    before = {row.id for row in keys.all(asker.workspace_id)}
    second = key(server, asker, Scope.STATS_READ)
    (key_id,) = {row.id for row in keys.all(asker.workspace_id)} - before
    assert second.ask(question()).status_code == 200

    keys.revoke(asker.workspace_id, key_id)

    assert error(second.ask(question())) == UNAUTHENTICATED
    assert asker.ask(question()).status_code == 200


# The limit.


def test_every_answer_tells_what_is_left(asker: Asker) -> None:
    """Good and bad answers alike carry the limit, what is left of it and when it is whole again."""
    before = _seconds()

    answers = [asker.ask(body) for body in (question(), {}, question())]

    assert [answer.headers["x-ratelimit-limit"] for answer in answers] == ["100"] * 3
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["99", "98", "97"]
    for answer in answers:
        assert answer.headers["x-ratelimit-reset"].isdecimal()
        assert before < int(answer.headers["x-ratelimit-reset"]) <= _seconds() + 61
        assert "retry-after" not in answer.headers


def test_the_answer_to_one_call_too_many(server: Server, asker: Asker) -> None:
    """A 429 has no body, says in whole seconds when to come back, and has the three headers of the limit."""
    use_up(server, asker)

    answer = asker.ask(question())

    assert (answer.status_code, answer.content) == (429, b"")
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert answer.headers["retry-after"].isdecimal()
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("100", "0")
    assert _seconds() < int(answer.headers["x-ratelimit-reset"]) <= _seconds() + 61


def test_the_limit_is_one_for_all_keys_of_a_workspace(server: Server, new_workspace: Workspaces) -> None:
    """The keys of a workspace share its limit, and no other workspace does."""
    asker, other = new_workspace(), new_workspace()
    second = key(server, asker, Scope.STATS_READ)
    use_up(server, asker)

    assert second.ask(question()).status_code == 429
    assert other.ask(question()).status_code == 200


def test_what_counts_against_the_limit(asker: Asker) -> None:
    """A call that fails with 400 counts; one without valid credentials does not."""
    asker.ask({})
    Asker(asker.url, asker.workspace_id, "wrong").ask(question())
    asker.ask(question(), MOE_APPKEY="elsewhere")

    assert asker.ask(question()).headers["x-ratelimit-remaining"] == "98"


def test_unknown_callers_are_slowed_down_by_address(asker: Asker, site_with: SiteWith) -> None:
    """Beyond its allowance an address without a valid key gets 429, and one with a key is still answered."""
    ask = site_with(limits=CallLimits("memory://", 2, _seconds))
    stranger = Asker(asker.url, "nobody", "nothing")
    headers = {"MOE-APPKEY": asker.workspace_id}

    answers = [ask(stranger, "POST", STATS, json=question(), headers=headers) for _ in range(3)]
    known = ask(asker, "POST", STATS, json=question(), headers=headers)

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[-1].content == b""
    assert answers[-1].headers["retry-after"].isdecimal()
    assert known.status_code == 200


# The profile.


def test_a_request_can_ask_for_the_other_profile(asker: Asker) -> None:
    """`X-Stats-Profile` overrides the workspace's profile for one call, in any case."""
    asker.put_campaign("c1", campaign("PUSH", platforms=["IOS"]))

    trees = [
        asker.ask(question(campaign_ids=["c1"]), X_Stats_Profile=name).json()["data"]["c1"][0]["platforms"]
        for name in ("documented", "live", "LIVE")
    ]

    assert [set(tree) for tree in trees] == [{"ios"}, {"IOS", "ALL_PLATFORMS"}, {"IOS", "ALL_PLATFORMS"}]
    assert [set(tree["IOS"]["locales"]) for tree in trees[1:]] == [{"all_locale", "default"}] * 2


def test_a_profile_that_does_not_exist(asker: Asker) -> None:
    """An unknown profile is a 400 that names the header."""
    answer = asker.ask(question(), X_Stats_Profile="loud")

    assert error(answer) == wrong("X-Stats-Profile", "loud")


# Our own faults.


class BrokenStats:
    """Statistics that fail in a way nobody expected, or because the ledger is away."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def look_up(self, *question: Any) -> Json:
        """Fail."""
        raise self._fault


FAULTS = [
    RuntimeError("secret: /data/ledger"),
    StoreUnavailable("secret: /data/ledger"),
    MemoryError(),
    KeyError("secret"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_what_nobody_expected(asker: Asker, site_with: SiteWith, fault: Exception) -> None:
    """Any fault of ours is the documented 500, tells nothing of its cause, and has the headers of the limit."""
    ask = site_with(stats=BrokenStats(fault))

    answer = ask(asker, "POST", STATS, json=question(), headers={"MOE-APPKEY": asker.workspace_id})

    assert error(answer) == OUR_FAULT
    assert "secret" not in answer.text + str(answer.headers)
    assert answer.headers["x-ratelimit-remaining"].isdecimal()
