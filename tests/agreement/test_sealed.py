"""What is counted from seals is what is counted from the ledger, whenever the events came."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store import counting
from aftersend.upkeep.sealer import Sealer
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.sending import calling
from agreement.test_same_answer import Maker, asked_everything, first_events, whole
from builders import Asker
from sealing import own_sealer
from server import Server

SEEDS = range(3001, 3006)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@pytest.fixture
def sealer(server: Server, monkeypatch: pytest.MonkeyPatch) -> Sealer:
    """Seals whatever there is, at once and however little it is."""
    monkeypatch.setattr(counting, "_FEW_EVENTS", 0)
    monkeypatch.setattr(counting, "_LARGEST_TAIL", 1.0)
    return own_sealer(server)


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
@pytest.mark.parametrize("seed", SEEDS)
def test_seals_answer_as_the_ledger_does(
    server: Server, new_workspace: Callable[..., Asker], sealer: Sealer, make: Maker, seed: int
) -> None:
    """Before anything is sealed, with all of it sealed, with events that came later, and with those sealed, too."""
    history = make(seed)
    workspace = history["workspaces"][0]
    random = Random(seed)
    earlier, later = [], []
    for stream, events in first_events(history, 0):
        random.shuffle(events)
        cut = random.randrange(len(events) + 1)
        earlier.append((stream, events[:cut]))
        later.append((stream, events[cut:]))
    ledger_only = Stats(server.parts.registry.campaigns, server.parts.stats.engine)
    with calling(new_workspace(workspace["timezone"])) as caller:
        caller.put_campaigns(workspace["campaigns"])
        known = server.parts.registry.workspaces.get(caller.workspace_id)
        for part in (earlier, later):
            for seal in (False, True):
                if not seal:
                    whole(caller, part, random)
                else:
                    sealer.work(caller.workspace_id)
                    assert sealer.behind == 0
                for asked, profile in asked_everything(workspace):
                    question = parse_request(asked), PROFILES[ProfileName(profile)]
                    expected = _ENCODER.encode(ledger_only.answer(known, *question))
                    found = _ENCODER.encode(server.parts.stats.answer(known, *question))
                    assert found == expected, (seed, seal)
