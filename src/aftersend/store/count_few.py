"""Counts few events outside of the engine: they are read as they are, and everything is counted here at once.

The engine takes several times as long to plan the statements of `read_counts` as to read a few thousand events.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers
from aftersend.domain.formulas import Tally
from aftersend.store.coded import coded, combined
from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery
from aftersend.store.engine import Engine
from aftersend.store.levels import nodes
from aftersend.store.scope import SCOPE, scope
from aftersend.store.seal_layout import PLACE, feeding
from aftersend.store.some_rows import Rows

One = TypeVar("One")

FEW = 5_000
"""Events that are counted here. Campaigns with thousands of them have seals, if not for the first while."""

_MOST_CELLS = 500_000
"""Numbers in a table. Where every event has another reason in another locale, almost all of its numbers are 0."""


def read_few(engine: Engine, query: CountQuery) -> dict[str, CountBlock] | None:
    """Count as `read_counts` does; nothing where the events are more than few, or have too little in common."""
    first, last = query.days
    if not query.campaign_ids or first > last:
        return {}
    groups = query.groups
    rows = engine.columns(
        f"""
SELECT campaign_id, user_id, {", ".join(PLACE)} FROM message_events
WHERE {SCOPE}{Rows(query.until).came}
LIMIT {FEW + 1}
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 1""",
        scope(query.workspace_id, groups.owners, query.days),
    )
    if rows.num_rows > FEW:
        return None
    if not rows.num_rows:
        return {}
    counted = _Counted(query, rows)
    return counted.blocks() if counted.cells <= _MOST_CELLS else None


class _Counted:
    """Events by the nodes in which they count, of all campaigns that are asked about one after another.

    A column has a row for each event and campaign that it counts for, and so many nodes in it.
    """

    def __init__(self, query: CountQuery, rows: pa.Table) -> None:
        self._query = query
        combinations, combination = combined([rows[name] for name in PLACE])
        happenings, happening = _numbered([row[3:] for row in combinations])
        trees = [nodes(*row[:3], over_platforms=query.over_platforms) for row in combinations]
        self._nodes, places = _numbered([node for tree in trees for node in tree])
        self._happenings = [(kind, detail, bool(machine)) for kind, detail, machine in happenings]
        event, owner = self._owned(*coded(rows["campaign_id"]))
        of_event = combination[event]
        self._happening = happening[of_event]
        self._node = owner[:, None] * len(self._nodes) + places.reshape(len(trees), -1)[of_event]
        users, words = coded(rows["user_id"])
        self._user, self._users = users[event], len(words)
        self._size = len(query.campaign_ids) * len(self._nodes)

    def _owned(self, campaign: Numbers, campaigns: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Say for which of the campaigns that are asked about each event counts: events and places of campaigns."""
        owners = self._query.groups.owners
        counts_for = np.array(
            [[one in owners.get(member, ()) for one in self._query.campaign_ids] for member in campaigns], np.bool_
        )
        event, owner = np.nonzero(counts_for[campaign])
        return event, owner

    @property
    def cells(self) -> int:
        """Return how many numbers the largest table has."""
        return max(len(self._happenings), len(self._query.tallies) + len(self._details)) * self._size

    def blocks(self) -> dict[str, CountBlock]:
        """Return the counts of every campaign in which there is anything."""
        happened = np.bincount(
            (self._happening[:, None] * self._size + self._node).ravel(), minlength=len(self._happenings) * self._size
        ).reshape(len(self._happenings), self._size)
        query = self._query
        there: Numbers = happened.sum(axis=0)
        whole = CountBlock(())
        whole.events = dict(zip(query.tallies, feeding(self._happenings, query.tallies) @ happened, strict=True))
        of_details = feeding(self._happenings, self._by_detail) @ happened
        whole.events_by_detail = dict(zip(self._details, of_details, strict=True))
        whole.users = dict(zip(query.users, self._distinct(tuple(query.users)) * self._wanted(), strict=True))
        by_detail = self._distinct(self._by_detail) if query.users_by_detail else np.zeros_like(of_details)
        whole.users_by_detail = dict(zip(self._details, by_detail, strict=True))
        whole.lost_users = dict(zip(query.remaining, self._lost(), strict=True))
        return {
            campaign_id: whole.part([self._nodes[node] for node in kept.tolist()], first + kept)
            for campaign_id, first in zip(query.campaign_ids, range(0, self._size, len(self._nodes)), strict=True)
            if len(kept := np.flatnonzero(there[first : first + len(self._nodes)]))
        }

    @cached_property
    def _details(self) -> list[str]:
        found = (detail for kind, detail, _ in self._happenings if kind in self._query.by_detail.kinds)
        return list(dict.fromkeys(found))

    @property
    def _by_detail(self) -> tuple[Tally, ...]:
        kinds = self._query.by_detail.kinds
        return tuple(Tally(kinds, frozenset({detail})) for detail in self._details)

    def _spots(self, tallies: Sequence[Tally]) -> Numbers:
        """Return a number of tally, node and user for every event that feeds a tally, and each of its nodes."""
        event, tally = np.nonzero(feeding(self._happenings, tallies).T[self._happening])
        spots = (tally[:, None] * self._size + self._node[event]) * self._users + self._user[event][:, None]
        return spots.ravel()

    def _by_node(self, spots: Numbers, tallies: int) -> Numbers:
        """Count spots, each of which is there once: tallies by nodes."""
        return np.bincount(spots // self._users, minlength=tallies * self._size).reshape(tallies, self._size)

    def _distinct(self, tallies: Sequence[Tally]) -> Numbers:
        return self._by_node(np.unique(self._spots(tallies)), len(tallies))

    def _wanted(self) -> Numbers:
        """Say for which nodes the users of each tally are asked for, as ones and zeros: tallies by nodes."""
        query = self._query
        found = [[one in campaigns for one in query.campaign_ids] for campaigns in query.users.values()]
        table = np.array(found, np.int64).reshape(len(query.users), len(query.campaign_ids))
        return table.repeat(len(self._nodes), axis=1)

    def _lost(self) -> Numbers:
        """Count the users of whom nothing is left in a stage: as many losses as starts, and some of both."""
        stages = self._query.remaining
        starts, losses = (self._spots([getattr(stage, name) for stage in stages]) for name in ("start", "losses"))
        spots, place = np.unique(np.concatenate([starts, losses]), return_inverse=True)
        begun = np.bincount(place[: len(starts)], minlength=len(spots))
        gone = np.bincount(place[len(starts) :], minlength=len(spots))
        return self._by_node(spots[(begun > 0) & (begun <= gone)], len(stages))


def _numbered(found: Iterable[One]) -> tuple[list[One], Numbers]:
    """Return what is there, once each, and the number of each in the order in which they came."""
    numbers: dict[One, int] = {}
    places = [numbers.setdefault(one, len(numbers)) for one in found]
    return list(numbers), np.array(places, np.int64)
