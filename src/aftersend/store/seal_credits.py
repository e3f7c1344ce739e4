"""Seals credits: credits one campaign over all days once, and writes the credits down as rows that add up.

Where a campaign is judged by itself, what it is credited with depends on what the campaign is, on its touches and on
the goal event, never on the days that are asked about: those are days of goal events, and touches reach back. So the
credits of all days can be counted once. Events and amounts of a day add up to those of any range. For distinct users
there is a row of every day on which a user is credited, with the day before it on which the user was (0 for none): the
users of a range are the rows of its days whose day before is not in it. Rows of different users add up, and so do
differences between two times; docs/decisions/0023 says more.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from typing import Any

import pyarrow as pa

from aftersend.domain.filters import NUMBER_PLACES
from aftersend.domain.periods import Days
from aftersend.store.commits import EVERY, Commits
from aftersend.store.conversion_query import Claimant, ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.engine import Engine
from aftersend.store.levels import places
from aftersend.store.portions import BOUND, WHOLE, Portion, in_portions

_FORM = 1
"""Seals of another form are not found: it is part of every fingerprint."""

Cell = tuple[str, int, str, str, str]
"""Where something counts: control group, the goal's place, platform, locale, variation; empty stands for all."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """What a seal depends on: message events of these campaigns, and user events of these names."""

    workspace_id: str
    campaign_ids: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(slots=True)
class SealedCredits:
    """What a campaign is credited with, cell by cell; cells are numbered in the order in which they were met.

    `amounts` are by day, cell and currency: how many events, and their sum. `users` are by the day before (0 for none),
    the day and the cell: how many more users there are. Both can be negative, where they are a difference.
    """

    cells: dict[Cell, int] = field(default_factory=dict)
    amounts: dict[tuple[int, int, str], tuple[int, Decimal]] = field(default_factory=dict)
    users: Counter[tuple[int, int, int]] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.amounts) + len(self.users)

    def tables(self, piece: int) -> dict[str, pa.Table]:
        """Return the rows to insert into each table; what came to nothing is left out."""
        amounts = [(*key, *sums) for key, sums in self.amounts.items() if any(sums)]
        users = [(*key, count) for key, count in self.users.items() if count]
        return {
            "sealed_amounts": _table(piece, amounts, _AMOUNTS),
            "sealed_users": _table(piece, [(after, day, day, *rest) for after, day, *rest in users], _USERS),
        }


_DAY, _CELL = pa.uint16(), pa.uint32()
_AMOUNTS = {
    "day": _DAY,
    "cell": _CELL,
    "currency": pa.string(),
    "events": pa.int64(),
    "revenue": pa.decimal128(38, NUMBER_PLACES),
}
_USERS = {"after": _DAY, "first": _DAY, "last": _DAY, "cell": _CELL, "users": pa.int64()}


def _table(piece: int, rows: list[Any], columns: dict[str, pa.DataType]) -> pa.Table:
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [pa.array(list(some), kind) for some, kind in zip(values, columns.values(), strict=True)]
    numbers = pa.repeat(pa.scalar(piece, pa.uint64()), len(rows))
    return pa.table([numbers, *arrays], names=["piece", *columns])


def apart(query: ConversionQuery) -> list[ConversionQuery]:
    """Return what is sealed for each campaign that is asked about; nothing where campaigns compete."""
    if query.one_winner:
        return []
    return [
        replace(query, days=Days.ever().numbers, claimants=(claimant,), asked=frozenset({claimant.campaign_id}))
        for claimant in query.claimants
        if claimant.campaign_id in query.asked and claimant.goals
    ]


def fingerprint(query: ConversionQuery) -> str:
    """Return what tells apart everything but the events on which the credits of one campaign depend."""
    claimant = _claimant(query)
    known = (_FORM, query.workspace_id, str(query.zone), query.over_platforms, claimant)
    return hashlib.sha256(repr(known).encode()).hexdigest()


def dependence(query: ConversionQuery) -> Dependence:
    """Return whose events a seal of one campaign depends on."""
    claimant = _claimant(query)
    names = sorted({goal.definition.event for goal in claimant.goals})
    return Dependence(query.workspace_id, claimant.members, tuple(names))


def seal(engine: Engine, query: ConversionQuery, until: int) -> SealedCredits:
    """Credit one campaign over all days with what had come by a commit, in portions of bounded memory."""
    return _sealed(SealedCredits(), engine, replace(query, commits=Commits(until)), 1)


def seal_on(engine: Engine, query: ConversionQuery, reaching: tuple[int, int], cells: dict[Cell, int]) -> SealedCredits:
    """Return what to add to a seal that reaches until one commit, so that it reaches until another.

    `cells` are those of the seal; new ones get the next numbers.
    """
    found = SealedCredits(dict(cells))
    for now, times in difference(query, *reaching):
        _sealed(found, engine, now, times)
    return found


def difference(query: ConversionQuery, until: int, now: int) -> list[tuple[ConversionQuery, int]]:
    """Return what has to be counted so many times each to get from one commit to another, a later one.

    Of the users of whom anything came between the two: everything as it is, less everything as it was.
    """
    return [
        (replace(query, commits=Commits(now, touched_after=until, touched_until=now)), 1),
        (replace(query, commits=Commits(until, touched_after=until, touched_until=now)), -1),
    ]


def _claimant(query: ConversionQuery) -> Claimant:
    (claimant,) = query.claimants
    return claimant


def _sealed(found: SealedCredits, engine: Engine, query: ConversionQuery, times: int) -> SealedCredits:
    if query.one_winner or query.commits == EVERY:
        raise ValueError("what is sealed is credited campaign by campaign, up to a commit")
    for row in _rows(engine, query):
        group, goal, platform, locale, variation, after, day, currency, events, revenue, users = row
        number = found.cells.setdefault((group, goal, platform, locale, variation), len(found.cells) + 1)
        so_far = found.amounts.get((day, number, currency), (0, Decimal(0)))
        found.amounts[day, number, currency] = (so_far[0] + times * events, so_far[1] + times * revenue)
        if users:
            found.users[after, day, number] += times * users
    return found


def _rows(engine: Engine, query: ConversionQuery) -> Iterator[tuple[Any, ...]]:
    def read(portion: Portion) -> list[tuple[Any, ...]]:
        sql = CreditSql(query, portion)
        rows = engine.select(_statement(sql, query), sql.words.parameters)
        return [(*sql.names(1, held_out, goal)[1:], *rest) for held_out, goal, *rest in rows]

    return chain.from_iterable(in_portions(WHOLE, read))


def _statement(sql: CreditSql, query: ConversionQuery) -> str:
    """Write the statement: credits of a user in a node, in order of days, and each day with the one before it.

    A user's day has a row for each currency, of which the first one alone counts the user.
    """
    return f"""
SELECT held_out, goal, place.1, place.2, place.3, after, one.1 AS on_day, one.2 AS in_currency,
    sum(one.3), sum(one.4), sum(toUInt8(after != on_day)) AS users
FROM (
    SELECT held_out, goal, place, arraySort(groupArray((toUInt16(day), currency, events, revenue))) AS found,
        arrayPushFront(arrayPopBack(arrayMap(one -> one.1, found)), toUInt16(0)) AS days_before
    FROM (
        SELECT held_out, goal, place, user_id, day, currency, count() AS events, sum(ifNull(amount, 0)) AS revenue
        FROM ({sql.credits()})
        ARRAY JOIN {places(over_platforms=query.over_platforms)} AS place
        GROUP BY held_out, goal, place, user_id, day, currency
    )
    GROUP BY held_out, goal, place, user_id
)
ARRAY JOIN found AS one, days_before AS after
GROUP BY held_out, goal, place, after, on_day, in_currency
{BOUND}
"""
