"""The counts of a campaign as columns: a place in an array for each node of its tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from aftersend.domain.formulas import Remaining, Tally

Numbers = np.ndarray[Any, np.dtype[np.int64]]
"""One whole number for each node."""

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

    def plus(self, other: "CountBlock") -> "CountBlock":
        """Return the sums with the counts of other users, or of nothing."""
        nodes = list(dict.fromkeys((*self.nodes, *other.nodes)))
        added = CountBlock(nodes)
        for block in (self, other):
            rows = block._rows_among(nodes)
            for mine, theirs in zip(added._tables(), block._tables(), strict=True):
                _add(mine, theirs, rows, len(nodes))
        return added

    def negative(self) -> "CountBlock":
        """Return the counts with the other sign, to take them away."""
        taken = CountBlock(self.nodes)
        for mine, theirs in zip(taken._tables(), self._tables(), strict=True):
            mine.update((counted, -numbers) for counted, numbers in theirs.items())
        return taken

    def _rows_among(self, nodes: Sequence[Node]) -> Numbers:
        rows = {node: row for row, node in enumerate(nodes)}
        return np.array([rows[node] for node in self.nodes], np.int64)

    def _tables(self) -> Iterator[dict[Any, Numbers]]:
        yield from (self.events, self.users, self.events_by_detail, self.users_by_detail, self.lost_users)


def _add(mine: dict[Counted, Numbers], theirs: Mapping[Counted, Numbers], rows: Numbers, size: int) -> None:
    for counted, numbers in theirs.items():
        if counted not in mine:
            mine[counted] = np.zeros(size, np.int64)
        mine[counted][rows] += numbers
