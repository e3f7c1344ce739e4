"""Keys: what opens a workspace, how little of it is stored, and how it ends."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from aftersend.domain.workspaces import Principal, Scope
from aftersend.errors import InvalidRequest, NotFound
from aftersend.registry.registry import Registry
from aftersend.registry.workspaces import DEFAULT_SCOPES, Key
from objects import MOMENT, a_workspace
from unit.registry.opening import opened, opened_twice, sees


def _key(registry: Registry, workspace_id: str = "w1", name: str = "a key") -> tuple[Key, str]:
    return registry.workspaces.create_key(workspace_id, [Scope.STATS_READ], name, MOMENT)


def test_a_secret_opens_its_workspace(registry_url: str) -> None:
    """Who shows the secret acts for the workspace with the key's scopes."""
    with opened(registry_url, "w1") as registry:
        key, secret = registry.workspaces.create_key("w1", [Scope.STATS_READ, Scope.EVENTS_WRITE], "ours", MOMENT)

        principal = registry.workspaces.authenticate("w1", secret)

    scopes = frozenset({Scope.STATS_READ, Scope.EVENTS_WRITE})
    assert principal == Principal(a_workspace(), key.id, scopes)
    assert key == Key(key.id, "ours", scopes, MOMENT, None)


def test_only_a_hash_is_stored(registry_url: str) -> None:
    """The secret is in no column; what is there cannot be turned back into it."""
    with opened(registry_url, "w1") as registry:
        _, secret = _key(registry)
        with registry.database.reading() as connection:
            (row,) = connection.execute(text("SELECT * FROM keys")).mappings()

    assert row["secret_hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert not any(secret in str(value) for value in row.values())


def test_secrets_are_long_and_different(registry_url: str) -> None:
    """A secret has 256 random bits, and none is given twice."""
    with opened(registry_url, "w1") as registry:
        secrets = {_key(registry)[1] for _ in range(20)}

    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {43}


@pytest.mark.parametrize("shown", ["", "wrong", "ü", "\udcff", "x" * 10_000, "' OR 1=1 --"], ids=ascii)
def test_another_secret_opens_nothing(registry_url: str, shown: str) -> None:
    """What is not a key's secret is nobody's."""
    with opened(registry_url, "w1") as registry:
        _key(registry)

        assert registry.workspaces.authenticate("w1", shown) is None


def test_a_secret_opens_no_other_workspace(registry_url: str) -> None:
    """A key belongs to one workspace."""
    with opened(registry_url, "w1", "w2") as registry:
        _, secret = _key(registry, "w1")

        assert registry.workspaces.authenticate("w2", secret) is None
        assert registry.workspaces.authenticate("nobody", secret) is None


def test_a_key_needs_a_scope(registry_url: str) -> None:
    """A key that may do nothing is a mistake."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(InvalidRequest, match="at least one scope") as caught:
            registry.workspaces.create_key("w1", [], "empty", MOMENT)

        assert caught.value.field == "scopes"
        assert registry.workspaces.list_keys("w1") == []


def test_a_key_needs_a_workspace(registry_url: str) -> None:
    """Keys of nobody cannot be created or listed."""
    with opened(registry_url) as registry:
        with pytest.raises(NotFound):
            _key(registry)
        with pytest.raises(NotFound):
            registry.workspaces.list_keys("w1")


def test_keys_are_listed_oldest_first(registry_url: str) -> None:
    """A workspace's keys are listed in the order of their creation, with their scopes, without their secrets."""
    with opened(registry_url, "w1", "w2") as registry:
        _key(registry, "w2", "theirs")
        for hours in (2, 0, 1):
            created_at = MOMENT + timedelta(hours=hours)
            registry.workspaces.create_key("w1", DEFAULT_SCOPES, f"after {hours} h", created_at)

        keys = registry.workspaces.list_keys("w1")

    assert [key.name for key in keys] == ["after 0 h", "after 1 h", "after 2 h"]
    assert {key.scopes for key in keys} == {frozenset(DEFAULT_SCOPES)}
    assert Scope.ADMIN not in DEFAULT_SCOPES


def test_a_revoked_key_opens_nothing(registry_url: str) -> None:
    """A key that is ended is still listed, with the time of its end."""
    later = MOMENT + timedelta(days=1)
    with opened(registry_url, "w1") as registry:
        (revoked, _), (stays, _) = _key(registry, name="a"), _key(registry, name="b")

        registry.workspaces.revoke_key("w1", revoked.id, later)

        assert {key.id: key.revoked_at for key in registry.workspaces.list_keys("w1")} == {
            revoked.id: later,
            stays.id: None,
        }


def test_a_key_ends_once(registry_url: str) -> None:
    """Revoking again changes nothing: the first end counts."""
    with opened(registry_url, "w1") as registry:
        key, _ = _key(registry)
        registry.workspaces.revoke_key("w1", key.id, MOMENT)
        registry.workspaces.revoke_key("w1", key.id, MOMENT + timedelta(days=1))

        assert registry.workspaces.list_keys("w1")[0].revoked_at == MOMENT


def test_nobody_ends_a_strangers_key(registry_url: str) -> None:
    """A key that is not the workspace's cannot be revoked through it."""
    with opened(registry_url, "w1", "w2") as registry:
        key, secret = _key(registry, "w2")

        for key_id in (key.id, "nothing"):
            with pytest.raises(NotFound, match="the workspace has no key"):
                registry.workspaces.revoke_key("w1", key_id, MOMENT)
        assert registry.workspaces.authenticate("w2", secret) is not None


def test_a_key_that_somebody_else_revoked_is_closed(registry_url: str) -> None:
    """A running server lets a key go that was revoked through another connection: at once where SQLite tells it."""
    with opened_twice(registry_url, "w1") as (server, operator):
        key, secret = _key(server)
        assert server.workspaces.authenticate("w1", secret) is not None

        operator.workspaces.revoke_key("w1", key.id, MOMENT)

        assert sees(registry_url, lambda: server.workspaces.authenticate("w1", secret) is None)


@pytest.mark.parametrize("name", ["x" * 201, "a\u0000b"])
def test_a_name_that_cannot_be_kept_is_refused(registry_url: str, name: str) -> None:
    """A key's name that a column cannot hold is the caller's mistake, on every database."""
    with opened(registry_url, "w1") as registry, pytest.raises(InvalidRequest) as caught:
        registry.workspaces.create_key("w1", [Scope.STATS_READ], name, MOMENT)

    assert caught.value.field == "name"


def test_a_key_that_somebody_else_created_opens(registry_url: str) -> None:
    """A running server takes a new key that was created through another connection, also if it was shown before."""
    with opened_twice(registry_url, "w1") as (server, operator):
        assert server.workspaces.authenticate("w1", "too early") is None

        _, secret = _key(operator)

        assert server.workspaces.authenticate("w1", secret) is not None
