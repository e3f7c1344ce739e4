"""Files of more rows than are kept: none is lost, and Excel goes on in another sheet."""

from concurrent.futures import ProcessPoolExecutor
from datetime import date
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest

from aftersend.domain.report_columns import CellType
from aftersend.domain.reports import ReportFormat, ReportSpec
from aftersend.reports import writers
from aftersend.reports.plan import Header
from aftersend.reports.writers import open_writer
from report_files import read_csv, read_excel, read_parquet
from report_memory import peak, some_rows

HEADERS = [
    Header("Name"),
    Header("Sent", CellType.WHOLE),
    Header("CTR", CellType.NUMBER),
    Header("Revenue", CellType.MONEY),
]
READERS = {ReportFormat.CSV: read_csv, ReportFormat.PARQUET: read_parquet, ReportFormat.EXCEL: read_excel}


def _spec(kind: ReportFormat) -> ReportSpec:
    return ReportSpec("Test", date(2026, 1, 1), date(2026, 1, 1), format=kind)


@pytest.mark.parametrize("kind", ReportFormat)
@pytest.mark.parametrize("number", [0, 1, 4, 5, 23])
def test_every_row_is_written(kind: ReportFormat, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether rows fill groups and sheets or not; an empty file has its headers."""
    monkeypatch.setattr(writers, "_ROW_GROUP", 4)
    monkeypatch.setattr(writers, "_SHEET_ROWS", 6)
    path, writer = open_writer(_spec(kind), tmp_path, HEADERS)
    rows = list(some_rows(number))
    writer.write(rows[:3])
    writer.write(rows[3:])
    writer.close()

    found = READERS[kind](path.read_bytes())

    assert [row["Name"] for row in found] == [f"c{place}" for place in range(number)]
    assert [int(row["Sent"]) for row in found] == list(range(number))
    assert all(float(row["CTR"]) == 12.34 for row in found)
    assert [Decimal(str(row["Revenue"] or 0)) for row in found[1::2]] == [Decimal("0.000000001")] * (number // 2)
    assert [row["Revenue"] or None for row in found[::2]] == [None] * len(found[::2])
    assert path.suffix == f".{kind}"


@pytest.mark.parametrize("kind", ReportFormat)
def test_memory_does_not_grow_with_the_rows(kind: ReportFormat, tmp_path: Path) -> None:
    """Forty thousand rows take hardly more than ten thousand."""
    # In a process of its own: the threads of the server that a run of tests shares take memory, too.
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        few, many = (other.submit(peak, _spec(kind), tmp_path, HEADERS, number).result() for number in (10_000, 40_000))

    assert many < 1.5 * few + 500_000
