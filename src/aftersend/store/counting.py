"""Counts campaigns from their seals as far as those go, and from the ledger beyond.

The answer is the same either way. A campaign that got events since it was sealed is counted from both: its seal, and
how the counts of the users of those events differ from what they were.
"""

from dataclasses import dataclass, field, replace

from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery, Tail
from aftersend.store.engine import Engine
from aftersend.store.read_counts import read_counts
from aftersend.store.read_seals import answers, read_sealed
from aftersend.store.seals import Seal, SealBook

_FEW_EVENTS = 50_000
"""So many are counted as fast as what came later to a seal would be."""

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
        if not found.seals:
            return read_counts(self.engine, query)
        blocks = read_counts(self.engine, replace(query, campaign_ids=tuple(found.others))) if found.others else {}
        later = self._later(query, found)
        blocks |= read_sealed(self.book.pieces, found.seals, query)
        for campaign_id, block in later.items():
            blocks[campaign_id] = blocks[campaign_id].plus(block)
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

    def _later(self, query: CountQuery, found: _Sorted) -> dict[str, CountBlock]:
        """How the counts of growing campaigns differ from what their seals say."""
        if not found.growing:
            return {}
        asked = replace(query, campaign_ids=tuple(found.growing), families={})
        tail = Tail(found.growing, tuple(sorted(found.days)))
        if not (query.users or query.users_by_detail or query.remaining):
            return read_counts(self.engine, replace(asked, tail=replace(tail, part="later")))
        now = read_counts(self.engine, replace(asked, tail=replace(tail, part="now")))
        before = read_counts(self.engine, replace(asked, tail=replace(tail, part="before")))
        for campaign_id, block in before.items():
            now[campaign_id] = now.get(campaign_id, CountBlock(())).plus(block.negative())
        return now
