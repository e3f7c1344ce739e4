"""However a history reaches the server, the answer is the same, and it has every event that was acknowledged before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import msgspec
import pytest

from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from agreement.conversion_histories import make_conversion_history
from agreement.histories import (
    ATTRIBUTION_TYPES,
    FORMS,
    MESSAGE_EVENTS,
    PACKINGS,
    USER_EVENTS,
    Json,
    as_arrivals,
    make_history,
)
from agreement.sending import Caller, calling, difference, read
from builders import Asker, campaign, message_event, question
from oracle import answer, keep_first
from server import Server

Stream = tuple[str, list[Json]]
"""The name of a stream and its events in order."""

Maker = Callable[[int], Json]

Way = Callable[[Caller, list[Stream], Random], None]

SEEDS = (1001, 1002, 1003, 1004, 1005)
ROUNDS, WORKSPACES = 50, 20
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _batch(stream: str, events: list[Json], form: str = "array", packing: str = "") -> Json:
    return {"stream": stream, "events": events, "form": form, "packing": packing}


def _pieces(streams: list[Stream], dice: Random) -> list[Json]:
    """Cut the streams into batches of up to 40 events."""
    batches = []
    for stream, events in streams:
        start = 0
        while start < len(events):
            end = start + dice.randint(1, 40)
            batches.append(_batch(stream, events[start:end], dice.choice(FORMS), dice.choice(PACKINGS)))
            start = end
    return batches


def _shuffled(streams: list[Stream], dice: Random) -> list[Stream]:
    return [(stream, dice.sample(events, len(events))) for stream, events in streams]


def whole(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send each stream as one array."""
    for stream, events in streams:
        caller.send(_batch(stream, events))


def in_pieces(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send many small batches of every form."""
    for batch in _pieces(streams, dice):
        caller.send(batch)


def twice(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send everything, and everything again in pieces."""
    whole(caller, streams, dice)
    in_pieces(caller, streams, dice)


def shuffled(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send everything in another order."""
    whole(caller, _shuffled(streams, dice), dice)


def as_object(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send each stream as an object with `events`."""
    for stream, events in streams:
        caller.send(_batch(stream, events, "object"))


def as_lines(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send each stream as lines, packed."""
    for stream, events in streams:
        caller.send(_batch(stream, events, "lines", "zstd"))


def repeated_within_a_batch(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send each stream as one batch that has every event three times."""
    whole(caller, _shuffled([(stream, events * 3) for stream, events in streams], dice), dice)


def with_impostors(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send everything, then other events under the same ids, in both streams."""
    whole(caller, streams, dice)
    events = [event for _, some in streams for event in some]
    ids = dice.sample([event["event_id"] for event in events], len(events))
    messages = [event for event in events if "kind" in event]
    impostors = [dice.choice(messages) | {"event_id": event_id, "user_id": "impostor"} for event_id in ids]
    user_events = [
        {"event_id": event_id, "name": "page viewed", "user_id": "impostor", "time": 1_767_268_800_000}
        for event_id in ids
    ]
    receipts = [
        caller.send(_batch(MESSAGE_EVENTS, impostors, "lines")),
        caller.send(_batch(USER_EVENTS, user_events)),
    ]
    assert [receipt["accepted"] for receipt in receipts] == [0, 0]


def all_at_once(caller: Caller, streams: list[Stream], dice: Random) -> None:
    """Send many small batches, and all of them again, over several connections at the same time."""
    batches = _pieces(_shuffled(streams, dice), dice)
    with ThreadPoolExecutor(4) as senders:
        receipts = list(senders.map(caller.send, dice.sample(batches * 2, len(batches) * 2)))
    assert sum(receipt["accepted"] for receipt in receipts) == sum(len(events) for _, events in streams)


WAYS = (in_pieces, twice, shuffled, as_object, as_lines, repeated_within_a_batch, with_impostors, all_at_once)


def first_events(history: Json, place: int) -> list[Stream]:
    """Return the events of one workspace of the history, each id once, by stream."""
    batches = [batch for batch in history["batches"] if batch["workspace"] == place]
    first = keep_first("any", [event for batch in batches for event in as_arrivals(batch, "any")])
    sent = [{field: value for field, value in event.items() if field != "workspace_id"} for event in first]
    messages = [event for event in sent if "kind" in event]
    user_events = [event for event in sent if "kind" not in event]
    for event in user_events:
        del event["campaign_id"]
    return [(stream, events) for stream, events in ((MESSAGE_EVENTS, messages), (USER_EVENTS, user_events)) if events]


def _bodies(caller: Caller, workspace: Json) -> list[bytes]:
    """Ask about all campaigns, by all types of attribution, in both counting modes, each spelled in its own way."""
    return [caller.ask(asked, profile) for asked, profile in asked_everything(workspace)]


def asked_everything(workspace: Json) -> list[tuple[Json, str]]:
    """Return a question by each type of attribution, counting modes by turns, and the profile to ask it in."""
    first, last, _ = workspace["days"]
    days = {"start_date": first.isoformat(), "end_date": last.isoformat()}
    ways = (("TOTAL", "documented"), ("UNIQUE", "live"))
    return [
        (question(attribution_type=name, metric_type=ways[number % 2][0], **days), ways[number % 2][1])
        for number, name in enumerate(ATTRIBUTION_TYPES)
    ]


def answers_alike(server: Server, asker: Asker, history: Json, stats: Stats) -> None:
    """Send what happens in the first workspace; `stats` has to answer as the server does, to the last byte."""
    workspace = history["workspaces"][0]
    with calling(asker) as caller:
        caller.put_campaigns(workspace["campaigns"])
        whole(caller, first_events(history, 0), Random(history["seed"]))
        known = server.parts.registry.workspaces.get(caller.workspace_id)
        for asked, profile in asked_everything(workspace):
            found = stats.answer(known, parse_request(asked), PROFILES[ProfileName(profile)])
            assert _ENCODER.encode(found) == caller.ask(asked, profile), (history["seed"], asked)


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
@pytest.mark.parametrize("seed", SEEDS)
def test_any_way_gives_the_same_answer(new_workspace: Callable[..., Asker], seed: int, make: Maker) -> None:
    """Whole, in pieces, repeated, shuffled, in any form: the bodies of the answers are equal to the last byte."""
    history = make(seed)
    workspace = history["workspaces"][0]
    streams = first_events(history, 0)
    bodies: dict[str, list[bytes]] = {}

    for way in (whole, *WAYS):
        with calling(new_workspace(workspace["timezone"])) as caller:
            caller.put_campaigns(workspace["campaigns"])
            way(caller, streams, Random(seed))
            bodies[way.__name__] = _bodies(caller, workspace)

    known = {"id": "any", "timezone": workspace["timezone"]}
    arrived = [{"campaign_id": "", **event, "workspace_id": "any"} for _, events in streams for event in events]
    for body, (asked, profile) in zip(bodies["whole"], asked_everything(workspace), strict=True):
        expected = answer(known, workspace["campaigns"], arrived, asked, profile)
        assert difference(read(body), expected) is None
    assert [name for name, some in bodies.items() if some != bodies["whole"]] == []


@pytest.mark.parametrize("make", [make_history, make_conversion_history])
@pytest.mark.parametrize("seed", SEEDS)
def test_workspaces_never_influence_each_other(new_workspace: Callable[..., Asker], seed: int, make: Maker) -> None:
    """A neighbour with the same campaigns, users and event ids changes no byte of an answer, and is not changed."""
    history = make(seed)
    one, other = history["workspaces"]
    ours, theirs = first_events(history, 0), first_events(history, 1)
    with (
        calling(new_workspace(one["timezone"])) as caller,
        calling(new_workspace(other["timezone"])) as neighbour,
        calling(new_workspace(other["timezone"])) as alone,
    ):
        for some, workspace in ((caller, one), (neighbour, other), (alone, other)):
            some.put_campaigns(workspace["campaigns"])
        in_pieces(caller, ours, Random(seed))
        before = _bodies(caller, one)

        whole(neighbour, theirs, Random(seed))
        # What the two have in common is left out, so that nothing can be missing here for being a duplicate there.
        whole(alone, [(stream, _renamed(events)) for stream, events in theirs], Random(seed))

        assert _bodies(caller, one) == before
        assert _bodies(neighbour, other) == _bodies(alone, other)


def _renamed(events: list[Json]) -> list[Json]:
    return [event | {"event_id": f"alone-{event['event_id']}"} for event in events]


@pytest.mark.slow
def test_an_answer_has_every_acknowledged_event(new_workspace: Callable[..., Asker]) -> None:
    """A thousand times: as soon as an event is acknowledged, the next answer counts it."""
    askers = [new_workspace("Europe/Berlin") for _ in range(WORKSPACES)]

    with ThreadPoolExecutor(WORKSPACES) as senders:
        told = list(senders.map(_ask_after_every_event, askers, range(WORKSPACES)))

    assert told == [None] * WORKSPACES


def _ask_after_every_event(asker: Asker, seed: int) -> str | None:
    """Send event after event and ask after each; say where an answer differs from the oracle's."""
    dice = Random(seed)
    card = campaign("CARDS", id="c1")
    known = {"id": asker.workspace_id, "timezone": "Europe/Berlin"}
    arrived: list[Json] = []
    with calling(asker) as caller:
        caller.put_campaigns([card])
        for number in range(ROUNDS):
            kind = dice.choice(("sent", "delivered", "impression", "clicked"))
            event = message_event(kind, event_id=f"e{number}", user_id=f"u{dice.randint(1, 9)}")
            caller.send(_batch(MESSAGE_EVENTS, [event]))
            arrived.append(event | {"workspace_id": asker.workspace_id})
            asked = question(campaign_ids=["c1"], metric_type="UNIQUE" if number % 5 == 0 else "TOTAL")
            found = read(caller.ask(asked))
            if told := difference(found, answer(known, [card], arrived, asked, "documented")):
                return f"after {number + 1} events: {told}"
    return None
