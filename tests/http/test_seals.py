"""Seals over HTTP: nothing that is asked shows whether there are any, whatever comes, goes or breaks."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES
from aftersend.errors import StoreUnavailable
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store import growth
from aftersend.store.growing_seal import GrowingSeal
from aftersend.store.read_marks import LaterEvents, read_later
from aftersend.store.seals import Seal, SealBook
from aftersend.store.seniority import commit_of
from aftersend.store.touched import Touched
from builders import Asker, Json, campaign, message_event, question
from sealing import EVERYTHING, own_sealer
from server import Server

DAYS = [f"2026-01-{day:02d}T12:00:00Z" for day in range(1, 6)]
SPANS = ((1, 31), (1, 2), (2, 4), (5, 5))
_ENCODER = msgspec.json.Encoder(decimal_format="number")
KINDS = ("sent", "delivered", "opened", "clicked")


def _seal(server: Server, asker: Asker) -> None:
    sealer = own_sealer(server)
    sealer.work(asker.workspace_id)
    assert sealer.behind == 0


@pytest.mark.parametrize(("waits", "sealed"), [({}, False), ({"most_waiting": 5}, True), ({"calm_seconds": 0}, True)])
def test_a_campaign_that_gets_events_waits(server: Server, asker: Asker, waits: dict[str, int], sealed: bool) -> None:
    """It is sealed when none have come for a while, or when many have."""
    asker.put_campaign("c1", campaign())
    asker.send(*_events(40))
    limits = replace(EVERYTHING, **{"calm_seconds": 3600, "most_waiting": 1_000_000} | waits)
    sealer = own_sealer(server, limits)
    sealer.work(asker.workspace_id)
    assert (sealer.behind == 0, _found(server, asker) is not None) == (sealed, sealed)


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
def sealed(server: Server, asker: Asker) -> Asker:
    """Somebody with a sealed campaign."""
    asker.put_campaign("c1", campaign())
    asker.send(*_events(40))
    _seal(server, asker)
    assert _found(server, asker) is not None
    return asker


def test_a_late_event_counts_at_once(server: Server, sealed: Asker) -> None:
    """An event of a closed day is in the next answer, and in the seal once it is made again."""
    sealed.send(message_event("clicked", event_id="late", user_id="late", time=DAYS[1]))
    seal = _found(server, sealed)
    assert seal is not None
    told = _all_numbers(sealed)
    assert told == _plain(server, sealed)
    _seal(server, sealed)
    renewed = _found(server, sealed)
    assert renewed is not None
    assert renewed.commit > seal.commit
    assert len(renewed.pieces) == 2
    assert _all_numbers(sealed) == told


@pytest.fixture
def growing(server: Server, sealed: Asker) -> Iterator[Asker]:
    """Somebody with a sealed campaign that grows in memory; nothing is sealed in the background."""
    with server.parts.services.sealer._turn:
        sealed.send(message_event("clicked", event_id="late", user_id="late", time=DAYS[1]))
        assert _all_numbers(sealed) == _plain(server, sealed)
        server.parts.services.sealer.grow()
        assert _growing(server, sealed) is not None
        yield sealed


def _growing(server: Server, asker: Asker) -> GrowingSeal | None:
    seal = _found(server, asker)
    return None if seal is None else server.parts.services.sealer.growth.get(seal)


_COME = (
    ("clicked", {"user_id": "u0", "time": DAYS[4]}),
    ("opened", {"user_id": "u1", "time": DAYS[0]}),
    ("opened", {"user_id": "u1", "time": DAYS[0]}),
    ("sent", {"user_id": "new", "time": DAYS[2], "locale": "pt-BR", "variation": "B"}),
    ("targeted", {"user_id": "new", "time": DAYS[0]}),
    ("removed", {"user_id": "new", "time": DAYS[3], "reason": "no_address"}),
    ("targeted", {"user_id": "new", "time": DAYS[4]}),
    ("failed", {"user_id": "u2", "time": DAYS[1], "reason": "my own word"}),
)
"""What comes later: days that were there already, new users and places, losses and what undoes them."""


def test_a_seal_grows_with_whatever_comes(server: Server, growing: Asker) -> None:
    """Each event is in the next answer, and what has grown is what is sealed."""
    for number, (kind, fields) in enumerate(_COME):
        growing.send(message_event(kind, event_id=f"come-{number}", **fields))
        assert _all_numbers(growing) == _plain(server, growing), number
    assert _growing(server, growing) is not None
    told = _all_numbers(growing)
    _seal(server, growing)
    renewed, grown = _found(server, growing), _growing(server, growing)
    assert renewed is not None
    assert grown is not None
    assert (len(renewed.pieces), grown.seal, grown.commit) == (2, renewed, renewed.commit)
    assert _all_numbers(growing) == told
    growing.send(message_event("clicked", event_id="after", user_id="u0", time=DAYS[3]))
    assert _all_numbers(growing) == _plain(server, growing)


def test_pieces_are_put_together(server: Server, growing: Asker) -> None:
    """A seal that was brought up to date often has one piece again, and grows on."""
    for number in range(9):
        growing.send(message_event("clicked", event_id=f"more-{number}", user_id=f"u{number}", time=DAYS[number % 5]))
        _seal(server, growing)
    seal = _found(server, growing)
    assert seal is not None
    assert 1 <= len(seal.pieces) < 8
    growing.send(message_event("clicked", event_id="after", user_id="u0", time=DAYS[3]))
    assert _all_numbers(growing) == _plain(server, growing)
    _seal(server, growing)
    assert _growing(server, growing) is not None
    assert _all_numbers(growing) == _plain(server, growing)


def test_a_retraction_ends_what_grows(server: Server, growing: Asker) -> None:
    """What was added in memory goes with its seal."""
    assert growing.request("POST", "/v1/retractions", json={"event_ids": ["late"], "reason": "no"}).status_code == 200
    assert _all_numbers(growing) == _plain(server, growing)
    _seal(server, growing)
    assert _growing(server, growing) is None
    assert _all_numbers(growing) == _plain(server, growing)


def test_what_fell_far_behind_is_read_again(server: Server, growing: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more later events than are added at a time, the ledger is counted until the seal grows anew."""
    monkeypatch.setattr(growth, "_MOST_LATER", 3)
    growing.send(*(message_event("clicked", event_id=f"many-{number}", user_id=f"m{number}") for number in range(5)))
    assert _all_numbers(growing) == _plain(server, growing)
    assert _growing(server, growing) is None
    server.parts.services.sealer.grow()
    assert _growing(server, growing) is not None
    assert _all_numbers(growing) == _plain(server, growing)


def test_what_was_added_in_part_is_not_used(server: Server, growing: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what came, only the first share of the users was read: nobody goes on with that, also who has hold of it."""
    asked = []

    def cut_off(*given: Any) -> LaterEvents:
        asked.append(given[-1].share)
        if asked[-1] == 1:
            raise StoreUnavailable("the engine was busy")
        return read_later(*given)

    known = _growing(server, growing)
    assert known is not None
    # As many as make two shares, however many of them have been counted as known.
    growing.send(*(message_event("clicked", event_id=f"many-{number}", user_id=f"m{number}") for number in range(8)))
    monkeypatch.setattr(growth, "_MOST_TOGETHER", 6)
    monkeypatch.setattr(growth, "read_later", cut_off)
    assert growing.ask(question()).status_code == 500
    assert asked == [0, 1]
    monkeypatch.setattr(growth, "read_later", read_later)
    assert _growing(server, growing) is None
    assert server.parts.services.sealer.growth.catch_up(server.parts.stats.engine, [known]) == {}
    assert _all_numbers(growing) == _plain(server, growing)
    server.parts.services.sealer.grow()
    assert _growing(server, growing) not in {None, known}
    assert _all_numbers(growing) == _plain(server, growing)


def test_a_seal_that_grew_wrong_is_dropped(server: Server, growing: Asker) -> None:
    """The audit looks at what has been added in memory, too."""
    assert _all_numbers(growing) == _plain(server, growing)
    grown = _growing(server, growing)
    assert grown is not None
    corners = grown.corners
    corners.users[0] += 1
    grown._grown = None
    found = growing.request("GET", "/v1/audit").json()["violations"]
    assert [one["identity"] for one in found if one["identity"] == "seal_agrees"] == ["seal_agrees"]
    assert _found(server, growing) is None
    assert _all_numbers(growing) == _plain(server, growing)


def test_what_is_retracted_leaves_the_seal(server: Server, sealed: Asker) -> None:
    """When the retraction is answered, no answer has the event, and no seal was made of it."""
    before = _all_numbers(sealed)
    body = {"event_ids": ["opened-0-1"], "reason": "sent by mistake"}
    assert sealed.request("POST", "/v1/retractions", json=body).status_code == 200
    assert _found(server, sealed) is None
    after = _all_numbers(sealed)
    assert after != before
    _seal(server, sealed)
    assert _found(server, sealed) is not None
    assert _all_numbers(sealed) == after == _plain(server, sealed)


def test_whoever_is_erased_leaves_the_seal(server: Server, sealed: Asker) -> None:
    """An erased user is in no answer, sealed or not."""
    begun = sealed.request("DELETE", "/v1/users/u0", json={"reason": "asked for it"})
    assert begun.status_code == 202, begun.text
    while sealed.request("GET", begun.headers["location"]).json()["status"] not in ("purging", "done"):
        time.sleep(0.02)
    after = _all_numbers(sealed)
    assert after == _plain(server, sealed)
    _seal(server, sealed)
    assert _all_numbers(sealed) == after


def _read_back(server: Server) -> SealBook:
    """The book as the next start would read it."""
    book = SealBook(server.parts.stats.engine, Touched())
    book.load(commit_of(server.parts.ledger.latest()))
    return book


def _delete(server: Server, table: str, where: str, asker: Asker) -> None:
    seal = _found(server, asker)
    assert seal is not None
    parameters = {"workspace": asker.workspace_id, "pieces": [piece.number for piece in seal.pieces]}
    server.parts.stats.engine.tend(f"DELETE FROM {table} WHERE {where}", parameters)


def test_seals_outlive_a_restart(server: Server, sealed: Asker) -> None:
    """What was sealed before a restart is there after it."""
    kept = _read_back(server).find(sealed.workspace_id, "c1")
    assert kept == _found(server, sealed)


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("sealed_users", "piece IN {pieces:Array(UInt64)} AND users > 1"),
        ("sealed_events", "piece IN {pieces:Array(UInt64)} AND events > 1"),
        ("seals", "workspace_id = {workspace:String}"),
        ("message_events", "workspace_id = {workspace:String} AND event_id = 'sent-0-1'"),
    ],
)
def test_seals_that_lack_anything_are_dropped(server: Server, sealed: Asker, table: str, where: str) -> None:
    """A seal that has lost rows, or whose ledger has, counts no more after a restart."""
    _delete(server, table, where, sealed)
    assert _read_back(server).find(sealed.workspace_id, "c1") is None


def test_a_seal_of_a_later_commit_is_dropped(server: Server, sealed: Asker) -> None:
    """A seal of commits that the ledger has lost would hide those that come next."""
    seal = _found(server, sealed)
    assert seal is not None
    book = SealBook(server.parts.stats.engine, Touched())
    book.load(seal.commit - 1)
    assert book.find(sealed.workspace_id, "c1") is None
