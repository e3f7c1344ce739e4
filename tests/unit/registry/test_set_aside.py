"""What is set aside: kept once, bounded, counted when it makes room, and forgotten with the person it is about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aftersend.domain.events import RejectionCode
from aftersend.domain.sources import EventSource, SetAside, Shelf
from aftersend.registry import set_aside
from aftersend.registry.registry import Registry
from aftersend.registry.set_aside import Origin
from unit.registry.opening import opened

STREAMS = EventSource.MOENGAGE_STREAMS
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def registry(registry_url: str) -> Iterator[Registry]:
    """A registry with two workspaces."""
    with opened(registry_url, "w1", "w2") as found:
        yield found


def _event(raw: str = "{}", code: RejectionCode = RejectionCode.MALFORMED) -> SetAside:
    return SetAside(code, "event", "why", "e1", "MOE_X", raw)


def _keep(registry: Registry, *raws: str, workspace: str = "w1", code: RejectionCode = RejectionCode.MALFORMED) -> int:
    origin = Origin(workspace, STREAMS, "k1", NOON)
    return registry.set_aside.keep(origin, [_event(raw, code) for raw in raws])


def _raws(registry: Registry, workspace: str = "w1", code: RejectionCode | None = None) -> list[str]:
    page, total = registry.set_aside.page(workspace, STREAMS, code, 0, 1000)
    assert total == len(page)
    return [one.event.raw for one in page]


def test_an_event_is_kept_as_it_came(registry: Registry) -> None:
    """All of it comes back, with when and by which key it came."""
    event = SetAside(RejectionCode.INVALID_VALUE, "event_time", "use a time", "e1", None, '{"ä": "✓"}', cut=True)

    registry.set_aside.keep(Origin("w1", STREAMS, "k1", NOON), [event])

    ((kept,), total) = registry.set_aside.page("w1", STREAMS, None, 0, 10)
    assert (kept.event, kept.arrived_at, kept.key_id, total) == (event, NOON, "k1", 1)


def test_what_comes_again_is_not_kept_again(registry: Registry) -> None:
    """A batch that is sent three times leaves its bad events once; what is refused for another reason is another."""
    for _ in range(3):
        _keep(registry, "a", "b", "a")
    _keep(registry, "a", code=RejectionCode.UNKNOWN_CODE)

    assert _raws(registry) == ["a", "b", "a"]
    assert _raws(registry, code=RejectionCode.UNKNOWN_CODE) == ["a"]


def test_workspaces_are_apart(registry: Registry) -> None:
    """The same text is kept in each, and seen in its own only."""
    _keep(registry, "a")
    _keep(registry, "a", "b", workspace="w2")

    assert (_raws(registry), _raws(registry, "w2")) == (["a"], ["b", "a"])


def test_pages(registry: Registry) -> None:
    """The newest come first."""
    _keep(registry, *"abcde")

    page, total = registry.set_aside.page("w1", STREAMS, None, 1, 2)

    assert ([one.event.raw for one in page], total) == (["d", "c"], 5)


def test_the_oldest_make_room(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than so many are not kept, in one batch or in several; unknown codes do not push out the others."""
    monkeypatch.setattr(set_aside, "KEPT_EVENTS", 3)

    dropped = [_keep(registry, "a", "b"), _keep(registry, "c", "d"), _keep(registry, *"efghi")]
    _keep(registry, *"uvwxyz", code=RejectionCode.UNKNOWN_CODE)

    assert dropped == [0, 1, 5]
    assert _raws(registry, code=RejectionCode.MALFORMED) == ["i", "h", "g"]
    assert registry.set_aside.dropped("w1", STREAMS) == {Shelf.REJECTED: 6, Shelf.UNKNOWN_CODE: 3}
    assert registry.set_aside.dropped("w2", STREAMS) == {Shelf.REJECTED: 0, Shelf.UNKNOWN_CODE: 0}


def test_the_largest_make_room(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than so many bytes are not kept either."""
    monkeypatch.setattr(set_aside, "KEPT_BYTES", 10)

    dropped = [_keep(registry, "aaaa", "bbbb"), _keep(registry, "ccccc"), _keep(registry, "dddddddddd")]

    assert dropped == [0, 1, 2]
    assert _raws(registry) == ["dddddddddd"]


def test_a_person_is_forgotten(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has the user's id in it goes, however JSON spells it; what others have stays, and so does its room."""
    monkeypatch.setattr(set_aside, "KEPT_EVENTS", 3)
    _keep(registry, '{"uid": "zoë_1"}', '{"uid": "zo\\u00eb_1"}', '{"uid": "zoëx1"}')
    _keep(registry, '{"uid": "zoë_1"}', workspace="w2")

    registry.set_aside.remove_user("w1", "zoë_1")
    registry.set_aside.remove_user("w1", "nul\0")

    assert _raws(registry) == ['{"uid": "zoëx1"}']
    assert len(_raws(registry, "w2")) == 1
    assert _keep(registry, "a", "b") == 0


def test_what_is_old_is_forgotten(registry: Registry) -> None:
    """What came before a moment goes."""
    _keep(registry, "a")

    registry.set_aside.remove_before("w1", NOON)
    assert _raws(registry) == ["a"]
    registry.set_aside.remove_before("w1", NOON + timedelta(milliseconds=1))
    assert _raws(registry) == []


def test_text_that_no_database_keeps(registry: Registry) -> None:
    """NUL and halves of characters are replaced."""
    _keep(registry, "a\0b\ud800c")

    assert _raws(registry) == ["a\ufffdb?c"]
