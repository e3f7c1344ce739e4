"""Counts campaigns from their seals, for any range of days: sums of rows that are in memory, or soon will be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from aftersend.domain.columns import Numbers
from aftersend.domain.formulas import Tally
from aftersend.domain.measures import measures_of
from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery
from aftersend.store.growing_seal import Grown
from aftersend.store.seal_layout import NODE_BITS, Layout, detail_name, measure_name
from aftersend.store.seal_pieces import Found, Pieces
from aftersend.store.seals import Seal

EARLIEST_DAY = 1
"""The first day on which a range may begin: before its first day no user has been there, which is kept as day 0."""

_NODES = (1 << NODE_BITS) - 1


def read_sealed(pieces: Pieces, sealed: Sequence[Grown], query: CountQuery) -> dict[str, CountBlock]:
    """Return the counts of sealed campaigns."""
    first, last = query.days
    by_user = _users_of(query)
    seals = [grown.seal for grown in sealed]
    events = pieces.events([piece.number for seal in seals for piece in seal.pieces])
    users = pieces.users([piece.number for seal in seals if seal.campaign_id in by_user for piece in seal.pieces])
    blocks = {}
    for grown in sealed:
        seal = grown.seal
        tree = _Tree(query, seal.layout)
        block = CountBlock(seal.nodes)
        rows = [*(events[piece.number] for piece in seal.pieces), *grown.events]
        tree.place_events(block, [some.between(first, last) for some in rows])
        if seal.campaign_id in by_user:
            of_users = [*(users[piece.number] for piece in seal.pieces), *grown.users]
            tree.place_users(block, [some.between(first, last) for some in of_users])
        blocks[seal.campaign_id] = block
    return blocks


def _users_of(query: CountQuery) -> set[str]:
    """Return the campaigns whose distinct users are asked for."""
    if query.users_by_detail or query.remaining:
        return set(query.campaign_ids)
    return {campaign_id for campaigns in query.users.values() for campaign_id in campaigns}


def _summed(found: Iterable[tuple[Numbers, Numbers]], size: int) -> Numbers:
    """Add up the numbers of every place. Floats add whole numbers up exactly below 2^53."""
    totals = np.zeros(size)
    for places, numbers in found:
        totals += np.bincount(places, numbers, size)
    return totals.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Tree:
    """One campaign's nodes: what is asked about them, and how they are numbered."""

    query: CountQuery
    layout: Layout

    def place_events(self, block: CountBlock, found: Sequence[Found]) -> None:
        """Add up what happened at every node, and note it for the tallies and details that it feeds."""
        shape = self.layout.shape
        totals = shape.totals(_summed(found, len(self.layout.combinations)))
        block.events.update(zip(self.query.tallies, shape.fed(self.query.tallies) @ totals, strict=True))
        for (kind, detail, _), numbers in zip(shape.happenings, totals, strict=True):
            if kind in self.query.by_detail.kinds:
                known = block.events_by_detail.get(detail)
                block.events_by_detail[detail] = numbers if known is None else known + numbers

    def place_users(self, block: CountBlock, found: Sequence[Found]) -> None:
        """Note the distinct users of every node, for what is asked."""
        numbers_of, nodes = self.layout.measure_numbers, len(self.layout.nodes)
        placed = [((cells >> NODE_BITS) * nodes + (cells & _NODES), numbers) for cells, numbers in found]
        totals = _summed(placed, len(numbers_of) * nodes).reshape(-1, nodes)
        for tally in self.query.users:
            if (number := numbers_of.get(measure_name(tally))) is not None:
                block.users[tally] = totals[number]
        for stage in self.query.remaining:
            if (number := numbers_of.get(measure_name(stage))) is not None:
                block.lost_users[stage] = totals[number]
        if self.query.users_by_detail:
            for detail in block.events_by_detail:
                block.users_by_detail[detail] = totals[numbers_of[detail_name(detail)]]


def answers(seal: Seal, query: CountQuery) -> bool:
    """Return whether a seal has everything that is asked about its campaign."""
    if query.days[0] < EARLIEST_DAY or (query.over_platforms and not seal.over_platforms):
        return False
    asked: list[Tally] = [tally for tally, campaigns in query.users.items() if seal.campaign_id in campaigns]
    stages = (stage for stage in measures_of(seal.channel).remaining if stage in query.remaining)
    known = seal.layout.measure_numbers
    return all(measure_name(measure) in known for measure in (*asked, *stages))
