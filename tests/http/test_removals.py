"""Removals over HTTP: events leave every answer and never come back, and the book says who, when and why."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersend.domain.removals import REASON_LIMIT, RETRACTED_IDS_LIMIT
from aftersend.domain.workspaces import Scope
from builders import Asker, Json, campaign, message_event, user_event
from server import Server

WHY = "sent by mistake"


@pytest.fixture
def sender(asker: Asker) -> Asker:
    """Somebody with a campaign that has a goal."""
    goal = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
    asker.put_campaign("c1", campaign(goals=[goal]))
    return asker


def _retract(asker: Asker, *event_ids: str, **fields: Any) -> httpx.Response:
    body = {"event_ids": list(event_ids), "reason": WHY} | fields
    return asker.request("POST", "/v1/retractions", json=body)


def _done(asker: Asker, begun: httpx.Response) -> Json:
    """Wait for the end of a removal."""
    assert begun.status_code == 202, begun.text
    deadline = time.monotonic() + 400
    while True:
        found: Json = asker.request("GET", begun.headers["location"]).json()
        if found["status"] == "done":
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def _out(asker: Asker, begun: httpx.Response) -> Json:
    """Wait until no answer has the events of a removal."""
    assert begun.status_code == 202, begun.text
    while True:
        found: Json = asker.request("GET", begun.headers["location"]).json()
        if found["status"] in ("purging", "done"):
            return found
        time.sleep(0.02)


def _told(event_id: str, kind: str, user: str) -> Json:
    return message_event(kind, event_id=event_id, user_id=user)


def test_a_retracted_event_counts_nowhere(sender: Asker) -> None:
    """When the call has answered, totals, uniques, conversions and revenue are as if the events had never been."""
    sender.send(_told("s1", "sent", "u1"), _told("o1", "opened", "u1"), _told("s2", "sent", "u2"))
    bought = [
        user_event(event_id=f"p{place}", user_id="u1", time=1_767_268_900_000, attributes={"amount": 5})
        for place in (1, 2)
    ]
    sender.send(*bought, path="/v1/user-events")
    goal = sender.node("EMAIL")["conversion_goal_stats"]["Order"]
    assert (goal["conversions"], goal["revenue"]) == (2, 10)

    answer = _retract(sender, "s2", "p1", "nobody", "s2")

    found = answer.json()
    assert answer.status_code == 200
    assert (found["kind"], found["status"], found["reason"]) == ("retraction", "done", WHY)
    assert (found["event_ids"], found["events_removed"], found["unknown_event_ids"]) == (3, 2, ["nobody"])
    for metric in ("TOTAL", "UNIQUE"):
        node = sender.node("EMAIL", metric_type=metric)
        assert (node["performance_stats"]["sent"], node["performance_stats"]["opened"]) == (1, 1)
    goal = sender.node("EMAIL")["conversion_goal_stats"]["Order"]
    assert (goal["conversions"], goal["revenue"]) == (1, 5)
    assert sender.request("GET", "/v1/audit").json()["events_checked"] == 2


def test_a_retracted_id_stays_used_up(sender: Asker) -> None:
    """Neither a known nor an unknown id that was retracted is ever taken in, whatever the event under it says."""
    sender.send(_told("s1", "sent", "u1"))
    _retract(sender, "s1", "later")

    assert sender.send(_told("s1", "sent", "u1"), _told("later", "sent", "u2"))["duplicates"] == 2
    assert sender.send(user_event(event_id="s1"), path="/v1/user-events")["duplicates"] == 1
    assert sender.node("EMAIL")["performance_stats"]["sent"] == 0
    again = _retract(sender, "s1", "later").json()
    assert (again["event_ids"], again["events_removed"], again["unknown_event_ids"]) == (2, 0, [])


def test_workspaces_retract_their_own(sender: Asker, new_workspace: Callable[..., Asker]) -> None:
    """The same id in another workspace is another event, and a removal is seen in its own workspace alone."""
    other = new_workspace()
    other.put_campaign("c1", campaign())
    for asker in (sender, other):
        asker.send(_told("s1", "sent", "u1"))

    removal = _retract(sender, "s1").json()["id"]

    assert other.node("EMAIL")["performance_stats"]["sent"] == 1
    assert other.request("GET", f"/v1/removals/{removal}").status_code == 404
    assert other.request("GET", "/v1/removals").json()["total"] == 0


def test_the_book_says_who_when_and_why(sender: Asker) -> None:
    """Every removal is listed, the newest first, and of a retraction also its ids."""
    sender.send(_told("s1", "sent", "u1"))
    first = _retract(sender, "s1", "s0").json()
    second = _retract(sender, "s2", reason="once more").json()
    third = _out(sender, sender.request("DELETE", "/v1/users/u9"))

    book = sender.request("GET", "/v1/removals").json()
    assert [one["id"] for one in book["removals"]] == [third["id"], second["id"], first["id"]]
    assert (book["total"], book["offset"], book["limit"]) == (3, 0, 50)
    page = sender.request("GET", "/v1/removals", params={"kind": "retraction", "offset": 1, "limit": 1}).json()
    assert ([one["id"] for one in page["removals"]], page["total"]) == ([first["id"]], 2)
    shown = sender.request("GET", f"/v1/removals/{first['id']}").json()
    assert shown["retracted_event_ids"] == ["s0", "s1"]
    assert shown["requested_by"]
    assert shown["requested_at"] <= shown["finished_at"]
    assert all(shown[moment].endswith("Z") for moment in ("requested_at", "finished_at"))


@pytest.mark.parametrize("user", ["u1", "o'neil", "a/b", "名前", "a b%2F?", "back\\slash", "/", "..", "a//b"])
def test_an_erased_user_is_gone(sender: Asker, user: str) -> None:
    """Every event of the user leaves the answers, nobody else's does, and what was sent never comes back."""
    events = [_told("s1", "sent", user), _told("o1", "opened", user), _told("s2", "sent", "another")]
    sender.send(*events)
    sender.send(user_event(event_id="p1", user_id=user), path="/v1/user-events")
    path = "/v1/users/" + "".join(f"%{byte:02X}" for byte in user.encode())

    found = _out(sender, sender.request("DELETE", path, params={"reason": "asked for"}))

    assert (found["kind"], found["events_removed"], found["reason"]) == ("erasure", 3, "asked for")
    stats = sender.node("EMAIL", metric_type="UNIQUE")["performance_stats"]
    assert (stats["sent"], stats["opened"]) == (1, 0)
    assert sender.send(*events)["duplicates"] == 3
    assert sender.send(_told("s3", "sent", user))["accepted"] == 1
    assert sender.node("EMAIL")["performance_stats"]["sent"] == 2


def test_erasing_again_takes_what_came_since(server: Server, sender: Asker) -> None:
    """While an erasure waits, asking again begins another one if anything has come in meanwhile."""
    sender.send(_told("s1", "sent", "u1"), _told("s2", "sent", "u2"))
    with server.parts.services.remover._turn:  # nothing is removed for the block
        first, repeated = (sender.request("DELETE", "/v1/users/u1") for _ in range(2))
        sender.send(_told("s3", "sent", "u1"))
        second = sender.request("DELETE", "/v1/users/u1")

    assert repeated.json()["id"] == first.json()["id"]
    assert (_out(sender, first)["events_removed"], _out(sender, second)["events_removed"]) == (1, 1)
    assert sender.node("EMAIL")["performance_stats"]["sent"] == 1


def test_nothing_of_an_erased_user_is_left_in_the_files(server: Server, sender: Asker) -> None:
    """When an erasure is done, no file of the ledger has the user's id or an event of it in it."""
    user = "erase-me-7c1b9e"
    sender.send(
        *(message_event(event_id=f"{user}-{place}", user_id=user) for place in range(50)), _told("s", "sent", "u")
    )
    sender.send(message_event(event_id=f"{user}-1", user_id=f"{user}-2"))  # a conflict
    sender.request("PUT", "/core-services/v1/global-control-group/users", json={"users": [user, "u"]})

    _done(sender, sender.request("DELETE", f"/v1/users/{user}"))

    engine = server.parts.stats.engine
    for table in ("message_events", "user_events", "spent", "removals", "conflicts"):
        (row,) = engine.select(f"SELECT countIf(position(toString(tuple(*)), '{user}') > 0) FROM {table}")
        assert row == (0,), table
    texts = engine.select(f"SELECT count() FROM system.mutations WHERE position(command, '{user}') > 0")
    assert texts == [(0,)]
    assert sender.request("GET", "/v1/global-control-group").json()["uploaded_users"] == 1
    parts = [file for file in server.folder.rglob("*") if file.is_file()]
    assert not [file.name for file in parts if user.encode() in file.read_bytes()]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event_ids": []}, "event_ids"),
        ({"event_ids": [""]}, "event_ids[0]"),
        ({"event_ids": ["a", "x" * 129]}, "event_ids[1]"),
        ({"event_ids": ["a"] * (RETRACTED_IDS_LIMIT + 1)}, "event_ids"),
        ({"event_ids": "a"}, "event_ids"),
        ({"event_ids": ["a"], "reason": ""}, "reason"),
        ({"event_ids": ["a"], "reason": "x" * (REASON_LIMIT + 1)}, "reason"),
        ({"event_ids": ["a"], "reason": "a\0b"}, "reason"),
        ({"event_ids": ["a"], "why": "x"}, "why"),
    ],
)
def test_a_bad_retraction_names_its_field(sender: Asker, body: Json, field: str) -> None:
    """What cannot be used is told with the field, and nothing is removed."""
    sender.send(_told("a", "sent", "u1"))

    answer = sender.request("POST", "/v1/retractions", json={"reason": WHY} | body)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert sender.node("EMAIL")["performance_stats"]["sent"] == 1


def test_who_may_remove(server: Server, sender: Asker) -> None:
    """Only a key with the scope admin moves what is counted already; without a key nobody learns anything."""
    key = server.create_key(sender.workspace_id, Scope.EVENTS_WRITE, Scope.STATS_READ, Scope.CAMPAIGNS_WRITE)
    calls = [
        ("POST", "/v1/retractions"),
        ("DELETE", "/v1/users/u1"),
        ("GET", "/v1/removals"),
        ("GET", "/v1/removals/x"),
    ]

    for method, path in calls:
        assert sender.request(method, path, auth=(sender.workspace_id, key)).status_code == 403
        assert sender.request(method, path, auth=(sender.workspace_id, "wrong")).status_code == 401
    assert sender.request("DELETE", "/v1/users/" + "x" * 257).json()["error"]["field"] == "user_id"
    assert sender.request("DELETE", "/v1/users/%FF").json()["error"]["field"] == "user_id"
    assert sender.request("DELETE", "/v1/users/").json()["error"]["field"] == "user_id"
    assert sender.request("GET", "/v1/removals", params={"kind": "x"}).json()["error"]["field"] == "kind"
    assert sender.request("GET", "/v1/removals/x").status_code == 404
