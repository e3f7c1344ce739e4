"""Reads conversions: credits goal events to touches, and counts the credits for each level of the tree."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from aftersend.domain.conversions import Conversions
from aftersend.domain.kinds import Kind
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.credit_sums import CreditKey, Credits, CreditSums
from aftersend.store.engine import Engine
from aftersend.store.families import Families
from aftersend.store.levels import places
from aftersend.store.portions import BOUND, WHOLE, Portion, in_portions

__all__ = ["CreditKey", "Credits", "read_conversions", "read_receipts", "start_conversions", "start_counting"]


def read_conversions(engine: Engine, query: ConversionQuery) -> Credits:
    """Credit, and return the nodes that are credited with anything."""
    return start_conversions(engine, query)()


def start_conversions(engine: Engine, query: ConversionQuery) -> Callable[[], Credits]:
    """Begin to credit beside whatever else is read, and return what waits for the credits."""
    waiting = start_counting(engine, query)

    def credited() -> Credits:
        sums = CreditSums()
        waiting(sums, 1)
        return sums.credits()

    return credited


Rows = Sequence[Sequence[Any]]


def start_counting(engine: Engine, query: ConversionQuery) -> Callable[[CreditSums, int], None]:
    """Begin to credit, and return what waits for the credits and adds them to sums so many times: 1, or -1."""
    first, last = query.days
    if not any(claimant.goals for claimant in query.claimants if claimant.campaign_id in query.asked) or first > last:
        return lambda sums, times: None
    sql, statement = _statement(query, WHOLE)
    started = engine.start(statement, sql.words.parameters)

    def read(portion: Portion) -> Rows:
        if portion is WHOLE:
            return started.result()
        smaller, statement = _statement(query, portion)
        return engine.select(statement, smaller.words.parameters)

    def add(sums: CreditSums, times: int) -> None:
        for position, held_out, goal, *place, events, users, revenue, named in chain.from_iterable(
            in_portions(WHOLE, read)
        ):
            platform, locale, variation = place
            key = (*sql.names(position, held_out, goal), platform, locale, variation)
            sums.add(key, Conversions(events, users, revenue), named, times)

    return add


def _statement(query: ConversionQuery, portion: Portion) -> tuple[CreditSql, str]:
    sql = CreditSql(query, portion)
    return (
        sql,
        f"""
SELECT position, held_out, goal, place.1, place.2, place.3, sum(events), uniqExactMerge(users), sum(revenue),
    sumMapIf(map(toString(currency), events), currency != '')
FROM (
    SELECT position, held_out, goal, platform, locale, variation, currency,
        count() AS events, uniqExactState(user_id) AS users, sum(ifNull(amount, 0)) AS revenue
    FROM ({sql.credits()})
    GROUP BY position, held_out, goal, platform, locale, variation, currency
)
ARRAY JOIN {places(over_platforms=query.over_platforms)} AS place
GROUP BY position, held_out, goal, place
{BOUND}
""",
    )


def read_receipts(engine: Engine, workspace_id: str, families: Families) -> frozenset[str]:
    """Return the campaigns for which any receipt of delivery has ever come, for themselves or in their families."""
    members = dict.fromkeys(member for family in families.values() for member in family)
    statement = """
SELECT DISTINCT campaign_id FROM message_events
WHERE workspace_id = {workspace:String} AND campaign_id IN {campaigns:Array(String)} AND kind = {kind:String}
"""
    parameters = {"workspace": workspace_id, "campaigns": list(members), "kind": Kind.DELIVERED.value}
    found = {row[0] for row in engine.select(statement, parameters)}
    return frozenset(one for one, family in families.items() if not found.isdisjoint(family))
