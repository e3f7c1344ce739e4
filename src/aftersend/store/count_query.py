"""What the store is asked to count: a record only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aftersend.domain.formulas import Remaining, Tally
from aftersend.store.families import Families, Groups


@dataclass(frozen=True, slots=True)
class CountQuery:
    """What to count, for campaigns of one workspace, over a range of days (numbers, ends included).

    `users` says for which tallies distinct users are wanted too, and for which campaigns. `by_detail` is
    counted once for each detail. `over_platforms` asks for the level above the platforms as well. `families` names the
    campaigns whose events count for one that is asked about, where there are others than itself. `until` narrows to
    what had come by a commit.
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
    until: int | None = None

    @property
    def groups(self) -> Groups:
        """Return whose events count for whom."""
        return Groups({one: self.families.get(one, (one,)) for one in self.campaign_ids})
