"""Reads an experiment: who was assigned to which arm of a campaign, and what they did within the window after it.

By intention to treat: everybody counts in the arm of the first assignment, whatever happened to the message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from aftersend.domain.filters import NUMBER_PLACES
from aftersend.domain.kinds import Kind
from aftersend.store.conversion_query import Claimant, ConversionQuery
from aftersend.store.credit_sql import GROUPS, HELD_OUT_GROUP, CreditSql
from aftersend.store.engine import Engine
from aftersend.store.filter_sql import Scope
from aftersend.store.levels import ALL

ArmKey = tuple[str, str]
"""Control group and variation: the group is empty for those who were not held out, the variation is for all."""


@dataclass(frozen=True, slots=True)
class ArmGoal:
    """What the users of an arm did for one goal: how many did it, their amounts, and the squares of each user's sum.

    `currencies` are those that the amounts are in, where the goal does not say which one counts.
    """

    converted: int
    events: int
    revenue: Decimal
    squares: Decimal
    currencies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Experiment:
    """The users of every arm, and what they did, by arm and by the goal's place."""

    users: dict[ArmKey, int]
    goals: dict[tuple[ArmKey, int], ArmGoal]


def read_assigned_kind(engine: Engine, workspace_id: str, members: Sequence[str], kinds: Sequence[Kind]) -> Kind | None:
    """Return the first of the kinds that has ever happened to a message of the campaigns."""
    statement = """
SELECT DISTINCT kind FROM message_events
WHERE workspace_id = {workspace:String} AND campaign_id IN {campaigns:Array(String)} AND kind IN {kinds:Array(String)}
"""
    parameters = {"workspace": workspace_id, "campaigns": list(members), "kinds": list(kinds)}
    found = {row[0] for row in engine.select(statement, parameters)}
    return next((kind for kind in kinds if kind in found), None)


def read_experiment(engine: Engine, query: ConversionQuery, assigned: tuple[int, int]) -> Experiment:
    """Compare the arms of the query's one claimant; `assigned` are the days on which users were assigned to them."""
    (claimant,) = query.claimants
    return Experiment(_read_users(engine, query, claimant, assigned), _read_goals(engine, query, claimant, assigned))


def _first_assignments(sql: CreditSql, query: ConversionQuery, claimant: Claimant, days: tuple[int, int]) -> str:
    words = sql.words
    kinds = words.texts((*claimant.kinds, Kind.HELD_OUT))
    return f"""
        SELECT user_id, min((time, held_out, if(held_out > 0, '', toString(variation)))) AS assignment,
            toUnixTimestamp64Milli(assignment.1) AS assigned, assignment.2 AS held_out_first, assignment.3 AS arm
        FROM (
            SELECT user_id, time, variation, {HELD_OUT_GROUP} AS held_out
            FROM message_events
            WHERE workspace_id = {words.text(query.workspace_id)} AND campaign_id IN {words.texts(claimant.members)}
                AND kind IN {kinds} AND day BETWEEN toDate({words.number(days[0])}) AND toDate({words.number(days[1])})
        )
        GROUP BY user_id"""


_ARMS = "GROUPING SETS ((held_out_first{also}), (held_out_first, arm{also}))"


def _read_users(engine: Engine, query: ConversionQuery, claimant: Claimant, days: tuple[int, int]) -> dict[ArmKey, int]:
    sql = CreditSql(query)
    statement = f"""
SELECT held_out_first, arm, count() FROM ({_first_assignments(sql, query, claimant, days)})
GROUP BY {_ARMS.format(also="")}
"""
    rows = engine.select(statement, sql.words.parameters)
    return {_arm(held_out, arm): int(users) for held_out, arm, users in rows}


def _read_goals(
    engine: Engine, query: ConversionQuery, claimant: Claimant, days: tuple[int, int]
) -> dict[tuple[ArmKey, int], ArmGoal]:
    if not claimant.goals:
        return {}
    sql = CreditSql(query)
    scope = Scope(sql.words)
    amount, currency = sql.worth(scope)
    exact = f"toDecimal256(revenue, {NUMBER_PLACES})"
    # Of every user one row first: the spread between users is what the comparison rests on.
    statement = f"""
SELECT held_out_first, arm, goal, count(), sum(events), sum(revenue), sum({exact} * {exact}),
    groupUniqArrayArray(currencies)
FROM (
    {scope.clause()}
    SELECT user_id, held_out_first, arm, goal, count() AS events, sum(ifNull({amount}, 0)) AS revenue,
        groupUniqArrayIf({currency}, {currency} != '') AS currencies
    FROM (
        SELECT events.user_id AS user_id, held_out_first, arm, attributes,
            {sql.claimed_goals("1", "definitions")} AS goals
        FROM ({sql.goal_events()}) AS events
        JOIN ({_first_assignments(sql, query, claimant, days)}) AS assignments ON events.user_id = assignments.user_id
        WHERE happened - assigned BETWEEN 0 AND {sql.words.number(claimant.window)}
    )
    ARRAY JOIN goals AS goal
    GROUP BY user_id, held_out_first, arm, goal
)
GROUP BY {_ARMS.format(also=", goal")}
"""
    return {
        (_arm(held_out, arm), goal - 1): ArmGoal(converted, events, revenue, squares, frozenset(currencies))
        for held_out, arm, goal, converted, events, revenue, squares, currencies in engine.select(
            statement, sql.words.parameters
        )
    }


def _arm(held_out: int, variation: str) -> ArmKey:
    return GROUPS[held_out], variation or ALL
