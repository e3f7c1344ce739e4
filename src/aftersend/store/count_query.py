"""What the store is asked to count: a record only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aftersend.domain.formulas import Remaining, Tally
from aftersend.store.families import Families, Groups
from aftersend.store.seniority import senior

_COMMIT = "transform(campaign_id, {grown:Array(String)}, {seniorities:Array(UInt64)}, toUInt64(0))"

LATER = f"seniority < {_COMMIT} AND day IN {{days_of_growth:Array(UInt16)}}"
"""SQL for what came later than the commit of its campaign."""


@dataclass(frozen=True, slots=True)
class Tail:
    """What came later than a commit of each campaign, on these days.

    With `users` it is everything of some users, whenever it came; with `before`, what there was up to the commits.
    """

    commits: Mapping[str, int]
    days: tuple[int, ...] = ()
    users: tuple[str, ...] | None = None
    before: bool = False

    @property
    def condition(self) -> str:
        """Return the end of a condition."""
        of_users = "" if self.users is None else " AND user_id IN {changed_users:Array(String)}"
        if self.before:
            return f"{of_users} AND seniority >= {_COMMIT}"
        return of_users or f" AND {LATER}"

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the values of its places."""
        return {
            "grown": list(self.commits),
            "seniorities": list(map(senior, self.commits.values())),
            "days_of_growth": list(self.days),
            "changed_users": list(self.users or ()),
        }


@dataclass(frozen=True, slots=True)
class CountQuery:
    """What to count, for campaigns of one workspace, over a range of days (numbers, ends included).

    `users` says for which tallies distinct users are wanted too, and for which campaigns. `by_detail` is
    counted once for each detail. `over_platforms` asks for the level above the platforms as well. `families` names the
    campaigns whose events count for one that is asked about, where there are others than itself. `tail` narrows to what
    came after a commit.
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
    tail: Tail | None = None

    @property
    def groups(self) -> Groups:
        """Return whose events count for whom."""
        return Groups({one: self.families.get(one, (one,)) for one in self.campaign_ids})
