"""Conflicts: another body under a known id never changes a figure, and the audit says that it came, and from whom."""

from collections.abc import Callable

import pytest

from aftersend.domain.workspaces import Scope
from builders import Asker, Json, campaign, message_event, user_event
from server import Server


@pytest.fixture
def sender(asker: Asker) -> Asker:
    """Somebody with two campaigns, who has sent one event for each stream."""
    for campaign_id in ("c1", "c2"):
        asker.put_campaign(campaign_id, campaign())
    asker.send(message_event("opened", event_id="m1", machine=True))
    asker.send(user_event(event_id="u1", attributes={"amount": 1}), path="/v1/user-events")
    return asker


def _conflicts(asker: Asker, **query: str) -> list[Json]:
    answer = asker.request("GET", "/v1/audit", params=query).json()
    return [one for one in answer["violations"] if one["identity"] == "one_body_an_id"]


CHANGES: list[Json] = [
    {"campaign_id": "c2"},
    {"kind": "delivered"},
    {"locale": "de"},
    {"variation": "b"},
    {"machine": False},
    {"user_id": "u2"},
    {"time": 1_767_268_800_001},
    {"send_id": "s"},
    {"device_id": "d"},
    {"link": "https://example.org"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_another_body_is_a_conflict(sender: Asker, change: Json) -> None:
    """Whatever is different, the first event counts, and the other one is listed where it would have counted."""
    before = sender.stats()["data"]

    receipt = sender.send(message_event("opened", event_id="m1", machine=True) | change)

    assert receipt == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert sender.stats()["data"] == before
    (found,) = _conflicts(sender)
    assert (found["severity"], found["campaign_id"], found["day"]) == (
        "warning",
        change.get("campaign_id", "c1"),
        "2026-01-01",
    )
    assert (found["expected"], found["found"], found["example_event_ids"]) == (0, 1, ["m1"])


def test_the_same_body_is_none(sender: Asker) -> None:
    """However often and in whatever words for the same, a repetition is no conflict."""
    sender.send(message_event("opened", event_id="m1", machine=True, locale="default", platform="email"))
    sender.send_lines(message_event("opened", event_id="m1", machine=True, time="2026-01-01T13:00:00+01:00"))
    sender.send(user_event(event_id="u1", attributes={"amount": 1}), path="/v1/user-events")

    assert _conflicts(sender) == []


def test_user_events_contradict_one_another(sender: Asker) -> None:
    """User events belong to no campaign; an id of the other stream is another body too."""
    sender.send(user_event(event_id="u1", attributes={"amount": 2}), path="/v1/user-events")
    sender.send(user_event(event_id="m1"), path="/v1/user-events")

    (found,) = _conflicts(sender)

    assert (found["campaign_id"], found["found"], found["example_event_ids"]) == (None, 2, ["u1", "m1"])
    assert "2 user events came with the id of another event" in found["message"]
    assert _conflicts(sender, campaign_ids="c1") == []


def test_within_one_batch(sender: Asker) -> None:
    """The first of a batch wins, and its days are those that are asked about."""
    receipt = sender.send(message_event(event_id="m2"), message_event(event_id="m2", user_id="u9"))

    assert receipt == {"accepted": 1, "duplicates": 1, "rejected": []}
    assert len(_conflicts(sender, start_date="2026-01-01", end_date="2026-01-01")) == 1
    assert _conflicts(sender, start_date="2026-01-02", end_date="2026-01-03") == []


def test_who_sent_it(server: Server, sender: Asker, new_workspace: Callable[..., Asker]) -> None:
    """Every violation that events show names the doors and keys that they came by, most of them first."""
    keys = server.parts.registry.keys
    other = Asker(sender.url, sender.workspace_id, server.create_key(sender.workspace_id, Scope.EVENTS_WRITE))
    mine, theirs = (keys.authenticate(one.workspace_id, one.secret) for one in (sender, other))
    assert mine
    assert theirs
    sender.send(*(message_event("attempted", event_id=f"a{place}", user_id=f"u{place}") for place in range(7)))
    other.send(message_event("attempted", event_id="b"), message_event("opened", event_id="m1"))

    answer = sender.request("GET", "/v1/audit").json()

    sources = {(one["identity"], one["day"]): one["sources"] for one in answer["violations"]}
    assert sources["attempted_has_outcome", "2026-01-01"] == [
        {"source": "native", "key_id": mine.key_id, "events": 7},
        {"source": "native", "key_id": theirs.key_id, "events": 1},
    ]
    assert sources["one_body_an_id", "2026-01-01"] == [{"source": "native", "key_id": theirs.key_id, "events": 1}]


def test_a_workspace_sees_its_own(sender: Asker, new_workspace: Callable[..., Asker]) -> None:
    """The same id in another workspace contradicts nothing, and nobody sees the conflicts of others."""
    other = new_workspace()
    other.put_campaign("c1", campaign())
    other.send(message_event("sent", event_id="m1"))
    sender.send(message_event("sent", event_id="m1"))

    assert (len(_conflicts(sender)), _conflicts(other)) == (1, [])
