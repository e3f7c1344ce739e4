"""Reads conversions: credits goal events to touches, and counts the credits for each level of the tree."""

from collections.abc import Callable

from aftersend.domain.conversions import Conversions
from aftersend.domain.kinds import Kind
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.engine import Engine
from aftersend.store.families import Families
from aftersend.store.levels import places

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
    sql = CreditSql(query)
    statement = f"""
SELECT position, held_out, goal, place.1, place.2, place.3, sum(events), uniqExactMerge(users),
    if(length(groupUniqArrayIf(currency, currency != '')) > 1, 0, sum(revenue))
FROM (
    SELECT position, held_out, goal, platform, locale, variation, currency,
        count() AS events, uniqExactState(user_id) AS users, sum(ifNull(amount, 0)) AS revenue
    FROM ({sql.credits()})
    GROUP BY position, held_out, goal, platform, locale, variation, currency
)
ARRAY JOIN {places(over_platforms=query.over_platforms)} AS place
GROUP BY position, held_out, goal, place
"""
    started = engine.start(statement, sql.words.parameters)

    def finish() -> Credits:
        return {
            (*sql.names(position, held_out, goal), platform, locale, variation): Conversions(events, users, revenue)
            for position, held_out, goal, platform, locale, variation, events, users, revenue in started.result()
        }

    return finish


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
