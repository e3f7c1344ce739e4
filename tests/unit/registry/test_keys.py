"""Keys: what opens a workspace, how little of it is stored, and how it ends."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from aftersend.domain.keys import Key
from aftersend.domain.workspaces import DEFAULT_SCOPES, Principal, Scope
from aftersend.errors import InvalidRequest, NotFound
from aftersend.registry.registry import Registry
from fakes import FakeClock
from objects import MOMENT, a_workspace
from unit.registry.opening import opened, opened_twice, sees


def _key(registry: Registry, workspace_id: str = "w1", name: str = "a key") -> tuple[Key, str]:
    return registry.keys.create(workspace_id, [Scope.STATS_READ], name)


def test_a_secret_opens_its_workspace(registry_url: str) -> None:
    """Who shows the secret acts for the workspace with the key's scopes."""
    with opened(registry_url, "w1") as registry:
        key, secret = registry.keys.create("w1", [Scope.STATS_READ, Scope.EVENTS_WRITE], "ours")

        principal = registry.keys.authenticate("w1", secret)

    scopes = frozenset({Scope.STATS_READ, Scope.EVENTS_WRITE})
    assert principal == Principal(a_workspace(), key.id, scopes)
    assert key == Key(key.id, "ours", scopes, MOMENT)


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

        assert registry.keys.authenticate("w1", shown) is None


def test_a_secret_opens_no_other_workspace(registry_url: str) -> None:
    """A key belongs to one workspace."""
    with opened(registry_url, "w1", "w2") as registry:
        _, secret = _key(registry, "w1")

        assert registry.keys.authenticate("w2", secret) is None
        assert registry.keys.authenticate("nobody", secret) is None


def test_a_key_needs_a_scope(registry_url: str) -> None:
    """A key that may do nothing is a mistake."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(InvalidRequest, match="at least one scope") as caught:
            registry.keys.create("w1", [], "empty")

        assert caught.value.field == "scopes"
        assert registry.keys.all("w1") == []


def test_a_key_needs_a_workspace(registry_url: str) -> None:
    """Keys of nobody cannot be created or listed."""
    with opened(registry_url) as registry:
        with pytest.raises(NotFound):
            _key(registry)
        with pytest.raises(NotFound):
            registry.keys.all("w1")


def test_keys_are_listed_oldest_first(registry_url: str) -> None:
    """A workspace's keys are listed in the order of their creation, with their scopes, without their secrets."""
    clock = FakeClock()
    with opened(registry_url, "w1", "w2", now=clock) as registry:
        _key(registry, "w2", "theirs")
        for hours in (2, 0, 1):
            clock.moment = MOMENT + timedelta(hours=hours)
            registry.keys.create("w1", DEFAULT_SCOPES, f"after {hours} h")

        keys = registry.keys.all("w1")

    assert [key.name for key in keys] == ["after 0 h", "after 1 h", "after 2 h"]
    assert {key.scopes for key in keys} == {frozenset(DEFAULT_SCOPES)}
    assert Scope.ADMIN not in DEFAULT_SCOPES


def test_a_revoked_key_opens_nothing(registry_url: str) -> None:
    """A key that is ended is still listed, with the time of its end."""
    clock = FakeClock()
    with opened(registry_url, "w1", now=clock) as registry:
        (revoked, _), (stays, _) = _key(registry, name="a"), _key(registry, name="b")

        clock.move(days=1)
        registry.keys.revoke("w1", revoked.id)

        assert {key.id: key.revoked_at for key in registry.keys.all("w1")} == {
            revoked.id: clock.moment,
            stays.id: None,
        }


def test_a_key_ends_once(registry_url: str) -> None:
    """Revoking again changes nothing: the first end counts."""
    clock = FakeClock()
    with opened(registry_url, "w1", now=clock) as registry:
        key, _ = _key(registry)
        registry.keys.revoke("w1", key.id)
        clock.move(days=1)
        registry.keys.revoke("w1", key.id)

        assert registry.keys.all("w1")[0].revoked_at == MOMENT


def test_nobody_ends_a_strangers_key(registry_url: str) -> None:
    """A key that is not the workspace's cannot be revoked through it."""
    with opened(registry_url, "w1", "w2") as registry:
        key, secret = _key(registry, "w2")

        for key_id in (key.id, "nothing"):
            with pytest.raises(NotFound, match="the workspace has no key"):
                registry.keys.revoke("w1", key_id)
        assert registry.keys.authenticate("w2", secret) is not None


def test_a_key_that_somebody_else_revoked_is_closed(registry_url: str) -> None:
    """A running server lets a key go that was revoked through another connection: at once where SQLite tells it."""
    with opened_twice(registry_url, "w1") as (server, operator):
        key, secret = _key(server)
        assert server.keys.authenticate("w1", secret) is not None

        operator.keys.revoke("w1", key.id)

        assert sees(registry_url, lambda: server.keys.authenticate("w1", secret) is None)


@pytest.mark.parametrize("name", ["x" * 201, "a\u0000b"])
def test_a_name_that_cannot_be_kept_is_refused(registry_url: str, name: str) -> None:
    """A key's name that a column cannot hold is the caller's mistake, on every database."""
    with opened(registry_url, "w1") as registry, pytest.raises(InvalidRequest) as caught:
        registry.keys.create("w1", [Scope.STATS_READ], name)

    assert caught.value.field == "name"


def test_a_key_that_somebody_else_created_opens(registry_url: str) -> None:
    """A running server takes a new key that was created through another connection, also if it was shown before."""
    with opened_twice(registry_url, "w1") as (server, operator):
        assert server.keys.authenticate("w1", "too early") is None

        _, secret = _key(operator)

        assert server.keys.authenticate("w1", secret) is not None
