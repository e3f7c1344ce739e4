"""Answers what campaigns are credited with from their seals, and from what came after those."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aftersend.domain.conversions import Conversions
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.credit_sums import CreditSums
from aftersend.store.engine import Engine
from aftersend.store.read_conversions import start_counting
from aftersend.store.seal_credits import Cell, difference


@dataclass(frozen=True, slots=True)
class CreditSeal:
    """What was written down of one campaign: where its rows are, what its cells are, and which commits it has."""

    campaign_id: str
    pieces: tuple[int, ...]
    cells: Mapping[int, Cell]
    until: int


Adding = Callable[[CreditSums], None]
"""Waits for what is read, and adds it up."""


def start_sealed(engine: Engine, seals: Sequence[CreditSeal], days: tuple[int, int]) -> Adding:
    """Begin to read seals over a range of days, all in one statement."""
    owners = {piece: seal for seal in seals for piece in seal.pieces}
    first, last = days
    if not owners or first > last:
        return lambda sums: None
    # No event is of the day 0, which stands for no day.
    parameters = {"pieces": list(owners), "first": max(first, 1), "last": last}
    waiting = engine.start(_STATEMENT, parameters)

    def add(sums: CreditSums) -> None:
        for piece, cell, currency, events, revenue, users in waiting.result():
            seal = owners[piece]
            named = {currency: events} if currency else {}
            sums.add((seal.campaign_id, *seal.cells[cell]), Conversions(events, users, revenue), named)

    return add


def start_since(engine: Engine, query: ConversionQuery, seals: Sequence[CreditSeal], now: int) -> Adding:
    """Begin to read what has changed between the seals of the query's campaigns and a commit.

    Where nothing came for the days that are asked about, that is found out first and nothing is credited.
    """
    together = defaultdict[int, list[str]](list)
    for seal in seals:
        if seal.until < now:
            together[seal.until].append(seal.campaign_id)
    counting = []
    for until, campaign_ids in together.items():
        some = replace(
            query,
            claimants=tuple(one for one in query.claimants if one.campaign_id in campaign_ids),
            asked=frozenset(campaign_ids),
        )
        parts = difference(some, until, now)
        if anything_came(engine, parts[0][0]):
            counting += [(start_counting(engine, part), times) for part, times in parts]

    def add(sums: CreditSums) -> None:
        for waiting, times in counting:
            waiting(sums, times)

    return add


def anything_came(engine: Engine, part: ConversionQuery) -> bool:
    """Return whether there is a user of whom something came that the part of a difference looks at."""
    sql = CreditSql(part)
    return bool(engine.select(sql.touched(), sql.words.parameters))


_STATEMENT = """
SELECT piece, cell, currency, sum(events), sum(revenue), toInt64(0) FROM sealed_amounts
WHERE piece IN {pieces:Array(UInt64)} AND day BETWEEN {first:UInt16} AND {last:UInt16}
GROUP BY piece, cell, currency
UNION ALL
SELECT piece, cell, '', 0, 0, sum(users) FROM sealed_users
WHERE piece IN {pieces:Array(UInt64)}
    AND after < {first:UInt16} AND first >= {first:UInt16} AND last <= {last:UInt16}
GROUP BY piece, cell
"""
