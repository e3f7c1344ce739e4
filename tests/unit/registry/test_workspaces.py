"""Workspaces in the registry."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Feature
from aftersend.errors import Conflict, InvalidRequest, NotFound
from objects import a_workspace
from unit.registry.opening import opened


def test_a_workspace_comes_back_as_it_was_created(registry_url: str) -> None:
    """Every field of a workspace is kept; its time is the same moment, in UTC."""
    created_at = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=timezone(timedelta(hours=2)))
    workspace = a_workspace(
        "Acme.eu-1",
        name="Acme “Europe”",
        timezone="Europe/Berlin",
        profile=ProfileName.LIVE,
        data_center="101",
        features_off=frozenset({Feature.REPORTS, Feature.STATS}),
        created_at=created_at,
        global_control_group=GlobalControlGroup(GlobalMode.RANDOM, 2.5),
    )
    with opened(registry_url) as registry:
        registry.workspaces.create(workspace)

        found = registry.workspaces.get("Acme.eu-1")

    assert found == workspace
    assert found.created_at.tzinfo is UTC


def test_every_workspace_has_a_salt_of_its_own(registry_url: str) -> None:
    """A salt is made when a workspace is created, and no change of the workspace touches it."""
    with opened(registry_url, "w1", "w2") as registry:
        before = [registry.workspaces.get(workspace_id).salt for workspace_id in ("w1", "w2")]
        changed = registry.workspaces.update(
            "w1", name="B", global_control_group=GlobalControlGroup(GlobalMode.UPLOADED)
        )

        assert changed.salt == registry.workspaces.get("w1").salt == before[0]
    assert len(set(before)) == 2
    assert [len(salt) for salt in before] == [32, 32]


def test_workspaces_are_listed_by_id(registry_url: str) -> None:
    """All workspaces are listed, in the order of their ids."""
    with opened(registry_url, "b", "c", "a") as registry:
        assert [workspace.id for workspace in registry.workspaces.all()] == ["a", "b", "c"]


def test_an_id_is_given_once(registry_url: str) -> None:
    """A second workspace of one id contradicts the first, which stays as it is."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(Conflict, match="there is a workspace 'w1' already") as caught:
            registry.workspaces.create(a_workspace("w1", name="Another"))

        assert caught.value.field == "id"
        assert registry.workspaces.get("w1").name == "A workspace"


def test_a_contradiction_is_not_stored(registry_url: str) -> None:
    """What the rules refuse never reaches the table."""
    with opened(registry_url) as registry:
        with pytest.raises(InvalidRequest) as caught:
            registry.workspaces.create(a_workspace(timezone="Mars/Olympus"))

        assert (caught.value.field, caught.value.value) == ("timezone", "Mars/Olympus")
        assert registry.workspaces.all() == []


def test_a_workspace_that_is_not_there(registry_url: str) -> None:
    """Who asks for nobody is told how to list everybody."""
    with opened(registry_url) as registry:
        with pytest.raises(NotFound, match="no workspace 'w1'; 'aftersend workspace list' names them"):
            registry.workspaces.get("w1")
        with pytest.raises(NotFound):
            registry.workspaces.update("w1", name="x")


def test_a_workspace_can_be_changed(registry_url: str) -> None:
    """A change is kept, and what it does not name stays."""
    features = frozenset({Feature.STATS})
    with opened(registry_url) as registry:
        registry.workspaces.create(a_workspace(data_center="02"))

        changed = registry.workspaces.update("w1", name="B", profile=ProfileName.LIVE, features_off=features)

        assert changed == a_workspace(data_center="02", name="B", profile=ProfileName.LIVE, features_off=features)
        assert registry.workspaces.all() == [changed]


def test_a_time_zone_is_fixed(registry_url: str) -> None:
    """A workspace's days are counted already, so its zone cannot change."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(Conflict, match="time zone is fixed") as caught:
            registry.workspaces.update("w1", timezone="Europe/Berlin")

        assert caught.value.field == "timezone"


def test_a_change_may_not_contradict(registry_url: str) -> None:
    """A change is checked like a creation, and nothing of a bad one is kept."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(InvalidRequest):
            registry.workspaces.update("w1", name="B", data_center="99")

        assert registry.workspaces.all() == [a_workspace()]


def test_a_long_name_is_refused_alike_everywhere(registry_url: str) -> None:
    """A name that a column cannot hold is the caller's mistake, on every database."""
    with opened(registry_url) as registry, pytest.raises(InvalidRequest):
        registry.workspaces.create(a_workspace(name="x" * 201))
