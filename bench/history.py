"""A month of history as a plan: which workspaces there are, how large their campaigns, and what happens to a message.

Campaigns that are asked about have exactly the events that they are named for; whatever else there is belongs to
others, whose campaigns' sizes follow a power law, and of which all but the largest are sent on one day only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from plan import campaign_id

AMONG = 4
"""Channels take turns: the number of a campaign says which it has (`plan.COURSES`)."""

TEN_SMALL, TEN_MIDDLE, TEN_LARGE, ONE_HUGE = "ten-10k", "ten-100k", "ten-1m", "one-10m"
TOUCHES, OTHERS = "touches", "others"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that may happen to a message: when it does, by the message's draws, and how much later than it."""

    channel: int
    name: str
    kind: str
    detail: str
    condition: str
    after: int
    within: int


TURNS = (
    Turn(0, "targeted", "targeted", "", "1", 0, 1),
    Turn(0, "attempted", "attempted", "", "r1 < 0.96", 1, 60),
    Turn(0, "failed", "failed", "frequency_cap", "r1 BETWEEN 0.93 AND 0.96", 2, 60),
    Turn(0, "sent", "sent", "", "r1 < 0.93", 2, 60),
    Turn(0, "impression", "impression", "", "r1 < 0.93 AND r2 < 0.66", 3, 100_000),
    Turn(0, "clicked", "clicked", "", "r1 < 0.93 AND r2 < 0.05", 100_000, 90_000),
    Turn(0, "clicked-2", "clicked", "", "r1 < 0.93 AND r2 < 0.01", 190_000, 90_000),
    Turn(1, "targeted", "targeted", "", "1", 0, 1),
    Turn(1, "removed", "removed", "no_address", "r1 >= 0.96", 1, 5),
    Turn(1, "attempted", "attempted", "", "r1 < 0.96", 1, 60),
    Turn(1, "failed", "failed", "duplicate", "r1 BETWEEN 0.95 AND 0.96", 2, 60),
    Turn(1, "sent", "sent", "", "r1 < 0.95", 2, 60),
    Turn(1, "bounced", "bounced", "hard", "r1 < 0.95 AND r2 >= 0.98", 3, 600),
    Turn(1, "delivered", "delivered", "", "r1 < 0.95 AND r2 < 0.98", 3, 600),
    Turn(1, "opened", "opened", "", "r1 < 0.95 AND r2 < 0.36", 610, 250_000),
    Turn(1, "opened-2", "opened", "", "r1 < 0.95 AND r2 < 0.1", 260_000, 250_000),
    Turn(1, "clicked", "clicked", "", "r1 < 0.95 AND r2 < 0.06", 260_000, 9_000),
    Turn(2, "targeted", "targeted", "", "1", 0, 1),
    Turn(2, "attempted", "attempted", "", "r1 < 0.99", 1, 60),
    Turn(2, "sent", "sent", "", "r1 < 0.97", 2, 60),
    Turn(2, "undelivered", "undelivered", "absent_subscriber", "r1 < 0.97 AND r2 >= 0.95", 3, 9_000),
    Turn(2, "delivered", "delivered", "", "r1 < 0.97 AND r2 < 0.95", 3, 900),
    Turn(2, "clicked", "clicked", "", "r1 < 0.97 AND r2 < 0.06", 1_000, 90_000),
    Turn(3, "impression", "impression", "", "1", 0, 90_000),
    Turn(3, "impression-2", "impression", "", "r2 < 0.2", 90_000, 90_000),
    Turn(3, "clicked", "clicked", "", "r1 < 0.12", 90_000, 600),
    Turn(3, "closed", "closed", "", "r1 BETWEEN 0.12 AND 0.67", 90_000, 600),
)
"""By channel as in `plan.COURSES`; seconds. Late turns spread over the days that follow, most of them early."""


@dataclass(frozen=True, slots=True)
class Group:
    """The campaigns of one workspace: their numbers, the events of each, and purchases of their users.

    Without `exact` the events are those of all campaigns together, of which the first have most.
    """

    workspace_id: str
    numbers: Sequence[int]
    events: int
    purchases: int
    exact: bool = True

    @property
    def campaign_ids(self) -> list[str]:
        """Return the ids of its campaigns."""
        return [campaign_id(number) for number in self.numbers]

    @property
    def whole(self) -> int:
        """Return the events of all its campaigns."""
        return self.events * len(self.numbers) if self.exact else self.events


_TEN = range(10)
_TEN_PUSH = range(0, 10 * AMONG, AMONG)
_LISTED, _UNLISTED = 5_000, 400
"""Campaigns of the workspace whose list is read page by page, and of each of the others."""


def groups(events: int) -> list[Group]:
    """Return what a history of so many message events consists of: what is asked about, and the rest.

    A smaller history has no campaigns of the larger sizes, and fewer touches.
    """
    asked = [Group(TEN_SMALL, _TEN, 10_000, 10_000)]
    if events >= 3_000_000:
        asked.append(Group(TEN_MIDDLE, _TEN, 100_000, 100_000))
        asked.append(
            Group(TOUCHES, _TEN_PUSH, 580_000 if events >= 30_000_000 else 116_000, min(events // 5, 2_000_000))
        )
    else:
        asked.append(Group(TOUCHES, _TEN_PUSH, max(events // 50, 1_000), max(events // 10, 1_000)))
    if events >= 30_000_000:
        asked.append(Group(TEN_LARGE, _TEN, 1_000_000, 1_000_000))
        asked.append(Group(ONE_HUGE, range(1), 10_000_000, 1_000_000))
    left = max(events - sum(group.whole for group in asked), 20_000)
    listed = _LISTED if events >= 1_000_000 else _UNLISTED
    sizes = {0: listed, 1: _UNLISTED, 2: _UNLISTED, 3: _UNLISTED}
    rest = [
        Group(f"{OTHERS}-{place}", range(count), left // len(sizes), left // 40, exact=False)
        for place, count in sizes.items()
    ]
    return asked + rest


def beside(asked: Group, others: int) -> list[Group]:
    """Return one group that is asked about, and so many events of others."""
    return [asked, Group(f"{OTHERS}-0", range(_UNLISTED), others, others // 10, exact=False)]
