"""Sealed credits against the oracle: everything sealed, half of it, late events after it, and goals that change."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, cast

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store.aside import AsideEngine
from aftersend.store.credit_book import CreditBook
from aftersend.store.engine import Engine, Parameters
from aftersend.store.read_sealed_credits import SealedReading
from aftersend.store.seniority import commit_of
from aftersend.store.settled import SettledEngine
from aftersend.upkeep.credit_sealer import CreditSealer
from agreement.conversion_histories import make_conversion_history
from agreement.histories import MESSAGE_EVENTS, USER_EVENTS, Json, as_arrivals
from agreement.judging import goal_figures, registered
from agreement.sending import Caller, calling, difference, read
from agreement.test_changed_goals import CHANGES
from agreement.test_same_answer import asked_everything
from builders import Asker, campaign, message_event, question, user_event
from oracle import answer
from server import Server

SEEDS = range(3001, 3006)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass
class Sealing:
    """A workspace that is asked with seals and without, beside the oracle."""

    server: Server
    caller: Caller
    workspace: Json
    arrived: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = self.server.parts.stats.engine
        assert isinstance(self.engine, SettledEngine)
        self.touched = self.server.parts.ledger.touched
        self.book = CreditBook(self.touched, least_events=0)
        self.reading = SealedReading(self.book, self.latest)
        self.sealer = CreditSealer(AsideEngine(self.engine), self.reading)

    def latest(self) -> int:
        """Return the number of the last commit."""
        return commit_of(self.server.parts.ledger.latest())

    def send(self, stream: str, events: list[Json]) -> None:
        """Send events, and note what arrived."""
        batch = {"stream": stream, "events": events, "form": "array", "packing": ""}
        self.caller.send(batch)
        self.arrived += as_arrivals(batch | {"workspace": 0, "bad": []}, self.caller.workspace_id)

    def ask(self, dice: Random, workspace: Json | None = None) -> None:
        """Ask by some types about some days, with seals, and hold it against the answers without and the oracle's."""
        workspace = workspace or self.workspace
        parts = self.server.parts
        stats = Stats(parts.registry.campaigns, self.engine, sealed_credits=self.reading)
        known = parts.registry.workspaces.get(self.caller.workspace_id)
        campaigns = registered(workspace["campaigns"], self.arrived)
        names = {"id": self.caller.workspace_id, "timezone": workspace["timezone"]}
        for whole, profile in dice.sample(asked_everything(workspace), 3):
            asked = whole | _some_days(dice, workspace)
            body = _ENCODER.encode(stats.answer(known, parse_request(asked), PROFILES[ProfileName(profile)]))
            assert body == self.caller.ask(asked, profile)
            assert difference(read(body), answer(names, campaigns, self.arrived, asked, profile)) is None


def _some_days(dice: Random, workspace: Json) -> Json:
    """Choose all days, or some around the one near which everything happens."""
    if dice.random() < 0.3:
        return {}
    first = workspace["days"][2] + timedelta(days=dice.randint(-3, 2))
    return {"start_date": f"{first}", "end_date": f"{first + timedelta(days=dice.randint(0, 3))}"}


def _pieces(history: Json, dice: Random) -> list[tuple[str, list[Json]]]:
    """All events of the first workspace in pieces, in any order."""
    pieces = []
    for stream in (MESSAGE_EVENTS, USER_EVENTS):
        batches = [one for one in history["batches"] if one["workspace"] == 0 and one["stream"] == stream]
        events = [event for batch in batches for event in batch["events"]]
        dice.shuffle(events)
        cut = len(events) // 4 + 1
        pieces += [(stream, events[start : start + cut]) for start in range(0, len(events), cut)]
    dice.shuffle(pieces)
    return pieces


@pytest.mark.parametrize("seed", SEEDS)
def test_seals_change_no_answer(server: Server, new_workspace: Callable[..., Asker], seed: int) -> None:
    """Whatever is sealed, comes after it or changes, the answers are the oracle's, and those without seals."""
    history, dice = make_conversion_history(seed), Random(seed)
    workspace = history["workspaces"][0]
    with calling(new_workspace(workspace["timezone"], workspace["profile"])) as caller:
        caller.put_campaigns(workspace["campaigns"])
        sealing = Sealing(server, caller, workspace)
        pieces = _pieces(history, dice)
        for number, (stream, events) in enumerate(pieces):
            sealing.send(stream, events)
            if number >= len(pieces) // 2 - 1:
                sealing.ask(dice)
                if dice.random() < 0.5:
                    sealing.sealer.work()
        sealing.sealer.work()
        sealing.ask(dice)
        first, *others = workspace["campaigns"]
        for change in dice.sample(list(CHANGES.values()), 2):
            changed = workspace | {"campaigns": [first | change, *others]}
            caller.put_campaigns(changed["campaigns"][:1])
            for _ in range(2):
                sealing.ask(dice, changed)
                sealing.sealer.work()
            sealing.ask(dice, changed)


class Listening:
    """The real engine, and which statements credited goal events, of which users, and what was to be sealed then."""

    def __init__(self, engine: Engine, book: CreditBook) -> None:
        self._engine = engine
        self._book = book
        self.credited: list[tuple[str, ...] | None] = []
        self.wanted: list[int] = []

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Note the users of a statement that credits, or None where it is of all."""
        if "attributes" in statement:
            lists = [tuple(value) for value in dict(parameters or {}).values() if isinstance(value, list)]
            self.wanted.append(len(self._book._wanted))
            self.credited.append(next((some for some in lists if some in (("ann",), ("bob",))), None))
        return self._engine.start(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def test_what_is_sealed_is_not_credited_again(server: Server, asker: Asker) -> None:
    """A seal answers alone until something comes, and then only the users of whom it is are credited."""
    with calling(asker) as caller:
        goal = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
        caller.put_campaigns([campaign() | {"id": "c1", "channel": "EMAIL", "goals": [goal]}])
        sealing = Sealing(server, caller, {"campaigns": []})
        listening = Listening(sealing.engine, sealing.book)
        for name in ("ann", "bob"):
            sealing.send(MESSAGE_EVENTS, [message_event(event_id=f"m {name}", kind="opened", user_id=name)])
            sealing.send(USER_EVENTS, [user_event(event_id=f"u {name}", user_id=name)])
        engine = cast(Engine, listening)
        stats = Stats(server.parts.registry.campaigns, engine, sealed_credits=sealing.reading)
        known = server.parts.registry.workspaces.get(asker.workspace_id)

        def told() -> tuple[int, list[tuple[str, ...] | None]]:
            listening.credited.clear()
            asked = parse_request(question(attribution_type="VIEW_THROUGH", campaign_ids=["c1"]))
            found = stats.answer(known, asked, PROFILES[ProfileName.DOCUMENTED])
            return sum(figures["total"] for figures in goal_figures(found)), list(listening.credited)

        first, credited = told()
        assert (first > 0, credited) == (True, [None])
        assert (listening.wanted, len(sealing.book._wanted)) == ([0], 1), "whoever seals would slow the question down"
        sealing.sealer.work()
        assert told() == (first, [])
        sealing.send(USER_EVENTS, [user_event(event_id="later", user_id="bob")])
        assert told() == (first * 3 // 2, [("bob",), ("bob",)])
        sealing.sealer.work()
        assert told() == (first * 3 // 2, [])
        sealing.touched.note_removal(asker.workspace_id)
        assert told() == (first * 3 // 2, [None])
