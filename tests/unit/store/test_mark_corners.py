"""What users did later changes corners so that their sum is what everything they did comes to."""

import itertools
from collections import defaultdict
from random import Random

import numpy as np
import pytest

from aftersend.domain.channels import Channel
from aftersend.store import marks as marks_module
from aftersend.store.corners import summed
from aftersend.store.mark_corners import MarkCorners
from aftersend.store.marks import Marks, NotKept, UserMarks, Users, numbered, together
from aftersend.store.seal_layout import Combination, Layout

_KINDS = (
    ("targeted", "", False),
    ("removed", "no_active_token", False),
    ("attempted", "", False),
    ("failed", "do_not_disturb", False),
    ("impression", "", False),
    ("clicked", "", True),
    ("clicked", "", False),
)
_COMBINATIONS: list[Combination] = [
    (platform, locale, variation, *happening)
    for platform in ("ANDROID", "IOS")
    for locale in ("en", "de")
    for variation in ("A", "B")
    for happening in _KINDS
]
_LAYOUT = Layout(Channel.PUSH, over_platforms=True).extended(_COMBINATIONS)
_DAYS = range(1, 10)


def _some(dice: Random, rows: int, users: int) -> Marks:
    return Marks(
        *(
            np.array([dice.choice(choices) for _ in range(rows)], np.int64)
            for choices in (range(users), range(len(_COMBINATIONS)), _DAYS, (1, 1, 2))
        )
    )


def _counted(marks: Marks, first: int, last: int) -> dict[int, int]:
    """Count the users of every cell the slow and obvious way: who is there, and of whom nothing is left."""
    there, left = defaultdict[int, set[int]](set), defaultdict[tuple[int, int], list[int]](lambda: [0, 0])
    cells, stages = _LAYOUT.cells_of_users(), _LAYOUT.cells_of_stages()
    for user, combination, day, times in zip(*(getattr(marks, name).tolist() for name in Marks.__slots__), strict=True):
        if first <= day <= last:
            for cell in cells[combination]:
                there[cell].add(user)
            for spot in stages[combination]:
                numbers = left[spot >> 2, user]
                numbers[0] += times * (spot >> 1 & 1)
                numbers[1] += times * (spot & 1)
    found = defaultdict[int, int](int, {cell: len(users) for cell, users in there.items()})
    for (cell, _), (begun, gone) in left.items():
        found[cell] += 0 < begun <= gone
    return {cell: users for cell, users in found.items() if users}


@pytest.mark.parametrize("group", [10, 500_000])
@pytest.mark.parametrize("seed", range(12))
def test_changes_add_up(seed: int, group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each of some parts, in every range of days; users looked at together or in small groups."""
    monkeypatch.setattr("aftersend.store.mark_corners._SPOTS_AT_A_TIME", group)
    dice, users, changing = Random(seed), 5, MarkCorners(_LAYOUT)
    before, found = _some(dice, 0, users), []
    for _ in range(3):
        later = _some(dice, dice.randint(0, 25), users)
        found.append(changing.changes(before, later, users))
        before = together([before, later])
        sums = summed(found)
        for first, last in itertools.combinations_with_replacement(_DAYS, 2):
            kept = (sums.after < first) & (first <= sums.first) & (sums.last <= last)
            told = defaultdict[int, int](int)
            for cell, number in zip(sums.cell[kept].tolist(), sums.users[kept].tolist(), strict=True):
                told[cell] += number
            assert {cell: number for cell, number in told.items() if number} == _counted(before, first, last)


def _people(numbers: list[int]) -> tuple[Users, np.ndarray]:
    # Neighbours in the upper half, so that an order by anything else would be seen.
    hashes = np.array([number * 7919 % 1009 for number in numbers], np.uint64)
    return numbered(hashes, hashes * np.uint64(3))


@pytest.mark.parametrize("seed", range(20))
def test_marks_are_found_again(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was added of a user is found, however many runs there are and were put together."""
    monkeypatch.setattr(marks_module, "_MOST_RUNS", Random(seed).randint(1, 4))
    dice, kept = Random(seed), UserMarks(parts=1 + seed % 3)
    added = defaultdict[int, dict[tuple[int, int], int]](dict)
    for _ in range(12):
        numbers = [dice.randrange(40) for _ in range(dice.randint(1, 30))]
        rows = _some(dice, len(numbers), 1)
        users, user = _people(numbers)
        kept.add(users, Marks(user, rows.combination, rows.day, rows.times))
        for number, *place, times in zip(
            numbers, rows.combination.tolist(), rows.day.tolist(), rows.times.tolist(), strict=True
        ):
            known = added[number]
            known[place[0], place[1]] = known.get((place[0], place[1]), 0) + times
        asked = dice.sample(range(50), 20)
        users, user = _people(asked)
        found = kept.find(users)
        told = defaultdict[int, dict[tuple[int, int], int]](dict)
        for row in range(len(found.user)):
            of = told[int(found.user[row])]
            place_of = int(found.combination[row]), int(found.day[row])
            of[place_of] = of.get(place_of, 0) + int(found.times[row])
        assert told == {int(user[place]): added[number] for place, number in enumerate(asked) if number in added}


def test_users_who_cannot_be_told_apart() -> None:
    """One half of the hash in common is noticed, among those that are added and against those that are there."""
    upper = np.array([5, 5], np.uint64)
    with pytest.raises(NotKept):
        numbered(upper, np.array([1, 2], np.uint64))
    kept, row = UserMarks(), np.zeros(1, np.int64)
    users, user = numbered(upper[:1], np.array([1], np.uint64))
    kept.add(users, Marks(user, row, row, row + 1))
    with pytest.raises(NotKept):
        kept.find(Users(upper[:1], np.array([2], np.uint64)))
