"""Corners add up: over any range of days, to whether a user counts in it."""

import itertools
from random import Random

import numpy as np
import pytest

from aftersend.store.corners import Corners, corners_of_losses, summed


@pytest.mark.parametrize("seed", range(200))
def test_lost_users_are_counted_in_every_range(seed: int) -> None:
    """Of users with starts and losses on some days, the rows say for every range of how many nothing is left."""
    dice = Random(seed)
    groups = []
    for cell in range(dice.randint(0, 4)):
        days = sorted(dice.sample(range(1, 12), dice.randint(1, 6)))
        done = [(dice.randint(0, 2), dice.randint(0, 2)) for _ in days]
        groups.append((cell, dice.choice([-2, 1, 7]), days, done))
    rows = _lost(groups)
    for first, last in itertools.combinations_with_replacement(range(1, 13), 2):
        for cell, users, days, done in groups:
            within = [numbers for day, numbers in zip(days, done, strict=True) if first <= day <= last]
            begun, gone = (sum(numbers[place] for numbers in within) for place in range(2))
            found = sum(
                row_users
                for after, begin, end, of, row_users in rows
                if of == cell and after < first <= begin and end <= last
            )
            assert found == (users if 0 < begun <= gone else 0), (days, done, first, last)


def _lost(groups: list[tuple[int, int, list[int], list[tuple[int, int]]]]) -> list[tuple[int, ...]]:
    of_groups = [[len(days), cell, users] for cell, users, days, _ in groups]
    of_days = [[day, *numbers] for *_, days, done in groups for day, numbers in zip(days, done, strict=True)]
    columns = (column for rows in (of_groups, of_days) for column in np.array(rows, np.int64).reshape(-1, 3).T)
    found = corners_of_losses(*columns)
    return [*zip(*(getattr(found, name).tolist() for name in Corners.__slots__), strict=True)]


def test_rows_of_one_place_are_summed() -> None:
    """What comes to nothing is left out, and what is in several portions is added up."""
    one = Corners(*(np.array(numbers, np.int64) for numbers in ([0, 0, 3], [3, 3, 5], [3, 3, 5], [8, 9, 8], [2, 1, 4])))
    other = Corners(*(np.array(numbers, np.int64) for numbers in ([0, 3], [3, 5], [3, 5], [9, 8], [-1, 6])))
    found = summed([one, other])
    rows = list(zip(*(getattr(found, name).tolist() for name in Corners.__slots__), strict=True))
    assert rows == [(0, 3, 3, 8, 2), (3, 5, 5, 8, 10)]
