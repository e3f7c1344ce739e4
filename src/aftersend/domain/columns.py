"""Formulas over many nodes at once: a count is a column with a number for each node.

What a column holds is to the last digit what the formula gives for each node by itself.
"""

from collections.abc import Sequence
from operator import sub
from typing import Any

import numpy as np

from aftersend.domain.formulas import Arithmetic, Cell, Formula, Mode, evaluator, percent

Numbers = np.ndarray[Any, np.dtype[np.int64]]
"""One whole number for each node."""

Printed = list[int | float]
"""What is printed for each node."""

_MOST = 2**62 // 20_000
"""Beyond it the numerator of a rounded share would not fit into 64 bits."""


def column(formula: Formula, mode: Mode, cells: Cell[Numbers]) -> Printed:
    """Compute the formula for every node."""
    found = evaluator(formula, mode, _OF_MANY)(cells)
    return found if isinstance(found, list) else found.tolist()


def percents(parts: Numbers, wholes: Numbers) -> Printed:
    """Return part / whole x 100 for every node, as `percent` does for one."""
    if max(_largest(parts), _largest(wholes)) > _MOST:
        return [percent(part, whole) for part, whole in zip(parts.tolist(), wholes.tolist(), strict=True)]
    sizes = np.abs(wholes)
    hundredths = (np.abs(parts) * 20_000 + sizes) // np.maximum(2 * sizes, 1)
    hundredths[(parts < 0) != (wholes < 0)] *= -1
    hundredths[wholes == 0] = 0
    return [number // 100 if number % 100 == 0 else number / 100 for number in hundredths.tolist()]


def _largest(numbers: Numbers) -> int:
    return max(int(numbers.max()), -int(numbers.min())) if numbers.size else 0


def rows(columns: Sequence[Printed], size: int) -> list[tuple[int | float, ...]]:
    """Turn columns into a row for each of so many nodes."""
    return list(zip(*columns, strict=True)) if columns else [()] * size


def _first_non_zero(first: Numbers, otherwise: Numbers) -> Numbers:
    return np.where(first != 0, first, otherwise)


_OF_MANY: Arithmetic[Numbers, Printed] = Arithmetic(sub, _first_non_zero, percents)
