"""Reads counts of campaigns from their seals, for any range of days: two small statements, however many campaigns."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers
from aftersend.domain.formulas import Tally
from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery
from aftersend.store.engine import Engine
from aftersend.store.seal_layout import NODE_BITS, Layout, Shape, detail_name, feeds, measure_name, shape_of
from aftersend.store.seals import Seal

_EVENTS = """
SELECT piece, cell, sum(events) AS number FROM sealed_events
WHERE piece IN {pieces:Array(UInt64)} AND day BETWEEN {first:UInt16} AND {last:UInt16}
GROUP BY piece, cell"""

_USERS = """
SELECT piece, cell, sum(users) AS number FROM sealed_users
WHERE piece IN {pieces:Array(UInt64)} AND after < {first:UInt16} AND first >= {first:UInt16} AND last <= {last:UInt16}
    AND cell < {bound:UInt32}
GROUP BY piece, cell"""

_ALL_CELLS = 2**32 - 1


def start_sealed(engine: Engine, seals: Sequence[Seal], query: CountQuery) -> Callable[[], dict[str, CountBlock]]:
    """Begin to read the counts of sealed campaigns beside whatever else is read; return what waits for them."""
    if not seals:
        return dict
    first, last = query.days
    pieces = [piece.number for seal in seals for piece in seal.pieces]
    parameters = {"pieces": pieces, "first": first, "last": last}
    bound = _bound(seals, query)
    users = engine.start_columns(_USERS, parameters | {"bound": bound}) if bound else None
    events = engine.start_columns(_EVENTS, parameters)
    return lambda: _blocks(seals, query, events, users)


def _bound(seals: Sequence[Seal], query: CountQuery) -> int:
    """Below which number the cells are whose users are asked for."""
    if query.users_by_detail or query.remaining:
        return _ALL_CELLS
    if not query.users:
        return 0
    return max(Layout(seal.channel, seal.over_platforms).pinned for seal in seals) << NODE_BITS


def _blocks(
    seals: Sequence[Seal], query: CountQuery, events: "Future[pa.Table]", users: "Future[pa.Table] | None"
) -> dict[str, CountBlock]:
    events_of, users_of = _by_piece(events.result()), _by_piece(users.result()) if users else {}
    blocks = {}
    for seal in seals:
        tree = _Tree(query, seal.layout, shape_of(seal.layout))
        block = CountBlock(seal.nodes)
        tree.place_events(block, _dense([events_of.get(piece.number) for piece in seal.pieces], len(seal.combinations)))
        if users is not None:
            tree.place_users(block, [users_of.get(piece.number) for piece in seal.pieces])
        blocks[seal.campaign_id] = block
    return blocks


Found = tuple[Numbers, Numbers]
"""Cells, and for each of them a number."""


def _by_piece(table: pa.Table) -> Mapping[int, Found]:
    if not table.num_rows:
        return {}
    pieces, cells, numbers = (table.column(name).to_numpy() for name in ("piece", "cell", "number"))
    order = np.argsort(pieces, kind="stable")
    pieces, cells, numbers = pieces[order], cells[order].astype(np.int64), numbers[order].astype(np.int64)
    begins = np.flatnonzero(np.concatenate(([True], pieces[1:] != pieces[:-1])))
    ends = [*begins[1:].tolist(), len(pieces)]
    return {
        int(pieces[begin]): (cells[begin:end], numbers[begin:end])
        for begin, end in zip(begins.tolist(), ends, strict=True)
    }


def _dense(found: Sequence[Found | None], size: int) -> Numbers:
    totals = np.zeros(size, np.int64)
    for some in found:
        if some is not None:
            totals[some[0]] += some[1]  # a cell occurs once in what was found of a piece
    return totals


@dataclass(frozen=True, slots=True)
class _Tree:
    """One campaign's nodes: what is asked about them, and how they are numbered."""

    query: CountQuery
    layout: Layout
    shape: Shape

    def place_events(self, block: CountBlock, combinations: Numbers) -> None:
        """Add up what happened at every node, and note it for the tallies and details that it feeds."""
        happenings, nodes = self.shape.happenings, len(self.layout.nodes)
        totals = np.zeros((len(happenings), nodes), np.int64)
        np.add.at(totals, (self.shape.happening_of[:, None], self.shape.nodes_of), combinations[:, None])
        for tally in self.query.tallies:
            fed = [number for number, happening in enumerate(happenings) if feeds(happening, tally)]
            if fed:
                block.events[tally] = totals[fed].sum(axis=0)
        for number, (kind, detail, _) in enumerate(happenings):
            if kind in self.query.by_detail.kinds:
                known = block.events_by_detail.get(detail)
                block.events_by_detail[detail] = totals[number] if known is None else known + totals[number]

    def place_users(self, block: CountBlock, found: Sequence[Found | None]) -> None:
        """Note the distinct users of every node, for what is asked."""
        nodes = len(self.layout.nodes)
        totals = np.zeros((len(self.layout.measures), nodes), np.int64)
        for some in found:
            if some is not None:
                cells, numbers = some
                totals[cells >> NODE_BITS, cells & (1 << NODE_BITS) - 1] += numbers
        numbers_of = self.layout.measure_numbers
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
    if query.over_platforms and not seal.over_platforms:
        return False
    asked: list[Tally] = [tally for tally, campaigns in query.users.items() if seal.campaign_id in campaigns]
    known = seal.layout.measure_numbers
    return all(measure_name(tally) in known for tally in asked)
