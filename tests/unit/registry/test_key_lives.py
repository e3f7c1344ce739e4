"""How keys end: by themselves at a stated time, by being rotated, and how many there may be."""

from datetime import timedelta

import pytest

from aftersend.domain.keys import LONGEST_LIFE_DAYS, LONGEST_OVERLAP_HOURS, MOST_LIVE_KEYS
from aftersend.domain.workspaces import Scope
from aftersend.errors import Conflict, InvalidRequest, NotFound
from fakes import FakeClock
from objects import MOMENT
from unit.registry.opening import opened

SCOPES = frozenset({Scope.STATS_READ, Scope.EVENTS_WRITE})


def test_a_key_ends_at_its_time(registry_url: str) -> None:
    """A key opens until its last moment, also where it was shown before and is remembered; then it is a stranger."""
    clock = FakeClock()
    with opened(registry_url, "w1", now=clock) as registry:
        _, secret = registry.keys.create("w1", SCOPES, "guest", MOMENT + timedelta(days=1))

        clock.move(days=1, microseconds=-1)
        assert registry.keys.authenticate("w1", secret) is not None
        clock.move(microseconds=1)
        assert registry.keys.authenticate("w1", secret) is None
        assert [key.state(clock()) for key in registry.keys.all("w1")] == ["expired"]


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-1), timedelta(days=LONGEST_LIFE_DAYS, seconds=1)])
def test_a_life_that_makes_no_sense_is_refused(registry_url: str, life: timedelta) -> None:
    """A key cannot end before it begins, or outlive everybody."""
    with opened(registry_url, "w1") as registry, pytest.raises(InvalidRequest) as caught:
        registry.keys.create("w1", SCOPES, "guest", MOMENT + life)

    assert caught.value.field == "expires_at"


def test_a_rotated_key_overlaps_with_its_successor(registry_url: str) -> None:
    """Both keys open during the overlap, with the same scopes; afterwards the new one alone."""
    clock = FakeClock()
    with opened(registry_url, "w1", now=clock) as registry:
        old, secret = registry.keys.create("w1", SCOPES, "sender")

        done = registry.keys.rotate("w1", "sender", 24)

        assert (done.new.name, done.new.scopes, done.new.expires_at) == ("sender", SCOPES, None)
        assert (done.old.id, done.old.expires_at) == (old.id, MOMENT + timedelta(hours=24))
        shown = (secret, done.secret)
        clock.move(hours=24, seconds=-1)
        assert [registry.keys.authenticate("w1", one) is not None for one in shown] == [True, True]
        clock.move(seconds=1)
        assert [registry.keys.authenticate("w1", one) is not None for one in shown] == [False, True]


def test_a_key_is_rotated_again_and_again(registry_url: str) -> None:
    """The name means the newest key, while older ones of the name are about to end; an id means just that key."""
    with opened(registry_url, "w1") as registry:
        first, _ = registry.keys.create("w1", SCOPES, "sender")
        second = registry.keys.rotate("w1", "sender", 24).new
        third = registry.keys.rotate("w1", "sender", 0)

        assert third.old.id == second.id
        ends = {key.id: key.expires_at for key in registry.keys.all("w1")}
        assert ends == {first.id: MOMENT + timedelta(hours=24), second.id: MOMENT, third.new.id: None}
        assert registry.keys.rotate("w1", first.id, 48).old.expires_at == MOMENT + timedelta(hours=24)


def test_what_cannot_be_rotated(registry_url: str) -> None:
    """A name that nobody or several have, a key that has ended, another workspace's key, an overlap without end."""
    with opened(registry_url, "w1", "w2") as registry:
        revoked, _ = registry.keys.create("w1", SCOPES, "revoked")
        registry.keys.revoke("w1", revoked.id)
        theirs, _ = registry.keys.create("w2", SCOPES, "theirs")
        for _ in range(2):
            registry.keys.create("w1", SCOPES, "twins")

        for named in ("nobody", revoked.id, "revoked", theirs.id, "theirs", ""):
            with pytest.raises(NotFound, match="no living key"):
                registry.keys.rotate("w1", named, 1)
        with pytest.raises(Conflict, match="name one by its id"):
            registry.keys.rotate("w1", "twins", 1)
        for hours in (-1, LONGEST_OVERLAP_HOURS + 1):
            with pytest.raises(InvalidRequest):
                registry.keys.rotate("w1", "twins", hours)


def test_keys_are_not_without_number(registry_url: str) -> None:
    """A workspace has so many keys that open it and no more; ended ones do not count."""
    with opened(registry_url, "w1", "w2") as registry:
        keys = [registry.keys.create("w1", SCOPES, "a key")[0] for _ in range(MOST_LIVE_KEYS)]

        with pytest.raises(Conflict, match="revoke one"):
            registry.keys.create("w1", SCOPES, "one more")
        registry.keys.create("w2", SCOPES, "another workspace's")
        registry.keys.revoke("w1", keys[0].id)
        registry.keys.create("w1", SCOPES, "one more")


def test_the_last_use_is_kept(registry_url: str) -> None:
    """The last use only ever moves forward, whoever keeps it, and unknown keys are nobody's."""
    with opened(registry_url, "w1") as registry:
        key, _ = registry.keys.create("w1", SCOPES, "a key")
        later = MOMENT + timedelta(minutes=5)

        registry.keys.note_uses({key.id: later, "nobody": later})
        registry.keys.note_uses({key.id: MOMENT})

        assert [found.last_used_at for found in registry.keys.all("w1")] == [later]
