"""Corners: rows whose sum says how many distinct users there are in any range of days.

Each is (after, first, last, cell, users) and counts in the range from a to b where after < a <= first and last <= b.
`seal_build` says why that adds up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aftersend.domain.columns import Numbers


@dataclass(frozen=True, slots=True)
class Corners:
    """Rows of `sealed_users` as columns of the same length."""

    after: Numbers
    first: Numbers
    last: Numbers
    cell: Numbers
    users: Numbers


def corners_of_losses(
    days: Sequence[int], starts: Sequence[int], losses: Sequence[int], users: int
) -> Iterator[Sequence[int]]:
    """Rows whose sum over after < a <= first and last <= b is whether nothing is left in [a, b].

    For every first day in the range: a row wherever the answer changes as b moves on.
    """
    before = 0
    for place, first in enumerate(days):
        begun = gone = 0
        was = False
        for number in range(place, len(days)):
            begun += starts[number]
            gone += losses[number]
            is_lost = 0 < begun <= gone
            if is_lost != was:
                yield before, first, days[number], users if is_lost else -users
                was = is_lost
        before = first


def summed(found: Sequence[Corners]) -> Corners:
    """Add up rows of the same place, and leave out what comes to nothing."""
    columns = [np.concatenate([getattr(corners, name) for corners in found]) for name in Corners.__slots__]
    after, first, last, cell, users = columns
    keys = np.stack((after << 32 | first << 16 | last, cell))
    order = np.lexsort((keys[1], keys[0]))
    keys, users = keys[:, order], users[order]
    if not len(users):
        return Corners(*columns)
    begins = np.flatnonzero(np.concatenate(([True], np.any(keys[:, 1:] != keys[:, :-1], axis=0))))
    totals = np.add.reduceat(users, begins)
    kept = totals != 0
    places, cell = keys[:, begins][:, kept]
    return Corners(places >> 32, places >> 16 & 0xFFFF, places & 0xFFFF, cell, totals[kept])
