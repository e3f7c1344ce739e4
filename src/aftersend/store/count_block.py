"""The counts of a campaign as columns: a place in an array for each node of its tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from aftersend.domain.columns import Numbers
from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.store.levels import ALL

__all__ = ["NOTHING", "CountBlock", "Node", "Numbers", "stacked"]

Node = tuple[str, str, str]
"""Platform, locale, variation; an empty name stands for all of them."""

Counted = TypeVar("Counted")


@dataclass(slots=True)
class CountBlock:
    """The base counts of one campaign, each an array with a number for every node; what is not there is 0."""

    nodes: Sequence[Node]
    events: dict[Tally, Numbers] = field(default_factory=dict)
    users: dict[Tally, Numbers] = field(default_factory=dict)
    events_by_detail: dict[str, Numbers] = field(default_factory=dict)
    users_by_detail: dict[str, Numbers] = field(default_factory=dict)
    lost_users: dict[Remaining, Numbers] = field(default_factory=dict)

    def count(self, tally: Tally, mode: Mode) -> Numbers:
        """Return a base count."""
        found = (self.events if mode is Mode.TOTAL else self.users).get(tally)
        return self._zeros() if found is None else found

    def remaining_users(self, remaining: Remaining) -> Numbers:
        """Return the numbers of distinct users that are left: those who started, less those who are lost for good."""
        lost = self.lost_users.get(remaining)
        started = self.count(remaining.start, Mode.UNIQUE)
        return started if lost is None else started - lost

    def by_detail(self, mode: Mode) -> dict[str, Numbers]:
        """Return the counts by detail."""
        return self.events_by_detail if mode is Mode.TOTAL else self.users_by_detail

    def has(self, tally: Tally) -> bool:
        """Return whether there is any such event in any node."""
        return tally in self.events and bool(self.events[tally].any())

    def nodes_with(self, tally: Tally) -> list[Node]:
        """Return the nodes in which there is any such event."""
        return [self.nodes[row] for row in np.flatnonzero(self.count(tally, Mode.TOTAL)).tolist()]

    def plus(self, other: "CountBlock") -> "CountBlock":
        """Return the sums with the counts of other users, or of nothing."""
        nodes = list(dict.fromkeys((*self.nodes, *other.nodes)))
        added = CountBlock(nodes)
        for block in (self, other):
            rows = block._rows_among(nodes)
            for mine, theirs in zip(added.tables(), block.tables(), strict=True):
                _add(mine, theirs, rows, len(nodes))
        return added

    def negative(self) -> "CountBlock":
        """Return the counts with the other sign, to take them away."""
        taken = CountBlock(self.nodes)
        for mine, theirs in zip(taken.tables(), self.tables(), strict=True):
            mine.update((counted, -numbers) for counted, numbers in theirs.items())
        return taken

    def part(self, nodes: Sequence[Node], rows: slice | Numbers) -> "CountBlock":
        """Return the counts of some rows, which are those of these nodes."""
        part = CountBlock(nodes)
        for mine, theirs in zip(part.tables(), self.tables(), strict=True):
            mine.update((counted, numbers[rows]) for counted, numbers in theirs.items())
        return part

    def _zeros(self) -> Numbers:
        return np.zeros(len(self.nodes), np.int64)

    def _rows_among(self, nodes: Sequence[Node]) -> Numbers:
        rows = {node: row for row, node in enumerate(nodes)}
        return np.array([rows[node] for node in self.nodes], np.int64)

    def tables(self) -> Iterator[dict[Any, Numbers]]:
        """Yield every table of counts, in one order for all blocks."""
        yield from (self.events, self.users, self.events_by_detail, self.users_by_detail, self.lost_users)


NOTHING = CountBlock([(ALL, ALL, ALL)])
"""A node in which nothing happened."""


def stacked(blocks: Sequence[CountBlock]) -> CountBlock:
    """Return the rows of several campaigns below one another, for whoever computes with all of them at once."""
    whole = CountBlock([node for block in blocks for node in block.nodes])
    for mine, *parts in zip(whole.tables(), *(block.tables() for block in blocks), strict=True):
        for counted in dict.fromkeys(key for part in parts for key in part):
            pieces = (
                part[counted] if counted in part else block._zeros() for part, block in zip(parts, blocks, strict=True)
            )
            mine[counted] = np.concatenate(list(pieces))
    return whole


def _add(mine: dict[Counted, Numbers], theirs: Mapping[Counted, Numbers], rows: Numbers, size: int) -> None:
    for counted, numbers in theirs.items():
        if counted not in mine:
            mine[counted] = np.zeros(size, np.int64)
        mine[counted][rows] += numbers
