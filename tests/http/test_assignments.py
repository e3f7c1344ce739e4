"""`POST /v1/campaigns/{id}/assignments`: who is held out, decided again the same way and recorded once."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftersend.domain.workspaces import Scope
from builders import NOON, Asker, Json, campaign
from fakes import FakeClock
from server import Server

GROUP = "/v1/global-control-group"
UPLOAD = "/core-services/v1/global-control-group/users"
USERS = [f"u{number}" for number in range(400)]

CAMPAIGN = campaign(
    variations=["a", "b"],
    variation_percentages=[75, 25],
    control_groups={"campaign_percentage": 20, "global": True},
)


def post(asker: Asker, body: Any, campaign_id: str = "c1") -> httpx.Response:
    """Ask for assignments."""
    return asker.request("POST", f"/v1/campaigns/{campaign_id}/assignments", json=body)


def assigned(asker: Asker, users: list[str] = USERS, campaign_id: str = "c1", **fields: Any) -> list[Json]:
    """Ask for the assignments of users at noon and return them."""
    answer = post(asker, {"users": users, "time": NOON} | fields, campaign_id)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["assignments"]
    return found


def held_out(rows: list[Json], group: str) -> set[str]:
    """The users that a group holds out."""
    return {row["user_id"] for row in rows if row["held_out"] == group}


def counted(asker: Asker, group: str, platform: str = "EMAIL", **fields: Any) -> tuple[int, int]:
    """Held-out users of a group as the Stats API counts them: events, and distinct users."""
    key = (
        "user_removed_due_to_campaing_control_group"
        if group == "campaign"
        else f"user_removed_due_to_{group}_control_group"
    )
    node = f"{group}_control_group"
    events, users = (
        asker.node(platform, variation=node, metric_type=mode, **fields)["failure_breakdown"].get(key, 0)
        for mode in ("TOTAL", "UNIQUE")
    )
    return events, users


@pytest.fixture
def experiment(asker: Asker) -> Asker:
    """A campaign with two variations and a group of its own, in a workspace with an uploaded global group."""
    assert asker.put_campaign("c1", CAMPAIGN).status_code == 200
    assert asker.request("PUT", GROUP, json={"mode": "uploaded"}).status_code == 200
    assert asker.request("PUT", UPLOAD, json={"users": [*USERS[:40], "stranger"]}).status_code == 200
    return asker


def test_every_user_is_answered_in_order(experiment: Asker) -> None:
    """A user is held out by a group or gets a variation, and the answer is in the order of the request."""
    rows = assigned(experiment)

    assert [row["user_id"] for row in rows] == USERS
    assert held_out(rows, "global") == set(USERS[:40])
    for row in rows:
        assert set(row) == {"user_id", "held_out", "variation"}
        assert (row["held_out"] is None) == (row["variation"] in ("a", "b"))
    shares = Counter(row["variation"] or row["held_out"] for row in rows)
    assert (50 < shares["campaign"] < 95, 170 < shares["a"] < 260, 40 < shares["b"] < 110) == (True, True, True)


def test_a_repeated_call_has_the_same_answer_and_adds_nothing(experiment: Asker) -> None:
    """Called twice, in another order and with others among them, users are assigned alike and recorded once."""
    once = assigned(experiment)
    again = assigned(experiment, [*reversed(USERS), "another"], time=NOON + 1)

    assert {row["user_id"]: row for row in again if row["user_id"] != "another"} == {
        row["user_id"]: row for row in once
    }
    campaign_group = len(held_out([*again], "campaign"))
    assert counted(experiment, "campaign") == (campaign_group, campaign_group)
    assert counted(experiment, "global") == (40, 40)


def test_the_answer_comes_when_the_ledger_knows(experiment: Asker) -> None:
    """What is answered is counted by the very next question."""
    rows = assigned(experiment, USERS[:100])

    assert counted(experiment, "campaign")[0] == len(held_out(rows, "campaign")) > 0
    assert counted(experiment, "global")[0] == 40


def test_another_send_is_drawn_and_recorded_anew(experiment: Asker) -> None:
    """For each send the campaign's own group is another one; the global group never changes."""
    first, second = (assigned(experiment, send_id=send) for send in ("monday", "tuesday"))
    again = assigned(experiment, send_id="monday")

    assert again == first
    groups = held_out(first, "campaign"), held_out(second, "campaign")
    assert groups[0] != groups[1]
    assert held_out(first, "global") == held_out(second, "global")
    assert counted(experiment, "campaign") == (len(groups[0]) + len(groups[1]), len(groups[0] | groups[1]))
    assert counted(experiment, "global") == (80, 40)


def test_a_campaign_that_leaves_the_global_group_alone(experiment: Asker) -> None:
    """Without `control_groups.global` members of the global group are users like others."""
    experiment.put_campaign("c2", campaign())

    rows = assigned(experiment, USERS[:40], "c2")

    assert {(row["held_out"], row["variation"]) for row in rows} == {(None, "variation_1")}


def test_a_random_global_group(experiment: Asker) -> None:
    """A random group takes its share of all users and is the same one for every campaign."""
    experiment.request("PUT", GROUP, json={"mode": "random", "percentage": 30})
    experiment.put_campaign("c2", campaign("SMS", control_groups={"global": True}))

    one, two = assigned(experiment), assigned(experiment, campaign_id="c2")

    assert held_out(one, "global") == held_out(two, "global")
    assert 80 < len(held_out(one, "global")) < 160


def test_a_group_that_is_off(experiment: Asker) -> None:
    """Switched off, the global group holds out nobody, whatever was uploaded."""
    experiment.request("PUT", GROUP, json={"mode": "off"})

    assert held_out(assigned(experiment), "global") == set()


def test_workspaces_draw_for_themselves(experiment: Asker, new_workspace: Callable[..., Asker]) -> None:
    """Another workspace with the same campaign and users has another draw, and sees no list but its own."""
    other = new_workspace()
    other.put_campaign("c1", CAMPAIGN)
    other.request("PUT", GROUP, json={"mode": "uploaded"})

    ours, theirs = assigned(experiment, USERS[40:]), assigned(other, USERS[40:])

    assert held_out(ours, "campaign") != held_out(theirs, "campaign")
    assert held_out(assigned(other), "global") == set()
    assert counted(other, "global") == (0, 0)


def test_nobody_at_all(experiment: Asker) -> None:
    """No users are no mistake."""
    assert assigned(experiment, []) == []


def test_ten_thousand_users(asker: Asker) -> None:
    """Ten thousand users are one call, and every one who is held out is recorded."""
    asker.put_campaign("c1", campaign(control_groups={"campaign_percentage": 50}))

    rows = assigned(asker, [f"user-{number}" for number in range(10_000)])

    assert len(rows) == 10_000
    assert counted(asker, "campaign") == (len(held_out(rows, "campaign")),) * 2


def test_the_time_is_now_if_left_out(asker: Asker, site_with: Callable[..., Callable[..., httpx.Response]]) -> None:
    """Without a time users are held out at the moment of the call."""
    asker.put_campaign("c1", campaign(control_groups={"campaign_percentage": 100}))
    ask = site_with(now=FakeClock())

    answer = ask(asker, "POST", "/v1/campaigns/c1/assignments", json={"users": ["u1"]})

    assert answer.status_code == 200
    assert counted(asker, "campaign", start_date="2026-01-01", end_date="2026-01-01") == (1, 1)


def test_times_and_platforms_are_those_of_events(asker: Asker) -> None:
    """A platform in any case and a time with an offset are taken, and count where an event would."""
    asker.put_campaign("c1", campaign("IN_APP", platforms=["IOS", "WEB"], control_groups={"campaign_percentage": 100}))

    assigned(asker, ["u1"], platform="ios", time="2026-01-31T23:59:59.999Z")
    assigned(asker, ["u2"], platform="IOS", time="2026-02-01T00:00:00Z")

    assert counted(asker, "campaign", "ios") == (1, 1)


STRANGE: tuple[tuple[Json, str], ...] = (
    ({}, "users"),
    ({"users": None}, "users"),
    ({"users": "u1"}, "users"),
    ({"users": ["u1", 7]}, "users[1]"),
    ({"users": ["u1", "u2", ""]}, "users[2]"),
    ({"users": ["x" * 257]}, "users[0]"),
    ({"users": ["u1", "u2", "u3", "u1"]}, "users[3]"),
    ({"users": [f"u{number}" for number in range(10_001)]}, "users"),
    ({"users": ["u1"], "send_id": ""}, "send_id"),
    ({"users": ["u1"], "send_id": "x" * 257}, "send_id"),
    ({"users": ["u1"], "time": "2026-01-01"}, "time"),
    ({"users": ["u1"], "time": "yesterday"}, "time"),
    ({"users": ["u1"], "time": 1_767_268_800}, "time"),
    ({"users": ["u1"], "platform": "IOS"}, "platform"),
    ({"users": [], "platform": "IOS"}, "platform"),
    ({"users": ["u1"], "platform": ""}, "platform"),
    ({"users": ["u1"], "percentage": 10}, "percentage"),
)


@pytest.mark.parametrize(("body", "field"), STRANGE, ids=[repr(row[0])[:50] for row in STRANGE])
def test_what_is_wrong_is_named(asker: Asker, body: Json, field: str) -> None:
    """A field that cannot be used is a 400 that names it, and nobody is recorded."""
    asker.put_campaign("c1", campaign(control_groups={"campaign_percentage": 100}))

    answer = post(asker, body)

    problem = answer.json()["error"]
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "invalid_value", field), answer.text
    assert counted(asker, "campaign") == (0, 0)


@pytest.mark.parametrize("channel", ["IN_APP", "ON_SITE", "WEB_PERSONALIZATION"])
def test_a_channel_that_needs_a_platform(asker: Asker, channel: str) -> None:
    """Where an event must say its platform, a call must; one platform of the campaign's own is enough."""
    asker.put_campaign("c1", campaign(channel))
    asker.put_campaign("c2", campaign(channel, platforms=["WEB"]))

    answer = post(asker, {"users": ["u1"]})

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "platform")
    assert post(asker, {"users": ["u1"]}, "c2").status_code == 200


def test_a_campaign_that_is_not_there(asker: Asker) -> None:
    """An unknown campaign is a 404: its groups are not known."""
    answer = post(asker, {"users": ["u1"]}, "nowhere")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"users": ["\xff"]}'])
def test_a_body_that_is_no_request(asker: Asker, body: bytes) -> None:
    """A body that is no JSON object is a 400."""
    answer = asker.request("POST", "/v1/campaigns/c1/assignments", content=body)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "body")


def test_a_body_that_is_too_large(asker: Asker) -> None:
    """More than ten thousand ids can ever need is a 413."""
    answer = asker.request("POST", "/v1/campaigns/c1/assignments", content=b" " * (16 * 2**20 + 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_who_may_ask(server: Server, asker: Asker) -> None:
    """The key must be one that may send events, because events are recorded."""
    asker.put_campaign("c1", campaign())
    other = tuple(scope for scope in Scope if scope not in (Scope.EVENTS_WRITE, Scope.ADMIN))
    able, unable = (server.create_key(asker.workspace_id, *scopes) for scopes in ((Scope.EVENTS_WRITE,), other))

    answers = [
        post(Asker(asker.url, asker.workspace_id, secret), {"users": ["u1"]}).status_code
        for secret in (able, unable, "wrong")
    ]

    assert answers == [200, 403, 401]


def test_the_steps_of_the_page_work(asker: Asker) -> None:
    """The campaign and the call of the page on control groups give an answer of the form that it shows."""
    page = (Path(__file__).parents[2] / "docs" / "control-groups.md").read_text(encoding="utf-8")
    registered, users = (json.loads(body) for body in re.findall(r"-d '(.*?)'\n", page, re.DOTALL))
    (shown,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)

    assert asker.put_campaign("spring", registered).status_code == 200
    answer = post(asker, users, "spring")

    assert answer.status_code == 200, answer.text
    rows, expected = answer.json()["assignments"], json.loads(shown)["assignments"]
    assert [(row["user_id"], set(row)) for row in rows] == [(row["user_id"], set(row)) for row in expected]
