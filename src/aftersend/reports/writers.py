"""Files that rows are written to as they come: CSV, Parquet, Excel. None of them keeps more than some thousand rows."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from xlsxwriter import Workbook

from aftersend.domain.filters import NUMBER_PLACES
from aftersend.domain.report_columns import CellType
from aftersend.domain.reports import ReportFormat, ReportSpec
from aftersend.reports.plan import Header
from aftersend.reports.rows import Row, Value

_ROW_GROUP = 2_000
"""Rows of a Parquet file that are gathered before they are written."""
_SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet, the header included; more go to the next sheet."""


class Writer(Protocol):
    """A file that is being written."""

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def open_writer(spec: ReportSpec, folder: Path, headers: Sequence[Header]) -> tuple[Path, Writer]:
    """Begin a file in the format that was asked for, and return where it is; there is one at a time."""
    path = folder / f"table.{spec.format}"
    match spec.format:
        case ReportFormat.CSV:
            return path, _Csv(path, headers, spec.delimiter)
        case ReportFormat.PARQUET:
            return path, _Parquet(path, headers)
        case ReportFormat.EXCEL:
            return path, _Excel(path, headers)


class _Csv:
    def __init__(self, path: Path, headers: Sequence[Header], delimiter: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator="\r\n")
        self._writer.writerow([header.name for header in headers])

    def write(self, rows: Iterable[Row]) -> None:
        self._writer.writerows([_plain(value) for value in row] for row in rows)

    def close(self) -> None:
        self._file.close()


def _plain(value: Value) -> Value:
    return f"{value:f}" if isinstance(value, Decimal) else value


_ARROW = {
    CellType.TEXT: pa.string(),
    CellType.WHOLE: pa.int64(),
    CellType.NUMBER: pa.float64(),
    CellType.MONEY: pa.decimal128(38, NUMBER_PLACES),
}


class _Parquet:
    def __init__(self, path: Path, headers: Sequence[Header]) -> None:
        self._schema = pa.schema([(header.name, _ARROW[header.type]) for header in headers])
        self._money = [place for place, header in enumerate(headers) if header.type is CellType.MONEY]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            for place in self._money:
                row[place] = None if row[place] is None else Decimal(row[place] or 0)
            self._rows.append(row)
            if len(self._rows) == _ROW_GROUP:
                self._flush()

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) if self._rows else [() for _ in self._schema]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


class _Excel:
    def __init__(self, path: Path, headers: Sequence[Header]) -> None:
        # Rows go to files beside it as they come; nothing is turned into a formula or a link.
        settings = {"constant_memory": True, "tmpdir": str(path.parent), "in_memory": False}
        self._book = Workbook(str(path), settings)
        self._heads: Row = [header.name for header in headers]
        self._next = _SHEET_ROWS

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        if self._next == _SHEET_ROWS:
            self._sheet = self._book.add_worksheet()
            self._next = 0
            self._put(self._heads)
        self._put(row)

    def _put(self, row: Row) -> None:
        for place, value in enumerate(row):
            if isinstance(value, str):
                self._sheet.write_string(self._next, place, value)
            elif value is not None:
                self._sheet.write_number(self._next, place, float(value))
        self._next += 1

    def close(self) -> None:
        if self._next == _SHEET_ROWS:
            self._sheet = self._book.add_worksheet()
            self._next = 0
            self._put(self._heads)
        self._book.close()
