"""The server against the oracle: on hundreds of made-up histories both give the same answer, to the last digit."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aftersend.domain.kinds import KINDS
from agreement.histories import Json, as_arrivals, make_history
from agreement.sending import Caller, calling, difference
from agreement.vocabulary import ZONES
from builders import Asker
from oracle import answer, keep_first

SEEDS = range(300)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_oracle(new_workspace: Callable[..., Asker], seed: int) -> None:
    """Every receipt and every answer about the history is what the oracle says."""
    history = make_history(seed)
    askers = [new_workspace(one["timezone"], one["profile"]) for one in history["workspaces"]]

    # Both at the same time, so that their batches meet in one commit and one is asked while the other is sent.
    with ThreadPoolExecutor(len(askers)) as threads:
        told = list(threads.map(_live_through, [history] * len(askers), range(len(askers)), askers))

    assert told == [None] * len(askers)


def _live_through(history: Json, place: int, asker: Asker) -> str | None:
    """Send what happens in one workspace, ask what is asked about it, and tell the first thing that is wrong."""
    workspace = history["workspaces"][place]
    arrived: list[Json] = []
    with calling(asker) as caller:
        caller.put_campaigns(workspace["campaigns"])
        for batch in history["batches"]:
            if batch["workspace"] == place and (told := _send(caller, batch, arrived)):
                return told
        for question in history["questions"]:
            if question["workspace"] == place and (told := _compare(caller, workspace, arrived, question)):
                return told
    return None


def _send(caller: Caller, batch: Json, arrived: list[Json]) -> str | None:
    """Send a batch, note what arrived, and hold the receipt against what is new."""
    known = len(keep_first(caller.workspace_id, arrived))
    good = as_arrivals(batch, caller.workspace_id)
    arrived.extend(good)
    new = len(keep_first(caller.workspace_id, arrived)) - known

    receipt = caller.send(batch)

    rejected = [row["index"] for row in receipt["rejected"]]
    found = receipt | {"rejected": rejected}
    return difference(found, {"accepted": new, "duplicates": len(good) - new, "rejected": batch["bad"]}, "receipt")


def _compare(caller: Caller, workspace: Json, arrived: list[Json], question: Json) -> str | None:
    """Ask the server and the oracle the same."""
    known = {"id": caller.workspace_id, "timezone": workspace["timezone"]}
    expected = answer(known, workspace["campaigns"], arrived, question["request"], question["profile"])

    found = json.loads(caller.ask(question["request"], question["header"]))

    told = difference(found, expected) or difference(list(found["data"]), list(expected["data"]), "order")
    return f"{told}; zone: {workspace['timezone']}; question: {question}" if told else None


def test_histories_cover_the_catalogue() -> None:
    """The histories together have every kind of event on every channel on which it can happen, and every zone."""
    pairs = {(channel.value, kind.value) for kind, facts in KINDS.items() for channel in facts.channels}
    zones, seen = set(), set()
    for seed in SEEDS:
        history = make_history(seed)
        zones |= {workspace["timezone"] for workspace in history["workspaces"]}
        for batch in history["batches"]:
            campaigns = history["workspaces"][batch["workspace"]]["campaigns"]
            channels = {campaign["id"]: campaign["channel"] for campaign in campaigns}
            seen |= {
                (channels[event["campaign_id"]], event["kind"])
                for index, event in enumerate(batch["events"])
                if index not in batch["bad"] and "kind" in event
            }

    assert seen == pairs
    assert zones == set(ZONES)


def test_a_history_is_made_of_its_seed() -> None:
    """The same seed makes the same history, so a failure can be looked at again."""
    assert make_history(7) == make_history(7)
    assert make_history(7) != make_history(8)
