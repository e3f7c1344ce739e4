"""The server against the oracle: on hundreds of made-up histories both give the same answer, to the last digit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aftersend.domain.kinds import KINDS
from agreement.histories import make_history
from agreement.judging import live_through
from agreement.vocabulary import ZONES
from builders import Asker

SEEDS = range(300)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_oracle(new_workspace: Callable[..., Asker], seed: int) -> None:
    """Every receipt and every answer about the history is what the oracle says."""
    history = make_history(seed)
    askers = [new_workspace(one["timezone"], one["profile"]) for one in history["workspaces"]]

    # Both at the same time, so that their batches meet in one commit and one is asked while the other is sent.
    with ThreadPoolExecutor(len(askers)) as threads:
        told = list(threads.map(live_through, [history] * len(askers), range(len(askers)), askers))

    assert told == [None] * len(askers)


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
