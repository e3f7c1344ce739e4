"""Seals over HTTP: nothing that is asked shows whether there are any, whatever comes, goes or breaks."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES
from aftersend.domain.workspaces import Scope
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store import counting
from aftersend.store.seals import Seal
from aftersend.upkeep.sealer import SealLimits
from builders import Asker, Json, campaign, message_event, question
from server import Server, running

DAYS = [f"2026-01-{day:02d}T12:00:00Z" for day in range(1, 6)]
SPANS = ((1, 31), (1, 2), (2, 4), (5, 5))
_ENCODER = msgspec.json.Encoder(decimal_format="number")
KINDS = ("sent", "delivered", "opened", "clicked")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let seals be of use for small campaigns, too."""
    monkeypatch.setattr(counting, "_FEW_EVENTS", 0)
    monkeypatch.setattr(counting, "_LARGEST_TAIL", 1.0)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """A server that no other test uses."""
    with running(tmp_path) as server:
        yield server


def _seal(server: Server) -> None:
    sealer = server.parts.services.sealer
    sealer._limits = SealLimits(least_events=1, rows_an_event=1000, rest=0, share_of_disk=1e9)
    sealer._seen = None
    deadline = time.monotonic() + 30
    sealer.work()
    while sealer.behind:
        assert time.monotonic() < deadline
        sealer.work()


def _found(server: Server, asker: Asker) -> Seal | None:
    return server.parts.services.sealer.book.find(asker.workspace_id, "c1")


def _events(users: int) -> list[Json]:
    """Every user does something on some days; the first one everything on each."""
    return [
        message_event(kind, event_id=f"{kind}-{user}-{day}", user_id=f"u{user}", time=moment)
        for user in range(users)
        for day, moment in enumerate(DAYS)
        for number, kind in enumerate(KINDS)
        if (user * 7 + day * 3 + number) % 4 == 0 or user == 0
    ]


def _numbers(asker: Asker, first: int = 1, last: int = 31) -> list[Json]:
    span = {"start_date": f"2026-01-{first:02d}", "end_date": f"2026-01-{last:02d}"}
    return [asker.stats(metric_type=mode, **span)["data"] for mode in ("TOTAL", "UNIQUE")]


def _all_numbers(asker: Asker) -> list[list[Json]]:
    return [_numbers(asker, first, last) for first, last in SPANS]


def _plain(server: Server, asker: Asker) -> list[list[Json]]:
    """The same from the ledger alone."""
    parts = server.parts
    stats = Stats(parts.registry.campaigns, parts.stats.engine)
    workspace = parts.registry.workspaces.get(asker.workspace_id)

    def told(mode: str, first: int, last: int) -> Json:
        asked = question(metric_type=mode, start_date=f"2026-01-{first:02d}", end_date=f"2026-01-{last:02d}")
        answer = stats.answer(workspace, parse_request(asked), PROFILES[workspace.profile])
        data: Json = msgspec.json.decode(_ENCODER.encode(answer["data"]))
        return data

    return [[told(mode, *span) for mode in ("TOTAL", "UNIQUE")] for span in SPANS]


@pytest.fixture
def sealed(alone: Server) -> Asker:
    """Somebody with a sealed campaign."""
    asker = alone.create_workspace("w1")
    asker.put_campaign("c1", campaign())
    asker.send(*_events(40))
    _seal(alone)
    assert _found(alone, asker) is not None
    return asker


def test_a_late_event_counts_at_once(alone: Server, sealed: Asker) -> None:
    """An event of a closed day is in the next answer, and in the seal once it is made again."""
    sealed.send(message_event("clicked", event_id="late", user_id="late", time=DAYS[1]))
    seal = _found(alone, sealed)
    assert seal is not None
    told = _all_numbers(sealed)
    assert told == _plain(alone, sealed)
    _seal(alone)
    renewed = _found(alone, sealed)
    assert renewed is not None
    assert renewed.commit > seal.commit
    assert len(renewed.pieces) == 2
    assert _all_numbers(sealed) == told


def test_what_is_retracted_leaves_the_seal(alone: Server, sealed: Asker) -> None:
    """When the retraction is answered, no answer has the event, and no seal was made of it."""
    before = _all_numbers(sealed)
    body = {"event_ids": ["opened-0-1"], "reason": "sent by mistake"}
    assert sealed.request("POST", "/v1/retractions", json=body).status_code == 200
    assert _found(alone, sealed) is None
    after = _all_numbers(sealed)
    assert after != before
    _seal(alone)
    assert _found(alone, sealed) is not None
    assert _all_numbers(sealed) == after == _plain(alone, sealed)


def test_whoever_is_erased_leaves_the_seal(alone: Server, sealed: Asker) -> None:
    """An erased user is in no answer, sealed or not."""
    begun = sealed.request("DELETE", "/v1/users/u0", json={"reason": "asked for it"})
    assert begun.status_code == 202, begun.text
    while sealed.request("GET", begun.headers["location"]).json()["status"] not in ("purging", "done"):
        time.sleep(0.02)
    after = _all_numbers(sealed)
    assert after == _plain(alone, sealed)
    _seal(alone)
    assert _all_numbers(sealed) == after


@pytest.mark.parametrize("table", [None, "sealed_users", "sealed_events", "seals"])
def test_seals_outlive_a_restart(tmp_path: Path, table: str | None) -> None:
    """What was sealed before a restart answers after it, unless rows of it are gone; then it is made again."""
    with running(tmp_path) as server:
        asker = server.create_workspace("w1")
        asker.put_campaign("c1", campaign())
        asker.send(*_events(40))
        _seal(server)
        told = _all_numbers(asker)
        if table is not None:
            server.parts.stats.engine.tend(f"DELETE FROM {table} WHERE 1")
    with running(tmp_path) as server:
        again = Asker(server.url, "w1", server.create_key("w1", Scope.ADMIN))
        server.parts.services.sealer.load()
        assert (_found(server, again) is not None) == (table is None)
        assert _all_numbers(again) == told
        _seal(server)
        assert _found(server, again) is not None
        assert _all_numbers(again) == told


def test_a_seal_of_lost_events_is_dropped(tmp_path: Path) -> None:
    """Where the ledger has fewer events than were counted, the seal counts no more."""
    with running(tmp_path) as server:
        asker = server.create_workspace("w1")
        asker.put_campaign("c1", campaign())
        asker.send(*_events(40))
        _seal(server)
        server.parts.stats.engine.tend("DELETE FROM message_events WHERE event_id = 'sent-0-1'")
    with running(tmp_path) as server:
        server.parts.services.sealer.load()
        assert _found(server, Asker(server.url, "w1", "")) is None
