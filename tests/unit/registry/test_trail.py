"""The trail of changes: every change is in it, with who, when, from what and to what, and no secret is."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from aftersend.domain.changes import LONGEST_VALUE, SERVER, Change, Thing
from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Feature, Scope
from aftersend.errors import InvalidRequest
from aftersend.registry.actor import act_as
from aftersend.registry.registry import Registry
from fakes import FakeClock
from objects import MOMENT, a_campaign, a_goal
from unit.registry.opening import opened


def _page(registry: Registry, thing: Thing | None = None) -> list[Change]:
    return registry.trail.page("w1", thing, 0, 100)[0]


def test_a_workspace_and_its_settings(registry_url: str) -> None:
    """Each field is a change of the thing that it belongs to; what stays as it is is none."""
    clock = FakeClock()
    with opened(registry_url, "w1", now=clock) as registry:
        clock.move(hours=1)
        registry.workspaces.update(
            "w1",
            profile=ProfileName.LIVE,
            retention_days=400,
            features_off=frozenset({Feature.STATS}),
            global_control_group=GlobalControlGroup(GlobalMode.RANDOM, 5),
        )
        registry.workspaces.update("w1", profile=ProfileName.LIVE)
        changes = _page(registry)

    assert {change.thing: (change.before, change.after) for change in changes[:-1]} == {
        Thing.SETTINGS: (
            {"profile": "documented", "retention_days": None},
            {"profile": "live", "retention_days": 400},
        ),
        Thing.FEATURES: ({"features_off": []}, {"features_off": ["stats"]}),
        Thing.GLOBAL_CONTROL_GROUP: ({"mode": "off", "percentage": 0}, {"mode": "random", "percentage": 5}),
    }
    assert {change.at for change in changes[:-1]} == {MOMENT + timedelta(hours=1)}
    created = changes[-1]
    assert (created.thing, created.action, created.at, created.thing_id) == (Thing.WORKSPACE, "created", MOMENT, "w1")
    assert created.after is not None
    assert "salt" not in created.after


def test_a_campaign_and_its_goals(registry_url: str) -> None:
    """A campaign is told without its goals, and each goal by itself; putting it again as it is is no change."""
    first = a_campaign(goals=(a_goal("Order"), a_goal("Visit", event="visit")))
    second = replace(first, name="Renamed", goals=(a_goal("Order", revenue_attribute="amount"), a_goal("Lead")))
    with opened(registry_url, "w1") as registry:
        registry.campaigns.put("w1", first)
        registry.campaigns.put("w1", replace(first, updated_at=MOMENT + timedelta(days=1)))
        before = len(_page(registry))
        registry.campaigns.put("w1", second)
        changes = _page(registry)[: -before or None]
        registry.campaigns.delete("w1", "c1")
        gone = {change.thing_id: change.action for change in _page(registry)[:3]}

    assert before == 4
    told = {change.thing_id: (change.action, change.before, change.after) for change in changes}
    assert told["c1"] == ("changed", {"name": "A campaign"}, {"name": "Renamed"})
    assert told["c1/Order"] == ("changed", {"revenue_attribute": None}, {"revenue_attribute": "amount"})
    assert [told[name][0] for name in ("c1/Visit", "c1/Lead")] == ["removed", "created"]
    assert gone == {"c1": "removed", "c1/Order": "removed", "c1/Lead": "removed"}


def test_drafts_that_events_brought(registry_url: str) -> None:
    """A campaign that came with an event is in the trail once, however often the event's batch registers it."""
    with opened(registry_url, "w1") as registry:
        for _ in range(2):
            registry.campaigns.register_drafts("w1", [a_campaign("c7")])

        assert [change.thing_id for change in _page(registry, Thing.CAMPAIGN)] == ["c7"]


def test_keys_without_their_secrets(registry_url: str) -> None:
    """Creating, rotating and revoking are told; neither a secret nor its hash is."""
    with opened(registry_url, "w1") as registry:
        key, secret = registry.keys.create("w1", [Scope.STATS_READ], "sender")
        done = registry.keys.rotate("w1", "sender", 24)
        registry.keys.revoke("w1", key.id)
        registry.keys.revoke("w1", key.id)
        changes = _page(registry, Thing.KEY)

    assert [(change.action, change.thing_id) for change in changes] == [
        ("changed", key.id),
        ("changed", key.id),
        ("created", done.new.id),
        ("created", key.id),
    ]
    assert changes[1].after == {"expires_at": "2026-01-02T12:00:00+00:00", "replaced_by": done.new.id}
    text = json.dumps([(change.before, change.after) for change in changes])
    assert secret not in text
    assert done.secret not in text
    assert "hash" not in text


def test_uploaded_users_are_counted_not_named(registry_url: str) -> None:
    """A new list is a change even if it is as long; who is on it is not in the trail, which outlives an erasure."""
    with opened(registry_url, "w1") as registry:
        for users in (["ann", "ben"], ["cid", "dan"]):
            registry.uploaded_users.replace("w1", users)
        registry.uploaded_users.remove("w1", "cid")
        registry.uploaded_users.remove("w1", "nobody")
        changes = _page(registry, Thing.GLOBAL_CONTROL_GROUP)

    assert [((change.before or {}).get("users"), (change.after or {}).get("users")) for change in changes] == [
        (2, 1),
        (None, None),
        (0, 2),
    ]
    assert not any(name in str(changes) for name in ("ann", "ben", "cid", "dan"))


def test_who_did_it(registry_url: str) -> None:
    """Whoever acts in this thread of work is named; what nobody asked for is the server's."""

    def rename(who: str) -> None:
        act_as(who)
        registry.workspaces.update("w1", name=who)

    with opened(registry_url, "w1") as registry:
        for who in ("key-1", "operator"):
            one = threading.Thread(target=rename, args=(who,))
            one.start()
            one.join()
        registry.workspaces.update("w1", name="by itself")

        assert [change.by for change in _page(registry)] == [SERVER, "operator", "key-1", SERVER]


def test_a_change_that_fails_leaves_no_trace(registry_url: str) -> None:
    """What was refused or undone is not in the trail."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(InvalidRequest):
            registry.workspaces.update("w1", name="x" * 201)

        assert len(_page(registry)) == 1


def test_pages_and_workspaces(registry_url: str) -> None:
    """The newest come first, pages do not overlap, and another workspace's changes are not there."""
    with opened(registry_url, "w1", "w2") as registry:
        for number in range(5):
            registry.workspaces.update("w1", name=f"name {number}")
        registry.workspaces.update("w2", name="theirs")
        pages = [registry.trail.page("w1", None, offset, 4) for offset in (0, 4, 8)]

    assert [total for _, total in pages] == [6, 6, 6]
    numbers = [change.number for page, _ in pages for change in page]
    assert numbers == sorted(numbers, reverse=True)
    assert [len(page) for page, _ in pages] == [4, 2, 0]
    assert "theirs" not in str(pages)


def test_long_values_are_cut(registry_url: str) -> None:
    """A value that is very long is told by its beginning."""
    with opened(registry_url, "w1") as registry:
        registry.campaigns.put("w1", a_campaign(tags=tuple(f"tag {number:04d}" for number in range(1000))))
        (change,) = _page(registry, Thing.CAMPAIGN)

    assert change.after is not None
    assert len(change.after["tags"]) == LONGEST_VALUE + 1
