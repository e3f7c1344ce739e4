"""Counts campaigns from their seals as far as those go, and from the ledger beyond.

The answer is the same either way. A campaign that got events since it was sealed is counted from both: its seal, and
how the counts of the users of those events differ from what they were.
"""

from dataclasses import dataclass, field, replace

from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import LATER, CountQuery, Tail
from aftersend.store.engine import Engine
from aftersend.store.read_counts import read_counts
from aftersend.store.read_seals import answers, read_sealed, users_of
from aftersend.store.scope import SCOPE, scope
from aftersend.store.seals import Seal, SealBook

_FEW_EVENTS = 50_000
"""So many are counted as fast as what came later to a seal would be."""

_MOST_USERS = 5_000
"""With later events of more users than these the ledger is counted."""

_LARGEST_TAIL = 0.25
"""The share of a campaign's events beyond which a seal is of no use."""


@dataclass(slots=True)
class _Sorted:
    """The campaigns of a question by how they are counted."""

    seals: list[Seal] = field(default_factory=list)
    growing: dict[str, int] = field(default_factory=dict)
    days: set[int] = field(default_factory=set)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts whatever is asked, with seals where there are any."""

    engine: Engine
    book: SealBook

    def read(self, query: CountQuery) -> dict[str, CountBlock]:
        """Return the counts of the campaigns; those of which there is nothing may be left out."""
        found = self._sorted(query)
        later = self._later(query, found)
        if not found.seals:
            return read_counts(self.engine, query)
        blocks = read_counts(self.engine, replace(query, campaign_ids=tuple(found.others))) if found.others else {}
        blocks |= read_sealed(self.book.pieces, found.seals, query)
        for block in later:
            for campaign_id, more in block.items():
                blocks[campaign_id] = blocks[campaign_id].plus(more)
        # What was swept away while it was read was read in part.
        return blocks if self.book.still_holds(found.seals) else read_counts(self.engine, query)

    def _sorted(self, query: CountQuery) -> _Sorted:
        found = _Sorted()
        first, last = query.days
        for campaign_id in query.campaign_ids:
            members = query.families.get(campaign_id, (campaign_id,))
            seal = self.book.find(query.workspace_id, campaign_id) if self.book.touched.ready else None
            if seal is None or seal.members != members or not answers(seal, query):
                found.others.append(campaign_id)
                continue
            days = self.book.touched.days_since(query.workspace_id, members, seal.commit)
            asked = [day for day in days if first <= day <= last]
            if not asked:
                found.seals.append(seal)
            elif self._is_worth_it(seal):
                found.seals.append(seal)
                found.growing[campaign_id] = seal.commit
                found.days.update(asked)
            else:
                found.others.append(campaign_id)
        return found

    def _is_worth_it(self, seal: Seal) -> bool:
        events = self.book.touched.events(seal.workspace_id, seal.members)
        alone = seal.members == (seal.campaign_id,)
        return alone and events >= _FEW_EVENTS and events - seal.events <= _LARGEST_TAIL * events

    def _later(self, query: CountQuery, found: _Sorted) -> list[dict[str, CountBlock]]:
        """How the counts of growing campaigns differ from what their seals say; where too much does, they are moved."""
        asked = users_of(query) & set(found.growing)
        differences = []
        if others := [campaign_id for campaign_id in found.growing if campaign_id not in asked]:
            differences.append(self._read_tail(query, found, others))
        if by_user := [campaign_id for campaign_id in found.growing if campaign_id in asked]:
            users = self._users_of_tail(query, found, by_user)
            if len(users) > _MOST_USERS:
                found.seals = [seal for seal in found.seals if seal.campaign_id not in asked]
                found.others += by_user
            else:
                before = self._read_tail(query, found, by_user, users, before=True)
                differences.append({one: block.negative() for one, block in before.items()})
                differences.append(self._read_tail(query, found, by_user, users))
        return differences

    def _read_tail(
        self,
        query: CountQuery,
        found: _Sorted,
        campaign_ids: list[str],
        users: tuple[str, ...] | None = None,
        *,
        before: bool = False,
    ) -> dict[str, CountBlock]:
        tail = Tail(found.growing, tuple(sorted(found.days)), users, before)
        return read_counts(self.engine, replace(query, campaign_ids=tuple(campaign_ids), families={}, tail=tail))

    def _users_of_tail(self, query: CountQuery, found: _Sorted, campaign_ids: list[str]) -> tuple[str, ...]:
        """Who has later events. They are read once: whoever comes next must not be in one difference alone."""
        statement = f"SELECT DISTINCT user_id FROM message_events WHERE {SCOPE} AND {LATER} LIMIT {_MOST_USERS + 1}"
        parameters = scope(query.workspace_id, campaign_ids, query.days)
        tail = Tail(found.growing, tuple(sorted(found.days)))
        return tuple(row[0] for row in self.engine.select(statement, parameters | tail.parameters))
