"""How much memory writing a report takes, for a process that does nothing else."""

import tracemalloc
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from aftersend.domain.reports import ReportSpec
from aftersend.reports.plan import Header
from aftersend.reports.rows import Row
from aftersend.reports.writers import open_writer


def some_rows(number: int) -> Iterator[Row]:
    """Make up rows of a text, a whole number, a number and an amount or none."""
    for place in range(number):
        yield [f"c{place}", place, 12.34, Decimal("0.000000001") if place % 2 else None]


def peak(spec: ReportSpec, folder: Path, headers: Sequence[Header], number: int) -> int:
    """Write so many rows one by one, and return the most bytes that Python had taken for it."""
    _, writer = open_writer(spec, folder, headers)
    tracemalloc.start()
    for row in some_rows(number):
        writer.write([row])
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    writer.close()
    return found
