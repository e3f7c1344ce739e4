"""How the counts of a campaign are numbered in its seal.

A combination is the finest thing that is counted: platform, locale, variation, kind, detail, machine. Events are kept
for each combination, because they add up to everything else. Distinct users do not, so they are kept for every measure
at every node; the number of such a cell has the measure in its upper bits and the node in the lower ones. Numbers
are only ever added, so a seal can grow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from aftersend.domain.channels import Channel
from aftersend.domain.columns import Numbers
from aftersend.domain.formulas import Count, Remaining, Tally, text
from aftersend.domain.measures import measures_of
from aftersend.domain.metrics import BREAKDOWN
from aftersend.store import levels
from aftersend.store.count_block import Node

PLACE = ("platform", "locale", "variation", "kind", "detail", "machine")
"""The columns whose values make a combination."""

Combination = tuple[str, str, str, str, str, bool]
"""The values of `PLACE`."""

Happening = tuple[str, str, bool]
"""Kind, detail, machine."""

NODE_BITS = 20
_MOST_NODES, _MOST_MEASURES = 1 << NODE_BITS, 1 << (32 - NODE_BITS)


@cache
def measure_name(measure: Tally | Remaining) -> str:
    """Return what a measure is called in a seal; it says what is counted, so another definition has another name."""
    return text(measure if isinstance(measure, Remaining) else Count(measure))


def detail_name(detail: str) -> str:
    """Return what the users of one detail of the breakdown are called in a seal."""
    return f"{text(Count(BREAKDOWN))}: {detail}"


@cache
def catalogue(channel: Channel) -> tuple[str, ...]:
    """Return the names of everything that formulas of a channel count distinct users by."""
    known = measures_of(channel)
    return (*map(measure_name, (*known.pinned, *known.unique)), *map(measure_name, known.remaining))


@dataclass(frozen=True)
class Layout:
    """The numbers of one seal. `over_platforms` says whether there are nodes above the platforms."""

    channel: Channel
    over_platforms: bool
    combinations: tuple[Combination, ...] = ()
    nodes: tuple[Node, ...] = ()
    measures: tuple[str, ...] = ()

    def extended(self, found: Iterable[Combination]) -> "Layout":
        """Return a layout in which these combinations have numbers, too."""
        combinations = tuple(dict.fromkeys((*self.combinations, *found)))
        nodes = (node for combination in combinations for node in self.nodes_of(combination))
        details = (detail_name(row[4]) for row in combinations if row[3] in BREAKDOWN.kinds)
        return replace(
            self,
            combinations=combinations,
            nodes=tuple(dict.fromkeys((*self.nodes, *nodes))),
            measures=tuple(dict.fromkeys((*self.measures, *catalogue(self.channel), *details))),
        )

    @property
    def fits(self) -> bool:
        """Return whether its cells can be numbered."""
        return len(self.nodes) < _MOST_NODES and len(self.measures) < _MOST_MEASURES

    @property
    def pinned(self) -> int:
        """Return how many of the measures, the first ones, every answer needs."""
        return len(measures_of(self.channel).pinned)

    def nodes_of(self, combination: Combination) -> list[Node]:
        """Return the nodes of the tree in which a combination counts."""
        return levels.nodes(*combination[:3], over_platforms=self.over_platforms)

    def _cells(self, combination: Combination, measures: Iterable[str]) -> list[int]:
        numbers = [self.measure_numbers[name] << NODE_BITS for name in measures]
        nodes = [self.node_numbers[node] for node in self.nodes_of(combination)]
        return [measure + node for measure in numbers for node in nodes]

    @cached_property
    def shape(self) -> "Shape":
        """Return the layout as arrays."""
        return Shape(self)

    @cached_property
    def node_numbers(self) -> dict[Node, int]:
        """Return the number of each node."""
        return {node: number for number, node in enumerate(self.nodes)}

    @cached_property
    def measure_numbers(self) -> dict[str, int]:
        """Return the number of each measure."""
        return {measure: number for number, measure in enumerate(self.measures)}

    def cells_of_users(self) -> list[list[int]]:
        """Return for each combination the cells in which it makes a user count."""
        known = measures_of(self.channel)
        tallies = (*known.pinned, *known.unique)
        return [self._cells(row, self._fed(row, tallies)) for row in self.combinations]

    def _fed(self, row: Combination, tallies: Sequence[Tally]) -> list[str]:
        names = [measure_name(tally) for tally in tallies if feeds(row[3:], tally)]
        return [*names, detail_name(row[4])] if row[3] in BREAKDOWN.kinds else names

    def cells_of_stages(self) -> list[list[int]]:
        """Return for each combination the cells of the stages that it starts or is a loss of.

        Each number is the cell times four, plus 2 for a start, plus 1 for a loss.
        """
        found = []
        for row in self.combinations:
            cells = []
            for stage in measures_of(self.channel).remaining:
                role = 2 * feeds(row[3:], stage.start) + feeds(row[3:], stage.losses)
                if role:
                    cells += [4 * cell + role for cell in self._cells(row, [measure_name(stage)])]
            found.append(cells)
        return found


def feeds(happening: Happening, tally: Tally) -> bool:
    """Return whether events of a kind, a detail, of machines or people are counted by a tally."""
    kind, detail, machine = happening
    if kind not in tally.kinds or (tally.human and machine):
        return False
    return tally.details is None or detail in tally.details


def feeding(happenings: Sequence[Happening], tallies: Sequence[Tally]) -> Numbers:
    """Return which happenings feed which of the tallies, as ones and zeros: tallies by happenings."""
    found = [[feeds(happening, tally) for happening in happenings] for tally in tallies]
    return np.array(found, np.int64).reshape(len(tallies), len(happenings))


class Shape:
    """A layout as arrays: where the events of each combination count."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.happenings = list(dict.fromkeys(row[3:] for row in layout.combinations))
        numbers = {happening: number for number, happening in enumerate(self.happenings)}
        nodes = [layout.nodes_of(row) for row in layout.combinations]
        places = np.array([[layout.node_numbers[node] for node in some] for some in nodes], np.int64)
        happening_of = np.array([numbers[row[3:]] for row in layout.combinations], np.int64)
        self._copies = places.shape[1] if places.size else 1
        self._places = (happening_of[:, None] * len(layout.nodes) + places.reshape(len(nodes), self._copies)).ravel()
        self._fed: dict[tuple[Tally, ...], Numbers] = {}

    def totals(self, combinations: Numbers) -> Numbers:
        """Add up the events of every happening at every node: an array of happenings by nodes."""
        size = len(self.happenings), len(self._layout.nodes)
        # Floats add whole numbers up exactly below 2^53.
        summed = np.bincount(self._places, np.repeat(combinations, self._copies), size[0] * size[1])
        return summed.astype(np.int64).reshape(size)

    def fed(self, tallies: tuple[Tally, ...]) -> Numbers:
        """Return which happenings feed which of the tallies, as ones and zeros: tallies by happenings."""
        known = self._fed.get(tallies)
        if known is None:
            known = self._fed[tallies] = feeding(self.happenings, tallies)
        return known
