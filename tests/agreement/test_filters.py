"""The server against the oracle on filters: every condition on attributes of every kind, many times."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from agreement.conversion_words import PAIRS
from agreement.filter_histories import make_filter_history
from agreement.judging import live_through
from builders import Asker
from filter_oracle import fulfils

SEEDS = range(93)
"""So many that every condition comes fifteen times."""


@pytest.mark.parametrize("seed", SEEDS)
def test_filters_agree_with_the_oracle(new_workspace: Callable[..., Asker], seed: int) -> None:
    """Each goal has exactly the events and the revenue that the oracle finds for its filter."""
    history = make_filter_history(seed)

    assert live_through(history, 0, new_workspace(history["workspaces"][0]["timezone"])) is None


def test_every_condition_meets_and_misses() -> None:
    """Every condition, negated and not, holds for some events and fails for others, with and without regard to case."""
    seen = Counter[tuple[Any, ...]]()
    for seed in SEEDS:
        history = make_filter_history(seed)
        (workspace,) = history["workspaces"]
        attributes = [event["attributes"] for event in history["batches"][1]["events"]]
        for goal in workspace["campaigns"][0]["goals"]:
            (condition,) = goal["filters"]
            how = condition["data_type"], condition["condition"], condition.get("negate", False)
            seen.update((*how, fulfils(condition, one, workspace["timezone"])) for one in attributes)

    assert {(*pair, negate, holds) for pair in PAIRS for negate in (False, True) for holds in (False, True)} == set(
        seen
    )
