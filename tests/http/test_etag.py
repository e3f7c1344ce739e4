"""A repeated question costs a look-up: tags change with whatever an answer is made of, and with nothing else."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from builders import Asker, Json, campaign, message_event, question, user_event
from server import Server

GOAL: Json = {"name": "Order", "event": "purchase"}


@pytest.fixture
def owner(asker: Asker) -> Asker:
    """Somebody with two campaigns, and an event of the first one."""
    asker.put_campaign("c1", campaign())
    asker.put_campaign("c2", campaign())
    asker.send(message_event(campaign_id="c1"))
    return asker


def _ask(owner: Asker, tag: str | None = None, **fields: Any) -> httpx.Response:
    return owner.ask(question(**({"campaign_ids": ["c1"]} | fields)), **({"If_None_Match": tag} if tag else {}))


def _tag(owner: Asker, **fields: Any) -> str:
    answer = _ask(owner, **fields)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


def test_a_repeat_is_answered_without_a_body(owner: Asker) -> None:
    """304 has the tag and the headers of the limit, and no content; the call counts like any other."""
    first = _ask(owner)

    again = _ask(owner, first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert int(again.headers["x-ratelimit-remaining"]) == int(first.headers["x-ratelimit-remaining"]) - 1
    assert "content-type" not in again.headers


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("*", 304),
        ('"other", {tag}', 304),
        ("{strong}", 304),  # weak comparison
        ('"other"', 200),
        ("other", 200),
        ('W/"*"', 200),
    ],
)
def test_what_a_client_says_it_has(owner: Asker, header: str, status: int) -> None:
    """A list, a tag without its weakness and a star are known; whatever is no tag of this answer gets the answer."""
    tag = _tag(owner)

    assert _ask(owner, header.format(tag=tag, strong=tag.removeprefix("W/"))).status_code == status


def test_a_tag_is_of_one_question(owner: Asker) -> None:
    """Every part of a question makes another tag."""
    questions: list[Json] = [
        {},
        {"request_id": "another"},
        {"campaign_ids": ["c2"]},
        {"campaign_ids": ["c1", "c2"]},
        {"metric_type": "UNIQUE"},
        {"attribution_type": "CLICK_THROUGH"},
        {"end_date": "2026-01-30"},
        {"limit": 9},
    ]
    tags = [_tag(owner, **fields) for fields in questions]
    live = owner.ask(question(campaign_ids=["c1"]), X_Stats_Profile="live").headers["etag"]

    assert len({*tags, live}) == len(questions) + 1
    assert [_ask(owner, tag, **fields).status_code for tag, fields in zip(tags, questions, strict=True)] == [304] * 8


def test_an_acknowledged_event_changes_the_tag(owner: Asker) -> None:
    """What was sent is in the next answer; the same event again changes nothing."""
    tag = _tag(owner)
    event = message_event(campaign_id="c1", event_id="again")

    owner.send(event)
    changed = _ask(owner, tag)
    owner.send(event)

    assert changed.status_code == 200
    assert _ask(owner, changed.headers["etag"]).status_code == 304


def test_events_of_others_change_nothing(owner: Asker, server: Server) -> None:
    """Another campaign, another workspace, and user events that are no goal: the answer is the same."""
    other = server.create_workspace(f"{owner.workspace_id}-other")
    other.put_campaign("c1", campaign())
    tag = _tag(owner)

    owner.send(message_event(campaign_id="c2"))
    other.send(message_event(campaign_id="c1"))
    owner.send(user_event("purchase"), path="/v1/user-events")

    assert _ask(owner, tag).status_code == 304


def test_a_changed_campaign_changes_the_tag(owner: Asker) -> None:
    """A PATCH is in the next answer; that of another campaign is not."""
    tag = _tag(owner)

    owner.request("PATCH", "/v1/campaigns/c2", json={"locales": ["de"]}).raise_for_status()
    same = _ask(owner, tag)
    owner.request("PATCH", "/v1/campaigns/c1", json={"locales": ["de"]}).raise_for_status()

    assert (same.status_code, _ask(owner, tag).status_code) == (304, 200)


def test_a_child_changes_the_tag_of_its_parent(owner: Asker) -> None:
    """A parent's answer is that of its family: a new child and the events of one count."""
    steps: list[Callable[[], Any]] = [
        lambda: owner.put_campaign("child", campaign(parent_campaign_id="c1")).raise_for_status(),
        lambda: owner.send(message_event(campaign_id="child")),
    ]
    for step in steps:
        tag = _tag(owner)
        step()
        assert _ask(owner, tag).status_code == 200


def test_a_retraction_changes_the_tag(owner: Asker) -> None:
    """What was taken back is gone from the next answer."""
    owner.send(message_event(campaign_id="c1", event_id="wrong"))
    tag = _tag(owner)

    body = {"event_ids": ["wrong"], "reason": "sent by mistake"}
    owner.request("POST", "/v1/retractions", json=body).raise_for_status()

    assert _ask(owner, tag).status_code == 200


@pytest.mark.parametrize(
    ("attribution", "other_campaign", "other_event"),
    [("VIEW_THROUGH", 304, 304), ("TOTAL_CONVERSIONS", 200, 200)],
)
def test_goals_make_their_events_count(owner: Asker, attribution: str, other_campaign: int, other_event: int) -> None:
    """A goal's events change the tag; where campaigns compete, so does whatever happens in the workspace."""
    owner.put_campaign("c1", campaign(goals=[GOAL])).raise_for_status()
    fields = {"attribution_type": attribution}
    tag = _tag(owner, **fields)
    owner.send(user_event("purchase"), path="/v1/user-events")
    assert _ask(owner, tag, **fields).status_code == 200

    tag = _tag(owner, **fields)
    owner.send(message_event(campaign_id="c2"))
    assert _ask(owner, tag, **fields).status_code == other_campaign

    tag = _tag(owner, **fields)
    owner.put_campaign("c2", campaign(goals=[GOAL])).raise_for_status()
    assert _ask(owner, tag, **fields).status_code == other_event


def test_a_page_of_all_campaigns(owner: Asker) -> None:
    """Without ids, a new campaign changes the tag, although it may be on another page."""
    fields: Json = {"campaign_ids": [], "limit": 1}
    tag = _tag(owner, **fields)
    assert _ask(owner, tag, **fields).status_code == 304

    owner.put_campaign("c3", campaign()).raise_for_status()

    assert _ask(owner, tag, **fields).status_code == 200


def test_what_is_wrong_is_said_first(owner: Asker) -> None:
    """A star does not open the door, nor make a wrong question right."""
    nobody = Asker(owner.url, owner.workspace_id, "wrong")

    assert _ask(nobody, "*").status_code == 401
    assert _ask(owner, "*", metric_type="SOME").status_code == 400
    assert "etag" not in _ask(owner, metric_type="SOME").headers
