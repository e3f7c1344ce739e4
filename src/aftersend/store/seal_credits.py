"""Seals credits: credits one campaign over all days once, and keeps the credits as rows that add up.

Where a campaign is judged by itself, what it is credited with depends on what the campaign is, on its touches and on
the goal event, never on the days that are asked about: those are days of goal events, and touches reach back. So the
credits of all days can be counted once. Events and amounts of a day add up to those of any range. For distinct users
there is a row of every day on which a user is credited, with the day before it on which the user was (0 for none): the
users of a range are the rows of its days whose day before is not in it. Rows of different users add up, and so do
differences between two times.
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
from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_sql import CreditSql
from aftersend.store.engine import Engine
from aftersend.store.levels import places
from aftersend.store.portions import BOUND_OF_JOINS, WHOLE, Portion, in_portions
from aftersend.store.some_rows import Rows

Cell = tuple[str, int, str, str, str]
"""Where something counts: control group, the goal's place, platform, locale, variation; empty stands for all."""

MOST_ROWS = 200_000
"""A campaign whose credits take more rows is not sealed: it would take too much memory."""


class TooManyRows(Exception):
    """The credits of a campaign do not become few enough rows by being added up."""


@dataclass(slots=True)
class SealedCredits:
    """What a campaign is credited with, cell by cell; cells are numbered in the order in which they were met.

    `amounts` are by day, cell and currency: how many events, and their sum. `users` are by the day before (0 for none),
    the day and the cell: how many more users there are. Both are negative where something has to be taken away.
    """

    cells: dict[Cell, int] = field(default_factory=dict)
    amounts: dict[tuple[int, int, str], tuple[int, Decimal]] = field(default_factory=dict)
    users: Counter[tuple[int, int, int]] = field(default_factory=Counter)

    @classmethod
    def of(cls, cells: list[Cell], amounts: pa.Table, users: pa.Table) -> "SealedCredits":
        """Read back what `columns` returned."""
        return cls(
            {cell: number for number, cell in enumerate(cells)},
            {(day, cell, currency): (events, revenue) for day, cell, currency, events, revenue in _rows_of(amounts)},
            Counter({(before, day, cell): count for before, day, cell, count in _rows_of(users)}),
        )

    def add(self, cell: Cell, days: tuple[int, int], credited: tuple[str, int, Decimal, int], times: int) -> None:
        """Add what a cell is credited with on a day: the currency, events, their amounts, and users."""
        (before, day), (currency, events, revenue, users) = days, credited
        number = self.cells.setdefault(cell, len(self.cells))
        so_far = self.amounts.get((day, number, currency), (0, Decimal(0)))
        self.amounts[day, number, currency] = (so_far[0] + times * events, so_far[1] + times * revenue)
        if users:
            self.users[before, day, number] += times * users
        if len(self.amounts) + len(self.users) > MOST_ROWS:
            raise TooManyRows

    def columns(self) -> tuple[pa.Table, pa.Table]:
        """Return the rows of the amounts and of the users; what came to nothing is left out."""
        amounts = [(*key, *sums) for key, sums in self.amounts.items() if any(sums)]
        users = [(*key, count) for key, count in self.users.items() if count]
        return pa.table(_transposed(amounts, _AMOUNTS), _AMOUNTS), pa.table(_transposed(users, _USERS), _USERS)


_DAY, _CELL = pa.uint16(), pa.uint32()
_AMOUNTS = pa.schema(
    {
        "day": _DAY,
        "cell": _CELL,
        "currency": pa.string(),
        "events": pa.int64(),
        "revenue": pa.decimal128(38, NUMBER_PLACES),
    }
)
_USERS = pa.schema({"before": _DAY, "day": _DAY, "cell": _CELL, "users": pa.int64()})


def _rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _transposed(rows: list[Any], columns: pa.Schema) -> list[pa.Array]:
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return [pa.array(list(some), column.type) for some, column in zip(values, columns, strict=True)]


def apart(query: ConversionQuery) -> list[ConversionQuery]:
    """Return what is sealed for each campaign that is asked about; nothing where campaigns compete."""
    if query.one_winner:
        return []
    return [
        replace(query.about([claimant.campaign_id]), days=Days.ever().numbers)
        for claimant in query.claimants
        if claimant.campaign_id in query.asked and claimant.goals
    ]


def fingerprint(query: ConversionQuery) -> str:
    """Return what tells apart everything but the events on which the credits of one campaign depend."""
    known = (query.workspace_id, str(query.zone), query.over_platforms, query.claimants)
    return hashlib.sha256(repr(known).encode()).hexdigest()


def seal(engine: Engine, query: ConversionQuery, until: int) -> SealedCredits:
    """Credit one campaign over all days with what had come by a commit, in portions of bounded memory.

    Raises:
        TooManyRows: the campaign stays without a seal.
    """
    found = SealedCredits()
    _add(found, engine, replace(query, rows=Rows(until)), 1)
    return found


def seal_on(engine: Engine, query: ConversionQuery, since: "Since", found: SealedCredits) -> SealedCredits:
    """Bring a seal up to a later commit: the users of whom anything came are credited anew.

    Raises:
        TooManyRows: the campaign stays without a seal from now on.
    """
    for part, times in difference(query, since):
        _add(found, engine, part, times)
    return found


@dataclass(frozen=True, slots=True)
class Since:
    """What came after one commit and until another: the users of whom it is."""

    until: int
    now: int
    users: tuple[str, ...]


def read_since(engine: Engine, query: ConversionQuery, until: int, now: int, most: int) -> Since | None:
    """Return the users of whom something came that matters to a query; None where they are more than so many."""
    sql = CreditSql(query)
    statement = f"SELECT user_id FROM ({sql.users_since(until, now)}) LIMIT {most + 1}"
    users = tuple(row[0] for row in engine.select(statement, sql.words.parameters))
    return Since(until, now, users) if len(users) <= most else None


def difference(query: ConversionQuery, since: Since) -> list[tuple[ConversionQuery, int]]:
    """Return what has to be counted so many times each: of these users everything that is, less what was."""
    if not since.users:
        return []
    return [
        (replace(query, rows=Rows(since.now, since.users)), 1),
        (replace(query, rows=Rows(since.until, since.users)), -1),
    ]


def _add(found: SealedCredits, engine: Engine, query: ConversionQuery, times: int) -> None:
    for group, goal, platform, locale, variation, before, day, *credited in _rows(engine, query):
        currency, events, revenue, users = credited
        cell = (group, goal, platform, locale, variation)
        found.add(cell, (before, day), (currency, events, revenue, users), times)


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
SELECT held_out, goal, place.1, place.2, place.3, before, one.1 AS on_day, one.2 AS in_currency,
    sum(one.3), sum(one.4), sum(toUInt8(before != on_day)) AS users
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
ARRAY JOIN found AS one, days_before AS before
GROUP BY held_out, goal, place, before, on_day, in_currency
{BOUND_OF_JOINS}
"""
