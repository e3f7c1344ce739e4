"""Answers a question that would take too much memory portion by portion: what is counted of users adds up.

A statement is tried as a whole first. When the engine refuses it, its campaigns are asked about one by one, which reads
nothing twice; a campaign that is too large by itself is asked about a share of its users at a time, so that each
user's events and touches still meet in one statement. Memory stays bounded however large a campaign becomes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from aftersend.errors import StoreUnavailable
from aftersend.store.refusals import TooMuchMemory

Found = TypeVar("Found")

_STATEMENT_BYTES = 96 * 1024 * 1024
_SHARES = 2
_MOST_SHARES = 2**12

BOUND = f"SETTINGS max_memory_usage = {_STATEMENT_BYTES}"
"""The end of a statement that is asked in portions: beyond so many bytes the engine refuses it."""

BOUND_OF_JOINS = f"{BOUND}, collect_hash_table_stats_during_joins = 0"
"""The same for one that joins: with what the engine remembers of the last time it builds the hash table on the larger
side the next, which takes three times the memory.
"""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some campaigns of a question, or all when none is named, and of their users one share of so many."""

    campaign_ids: tuple[str, ...] = ()
    shares: int = 1
    share: int = 0

    @property
    def condition(self) -> str:
        """Return the end of a condition on `user_id`; nothing where all users are looked at."""
        return f" AND sipHash64(user_id) % {self.shares} = {self.share}" if self.shares > 1 else ""

    def divided(self) -> list["Portion"]:
        """Return smaller portions that have the same campaigns and users among them."""
        if len(self.campaign_ids) > 1:
            return [Portion((campaign_id,)) for campaign_id in self.campaign_ids]
        return [
            Portion(self.campaign_ids, self.shares * _SHARES, self.share + number * self.shares)
            for number in range(_SHARES)
        ]


WHOLE = Portion()


def shares_of_users(shares: int) -> list[Portion]:
    """Return portions that have one share of all users each."""
    return [Portion(shares=shares, share=share) for share in range(shares)]


def in_portions(whole: Portion, read: Callable[[Portion], Found]) -> Iterator[Found]:
    """Read the whole, or as many portions of it as the engine has the memory for, one after another.

    Raises:
        StoreUnavailable: a portion is as small as can be, and still too large.
    """
    waiting = deque([whole])
    while waiting:
        portion = waiting.popleft()
        try:
            found = read(portion)
        except TooMuchMemory as error:
            if portion.shares >= _MOST_SHARES:
                raise StoreUnavailable("this takes more memory than there is; ask about fewer days") from error
            # The other shares of the campaign are as large, so they are not tried first.
            alike = [portion]
            while waiting and (waiting[0].campaign_ids, waiting[0].shares) == (portion.campaign_ids, portion.shares):
                alike.append(waiting.popleft())
            waiting.extendleft(smaller for each in reversed(alike) for smaller in reversed(each.divided()))
            continue
        yield found
