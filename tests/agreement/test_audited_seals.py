"""The audit counts anew what is kept ready of campaigns: seals that are right agree, one that is wrong goes."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.measures import measures_of
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store.seal_layout import NODE_BITS, detail_name, measure_name
from aftersend.store.seals import Seal
from aftersend.upkeep.sealer import Sealer
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.sending import calling
from agreement.test_same_answer import Maker, first_events, whole
from builders import Asker, Json, campaign, message_event, question
from sealing import own_sealer
from server import Server

NEW_YEAR = 20454
"""The number of the day 2026-01-01."""

ADVICE = "the server has dropped what was kept and answers from the events; please report it"

EMAIL = measures_of(Channel.EMAIL)


@pytest.fixture
def sealer(server: Server) -> Sealer:
    """Seals whatever there is, however little it is."""
    return own_sealer(server)


def _wrong_seals(asker: Asker, **query: str) -> list[Json]:
    answer = asker.request("GET", "/v1/audit", params={"limit": "1000"} | query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert not found["truncated"]
    return [one for one in found["violations"] if one["identity"] == "seal_agrees"]


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
@pytest.mark.parametrize("seed", range(4001, 4004))
def test_right_seals_agree(
    server: Server, new_workspace: Callable[..., Asker], sealer: Sealer, make: Maker, seed: int
) -> None:
    """With all events sealed, and with events that came later; on all days and on some; families, too."""
    history = make(seed)
    workspace = history["workspaces"][0]
    random = Random(seed)
    streams = [(stream, random.sample(events, len(events))) for stream, events in first_events(history, 0)]
    asker = new_workspace(workspace["timezone"], "live")
    with calling(asker) as caller:
        caller.put_campaigns(workspace["campaigns"])
        whole(caller, [(stream, events[::2]) for stream, events in streams], random)
        sealer.work(asker.workspace_id)
        with sealer._turn:  # nothing is sealed for the block
            whole(caller, [(stream, events[1::2]) for stream, events in streams], random)
            seals = [
                seal
                for one in workspace["campaigns"]
                if (seal := sealer.book.find(asker.workspace_id, one["id"])) is not None
            ]
            assert seals
            assert _wrong_seals(asker) == []
        assert _wrong_seals(asker, start_date="2026-01-03", end_date="2026-01-20") == []
        # What is wrong is dropped, so whatever is still there was found to be right.
        assert all(sealer.book.find(*seal.key) is not None for seal in seals)


@pytest.fixture
def sealed(asker: Asker, sealer: Sealer) -> Seal:
    """An e-mail campaign with a clean send to two users, and its seal."""
    asker.put_campaign("c1", campaign())
    asker.send(
        *(message_event(kind) for kind in ("targeted", "attempted", "sent", "delivered", "opened")),
        *(message_event(kind, user_id="u2") for kind in ("targeted", "attempted")),
        message_event("failed", user_id="u2", reason="do_not_disturb"),
    )
    sealer.work(asker.workspace_id)
    seal = sealer.book.find(asker.workspace_id, "c1")
    assert seal is not None
    return seal


def _damage(server: Server, sealer: Sealer, seal: Seal, table: str, **columns: int) -> None:
    """Add a row to the piece of a seal."""
    types: dict[str, Any] = {"cell": np.uint32, "events": np.int64, "users": np.int64}
    row = {name: np.array([number], types.get(name, np.uint16)) for name, number in columns.items()}
    (piece,) = seal.pieces
    server.parts.stats.engine.insert(table, pa.table({"piece": np.array([piece.number], np.uint64), **row}))
    sealer.book.pieces.forget([piece.number])


def _users(seal: Seal, measure: str) -> dict[str, int]:
    """One more user at the node over everything."""
    cell = seal.layout.measure_numbers[measure] << NODE_BITS | seal.layout.node_numbers["EMAIL", "", ""]
    return {"after": 0, "first": NEW_YEAR, "last": NEW_YEAR, "cell": cell, "users": 1}


@pytest.mark.parametrize(
    ("measure", "shown", "counted"),
    [
        (measure_name(EMAIL.unique[0]), None, None),
        (measure_name(EMAIL.remaining[0]), "lost users", None),
        (detail_name("do_not_disturb"), "distinct users of the reason do_not_disturb", 1),
    ],
)
def test_a_wrong_number_of_users(
    server: Server, asker: Asker, sealer: Sealer, sealed: Seal, measure: str, shown: str | None, counted: int | None
) -> None:
    """It is reported once, with the number and the node, on the days that it is about; the seal counts no more."""
    _damage(server, sealer, sealed, "sealed_users", **_users(sealed, measure))

    assert _wrong_seals(asker, start_date="2026-01-02", end_date="2026-01-31") == []
    (wrong,) = _wrong_seals(asker, start_date="2025-12-31", end_date="2026-01-01")

    assert (wrong["severity"], wrong["campaign_id"], wrong["day"]) == ("error", "c1", None)
    assert wrong["found"] == wrong["expected"] + 1
    assert counted in (None, wrong["expected"])
    assert wrong["message"].startswith(shown or f"distinct users of {measure} at EMAIL / all locales / all variations:")
    assert wrong["message"].endswith(f"{wrong['found']} kept, {wrong['expected']} counted: {ADVICE}")
    assert sealer.book.find(asker.workspace_id, "c1") is not sealed
    assert _wrong_seals(asker) == []


@pytest.mark.parametrize("metric_type", ["TOTAL", "UNIQUE"])
def test_answers_are_right_again(server: Server, asker: Asker, sealer: Sealer, sealed: Seal, metric_type: str) -> None:
    """What was answered from a wrong seal is answered from the events after the audit, under another tag."""
    asked = question(campaign_ids=["c1"], metric_type=metric_type)
    right = asker.ask(asked)
    _damage(server, sealer, sealed, "sealed_events", day=NEW_YEAR, cell=0, events=5)
    for measure in sealed.measures:
        _damage(server, sealer, sealed, "sealed_users", **_users(sealed, measure))
    wrong = asker.ask(asked)
    assert wrong.json()["data"] != right.json()["data"]

    (violation,) = _wrong_seals(asker)

    assert violation["message"].startswith("events of any kind at ")
    assert (violation["expected"], violation["found"]) == (8, 13)
    again = asker.ask(asked, If_None_Match=wrong.headers["ETag"])
    assert (again.status_code, again.json()["data"]) == (200, right.json()["data"])
    known = server.parts.registry.workspaces.get(asker.workspace_id)
    ledger_only = Stats(server.parts.registry.campaigns, server.parts.stats.engine)
    expected = ledger_only.answer(known, parse_request(asked), PROFILES[ProfileName.DOCUMENTED])
    assert server.parts.stats.answer(known, parse_request(asked), PROFILES[ProfileName.DOCUMENTED]) == expected


def test_a_seal_that_cannot_be_read(server: Server, asker: Asker, sealer: Sealer, sealed: Seal) -> None:
    """Rows of cells that the seal does not have are a violation, not an audit that fails."""
    damage = {"after": 0, "first": NEW_YEAR, "last": NEW_YEAR, "cell": 2**32 - 1, "users": 1}
    _damage(server, sealer, sealed, "sealed_users", **damage)

    (wrong,) = _wrong_seals(asker)

    assert (wrong["expected"], wrong["found"]) == (8, 0)
    assert asker.stats(campaign_ids=["c1"])["data"]["c1"]


def test_what_was_begun_from_a_wrong_seal_is_not_published(sealer: Sealer, sealed: Seal) -> None:
    """The sealer may be adding to a seal while it is found to be wrong."""
    removals = sealer.book.touched.removals(sealed.workspace_id)
    with sealer._turn:
        sealer.book.discard(sealed)

        assert not sealer.book.publish(sealed, removals)
        assert sealer.book.find(*sealed.key) is None
    sealer.work(sealed.workspace_id)
    assert sealer.book.find(*sealed.key) not in (None, sealed)
