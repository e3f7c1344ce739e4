"""What is counted from seals is what is counted from the ledger, whenever the events came."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store import growth
from aftersend.upkeep.sealer import Sealer
from agreement.conversion_histories import make_conversion_history
from agreement.histories import make_history
from agreement.sending import calling
from agreement.test_same_answer import Maker, asked_everything, first_events, whole
from builders import Asker, Json
from sealing import own_sealer
from server import Server

SEEDS = range(3001, 3005)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@pytest.fixture
def sealer(server: Server) -> Sealer:
    """Seals whatever there is, at once and however little it is."""
    return own_sealer(server)


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
@pytest.mark.parametrize("seed", SEEDS)
def test_seals_answer_as_the_ledger_does(
    server: Server,
    new_workspace: Callable[..., Asker],
    sealer: Sealer,
    monkeypatch: pytest.MonkeyPatch,
    make: Maker,
    seed: int,
) -> None:
    """Before anything is sealed, sealed, with events that came later, once they are added in memory, and sealed on."""
    if seed % 2:
        # What has come is read for one campaign after another, and for some users at a time.
        monkeypatch.setattr(growth, "_MOST_TOGETHER", 30)
    history = make(seed)
    workspace = history["workspaces"][0]
    random = Random(seed)
    parts: list[list[tuple[str, list[Json]]]] = [[], [], []]
    for stream, events in first_events(history, 0):
        random.shuffle(events)
        cuts = sorted(random.randrange(len(events) + 1) for _ in range(2))
        for part, begin, end in zip(parts, [0, *cuts], [*cuts, len(events)], strict=True):
            part.append((stream, events[begin:end]))
    ledger_only = Stats(server.parts.registry.campaigns, server.parts.stats.engine)
    with calling(new_workspace(workspace["timezone"])) as caller, server.parts.services.sealer._turn:
        caller.put_campaigns(workspace["campaigns"])
        known = server.parts.registry.workspaces.get(caller.workspace_id)

        def ask(when: str) -> None:
            for asked, profile in asked_everything(workspace):
                question = parse_request(asked), PROFILES[ProfileName(profile)]
                expected = _ENCODER.encode(ledger_only.answer(known, *question))
                found = _ENCODER.encode(server.parts.stats.answer(known, *question))
                assert found == expected, (seed, when)

        earlier, later, latest = parts
        whole(caller, earlier, random)
        ask("unsealed")
        sealer.work(caller.workspace_id)
        assert sealer.behind == 0
        ask("sealed")
        whole(caller, later, random)
        ask("not growing yet")
        sealer.grow()
        ask("growing")
        whole(caller, latest, random)
        ask("grown")
        sealer.work(caller.workspace_id)
        assert sealer.behind == 0
        ask("sealed on")
