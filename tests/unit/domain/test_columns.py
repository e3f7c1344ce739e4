"""Formulas over many nodes at once give what they give for each node by itself."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aftersend.domain.channels import Channel
from aftersend.domain.columns import Numbers, column, percents, rows
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import RATE_BASES
from aftersend.domain.formulas import Formula, Mode, Remaining, Tally, needs, percent, value
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.metrics import METRICS
from fakes import FakeCell

FORMULAS: set[Formula] = {
    *(metric.formula for metric in METRICS),
    *(stage.formula for channel in Channel for stage in FUNNELS[channel]),
    *(group.held_out for group in CONTROL_GROUPS),
    *(group.members for group in CONTROL_GROUPS),
    *(base for bases in RATE_BASES.values() for base in (bases.by_view, bases.by_click)),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """Several nodes as one."""

    cells: list[FakeCell]

    def count(self, tally: Tally, mode: Mode) -> Numbers:
        """Return the count of each node."""
        return np.array([cell.count(tally, mode) for cell in self.cells], np.int64)

    def remaining_users(self, remaining: Remaining) -> Numbers:
        """Return the remaining users of each node."""
        return np.array([cell.remaining_users(remaining) for cell in self.cells], np.int64)


def _cells(formula: Formula, draw: Any) -> list[FakeCell]:
    wanted = [need for mode in Mode for need in needs(formula, mode)]
    left = {need for need in wanted if isinstance(need, Remaining)}
    tallies = {need[0] for need in wanted if not isinstance(need, Remaining)}
    number = st.sampled_from([0, 0, 1, 2, 3, 7, 800, 12_345])
    return [
        FakeCell({tally: (draw(number), draw(number)) for tally in tallies}, {one: draw(number) for one in left})
        for _ in range(draw(st.integers(0, 6)))
    ]


@pytest.mark.parametrize("mode", Mode)
@given(data=st.data())
def test_a_column_has_what_each_node_has(mode: Mode, data: st.DataObject) -> None:
    """Every formula of the catalogue over several nodes is, number by number and type by type, that of each."""
    formula = data.draw(st.sampled_from(sorted(FORMULAS, key=repr)))
    cells = _cells(formula, data.draw)

    found = column(formula, mode, Cells(cells))

    expected = [value(formula, mode, cell) for cell in cells]
    assert [(type(number), number) for number in found] == [(type(number), number) for number in expected]


_LARGE = st.integers(-(2**63) + 1, 2**63 - 1)
_PAIRS = st.tuples(_LARGE | st.integers(-1_000, 1_000), _LARGE | st.integers(-1_000, 1_000))


@given(st.lists(_PAIRS))
@example([])
@example([(1, 800), (-1, 800), (1, -800), (5, 0), (0, 0), (2**62 // 20_000, 1)])
@example([(2**62 // 20_000 + 1, 2**62), (1, 8)])
def test_percentages_of_a_column(pairs: list[tuple[int, int]]) -> None:
    """Halves go up, nothing to divide by is 0, whole percentages are integers, and large numbers are exact."""
    parts, wholes = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))

    found = percents(parts, wholes)

    expected = [percent(part, whole) for part, whole in pairs]
    assert [(type(number), number) for number in found] == [(type(number), number) for number in expected]


def test_rows_of_no_columns() -> None:
    """A channel without a funnel has an empty row for each node."""
    assert rows([], 2) == [(), ()]
    assert rows([[1, 2], [3, 4]], 2) == [(1, 3), (2, 4)]
