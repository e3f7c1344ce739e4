"""Reads from the ledger what users of campaigns did: all of it, and what came later."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers
from aftersend.store.coded import coded, combined
from aftersend.store.engine import Engine
from aftersend.store.marks import Column, Marks, NotKept, Users, numbered
from aftersend.store.portions import WHOLE, Portion, shares_of_users
from aftersend.store.scope import CAMPAIGNS
from aftersend.store.seal_build import KEY, NUMBER, Extent, shares_of
from aftersend.store.seal_layout import PLACE, Combination, Layout
from aftersend.store.seniority import senior

_MOST_AT_A_TIME = 250_000
"""Events of several days that are read at a time: each takes some two hundred bytes until it is a mark of its user."""

_MOST_LOOKED_UP = 20_000
"""Users. Of more than these everything is counted as fast."""


def read_marks(engine: Engine, extent: Extent, layout: Layout) -> Iterator[tuple[Users, Marks]]:
    """Read the marks of all users up to the end of an extent, some days at a time: days are apart in the tables.

    Raises:
        NotKept: users cannot be told apart, or do what the layout does not know.
    """
    keys = _keys(engine, layout)
    for days, portion in _together(_events_of_days(engine, extent)):
        some = f"day BETWEEN toDate({{first:UInt16}}) AND toDate({{last:UInt16}}){portion.condition}"
        # On one core, because those who wait for it ask meanwhile; but at once, because they do.
        statement = f"{_what_was_done(some)} SETTINGS max_threads = 1"
        rows = engine.columns(statement, {**extent.parameters, "keys": keys, "first": days[0], "last": days[1]})
        users, user = numbered(*_halves(rows["person"]))
        yield users, _marks(rows, user)


def _events_of_days(engine: Engine, extent: Extent) -> list[tuple[int, int]]:
    """The days on which there are events up to the end of an extent, and how many."""
    statement = f"""
SELECT toUInt16(day) AS number, count() FROM message_events
WHERE {CAMPAIGNS} AND seniority >= {{upto:UInt64}} GROUP BY number ORDER BY number"""
    return [(day, events) for day, events in engine.select(statement, extent.parameters)]


def _together(days: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Portion]]:
    """Say what is read together: from one day to another, or of a day that is very large the users in shares.

    For each share the whole day is read, so it is not done for little.
    """
    first, together = 0, 0
    for place, (day, events) in enumerate(days):
        first = first if together else day
        together += events
        if place + 1 == len(days) or together + days[place + 1][1] > _MOST_AT_A_TIME:
            yield from (((first, day), portion) for portion in shares_of_users(shares_of(together)))
            together = 0


def _keys(engine: Engine, layout: Layout) -> list[int]:
    """The engine's keys of the combinations of a layout, in their order.

    Raises:
        NotKept: two of them have the same one.
    """
    places = dict(zip(PLACE, zip(*layout.combinations, strict=True), strict=True))
    named = ", ".join(f"{{{name}:Array({'Bool' if name == 'machine' else 'String'})}} AS {name}" for name in PLACE)
    found = engine.select(
        f"SELECT {KEY} FROM (SELECT 1) ARRAY JOIN {named}", {name: [*row] for name, row in places.items()}
    )
    keys = [row[0] for row in found]
    if len(set(keys)) < len(keys):
        raise NotKept
    return keys


def _what_was_done(condition: str) -> str:
    """Write SQL for what some users did up to the end of an extent, a row for each event.

    `place` is the place of its combination among those of `keys`, counted from 1; 0 where it is not among them.
    """
    return f"""
SELECT sipHash128(user_id) AS person, toUInt16(day) AS number, {NUMBER} AS place
FROM message_events
WHERE {CAMPAIGNS} AND seniority >= {{upto:UInt64}} AND {condition}"""


def _marks(rows: pa.Table, user: Numbers) -> Marks:
    place = rows["place"].to_numpy()
    if not place.all():
        raise NotKept
    return Marks(user, place - np.uint32(1), rows["number"].to_numpy(), np.ones(len(user), np.uint8))


@dataclass(frozen=True, slots=True)
class LedgerMarks:
    """What users of a campaign did up to the end of an extent, looked up in the ledger whenever it is asked for."""

    engine: Engine
    extent: Extent
    layout: Layout

    size: ClassVar[int] = 0

    def find(self, users: Users) -> Marks:
        """Return the marks of users, by their numbers among them; an event is a mark of its own.

        Raises:
            NotKept: there are too many of them, or one cannot be told from another user.
        """
        if len(users.upper) > _MOST_LOOKED_UP:
            raise NotKept
        statement = _what_was_done("reinterpretAsUInt64(sipHash128(user_id)) IN {people:Array(UInt64)}")
        given = {"keys": _keys(self.engine, self.layout), "people": users.upper.tolist()}
        rows = self.engine.columns(statement, self.extent.parameters | given)
        upper, lower = _halves(rows["person"])
        user = np.searchsorted(users.upper, upper)
        if not np.array_equal(users.lower[user], lower):
            raise NotKept
        return _marks(rows, user)

    def add(self, users: Users, marks: Marks) -> None:
        """Add nothing: it is in the ledger."""


@dataclass(frozen=True, slots=True)
class LaterEvents:
    """Events that came after some commits, a row for each: their campaigns and combinations, and columns of rows.

    `campaign` and `place` are numbers of the former two.
    """

    campaigns: Sequence[str]
    places: Sequence[Combination]
    campaign: Numbers
    place: Numbers
    seniority: Column
    upper: Column
    lower: Column
    day: Column

    def of(self, campaign_ids: Collection[str], since: int) -> "LaterEvents":
        """Return those of some campaigns that came later than a commit."""
        wanted = np.array([campaign_id in campaign_ids for campaign_id in self.campaigns], np.bool_)
        kept = wanted[self.campaign] & (self.seniority < np.uint64(senior(since)))
        columns = (self.campaign, self.place, self.seniority, self.upper, self.lower, self.day)
        return LaterEvents(self.campaigns, self.places, *(column[kept] for column in columns))

    def __len__(self) -> int:
        return len(self.day)


def _later(portion: Portion) -> str:
    """Write the statement of what came to campaigns later than a commit of each: of all users, or a share of them.

    Sorted only so that there are few blocks: what is left of each that was read would be one, with dictionaries of its
    own, and some thousands of those take hundreds of megabytes.
    """
    return f"""
SELECT campaign_id, seniority, sipHash128(user_id) AS person, toUInt16(day) AS number,
    {", ".join(PLACE)}
FROM message_events
WHERE {CAMPAIGNS} AND day IN {{days:Array(UInt16)}} AND seniority >= {{upto:UInt64}}
    AND seniority < transform(campaign_id, {{campaigns:Array(String)}}, {{seniorities:Array(UInt64)}}, toUInt64(0))
    {portion.condition}
ORDER BY seniority
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 1"""


def read_later(
    engine: Engine,
    workspace_id: str,
    commits: Mapping[str, int],
    days: Collection[int],
    upto: int,
    portion: Portion = WHOLE,
) -> LaterEvents:
    """Read what came to campaigns later than a commit of each, up to another, on these days."""
    parameters = {
        "workspace": workspace_id,
        "campaigns": list(commits),
        "seniorities": list(map(senior, commits.values())),
        "days": sorted(days),
        "upto": senior(upto),
    }
    rows = engine.columns(_later(portion), parameters)
    found, place = combined([rows[name] for name in PLACE])
    places = [(*one[:5], bool(one[5])) for one in found]
    campaign, campaigns = coded(rows["campaign_id"])
    seniority, day = (rows[name].to_numpy() for name in ("seniority", "number"))
    return LaterEvents(campaigns, places, campaign, place, seniority, *_halves(rows["person"]), day)


def _halves(hashes: pa.ChunkedArray) -> tuple[Column, Column]:
    """The upper and lower halves of hashes of 128 bits."""
    pieces = [chunk.buffers()[1][16 * chunk.offset : 16 * (chunk.offset + len(chunk))] for chunk in hashes.chunks]
    numbers = np.frombuffer(b"".join(pieces), np.uint64)
    return numbers[::2].copy(), numbers[1::2].copy()
