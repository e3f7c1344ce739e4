"""Makes the pieces of a seal: counts events by day, and distinct users so that they add up over any range of days.

Whoever was there in [a, b] is counted on the first of his days in it: the day whose previous one is before a. So a
user with the days d1 < d2 < … makes a row (after d(k-1), first dk, last dk) for each, and the sum over the rows
with after < a <= first and last <= b is the number of distinct users. The same rows count whatever else depends on
a user's days in the range alone, such as being lost: see `corners_of_losses`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers
from aftersend.domain.measures import measures_of
from aftersend.store.corners import Corners, corners_of_losses
from aftersend.store.engine import Engine
from aftersend.store.portions import shares_of_users
from aftersend.store.scope import CAMPAIGNS
from aftersend.store.seal_layout import Combination, Layout
from aftersend.store.seals import Piece, new_piece
from aftersend.store.seniority import senior

_EVENTS_A_SHARE = 1_000_000
"""How many events are looked at together: memory stays bounded, and counts of different users add up."""

KEY = "cityHash64(platform, locale, variation, kind, detail, machine)"
"""SQL for the engine's key of a combination."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Whose events are counted, later than one commit and up to another; from the beginning where `since` is 0."""

    workspace_id: str
    members: tuple[str, ...]
    since: int
    upto: int

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the values of the places in the conditions."""
        return {
            "workspace": self.workspace_id,
            "campaigns": list(self.members),
            "since": senior(self.since),
            "upto": senior(self.upto),
        }


@dataclass(frozen=True, slots=True)
class Day:
    """One row of the events of a day: its number, the combination with the engine's key of it, and how many."""

    day: int
    combination: Combination
    key: int
    events: int


def read_days(engine: Engine, extent: Extent) -> list[Day]:
    """Count the events of an extent by day and combination."""
    later = " AND seniority < {since:UInt64}" if extent.since else ""
    statement = f"""
SELECT toUInt16(day) AS number, toString(platform), toString(locale), toString(variation), toString(kind),
    toString(detail), machine, any({KEY}), count()
FROM message_events WHERE {CAMPAIGNS} AND seniority >= {{upto:UInt64}}{later}
GROUP BY number, platform, locale, variation, kind, detail, machine"""
    found = engine.select(statement, extent.parameters)
    return [Day(row[0], (*row[1:6], bool(row[6])), row[7], row[8]) for row in found]


def read_keys(engine: Engine, extent: Extent) -> dict[Combination, int]:
    """Return every combination that there is up to the end of an extent, with the engine's key of it."""
    return {
        row.combination: row.key
        for row in read_days(engine, Extent(extent.workspace_id, extent.members, 0, extent.upto))
    }


def write_piece(engine: Engine, layout: Layout, days: Sequence[Day], corners: Corners) -> Piece:
    """Write the rows of a new piece; they are durable on return."""
    number = new_piece()
    numbers = {combination: place for place, combination in enumerate(layout.combinations)}
    events = np.array([row.events for row in days], np.int64)
    if days:
        _insert(
            engine,
            "sealed_events",
            number,
            day=np.array([row.day for row in days], np.uint16),
            cell=np.array([numbers[row.combination] for row in days], np.uint32),
            events=events,
        )
    if len(corners.users):
        _insert(
            engine,
            "sealed_users",
            number,
            after=corners.after.astype(np.uint16),
            first=corners.first.astype(np.uint16),
            last=corners.last.astype(np.uint16),
            cell=corners.cell.astype(np.uint32),
            users=corners.users,
        )
    return Piece(number, len(days), int(events.sum()), len(corners.users), int(corners.users.sum()))


def _insert(engine: Engine, table: str, number: int, **columns: np.ndarray[Any, Any]) -> None:
    rows = len(next(iter(columns.values())))
    engine.insert(table, pa.table({"piece": np.full(rows, number, np.uint64), **columns}))


def read_corners(
    engine: Engine, extent: Extent, layout: Layout, keys: dict[Combination, int], events: int
) -> Iterator[Corners]:
    """Count the users of an extent, or how the counts of users who have later events differ from before.

    `events` is about how many there are to look at. What is yielded is to be added up.
    """
    for portion in shares_of_users(shares_of(events)):
        for condition, sign in _slices(extent):
            rows = condition + portion.condition, sign
            yield _users(engine, extent, layout, keys, rows)
            yield _lost(engine, extent, layout, keys, rows)


def shares_of(events: int, most: int = _EVENTS_A_SHARE) -> int:
    """Return in how many shares so many events are looked at, with about so many in each at most."""
    return max(1, -(-events // most))


def _slices(extent: Extent) -> Iterator[tuple[str, int]]:
    """Which rows are counted, and whether they are added or taken away."""
    if not extent.since:
        yield f"{CAMPAIGNS} AND seniority >= {{upto:UInt64}}", 1
        return
    changed = f"""user_id IN (
        SELECT user_id FROM message_events
        WHERE {CAMPAIGNS} AND seniority >= {{upto:UInt64}} AND seniority < {{since:UInt64}})"""
    yield f"{CAMPAIGNS} AND seniority >= {{upto:UInt64}} AND {changed}", 1
    yield f"{CAMPAIGNS} AND seniority >= {{since:UInt64}} AND {changed}", -1


def _look_up(layout: Layout, keys: dict[Combination, int], cells: list[list[int]]) -> dict[str, Any]:
    """What a statement needs to find the cells of a combination by its key."""
    found = [(keys[row], some) for row, some in zip(layout.combinations, cells, strict=True) if some and row in keys]
    return {"keys": [key for key, _ in found] or [0], "cells": [some for _, some in found] or [[]]}


NUMBER = f"transform({KEY}, {{keys:Array(UInt64)}}, arrayEnumerate({{keys:Array(UInt64)}}), toUInt32(0))"
"""SQL for the place of a combination among those whose `keys` are given, counted from 1; 0 where it is not there."""


def _users(
    engine: Engine, extent: Extent, layout: Layout, keys: dict[Combination, int], rows: tuple[str, int]
) -> Corners:
    """Corners of distinct users. Users who did the same on the same days are looked at together."""
    condition, sign = rows
    statement = f"""
SELECT after, spot, sum(users) AS users FROM (
    SELECT users, spots, arrayMap(
        (spot, before) -> if(bitShiftRight(spot, 16) = bitShiftRight(before, 16), bitAnd(before, 65535), 0),
        spots, arrayPushFront(arrayPopBack(spots), toUInt64(0))) AS afters
    FROM (
        SELECT count() AS users, arraySort(arrayDistinct(arrayFlatten(arrayMap(
            mark -> arrayMap(
                cell -> bitShiftLeft(toUInt64(cell), 16) + bitAnd(mark, 65535),
                {{cells:Array(Array(UInt32))}}[toUInt32(bitShiftRight(mark, 16))]),
            marks)))) AS spots
        FROM (
            SELECT arraySort(groupUniqArray(bitShiftLeft(toUInt64({NUMBER}), 16) + toUInt16(day))) AS marks
            FROM message_events WHERE {condition}
            GROUP BY user_id
        )
        GROUP BY marks
        HAVING notEmpty(spots)
    )
)
ARRAY JOIN spots AS spot, afters AS after
GROUP BY after, spot"""
    look_up = _look_up(layout, keys, layout.cells_of_users())
    found = engine.columns(statement, extent.parameters | look_up)
    spots = found.column("spot").to_numpy().astype(np.int64)
    days = spots & 0xFFFF
    return Corners(_column(found, "after"), days, days, spots >> 16, _column(found, "users") * sign)


def _column(found: pa.Table, name: str) -> Numbers:
    return _numbers(found.column(name))


def _numbers(found: pa.Array | pa.ChunkedArray) -> Numbers:
    numbers: Numbers = found.to_numpy().astype(np.int64)
    return numbers


def _lost(
    engine: Engine, extent: Extent, layout: Layout, keys: dict[Combination, int], rows: tuple[str, int]
) -> Corners:
    """Corners of users of whom nothing is left in a stage: as many losses as starts, and some of both."""
    condition, sign = rows
    stages = measures_of(layout.channel).remaining
    losing = sorted({kind.value for stage in stages for kind in stage.losses.kinds})
    details = sorted({detail for stage in stages for detail in stage.losses.details or ()})
    statement = f"""
SELECT cell, days, starts, losses, count() AS users FROM (
    SELECT cell, groupArray(number) AS days, groupArray(begun) AS starts, groupArray(gone) AS losses FROM (
        SELECT user_id, bitShiftRight(spot, 2) AS cell, number,
            countIf(bitTest(spot, 1)) AS begun, countIf(bitTest(spot, 0)) AS gone
        FROM (
            SELECT user_id, toUInt16(day) AS number, arrayJoin({{cells:Array(Array(UInt64))}}[{NUMBER}]) AS spot
            FROM message_events
            WHERE {condition} AND user_id IN (
                SELECT user_id FROM message_events
                WHERE {condition} AND kind IN {{losing:Array(String)}} AND detail IN {{details:Array(String)}})
        )
        GROUP BY user_id, cell, number
        ORDER BY user_id, cell, number
    )
    GROUP BY user_id, cell
    HAVING sum(gone) > 0
)
GROUP BY cell, days, starts, losses"""
    look_up = _look_up(layout, keys, layout.cells_of_stages())
    parameters = extent.parameters | look_up | {"losing": losing or [""], "details": details or [""]}
    found = engine.columns(statement, parameters)
    days, starts, losses = (found.column(name).combine_chunks() for name in ("days", "starts", "losses"))
    return corners_of_losses(
        _numbers(days.value_lengths()),
        _column(found, "cell"),
        _column(found, "users") * sign,
        *(_numbers(of_days.flatten()) for of_days in (days, starts, losses)),
    )


def sealed_share(engine: Engine) -> float:
    """Return how much disk the seals take, as a share of what the events take."""
    statement = """
SELECT sumIf(bytes_on_disk, startsWith(table, 'seal')), sumIf(bytes_on_disk, endsWith(table, '_events')
    AND NOT startsWith(table, 'seal'))
FROM system.parts WHERE active AND database = currentDatabase()"""
    sealed, kept = engine.select(statement)[0]
    return float(sealed) / kept if kept else 0.0
