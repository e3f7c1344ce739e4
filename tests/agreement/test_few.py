"""What few events come to is the same whether they are counted and credited here or in the engine."""

from collections.abc import Callable
from unittest.mock import Mock

import pytest

from aftersend.stats.answer import Stats
from aftersend.store import counting
from aftersend.store.count_few import read_few
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.test_same_answer import Maker, answers_alike
from builders import Asker
from server import Server


@pytest.mark.parametrize(
    ("make", "seed"),
    [
        (make, seed)
        for make, seeds in ((make_history, 300), (make_conversion_history, 500))
        for seed in range(0, seeds, 25)
    ],
)
def test_the_engine_gives_the_same_answer(
    server: Server, new_workspace: Callable[..., Asker], monkeypatch: pytest.MonkeyPatch, make: Maker, seed: int
) -> None:
    """Histories that the oracle agrees on are answered by the engine's statements as well, to the last byte."""
    few = Mock(wraps=read_few)
    monkeypatch.setattr(counting, "read_few", few)
    history = make(seed)
    asker = new_workspace(history["workspaces"][0]["timezone"])

    answers_alike(server, asker, history, Stats(server.parts.registry.campaigns, server.parts.stats.engine))

    assert few.called
