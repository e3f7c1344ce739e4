"""The global control group over HTTP: how it is chosen, and the upload of its users."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersend.domain.workspaces import Scope
from builders import Asker, Json
from server import Server

GROUP = "/v1/global-control-group"
UPLOAD = "/core-services/v1/global-control-group/users"


def show(asker: Asker) -> Json:
    """Ask how the group is chosen."""
    answer = asker.request("GET", GROUP)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def upload(asker: Asker, body: str | bytes, media_type: str = "text/csv", **headers: str) -> httpx.Response:
    """Upload a list."""
    named = {"content-type": media_type} | {name.replace("_", "-"): text for name, text in headers.items()}
    return asker.request("PUT", UPLOAD, content=body, headers=named)


def names(answer: httpx.Response, field: str) -> bool:
    """Whether the answer is a 400 about the field."""
    problem = answer.json()["error"]
    return (answer.status_code, problem["field"]) == (400, field) and bool(problem["message"])


def test_a_new_workspace_has_no_group(asker: Asker) -> None:
    """Nobody is left alone until somebody says so."""
    assert show(asker) == {"mode": "off", "percentage": None, "uploaded_users": 0}


@pytest.mark.parametrize(
    ("body", "percentage"),
    [
        ({"mode": "random", "percentage": 10}, 10),
        ({"mode": "random", "percentage": 2.5}, 2.5),
        ({"mode": "random", "percentage": 0}, 0),
        ({"mode": "uploaded"}, None),
        ({"mode": "off", "percentage": None}, None),
    ],
)
def test_how_a_group_is_chosen(asker: Asker, body: Json, percentage: float | None) -> None:
    """What was set is shown, by the answer and from then on."""
    answer = asker.request("PUT", GROUP, json=body)

    assert answer.status_code == 200
    assert answer.json() == show(asker) == {"mode": body["mode"], "percentage": percentage, "uploaded_users": 0}


WRONG: tuple[tuple[Any, str], ...] = (
    ({}, "mode"),
    ({"mode": "some"}, "mode"),
    ({"mode": None}, "mode"),
    ({"mode": "random"}, "percentage"),
    ({"mode": "random", "percentage": 100.1}, "percentage"),
    ({"mode": "random", "percentage": -1}, "percentage"),
    ({"mode": "random", "percentage": "10"}, "percentage"),
    ({"mode": "uploaded", "percentage": 10}, "percentage"),
    ({"mode": "off", "users": []}, "users"),
    ([], "body"),
)


@pytest.mark.parametrize(("body", "field"), WRONG, ids=[repr(row[0]) for row in WRONG])
def test_what_is_wrong_is_named(asker: Asker, body: Any, field: str) -> None:
    """A group that cannot be is a 400 that names the field, and nothing changes."""
    assert names(asker.request("PUT", GROUP, json=body), field)
    assert show(asker)["mode"] == "off"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (json.dumps({"users": ["u1", "u2", "u1"]}), "application/json"),
        ("u1\nu2\r\n\nu1", "text/csv; charset=utf-8"),
        ("u1\nu2", "text/plain"),
    ],
)
def test_a_list_is_uploaded(asker: Asker, body: str, media_type: str) -> None:
    """A list comes as JSON or as text; the answer says how many users it has and whether it is used."""
    answer = upload(asker, body, media_type)

    assert (answer.status_code, answer.json()) == (200, {"users": 2, "mode": "off"})
    assert answer.headers["x-ratelimit-remaining"] == "9"
    assert show(asker)["uploaded_users"] == 2


def test_a_packed_list_replaces_the_last_one(asker: Asker) -> None:
    """A list may be packed as batches may, and is the whole list."""
    asker.request("PUT", GROUP, json={"mode": "uploaded"})
    upload(asker, "u1\nu2\nu3")

    answer = upload(asker, gzip.compress(b"u9\n"), content_encoding="gzip")

    assert answer.json() == {"users": 1, "mode": "uploaded"}
    assert show(asker)["uploaded_users"] == 1


@pytest.mark.parametrize(
    ("body", "media_type", "field"),
    [
        ("u1\nu2,x", "text/csv", "line 2"),
        ("u1\n" + "x" * 257, "text/csv", "line 2"),
        (b"\xff", "text/csv", "body"),
        ("u1\nu2", "application/json", "body"),
        ("{}", "application/json", "users"),
        ('{"users": ["u1", ""]}', "application/json", "users[1]"),
        ('{"users": ["u1", "\\u0000"]}', "application/json", "users[1]"),
        ('{"users": [], "mode": "off"}', "application/json", "mode"),
    ],
)
def test_a_bad_list_changes_nothing(asker: Asker, body: str, media_type: str, field: str) -> None:
    """A list with something wrong in it is a 400 that names the place, and the old list stays."""
    upload(asker, "u1")

    assert names(upload(asker, body, media_type), field)
    assert show(asker)["uploaded_users"] == 1


def test_bodies_that_cannot_be_taken(asker: Asker) -> None:
    """An unknown way to pack is a 400, a body beyond the limit a 413."""
    assert names(upload(asker, "u1", content_encoding="br"), "Content-Encoding")
    assert upload(asker, b"x\n" * (32 * 2**20 + 1)).status_code == 413
    assert asker.request("PUT", GROUP, content=b" " * (64 * 2**10 + 1)).status_code == 413


def test_ten_uploads_a_minute(asker: Asker, new_workspace: Callable[..., Asker]) -> None:
    """The eleventh upload of a minute is a 429 that says when to come back; another workspace is not affected."""
    other = new_workspace()

    answers = [upload(asker, f"u{number}") for number in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    refused = answers[-1]
    assert refused.json()["error"]["code"] == "too_many_calls"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-remaining"]) == ("10", "0")
    assert upload(other, "u1").status_code == 200
    assert show(asker)["uploaded_users"] == 1


CALLS: tuple[tuple[str, str, Scope, Json], ...] = (
    ("GET", GROUP, Scope.CAMPAIGNS_READ, {}),
    ("PUT", GROUP, Scope.CAMPAIGNS_WRITE, {"json": {"mode": "off"}}),
    ("PUT", UPLOAD, Scope.CAMPAIGNS_WRITE, {"json": {"users": []}}),
)


@pytest.mark.parametrize(("method", "path", "scope", "options"), CALLS, ids=[" ".join(row[:2]) for row in CALLS])
def test_who_may(server: Server, asker: Asker, method: str, path: str, scope: Scope, options: Json) -> None:
    """The group is shown to whoever may read campaigns, and set by whoever may write them."""
    others = tuple(one for one in Scope if one not in (scope, Scope.ADMIN))
    secrets = (server.create_key(asker.workspace_id, scope), server.create_key(asker.workspace_id, *others), "wrong")

    answers = [
        asker.request(method, path, auth=(asker.workspace_id, secret), **options).status_code for secret in secrets
    ]

    assert answers == [200, 403, 401]
