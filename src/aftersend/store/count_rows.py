"""From the engine's columns to the counts of each campaign, without looking at any row by itself."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aftersend.domain.columns import Numbers
from aftersend.store.coded import combined
from aftersend.store.count_block import CountBlock, Node
from aftersend.store.count_query import CountQuery


def blocks_of(query: CountQuery, counted: pa.Table, lost: pa.Table | None) -> dict[str, CountBlock]:
    """Put the counts of events and users, and of users who are lost, into their places."""
    names = []
    if counted.num_rows:
        names.append([counted["owner"], *counted["place"].flatten()])
    if lost is not None and lost.num_rows:
        names.append([lost[name] for name in ("owner", "platform", "locale", "variation")])
    if not names:
        return {}
    owners, nodes, rows = _places(names)
    whole = CountBlock(nodes)
    if counted.num_rows:
        _place_tallies(query, counted, rows[: counted.num_rows], whole)
    if lost is not None and lost.num_rows:
        gone = _numbers(lost["lost"].combine_chunks().flatten()).reshape(-1, len(query.remaining))
        table = np.zeros((len(query.remaining), len(nodes)), np.int64)
        table[:, rows[-lost.num_rows :]] = gone.T
        whole.lost_users = dict(zip(query.remaining, table, strict=True))
    return {owner: whole.part(nodes[first:last], slice(first, last)) for owner, first, last in owners}


def _places(named: list[list[pa.ChunkedArray]]) -> tuple[list[tuple[str, int, int]], list[Node], Numbers]:
    """Give every node of every campaign a row, a campaign's nodes together.

    Takes the names of the tables' lines: campaign, platform, locale, variation. Returns where each campaign's rows
    begin and end, the nodes by row, and the row of each line.
    """
    found, rows = combined(
        [
            pa.chunked_array([chunk for column in columns for chunk in column.chunks])
            for columns in zip(*named, strict=True)
        ]
    )
    firsts: dict[str, int] = {}
    for row, (owner, *_) in enumerate(found):
        firsts.setdefault(owner, row)
    ends = [*firsts.values(), len(found)][1:]
    nodes = [(platform, locale, variation) for _, platform, locale, variation in found]
    return list(zip(firsts, firsts.values(), ends, strict=True)), nodes, rows


def _place_tallies(query: CountQuery, counted: pa.Table, rows: Numbers, whole: CountBlock) -> None:
    last, size = len(query.tallies), len(whole.nodes)
    tallies = _numbers(counted["tally"])
    detailed = tallies == last
    details = pc.filter(counted["counted_detail"], pa.array(detailed)).combine_chunks().dictionary_encode()
    by_detail = details.dictionary.to_pylist()
    # The details are further tallies, behind those that are asked for.
    tallies[detailed] += _numbers(details.indices)
    for name, table, table_by_detail in (
        ("events", whole.events, whole.events_by_detail),
        ("users", whole.users, whole.users_by_detail),
    ):
        numbers = np.zeros((last + len(by_detail), size), np.int64)
        numbers[tallies, rows] = _numbers(counted[name])
        table.update(zip(query.tallies, numbers, strict=False))
        table_by_detail.update(zip(by_detail, numbers[last:], strict=True))


def _numbers(column: Any) -> Numbers:
    return np.array(column.to_numpy(), np.int64)
