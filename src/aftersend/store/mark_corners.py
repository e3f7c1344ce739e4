"""How the corners of a seal change with what users did later: computed for the users concerned, and for nobody else.

A cell gets corners of a user from his days in it alone. So a day that he was there already changes nothing, and one
that is new takes the place between those before and after it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from aftersend.domain.columns import Numbers
from aftersend.store.corners import NO_CORNERS, Corners, corners_of_losses, summed
from aftersend.store.marks import Column, Marks, first_of_each, ranges, together
from aftersend.store.seal_layout import Layout

_DAY_BITS = 16
_DAYS = (1 << _DAY_BITS) - 1

_SPOTS_AT_A_TIME = 500_000
"""Users are looked at in groups that have about so many days in cells: each takes some hundred bytes meanwhile."""


class _Spots:
    """For each combination the cells that it is about, as rows of one array."""

    def __init__(self, cells: Sequence[Sequence[int]]) -> None:
        found = np.array([cell for some in cells for cell in some], np.int64)
        self.cells, self._numbers = np.unique(found, return_inverse=True)
        self._ends = np.cumsum([len(some) for some in cells], dtype=np.int64)
        self.sizes = np.diff(self._ends, prepend=0)

    def of(self, marks: Marks) -> tuple[Numbers, Numbers, Numbers]:
        """Return every cell of every mark: its row, the mark, and user, number of the cell and day as one key."""
        ends = self._ends[marks.combination]
        rows, mark = ranges(ends - self.sizes[marks.combination], ends)
        pair = marks.user[mark] * len(self.cells) + self._numbers[rows]
        return rows, mark, pair << _DAY_BITS | marks.day[mark].astype(np.int64)

    def cell_of(self, keys: Numbers) -> Numbers:
        """Return the cells of keys."""
        cells: Numbers = self.cells[(keys >> _DAY_BITS) % max(len(self.cells), 1)]
        return cells


class MarkCorners:
    """Computes changes of corners for one layout."""

    def __init__(self, layout: Layout) -> None:
        stages = layout.cells_of_stages()
        roles = np.array([spot & 3 for some in stages for spot in some], np.int64)
        self._users = _Spots(layout.cells_of_users())
        self._stages = _Spots([[spot >> 2 for spot in some] for some in stages])
        self._starts, self._losses = roles >> 1, roles & 1

    def changes(self, before: Marks, later: Marks, users: int) -> Corners:
        """Return what is to be added to the corners, for so many users with what they did before, and later."""
        found = NO_CORNERS
        for begin, end in self._groups(before, later, users):
            old, new = (marks.of((marks.user >= begin) & (marks.user < end)) for marks in (before, later))
            # Added up at once: users have most corners in common.
            found = summed([found, self._of_users(old, new), self._of_stages(old, new)])
        return found

    def _groups(self, before: Marks, later: Marks, users: int) -> Iterator[tuple[int, int]]:
        """Divide the users into groups of neighbours that are not too large to be looked at together."""
        sizes = (self._users.sizes + self._stages.sizes).astype(np.float64)
        spots = sum(np.bincount(some.user, sizes[some.combination], users) for some in (before, later))
        group = (np.cumsum(spots) // _SPOTS_AT_A_TIME).astype(np.int64)
        begins = [*np.unique(group, return_index=True)[1].tolist(), users]
        yield from pairwise(begins)

    def _of_users(self, old: Marks, new: Marks) -> Corners:
        inserted = np.unique(self._users.of(new)[2])
        known = self._users.of(old)[2]
        known = np.unique(known[np.isin(known >> _DAY_BITS, inserted >> _DAY_BITS)])
        inserted = np.setdiff1d(inserted, known, assume_unique=True)
        keys = np.concatenate((known, inserted))
        order = np.argsort(keys)
        return self._inserted(keys[order], order >= len(known))

    def _inserted(self, keys: Numbers, is_new: Column) -> Corners:
        """Corners of users whose days in a cell, in their order, have some new ones among them."""
        pair, day, place = keys >> _DAY_BITS, keys & _DAYS, np.arange(len(keys))
        after = _day_of(place - 1, pair, day)
        # Of each day the last one before it that is not new: the one that its corner began after.
        was = np.maximum.accumulate(np.where(is_new, -1, place)) if len(keys) else place
        was_after = _day_of(np.concatenate(([-1], was[:-1])) if len(keys) else place, pair, day)
        moved = ~is_new & (after != was_after)
        cell = self._users.cell_of(keys)
        days = np.concatenate((day[is_new], day[moved], day[moved]))
        return Corners(
            np.concatenate((after[is_new], after[moved], was_after[moved])),
            days,
            days,
            np.concatenate((cell[is_new], cell[moved], cell[moved])),
            np.repeat([1, 1, -1], [is_new.sum(), moved.sum(), moved.sum()]),
        )

    def _of_stages(self, old: Marks, new: Marks) -> Corners:
        """Corners of users of whom nothing is left in a stage, wherever they started or lost something."""
        touched = np.unique(self._stages.of(new)[2] >> _DAY_BITS)
        return summed([self._lost(old, touched, -1), self._lost(together([old, new]), touched, 1)])

    def _lost(self, marks: Marks, touched: Numbers, sign: int) -> Corners:
        """Corners of whoever lost anything in a cell, of those who were touched there."""
        rows, mark, keys = self._stages.of(marks)
        losing = keys[self._losses[rows] > 0] >> _DAY_BITS
        kept = np.flatnonzero(np.isin(keys >> _DAY_BITS, np.intersect1d(losing, touched)))
        rows, times = rows[kept], marks.times[mark[kept]].astype(np.int64)
        keys, number = np.unique(keys[kept], return_inverse=True)
        begins = first_of_each(keys >> _DAY_BITS)
        starts, losses = (
            np.bincount(number, roles[rows] * times, len(keys)).astype(np.int64)
            for roles in (self._starts, self._losses)
        )
        cell = self._stages.cell_of(keys[begins])
        sizes = np.diff(begins, append=len(keys))
        return corners_of_losses(sizes, cell, np.full(len(sizes), sign), keys & _DAYS, starts, losses)


def _day_of(places: Numbers, pair: Numbers, day: Numbers) -> Numbers:
    """The days at places before others, 0 where there is none of the same pair."""
    same = (places >= 0) & (pair[places] == pair)
    return np.where(same, day[places], 0)
