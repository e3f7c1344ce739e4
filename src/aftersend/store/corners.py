"""Corners: rows whose sum says how many distinct users there are in any range of days.

Each is (after, first, last, cell, users) and counts in the range from a to b where after < a <= first and last <= b.
`seal_build` says why that adds up.
"""

from collections.abc import Sequence
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


NO_CORNERS = Corners(*np.zeros((5, 0), np.int64))


def corners_of_losses(
    sizes: Numbers, cell: Numbers, users: Numbers, days: Numbers, starts: Numbers, losses: Numbers
) -> Corners:
    """Return rows whose sum over after < a <= first and last <= b is of how many users nothing is left in [a, b].

    The first three are of groups of users who did the same in a cell: on how many days, in which cell, how many users.
    The others have the days of one group after another, each group's in order, and what was begun and lost on each.

    For every first day in the range there is a row wherever the answer changes as the last day moves on.
    """
    group = np.repeat(np.arange(len(sizes)), sizes)
    ends = np.cumsum(sizes)
    first = last = np.arange(len(days))
    after = np.where(first == (ends - sizes)[group], 0, days[first - 1])
    begun, gone = np.zeros((2, len(days)), np.int64)
    was = np.zeros(len(days), np.bool_)
    found = [np.zeros((5, 0), np.int64)]
    while len(first):
        begun, gone = begun + starts[last], gone + losses[last]
        is_lost = (begun > 0) & (begun <= gone)
        changes = is_lost != was
        place, end = first[changes], last[changes]
        of = group[place]
        more = np.where(is_lost[changes], users[of], -users[of])
        found.append(np.stack((after[place], days[place], days[end], cell[of], more)))
        on = last + 1 < ends[group[first]]
        first, last, begun, gone, was = first[on], last[on] + 1, begun[on], gone[on], is_lost[on]
    return Corners(*np.concatenate(found, axis=1))


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
