"""Counts campaigns from their seals as far as those go, and from the ledger beyond.

The answer is the same either way. A campaign that got events since it was sealed is counted from its seal as it has
grown in memory. Until what its users did is there, that of those who did something later is looked up.
"""

from dataclasses import dataclass, field, replace
from itertools import chain

from aftersend.store.count_block import CountBlock
from aftersend.store.count_few import FEW, read_few
from aftersend.store.count_query import CountQuery
from aftersend.store.engine import Engine
from aftersend.store.growing_seal import GrowingSeal, Grown
from aftersend.store.growth import Growth
from aftersend.store.read_counts import read_counts
from aftersend.store.read_seals import answers, read_sealed
from aftersend.store.settled import about


@dataclass(slots=True)
class _Sorted:
    """The campaigns of a question by how they are counted."""

    sealed: list[Grown] = field(default_factory=list)
    growing: list[GrowingSeal] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts whatever is asked, with seals where there are any."""

    engine: Engine
    growth: Growth

    def read(self, query: CountQuery) -> dict[str, CountBlock]:
        """Return the counts of the campaigns; those of which there is nothing may be left out."""
        members = chain.from_iterable(query.families.get(one, (one,)) for one in query.campaign_ids)
        engine = about(self.engine, query.workspace_id, members)
        found = self._sorted(query, engine)
        grown = self.growth.catch_up(engine, found.growing)
        others = [*found.others, *(one.seal.campaign_id for one in found.growing if one.seal.campaign_id not in grown)]
        sealed = [*found.sealed, *grown.values()]
        if not sealed:
            return self._from_events(engine, query)
        book = self.growth.book
        blocks = self._from_events(engine, replace(query, campaign_ids=tuple(others))) if others else {}
        blocks |= read_sealed(book.pieces, sealed, query)
        # What was swept away while it was read was read in part.
        return blocks if book.still_holds([one.seal for one in sealed]) else read_counts(engine, query)

    def _from_events(self, engine: Engine, query: CountQuery) -> dict[str, CountBlock]:
        touched = self.growth.book.touched
        few = touched.ready and touched.events(query.workspace_id, query.groups.owners) <= FEW
        found = read_few(engine, query) if few else None
        return read_counts(engine, query) if found is None else found

    def _sorted(self, query: CountQuery, engine: Engine) -> _Sorted:
        found, book = _Sorted(), self.growth.book
        first, last = query.days
        for campaign_id in query.campaign_ids:
            members = query.families.get(campaign_id, (campaign_id,))
            seal = book.find(query.workspace_id, campaign_id) if book.touched.ready else None
            if seal is None or seal.members != members or not answers(seal, query):
                found.others.append(campaign_id)
                continue
            days = book.touched.days_since(query.workspace_id, members, seal.commit)
            if not any(first <= day <= last for day in days):
                found.sealed.append(Grown(seal))
            else:
                found.growing.append(self.growth.find(seal) or self.growth.passing(engine, seal))
        return found
