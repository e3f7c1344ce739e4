"""Our comparisons against those of the real gbstats, which runs in an environment of its own."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aftersend.stats.significance import Amounts, Arm, MeanComparison, RateComparison, compare_means, compare_rates

PYTHON = Path(sys.prefix) / "gbstats" / "bin" / "python"
DRIVER = Path(__file__).with_name("ask_gbstats.py")
CASES = 100
"""Of each sort."""

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="'make test' makes the environment of gbstats")

Group = tuple[float, ...]
Pair = tuple[Group, Group]


def _rates(chance: random.Random) -> Group:
    users = int(10 ** chance.uniform(0.3, 6.5))
    return users, min(users, int(users * chance.betavariate(0.5, 4)))


def _amounts(chance: random.Random) -> Group:
    buyers = [round(chance.lognormvariate(3, 1), 2) for _ in range(chance.randrange(0, 300))]
    users = max(2, len(buyers), int(10 ** chance.uniform(0.3, 5)))
    return users, sum(buyers), sum(amount * amount for amount in buyers)


def _pairs() -> list[Pair]:
    """Rates first, then amounts; among both are groups without variance, and groups of one user."""
    chance = random.Random(8)
    special: list[Pair] = [((1, 1), (1, 0)), ((9, 0), (9, 3)), ((9, 3), (9, 9)), ((21_307, 267), (21_306, 122))]
    rates = [(_rates(chance), _rates(chance)) for _ in range(CASES)]
    amounts: list[Pair] = [
        ((5, 5.0, 5.0), (7, 3.0, 5.0)),
        *((_amounts(chance), _amounts(chance)) for _ in range(CASES)),
    ]
    return special + rates + amounts


def _ours(pair: Pair) -> RateComparison | MeanComparison:
    treatment, control = pair
    if len(treatment) == 2:
        return compare_rates(Arm(*map(int, treatment)), Arm(*map(int, control)))
    return compare_means(*(Amounts(int(users), total, squares) for users, total, squares in pair))


def _close(expected: float | list[float]) -> Any:
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_every_number_agrees_with_gbstats() -> None:
    """Lifts, t, degrees of freedom, p-values and both intervals are those of gbstats, to 1e-9."""
    pairs = _pairs()
    told = subprocess.run([PYTHON, DRIVER], input=json.dumps(pairs), capture_output=True, text=True, check=True)

    answered = {"rates": 0, "amounts": 0}
    for pair, theirs in zip(pairs, json.loads(told.stdout), strict=True):
        ours = _ours(pair)
        welch = ours.welch
        if "error" in theirs:
            assert welch.relative_interval is None, pair
            continue
        assert welch.absolute_interval is not None
        assert welch.relative_interval is not None
        found = {
            "absolute_lift": ours.absolute_lift,
            "relative_lift": ours.relative_lift,
            "t": welch.t,
            "degrees_of_freedom": welch.degrees_of_freedom,
            "p_value": welch.p_value,
            "absolute_interval": [welch.absolute_interval.low, welch.absolute_interval.high],
            "relative_interval": [welch.relative_interval.low, welch.relative_interval.high],
        }
        assert found == {name: _close(number) for name, number in theirs.items()}, pair
        answered["rates" if len(pair[0]) == 2 else "amounts"] += 1
    assert min(answered.values()) >= 50
