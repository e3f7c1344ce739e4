"""What is kept in memory is let go when somebody changes the registry."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Scope
from aftersend.registry.registry import Registry
from objects import a_campaign
from unit.registry.opening import opened, opened_twice, sees

RENAME = """
import sys
from datetime import UTC, datetime
from dataclasses import replace
from aftersend.registry.registry import Registry
registry = Registry(sys.argv[1], lambda: datetime.now(UTC))
registry.workspaces.update("w1", name="Renamed")
registry.campaigns.put("w1", replace(registry.campaigns.get("w1", "c1"), name="Renamed"))
registry.close()
"""


def test_changes_by_another_process_are_seen(registry_url: str) -> None:
    """What another process changes is seen although it has been read before."""
    with opened(registry_url, "w1") as registry:
        registry.campaigns.put("w1", a_campaign())
        before = (registry.workspaces.get("w1").name, registry.campaigns.get("w1", "c1").name)

        subprocess.run([sys.executable, "-c", RENAME, registry_url], check=True)

        assert before == ("A workspace", "A campaign")
        assert sees(registry_url, lambda: registry.workspaces.get("w1").name == "Renamed")
        assert sees(registry_url, lambda: registry.campaigns.get("w1", "c1").name == "Renamed")


def test_a_campaign_that_somebody_else_deleted_is_gone(registry_url: str) -> None:
    """What is not registered any more is not found."""
    with opened_twice(registry_url, "w1") as (one, other):
        one.campaigns.put("w1", a_campaign())
        assert list(one.campaigns.find("w1", ["c1"])) == ["c1"]

        other.campaigns.delete("w1", "c1")

        assert sees(registry_url, lambda: one.campaigns.find("w1", ["c1"]) == {})


def test_a_campaign_that_somebody_else_registered_is_found(registry_url: str) -> None:
    """Having looked in vain does not hide what comes later."""
    with opened_twice(registry_url, "w1") as (one, other):
        assert one.campaigns.find("w1", ["c1"]) == {}

        other.campaigns.put("w1", a_campaign())

        assert list(one.campaigns.find("w1", ["c1"])) == ["c1"]


def _renamed_campaign(registry: Registry) -> bool:
    registry.campaigns.put("w1", a_campaign(name="Old"))
    registry.campaigns.get("w1", "c1")
    registry.campaigns.put("w1", a_campaign(name="New"))
    return registry.campaigns.get("w1", "c1").name == "New"


def _deleted_campaign(registry: Registry) -> bool:
    registry.campaigns.put("w1", a_campaign())
    registry.campaigns.get("w1", "c1")
    registry.campaigns.delete("w1", "c1")
    return registry.campaigns.find("w1", ["c1"]) == {}


def _changed_workspace(registry: Registry) -> bool:
    registry.workspaces.get("w1")
    registry.workspaces.update("w1", profile=ProfileName.LIVE)
    return registry.workspaces.get("w1").profile is ProfileName.LIVE


def _revoked_key(registry: Registry) -> bool:
    key, secret = registry.keys.create("w1", [Scope.STATS_READ], "")
    registry.keys.authenticate("w1", secret)
    registry.keys.revoke("w1", key.id)
    return registry.keys.authenticate("w1", secret) is None


@pytest.mark.parametrize("change", [_renamed_campaign, _deleted_campaign, _changed_workspace, _revoked_key])
def test_own_changes_are_seen_at_once(registry_url: str, change: Callable[[Registry], bool]) -> None:
    """Who changes something and reads it again reads what it has written, on every database."""
    with opened(registry_url, "w1") as registry:
        assert change(registry)


def test_a_change_does_not_undo_another(registry_url: str) -> None:
    """Two operators who change different things of one workspace a moment apart are both heard."""
    with opened_twice(registry_url, "w1") as (one, other):
        one.workspaces.get("w1")
        other.workspaces.update("w1", name="Renamed")
        one.workspaces.update("w1", profile=ProfileName.LIVE)

        (found,) = one.workspaces.all()

    assert (found.name, found.profile) == ("Renamed", ProfileName.LIVE)


def test_what_is_read_twice_is_read_once(registry_url: str) -> None:
    """Without changes a campaign comes from memory: the same record, not an equal one."""
    with opened(registry_url, "w1") as registry:
        registry.campaigns.put("w1", a_campaign())
        first = registry.campaigns.get("w1", "c1")

        assert sees(registry_url, lambda: registry.campaigns.get("w1", "c1") is registry.campaigns.get("w1", "c1"))
        assert registry.campaigns.get("w1", "c1") == first


def test_work_that_fails_leaves_nothing(registry_url: str) -> None:
    """What a block wrote before it failed is undone."""
    with opened(registry_url, "w1") as registry:
        drafts = (a_campaign(campaign_id) for campaign_id in ("a", "b"))

        def failing() -> object:
            yield next(drafts)
            raise KeyError("in between")

        with pytest.raises(KeyError):
            registry.campaigns.register_drafts("w1", failing())  # type: ignore[arg-type]
        assert registry.campaigns.page("w1", 0, 10) == ([], 0)
