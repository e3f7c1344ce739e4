"""Reads conversions: credits goal events to touches, and counts the credits for each level of the tree."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from aftersend.domain.conversions import NO_CONVERSIONS, Conversions
from aftersend.domain.kinds import Kind
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.engine import Engine
from aftersend.store.families import Families
from aftersend.store.levels import places
from aftersend.store.portions import BOUND, WHOLE, Portion, in_portions

CreditKey = tuple[str, str, int, str, str, str]
"""Campaign, control group (empty for the campaign's own nodes), the goal's place, platform, locale, variation."""


Credits = dict[CreditKey, Conversions]


def read_conversions(engine: Engine, query: ConversionQuery) -> Credits:
    """Credit, and return the nodes that are credited with anything."""
    return start_conversions(engine, query)()


def start_conversions(engine: Engine, query: ConversionQuery) -> Callable[[], Credits]:
    """Begin to credit beside whatever else is read, and return what waits for the credits."""
    first, last = query.days
    if not any(claimant.goals for claimant in query.claimants if claimant.campaign_id in query.asked) or first > last:
        return dict
    sql, statement = _statement(query, WHOLE)
    started = engine.start(statement, sql.words.parameters)

    def read(portion: Portion) -> Rows:
        if portion is WHOLE:
            return started.result()
        smaller, statement = _statement(query, portion)
        return engine.select(statement, smaller.words.parameters)

    return lambda: _credits(sql, in_portions(WHOLE, read))


Rows = Sequence[Sequence[Any]]


def _statement(query: ConversionQuery, portion: Portion) -> tuple[CreditSql, str]:
    sql = CreditSql(query, portion)
    return (
        sql,
        f"""
SELECT position, held_out, goal, place.1, place.2, place.3, sum(events), uniqExactMerge(users), sum(revenue),
    groupUniqArrayIf(currency, currency != '')
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


def _credits(sql: CreditSql, portions: Iterable[Rows]) -> Credits:
    """Add up what was read of different users; amounts of several currencies add up to nothing."""
    found: Credits = {}
    currencies: dict[CreditKey, set[str]] = {}
    for position, held_out, goal, *place, events, users, revenue, named in chain.from_iterable(portions):
        platform, locale, variation = place
        key = (*sql.names(position, held_out, goal), platform, locale, variation)
        so_far = found.get(key, NO_CONVERSIONS)
        found[key] = Conversions(so_far.events + events, so_far.users + users, so_far.revenue + revenue)
        currencies.setdefault(key, set()).update(named)
    return {
        key: replace(credited, revenue=Decimal(0)) if len(currencies[key]) > 1 else credited
        for key, credited in found.items()
    }


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
