"""An engine that has no memory for whole questions gives the same answers, read in portions."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, cast

import pytest

from aftersend.stats.answer import Stats
from aftersend.store.aside import AsideEngine
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.engine import Engine, Parameters
from aftersend.store.portions import BOUND
from aftersend.store.refusals import TooMuchMemory
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.test_same_answer import Maker, answers_alike
from builders import Asker
from server import Server

SEEDS = range(2001, 2004)
SHARES = "% 16 ="


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
        history = make(seed)
        asker = new_workspace(history["workspaces"][0]["timezone"])
        answers_alike(server, asker, history, Stats(server.parts.registry.campaigns, engine))
    assert stingy.refused > len(SEEDS)
    assert stingy.answered > 16 * len(SEEDS)
