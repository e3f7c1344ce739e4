"""An engine that has no memory for whole questions gives the same answers, read in portions."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from random import Random
from typing import Any, cast

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store.aside import AsideEngine
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.engine import Engine, Parameters
from aftersend.store.portions import BOUND
from aftersend.store.refusals import TooMuchMemory
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.sending import calling
from agreement.test_same_answer import Maker, asked_everything, first_events, whole
from builders import Asker
from server import Server

SEEDS = range(2001, 2004)
SHARES = "% 16 ="
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Stingy:
    """The real engine, but a statement that may be divided is refused until sixteen shares are made of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.refused = self.answered = 0

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Refuse, or run the query."""
        if BOUND in statement:
            if SHARES not in statement:
                self.refused += 1
                raise TooMuchMemory
            self.answered += 1
        return self._engine.select(statement, parameters)

    select_patiently = select

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Refuse, or run the query, at once."""
        done: Future[Sequence[Sequence[Any]]] = Future()
        try:
            done.set_result(self.select(statement, parameters))
        except TooMuchMemory as error:
            done.set_exception(error)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
def test_portions_add_up_to_the_whole(server: Server, new_workspace: Callable[..., Asker], make: Maker) -> None:
    """For every type of attribution, in both counting modes, the portions add up to the answer given at once."""
    stingy = Stingy(server.parts.stats.engine)
    # Reports ask through an engine of their own, which divides in the same way.
    engines: Iterator[Engine] = itertools.cycle((stingy, AsideEngine(cast(EmbeddedEngine, stingy))))
    for seed, engine in zip(SEEDS, engines, strict=False):
        stats = Stats(server.parts.registry.campaigns, engine)
        history = make(seed)
        workspace = history["workspaces"][0]
        with calling(new_workspace(workspace["timezone"])) as caller:
            caller.put_campaigns(workspace["campaigns"])
            whole(caller, first_events(history, 0), Random(seed))
            known = server.parts.registry.workspaces.get(caller.workspace_id)
            for asked, profile in asked_everything(workspace):
                found = stats.answer(known, parse_request(asked), PROFILES[ProfileName(profile)])
                assert _ENCODER.encode(found) == caller.ask(asked, profile), seed
    assert stingy.refused > len(SEEDS)
    assert stingy.answered > 16 * len(SEEDS)
