"""Any order of sending, asking, editing, removing, restarting and going back to a backup, against model and oracle.

The lives are the same in every run. `STATEFUL_EXAMPLES=100` lives more of them, `STATEFUL_SEED=7` lives others, and
`STATEFUL_SHRINK=1` looks for the shortest life that fails.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from cli.desk import Desk
from stateful.house import House
from stateful.life import Life

EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "4"))
SEED = int(os.environ.get("STATEFUL_SEED", "1"))
SHRINKING = {Phase.shrink} if os.environ.get("STATEFUL_SHRINK") else set()
STEPS = 45

AGAIN = f"to live it again: STATEFUL_SEED={SEED} STATEFUL_EXAMPLES={EXAMPLES} make test ARGS=tests/stateful"


@pytest.mark.slow
def test_every_step_of_a_life_is_as_the_oracle_says(tmp_path: Path) -> None:
    """Whatever is done in whatever order, receipts, removals and answers are those of the model and the oracle."""
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=[Phase.generate, *SHRINKING],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    with House(Desk(tmp_path / "data", tmp_path)) as house:
        Life.house = house
        try:
            run_state_machine_as_test(seed(SEED)(Life), settings=chosen)
        except Exception as error:
            error.add_note(AGAIN)
            raise
