"""What the store is asked to count, and the counts of a node: records only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.store.families import Families, Groups


@dataclass(frozen=True, slots=True)
class CountQuery:
    """What to count, for campaigns of one workspace, over a range of days (numbers, ends included).

    `users` says for which tallies distinct users are wanted too, and for which campaigns. `by_detail` is
    counted once for each detail. `over_platforms` asks for the level above the platforms as well. `families` names the
    campaigns whose events count for one that is asked about, where there are others than itself.
    """

    workspace_id: str
    campaign_ids: tuple[str, ...]
    days: tuple[int, int]
    tallies: tuple[Tally, ...]
    users: Mapping[Tally, tuple[str, ...]]
    by_detail: Tally
    users_by_detail: bool
    remaining: tuple[Remaining, ...] = ()
    over_platforms: bool = False
    families: Families = field(default_factory=dict)

    @property
    def groups(self) -> Groups:
        """Return whose events count for whom."""
        return Groups({one: self.families.get(one, (one,)) for one in self.campaign_ids})


CellKey = tuple[str, str, str, str]
"""Campaign, platform, locale, variation."""


@dataclass(slots=True)
class CountCell:
    """The base counts of one node; whatever was not found is 0."""

    events: dict[Tally, int] = field(default_factory=dict)
    users: dict[Tally, int] = field(default_factory=dict)
    events_by_detail: dict[str, int] = field(default_factory=dict)
    users_by_detail: dict[str, int] = field(default_factory=dict)
    lost_users: dict[Remaining, int] = field(default_factory=dict)

    def add(self, other: "CountCell") -> None:
        """Add the counts of other users, or of nothing."""
        _add(self.events, other.events)
        _add(self.users, other.users)
        _add(self.events_by_detail, other.events_by_detail)
        _add(self.users_by_detail, other.users_by_detail)
        _add(self.lost_users, other.lost_users)

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return the base count."""
        return (self.events if mode is Mode.TOTAL else self.users).get(tally, 0)

    def remaining_users(self, remaining: Remaining) -> int:
        """Return the number of distinct users that are left: those who started, less those who are lost for good."""
        return self.users.get(remaining.start, 0) - self.lost_users.get(remaining, 0)

    def by_detail(self, mode: Mode) -> dict[str, int]:
        """Return the counts by detail."""
        return self.events_by_detail if mode is Mode.TOTAL else self.users_by_detail


Counted = TypeVar("Counted")


def _add(mine: dict[Counted, int], theirs: dict[Counted, int]) -> None:
    for counted, count in theirs.items():
        mine[counted] = mine.get(counted, 0) + count
