"""The book of sealed credits: what has been counted, and what has been asked for and is not there.

It is in memory only: what a campaign is credited with takes a few thousand rows, and can be counted again after the
next start. What it says is right or nothing: another fingerprint, or a removal in the workspace, and there is no seal.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc

from aftersend.domain.conversions import Conversions
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sums import CreditSums
from aftersend.store.seal_credits import Cell, SealedCredits, fingerprint
from aftersend.store.touched import Touched

MOST_ROWS_OF_ALL = 2_000_000
"""A row takes 16 to 40 bytes."""

_MOST_WANTED = 1_000
_LEAST_EVENTS = 1_000
"""Message events of a campaign and its family: with fewer a question costs about as much as a seal."""


@dataclass(frozen=True)
class CreditSeal:
    """The credits of one campaign up to a commit, and how many removals there had been in its workspace."""

    campaign_id: str
    cells: list[Cell]
    amounts: pa.Table
    users: pa.Table
    until: int
    removals: int

    @property
    def counted(self) -> SealedCredits:
        """Return the same as what can be counted on."""
        return SealedCredits.of(self.cells, self.amounts, self.users)

    def __len__(self) -> int:
        return int(self.amounts.num_rows + self.users.num_rows)

    def add_to(self, sums: CreditSums, days: tuple[int, int]) -> None:
        """Add what the campaign is credited with in a range of days."""
        first, last = days
        before, day = self.users["before"], self.users["day"]
        # No event is of the day 0, which stands for no day.
        starts = pc.and_(pc.less(before, max(first, 1)), _between(day, first, last))
        users = self.users.filter(starts).group_by("cell").aggregate([("users", "sum")])
        for row in users.to_pylist():
            self._add(sums, row["cell"], Conversions(users=row["users_sum"]), {})
        days_asked = self.amounts.filter(_between(self.amounts["day"], first, last))
        amounts = days_asked.group_by(["cell", "currency"]).aggregate([("events", "sum"), ("revenue", "sum")])
        for row in amounts.to_pylist():
            events = row["events_sum"]
            named = {row["currency"]: events} if row["currency"] else {}
            self._add(sums, row["cell"], Conversions(events, 0, row["revenue_sum"]), named)

    def _add(self, sums: CreditSums, cell: int, counted: Conversions, named: dict[str, int]) -> None:
        sums.add((self.campaign_id, *self.cells[cell]), counted, named)


def _between(day: pa.ChunkedArray, first: int, last: int) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last))


class CreditBook:
    """Every seal of credits, by fingerprint; the ones asked for longest ago make room for others."""

    def __init__(self, touched: Touched, least_events: int = _LEAST_EVENTS) -> None:
        self._touched = touched
        self._least_events = least_events
        self._lock = Lock()
        self._seals: OrderedDict[str, CreditSeal] = OrderedDict()
        self._wanted: OrderedDict[str, ConversionQuery] = OrderedDict()

    def find(self, query: ConversionQuery) -> CreditSeal | None:
        """Return the seal of a campaign as it is described, which then is among the last that go."""
        with self._lock:
            if (key := fingerprint(query)) in self._seals:
                self._seals.move_to_end(key)
        return self.get(query)

    def want(self, query: ConversionQuery) -> None:
        """Have a campaign as it is described sealed, where it has no seal or something came after it."""
        seal = self.get(query)
        if not self._is_large(query) or (seal is not None and not self.is_behind(query, seal)):
            return
        with self._lock:
            key = fingerprint(query)
            self._wanted[key] = query
            self._wanted.move_to_end(key)
            while len(self._wanted) > _MOST_WANTED:
                self._wanted.popitem(last=False)

    def get(self, query: ConversionQuery) -> CreditSeal | None:
        """Return the seal of a campaign as it is described, if it is there."""
        seal = self._seals.get(fingerprint(query))
        return seal if seal is not None and seal.removals == self._touched.removals(query.workspace_id) else None

    def is_behind(self, query: ConversionQuery, seal: CreditSeal) -> bool:
        """Return whether anything came after a seal that it depends on."""
        return self.last_commit(query) > seal.until

    def is_small(self, query: ConversionQuery) -> bool:
        """Return whether few events can be credited to the campaigns of a query."""
        return self._touched.ready and not self._is_large(query)

    def _is_large(self, query: ConversionQuery) -> bool:
        return self._touched.events(query.workspace_id, _members(query)) >= self._least_events

    def last_commit(self, query: ConversionQuery) -> int:
        """Return the last commit, maybe one that is not there yet, on which the credits depend."""
        names = {goal.definition.event for claimant in query.claimants for goal in claimant.goals}
        of_messages = self._touched.commit_of(query.workspace_id, _members(query))
        return max(of_messages, self._touched.commit_of_names(query.workspace_id, names))

    def wanted(self) -> list[ConversionQuery]:
        """Return what has been asked for since the last time, the longest ago first."""
        with self._lock:
            found = list(self._wanted.values())
            self._wanted.clear()
            return found

    def removals(self, query: ConversionQuery) -> int:
        """Return what tells whether something is removed while a seal is made."""
        return self._touched.removals(query.workspace_id)

    def keep(self, query: ConversionQuery, counted: SealedCredits, until: int, removals: int) -> None:
        """Let a seal count from now on, for as long as nothing is removed after it was begun."""
        (claimant,) = query.claimants
        amounts, users = counted.columns()
        seal = CreditSeal(claimant.campaign_id, list(counted.cells), amounts, users, until, removals)
        with self._lock:
            self._seals[fingerprint(query)] = seal
            self._seals.move_to_end(fingerprint(query))
            rows = sum(map(len, self._seals.values()))
            while rows > MOST_ROWS_OF_ALL:
                _, gone = self._seals.popitem(last=False)
                rows -= len(gone)

    def __len__(self) -> int:
        """Return how many seals there are."""
        return len(self._seals)


def _members(query: ConversionQuery) -> set[str]:
    return {member for claimant in query.claimants for member in claimant.members}
