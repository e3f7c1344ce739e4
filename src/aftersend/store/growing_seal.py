"""A seal that grows in memory: what its users did, and what has come to it since."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

import numpy as np

from aftersend.store.corners import NO_CORNERS, Corners, summed
from aftersend.store.mark_corners import MarkCorners
from aftersend.store.marks import Marks, NotKept, UserMarks, numbered
from aftersend.store.read_marks import LaterEvents, LedgerMarks
from aftersend.store.seal_layout import Combination
from aftersend.store.seal_pieces import EventRows, UserRows
from aftersend.store.seals import Seal

_MOST_COMBINATIONS = 65_535
_CORNERS_APART = 8


@dataclass(frozen=True, slots=True)
class Grown:
    """A seal, and what came to it later: rows like those of its pieces."""

    seal: Seal
    events: Sequence[EventRows] = ()
    users: Sequence[UserRows] = ()


class GrowingSeal:
    """A seal, what its users did, and what has come since. Whoever holds `lock` sees all of it at one commit.

    `noted` is how many events its campaigns had by that commit, and `is_broken` whether some that came later were added
    and others could not be.
    """

    def __init__(self, seal: Seal, marks: UserMarks | LedgerMarks, noted: int) -> None:
        self.lock = RLock()
        self.seal = seal
        self.commit = seal.commit
        self.noted = noted
        self.is_broken = False
        self._marks = marks
        self._layout = seal.layout
        self._numbers = {combination: number for number, combination in enumerate(seal.combinations)}
        self._changing = MarkCorners(self._layout)
        self._events: Counter[tuple[int, int]] = Counter()
        self._corners: list[Corners] = []
        self._grown: Grown | None = None

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        return self._marks.size + sum(40 * len(corners.users) for corners in self._corners)

    @property
    def events(self) -> Mapping[tuple[int, Combination], int]:
        """Return how many events have come since the seal, by day and combination."""
        return {(day, self._layout.combinations[number]): events for (day, number), events in self._events.items()}

    @property
    def corners(self) -> Corners:
        """Return what has to be added to the corners of the seal."""
        self._corners = [summed(self._corners)] if self._corners else []
        return self._corners[0] if self._corners else NO_CORNERS

    def take(self, later: LaterEvents) -> None:
        """Add events that came later than its commit: all of some users; until those of all are in, it is no seal.

        Raises:
            NotKept: a user cannot be told from another one; nothing can be added any more.
        """
        self._extend(later)
        number = np.array([self._numbers.get(one, 0) for one in later.places], np.int64)[later.place]
        users, user = numbered(later.upper, later.lower)
        marks = Marks(user, number, later.day, np.ones(len(later), np.int64))
        self._corners.append(self._changing.changes(self._marks.find(users), marks, len(users.upper)))
        self._marks.add(users, marks)
        places, events = np.unique(later.day.astype(np.int64) << 16 | number, return_counts=True)
        for place, some in zip(places.tolist(), events.tolist(), strict=True):
            self._events[place >> 16, place & 0xFFFF] += some
        if len(self._corners) > _CORNERS_APART:
            self._corners = [self.corners]

    def reach(self, commit: int, noted: int) -> None:
        """Say up to which commit everything is in, and how many events its campaigns had then."""
        self.commit, self.noted = commit, noted
        self._grown = None

    def _extend(self, later: LaterEvents) -> None:
        """Give the combinations that are new a number."""
        used = [later.places[place] for place in np.unique(later.place).tolist()]
        if all(one in self._numbers for one in used):
            return
        self._layout = self._layout.extended(used)
        if not self._layout.fits or len(self._layout.combinations) >= _MOST_COMBINATIONS:
            raise NotKept
        self._numbers = {combination: number for number, combination in enumerate(self._layout.combinations)}
        self._changing = MarkCorners(self._layout)

    def grown(self) -> Grown:
        """Return the seal with all that has come."""
        if self._grown is None:
            corners = self.corners
            places = np.array(sorted((*place, events) for place, events in self._events.items()), np.int64).reshape(
                -1, 3
            )
            self._grown = Grown(
                self.seal.laid_out(self._layout, self.commit),
                [EventRows(*places.T)],
                [UserRows(*(getattr(corners, name) for name in Corners.__slots__))],
            )
        return self._grown

    def rest_on(self, seal: Seal) -> None:
        """Have another seal in its place: one with all that has come, or the same one of other pieces."""
        if seal.commit == self.commit:
            self._events.clear()
            self._corners = []
        self.seal = seal
        self._grown = None
