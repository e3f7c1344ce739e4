"""Runs in the environment of gbstats: pairs of groups come in as JSON, what gbstats says of them goes out.

A group is [users, converted] or [users, total, squares]; a pair is [treatment, control].
"""

import json
import sys
from typing import Any

from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import ProportionStatistic, SampleMeanStatistic


def _statistic(group: list[float]) -> Any:
    users, *sums = group
    return ProportionStatistic(int(users), *sums) if len(sums) == 1 else SampleMeanStatistic(int(users), *sums)


def _answer(treatment: list[float], control: list[float]) -> dict[str, Any]:
    tests = {
        lift: TwoSidedTTest(_statistic(control), _statistic(treatment), FrequentistConfig(difference_type=lift))
        for lift in ("absolute", "relative")
    }
    absolute, relative = (test.compute_result() for test in tests.values())
    if absolute.error_message:
        return {"error": absolute.error_message}
    return {
        "absolute_lift": float(absolute.expected),
        "relative_lift": float(relative.expected),
        "t": float(tests["absolute"].critical_value),
        "degrees_of_freedom": float(tests["absolute"].dof),
        "p_value": float(absolute.p_value),
        "absolute_interval": [float(end) for end in absolute.ci],
        "relative_interval": [float(end) for end in relative.ci],
    }


if __name__ == "__main__":
    json.dump([_answer(*pair) for pair in json.load(sys.stdin)], sys.stdout)
