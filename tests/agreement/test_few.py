"""What few events come to is the same whether they are counted and credited here or in the engine."""

from collections.abc import Callable
from random import Random
from unittest.mock import Mock

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store import counting
from aftersend.store.count_few import read_few
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.sending import calling
from agreement.test_same_answer import Maker, asked_everything, first_events, whole
from builders import Asker
from server import Server

_ENCODER = msgspec.json.Encoder(decimal_format="number")


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
    stats = Stats(server.parts.registry.campaigns, server.parts.stats.engine)
    history = make(seed)
    workspace = history["workspaces"][0]
    with calling(new_workspace(workspace["timezone"])) as caller:
        caller.put_campaigns(workspace["campaigns"])
        whole(caller, first_events(history, 0), Random(seed))
        known = server.parts.registry.workspaces.get(caller.workspace_id)
        for asked, profile in asked_everything(workspace):
            found = stats.answer(known, parse_request(asked), PROFILES[ProfileName(profile)])
            assert _ENCODER.encode(found) == caller.ask(asked, profile), asked
    assert few.called
