"""Reads conversions: credits goal events to touches, and counts the credits for each level of the tree."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

from aftersend.domain.conversions import Conversions
from aftersend.domain.kinds import Kind
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.credit_sums import CreditKey, Credits, CreditSums
from aftersend.store.engine import Engine
from aftersend.store.families import Families
from aftersend.store.levels import nodes, places
from aftersend.store.portions import BOUND_OF_JOINS, WHOLE, Portion, in_portions
from aftersend.store.refusals import TooMuchMemory

__all__ = ["CreditKey", "Credits", "read_conversions", "read_receipts", "start_conversions", "start_counting"]


def read_conversions(engine: Engine, query: ConversionQuery) -> Credits:
    """Credit, and return the nodes that are credited with anything."""
    return start_conversions(engine, query)()


def start_conversions(engine: Engine, query: ConversionQuery, *, few: bool = False) -> Callable[[], Credits]:
    """Begin to credit beside whatever else is read, and return what waits for the credits.

    Where `few` are to be expected they are added up here: the engine plans a statement without sums in two thirds of
    the time, which is most of what a small campaign takes.
    """
    waiting = _start_adding(engine, query) if few else start_counting(engine, query)

    def credited() -> Credits:
        sums = CreditSums()
        waiting(sums, 1)
        return sums.credits()

    return credited


Rows = Sequence[Sequence[Any]]


def _asking(query: ConversionQuery) -> tuple[str, ...]:
    """The campaigns that can be credited with anything."""
    first, last = query.days
    asked = (one.campaign_id for one in query.claimants if one.campaign_id in query.asked and one.goals)
    return tuple(asked) if first <= last else ()


def start_counting(engine: Engine, query: ConversionQuery) -> Callable[[CreditSums, int], None]:
    """Begin to credit, and return what waits for the credits and adds them to sums so many times: 1, or -1."""
    asking = _asking(query)
    if not asking:
        return lambda sums, times: None
    # Where campaigns do not compete, each can be credited by itself.
    whole = WHOLE if query.one_winner else Portion(asking)
    sql, statement = _statement(query, whole)
    started = engine.start(statement, sql.words.parameters)

    def read(portion: Portion) -> Iterator[tuple[CreditKey, Sequence[Any]]]:
        if portion is whole:
            return _named(sql, started.result())
        smaller, statement = _statement(query, portion)
        return _named(smaller, engine.select(statement, smaller.words.parameters))

    def add(sums: CreditSums, times: int) -> None:
        for key, (events, users, revenue, named) in chain.from_iterable(in_portions(whole, read)):
            sums.add(key, Conversions(events, users, revenue), named, times)

    return add


def _named(sql: CreditSql, rows: Rows) -> Iterator[tuple[CreditKey, Sequence[Any]]]:
    """Say for each row of a statement what its numbers are of."""
    for position, held_out, goal, *place, events, users, revenue, named in rows:
        platform, locale, variation = place
        key = (*sql.names(position, held_out, goal), platform, locale, variation)
        yield key, (events, users, revenue, named)


_FEW = 5_000
"""Credits that are added up here. Amounts of so many have no more digits than Python's decimals keep by default."""


def _start_adding(engine: Engine, query: ConversionQuery) -> Callable[[CreditSums, int], None]:
    """Begin to credit, and return what waits for the credits one by one; if they are many, the engine adds them up."""
    if not _asking(query):
        return lambda sums, times: None
    sql = CreditSql(query)
    statement = f"{sql.credits()} LIMIT {_FEW + 1} {BOUND_OF_JOINS}"
    started = engine.start(statement, sql.words.parameters)

    def add(sums: CreditSums, times: int) -> None:
        try:
            rows = started.result()
        except TooMuchMemory:
            rows = None
        if rows is None or len(rows) > _FEW:
            start_counting(engine, query)(sums, times)
        else:
            _add_up(sql, query, rows, sums, times)

    return add


def _add_up(sql: CreditSql, query: ConversionQuery, rows: Rows, sums: CreditSums, times: int) -> None:
    """Add credits up for each level of the tree, as the other statement does."""
    users: defaultdict[CreditKey, set[str]] = defaultdict(set)
    for user, position, held_out, goal, _, platform, locale, variation, amount, currency in rows:
        goal_of, named = sql.names(position, held_out, goal), {currency: 1} if currency else {}
        for node in nodes(platform, locale, variation, over_platforms=query.over_platforms):
            key = (*goal_of, *node)
            users[key].add(user)
            sums.add(key, Conversions(1, 0, amount or Decimal(0)), named, times)
    for key, distinct in users.items():
        sums.add(key, Conversions(users=len(distinct)), {}, times)


def _statement(query: ConversionQuery, portion: Portion) -> tuple[CreditSql, str]:
    sql = CreditSql(query.about(portion.campaign_ids) if portion.campaign_ids else query, portion)
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
{BOUND_OF_JOINS}
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
