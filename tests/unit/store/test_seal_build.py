"""Corners add up: over any range of days, to whether a user counts in it."""

import itertools
from random import Random

import numpy as np
import pytest

from aftersend.store.corners import Corners, corners_of_losses, summed


@pytest.mark.parametrize("seed", range(200))
def test_lost_users_are_counted_in_every_range(seed: int) -> None:
    """Of a user with starts and losses on some days, the rows say for every range whether nothing is left."""
    dice = Random(seed)
    days = sorted(dice.sample(range(1, 12), dice.randint(1, 6)))
    starts = [dice.randint(0, 2) for _ in days]
    losses = [dice.randint(0, 2) for _ in days]
    rows = list(corners_of_losses(days, starts, losses, 7))
    for first, last in itertools.combinations_with_replacement(range(13), 2):
        begun, gone = (
            sum(number for day, number in zip(days, numbers, strict=True) if first <= day <= last)
            for numbers in (starts, losses)
        )
        found = sum(users for after, begin, end, users in rows if after < first <= begin and end <= last)
        # The day 0 stands for no day, so no range begins on it.
        if first > 0:
            assert found == (7 if 0 < begun <= gone else 0), (days, starts, losses, first, last)


def test_rows_of_one_place_are_summed() -> None:
    """What comes to nothing is left out, and what is in several portions is added up."""
    one = Corners(*(np.array(numbers, np.int64) for numbers in ([0, 0, 3], [3, 3, 5], [3, 3, 5], [8, 9, 8], [2, 1, 4])))
    other = Corners(*(np.array(numbers, np.int64) for numbers in ([0, 3], [3, 5], [3, 5], [9, 8], [-1, 6])))
    found = summed([one, other])
    rows = list(zip(*(getattr(found, name).tolist() for name in Corners.__slots__), strict=True))
    assert rows == [(0, 3, 3, 8, 2), (3, 5, 5, 8, 10)]
