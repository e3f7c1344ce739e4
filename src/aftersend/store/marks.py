"""What the users of a campaign did, on which days and how often, in memory: for whom something new counts.

A user is known by 128 bits of a hash of his id: the upper half is what runs are ordered by, the lower half shows that
it is the same user.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aftersend.domain.columns import Numbers

Column = np.ndarray[Any, np.dtype[Any]]

_MOST_RUNS = 8
"""More are put together: each look-up goes through all of them."""

_SMALL = 8
"""Later runs stay apart from the first one until they have a share of its marks: an eighth."""


class NotKept(Exception):
    """What users did cannot be kept here: two of them have one half of their hashes in common, or it is too much."""


@dataclass(frozen=True, slots=True)
class Users:
    """Users by the halves of their hashes, in the order of the upper one; nobody is there twice."""

    upper: Column
    lower: Column


@dataclass(frozen=True, slots=True)
class Marks:
    """What users did: their numbers, of what combination, on which day and how often. Columns of the same length."""

    user: Numbers
    combination: Column
    day: Column
    times: Column

    def of(self, kept: Column) -> "Marks":
        """Return some of the rows."""
        return Marks(self.user[kept], self.combination[kept], self.day[kept], self.times[kept])


def together(some: Sequence[Marks]) -> Marks:
    """Return the rows of all."""
    columns = (np.concatenate([getattr(marks, name) for marks in some]) for name in Marks.__slots__)
    return Marks(*columns)


def numbered(upper: Column, lower: Column) -> tuple[Users, Numbers]:
    """Return the users that rows name, and for each row the number of its user.

    Raises:
        NotKept: two of them cannot be told apart.
    """
    found, first, number = np.unique(upper, return_index=True, return_inverse=True)
    users = Users(found, lower[first])
    if not np.array_equal(users.lower[number], lower):
        raise NotKept
    return users, number.astype(np.int64)


class _Run:
    """Marks in the order of their users."""

    def __init__(self, users: Users, marks: Marks) -> None:
        # One number for each row sorts several times faster than two: users and combinations are few enough. It is made
        # in place, because what is put together has millions of rows.
        key = marks.user << 16
        key |= marks.combination
        key <<= 16
        key |= marks.day
        order = key.argsort(kind="stable")  # runs that are put together are in order
        key, times = key[order], marks.times[order]
        del order
        begins = first_of_each(key)
        key = key[begins]
        times = np.add.reduceat(times, begins, dtype=np.int64) if len(key) else np.zeros(0, np.int64)
        self.users = users
        self._combination = (key >> 16).astype(np.uint16)
        self._day = key.astype(np.uint16)
        self._times = times.astype(np.min_scalar_type(int(times.max(initial=0))))
        self._begins = np.searchsorted(key, np.arange(len(users.upper) + 1) << 32).astype(np.uint32)

    def __len__(self) -> int:
        return len(self._day)

    @property
    def size(self) -> int:
        """Return how many bytes it takes."""
        columns = (self.users.upper, self.users.lower, self._begins, self._combination, self._day, self._times)
        return sum(int(column.nbytes) for column in columns)

    def find(self, users: Users) -> Marks:
        """Return the marks of those of the users who have any, by their numbers among those that are looked for."""
        places = np.searchsorted(self.users.upper, users.upper)
        places[places == len(self.users.upper)] = 0
        known = np.flatnonzero(self.users.upper[places] == users.upper) if len(self) else np.zeros(0, np.int64)
        places = places[known]
        if not np.array_equal(self.users.lower[places], users.lower[known]):
            raise NotKept
        rows, number = ranges(self._begins[places], self._begins[places + 1])
        return Marks(known[number], self._combination[rows], self._day[rows], self._times[rows])

    def all(self) -> Marks:
        """Return every mark, by the numbers of its own users."""
        number = np.repeat(np.arange(len(self.users.upper)), np.diff(self._begins))
        return Marks(number, self._combination, self._day, self._times)


def first_of_each(ordered: Column) -> Numbers:
    """Return where each number begins of those that are in order."""
    is_first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def ranges(begins: Column, ends: Column) -> tuple[Numbers, Numbers]:
    """Return the places from each beginning to its end, one after another, and of which pair each is."""
    sizes = ends.astype(np.int64) - begins.astype(np.int64)
    pair = np.repeat(np.arange(len(sizes)), sizes)
    places = np.arange(len(pair))
    places += np.repeat(begins + sizes - np.cumsum(sizes), sizes)
    return places, pair


def _merged(runs: Sequence[_Run]) -> _Run:
    upper = np.concatenate([run.users.upper for run in runs])
    lower = np.concatenate([run.users.lower for run in runs])
    users, number = numbered(upper, lower)
    marks = []
    begin = 0
    for run in runs:
        rows, end = run.all(), begin + len(run.users.upper)
        marks.append(Marks(number[begin:end][rows.user], rows.combination, rows.day, rows.times))
        begin = end
    return _Run(users, together(marks))


class _Part:
    """The marks of some users: a long run, and short ones of what came later."""

    def __init__(self) -> None:
        self.runs: list[_Run] = []

    def add(self, run: _Run) -> None:
        """Add marks."""
        self.runs.append(run)
        if len(self.runs) > _MOST_RUNS:
            first, *later = self.runs
            merged = _merged(later)
            self.runs = [_merged([first, merged])] if len(merged) * _SMALL > len(first) else [first, merged]


class UserMarks:
    """The marks of all users of a campaign, in parts, so that putting runs together takes little memory at a time."""

    def __init__(self, parts: int = 1) -> None:
        self._parts = [_Part() for _ in range(parts)]

    @property
    def size(self) -> int:
        """Return how many bytes they take."""
        return sum(run.size for part in self._parts for run in part.runs)

    def find(self, users: Users) -> Marks:
        """Return the marks of users, by their numbers among them; the same one may be there more than once.

        Raises:
            NotKept: one of them cannot be told from another user.
        """
        nothing = np.zeros(0, np.int64)
        found = [Marks(nothing, nothing, nothing, nothing)]
        for part, number, some in self._divided(users):
            for run in self._parts[part].runs:
                marks = run.find(some)
                found.append(Marks(number[marks.user], marks.combination, marks.day, marks.times))
        return together(found)

    def add(self, users: Users, marks: Marks) -> None:
        """Add marks, by the numbers of the users."""
        part_of_mark = part_of(users.upper, len(self._parts)).astype(np.uint16)[marks.user]
        order = part_of_mark.argsort(kind="stable")
        bounds = np.searchsorted(part_of_mark[order], np.arange(len(self._parts) + 1))
        place = np.zeros(len(users.upper), np.int64)
        for part, number, some in self._divided(users):
            place[number] = np.arange(len(number))
            mine = marks.of(order[bounds[part] : bounds[part + 1]])
            self._parts[part].add(_Run(some, Marks(place[mine.user], mine.combination, mine.day, mine.times)))

    def _divided(self, users: Users) -> Iterator[tuple[int, Numbers, Users]]:
        """The numbers of the parts that users belong to, with those of the users among all of them."""
        places = part_of(users.upper, len(self._parts))
        for place in np.unique(places).tolist():
            number = np.flatnonzero(places == place)
            yield place, number, Users(users.upper[number], users.lower[number])


def part_of(upper: Column, parts: int) -> Column:
    """Return in which of so many parts users are kept, by the upper halves of their hashes."""
    return upper % np.uint64(parts)
