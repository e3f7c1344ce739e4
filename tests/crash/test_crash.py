"""The short version of the crash test; `make crash` runs the long one."""

from pathlib import Path

import pytest

from crash.run import crash
from crash.traffic import Batch, Traffic

ROUNDS = 8


@pytest.mark.slow
def test_kill_after_kill_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Killed under load again and again, a server loses nothing acknowledged, and keeps no batch in part."""
    whole = crash(tmp_path, ROUNDS, seed=1)

    assert whole.problems == []
    assert whole.rounds == ROUNDS
    assert whole.acknowledged > 500
    assert whole.corrected > 0


def test_the_traffic_is_made_of_its_seed() -> None:
    """The same seed makes the same batches, whatever becomes of them; repeats, bad and shared events are among them."""

    def made(seed: str, *, answered: bool) -> list[Batch]:
        some = []
        for batch, _ in zip(Traffic(seed, 0).batches(), range(60), strict=False):
            batch.receipt = {} if answered else None
            some.append(batch)
        return some

    one, other = made("1", answered=True), made("1", answered=False)

    assert [batch.json for batch in one] == [batch.json for batch in other]
    assert [batch.json for batch in one] != [batch.json for batch in made("2", answered=True)]
    assert all(any(batches) for batches in zip(*((b.repeats, b.again, b.bad, b.shared) for b in one), strict=True))
    assert {batch.form for batch in one} == {"array", "object", "lines"}
