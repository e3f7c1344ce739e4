"""What the store is asked to credit: records only."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import tzinfo

from aftersend.domain.filters import Condition
from aftersend.domain.kinds import Kind
from aftersend.store.some_rows import ALL_ROWS, Rows


@dataclass(frozen=True, slots=True)
class Definition:
    """Which user events are goal events: those of a name for which every condition holds."""

    event: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """Where the amount of a goal event is, and the only currency that is added up, if one is named."""

    attribute: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class ClaimedGoal:
    """A goal of a campaign: the events that it claims, and what they are worth."""

    definition: Definition
    money: Money | None


@dataclass(frozen=True, slots=True)
class Claimant:
    """A campaign that can be credited: by its touches of some kinds within a window, or by holding a user out.

    Its touches are those of its members: of itself, and of its family where it is a parent. Windows are in
    milliseconds, both ends included.
    """

    campaign_id: str
    members: tuple[str, ...]
    kinds: tuple[Kind, ...]
    window: int
    held_out_window: int
    goals: tuple[ClaimedGoal, ...]


@dataclass(frozen=True, slots=True)
class ConversionQuery:
    """What to credit, to campaigns of one workspace, over a range of days (numbers, ends included).

    Only `asked` campaigns are answered for. With `one_winner` all claimants compete for each event, and held-out
    users among themselves; otherwise each claimant and group is judged by itself. `clicks_only` keeps what a click
    won. `over_platforms` asks for the level above the platforms as well. `rows` leaves some out.
    """

    workspace_id: str
    zone: tzinfo
    days: tuple[int, int]
    claimants: tuple[Claimant, ...]
    asked: frozenset[str]
    one_winner: bool = False
    clicks_only: bool = False
    over_platforms: bool = False
    rows: Rows = ALL_ROWS

    def about(self, campaign_ids: Collection[str]) -> "ConversionQuery":
        """Return what is asked about some campaigns by themselves: where they do not compete, the same about them."""
        claimants = tuple(claimant for claimant in self.claimants if claimant.campaign_id in campaign_ids)
        return replace(self, claimants=claimants, asked=frozenset(campaign_ids))
