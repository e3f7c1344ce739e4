"""The rows of pieces in memory: those that were read last, within a bound.

A piece never changes, so what has been read of it stays right for as long as it is named by a seal. To plan a statement
takes the engine longer than to add these rows up.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from aftersend.domain.columns import Numbers
from aftersend.store.engine import Engine

_MOST_BYTES = 96 * 1024 * 1024
_PIECES_AT_A_TIME = 100

Column = np.ndarray[Any, np.dtype[Any]]

Found = tuple[Numbers, Numbers]
"""Cells, in no order and more than once, and for each a number; those of a cell add up."""


@dataclass(frozen=True, slots=True)
class EventRows:
    """The events of a piece, by day: columns of the same length."""

    day: Column
    cell: Column
    events: Column

    def between(self, first: int, last: int) -> Found:
        """Return the events of a range of days."""
        begin, end = np.searchsorted(self.day, [first, last + 1])
        return self.cell[begin:end], self.events[begin:end]


@dataclass(frozen=True, slots=True)
class UserRows:
    """The users of a piece, by the day after which the range has to begin: columns of the same length."""

    after: Column
    first: Column
    last: Column
    cell: Column
    users: Column

    def between(self, first: int, last: int) -> Found:
        """Return the distinct users of a range of days."""
        end = int(np.searchsorted(self.after, first))
        found = np.flatnonzero((self.first[:end] >= first) & (self.last[:end] <= last))
        return self.cell[found], self.users[found]


Rows = TypeVar("Rows", EventRows, UserRows)


class Pieces:
    """Reads pieces from the engine, and keeps those that were asked for last."""

    def __init__(self, engine: Engine, most_bytes: int = _MOST_BYTES) -> None:
        self._engine = engine
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._kept: OrderedDict[tuple[type, int], Any] = OrderedDict()
        self._bytes = 0

    def events(self, numbers: Sequence[int]) -> dict[int, EventRows]:
        """Return the events of these pieces."""
        return self._read(EventRows, "sealed_events", "day, cell", numbers)

    def users(self, numbers: Sequence[int]) -> dict[int, UserRows]:
        """Return the users of these pieces."""
        return self._read(UserRows, "sealed_users", "after, first, last, cell", numbers)

    def forget(self, numbers: Iterable[int]) -> None:
        """Keep these pieces in memory no longer."""
        with self._lock:
            for kind, number in product((EventRows, UserRows), numbers):
                rows = self._kept.pop((kind, number), None)
                if rows is not None:
                    self._bytes -= _size(rows)

    def _read(self, rows: type[Rows], table: str, order: str, numbers: Sequence[int]) -> dict[int, Rows]:
        found: dict[int, Rows] = {}
        with self._lock:
            for number in numbers:
                kept = self._kept.get((rows, number))
                if kept is not None:
                    self._kept.move_to_end((rows, number))
                    found[number] = kept
        missing = [number for number in numbers if number not in found]
        names = rows.__slots__
        for begin in range(0, len(missing), _PIECES_AT_A_TIME):
            some = missing[begin : begin + _PIECES_AT_A_TIME]
            statement = f"""
SELECT piece, {", ".join(names)} FROM {table} WHERE piece IN {{pieces:Array(UInt64)}} ORDER BY piece, {order}"""
            read = _by_piece(self._engine.columns(statement, {"pieces": some}), some)
            found |= {number: rows(*(_narrow(column) for column in columns)) for number, columns in read.items()}
            self._keep(rows, ((number, found[number]) for number in some))
        return found

    def _keep(self, kind: type, read: Iterable[tuple[int, Any]]) -> None:
        with self._lock:
            for number, rows in read:
                if (kind, number) not in self._kept:
                    self._kept[kind, number] = rows
                    self._bytes += _size(rows)
            while self._bytes > self._most_bytes:
                _, rows = self._kept.popitem(last=False)
                self._bytes -= _size(rows)


def _by_piece(table: pa.Table, numbers: Sequence[int]) -> dict[int, list[Column]]:
    pieces, *columns = (column.to_numpy() for column in table.columns)
    found = {}
    for number in numbers:
        begin, end = np.searchsorted(pieces, np.array([number, number + 1], np.uint64))
        found[number] = [column[begin:end] for column in columns]
    return found


def _narrow(column: Column) -> Column:
    """Copy a column, so that nothing else is kept, with as few bytes as its numbers need."""
    if column.dtype == np.int64 and (not len(column) or np.abs(column).max() < 2**31):
        return column.astype(np.int32)
    return column.copy()


def _size(rows: Any) -> int:
    return sum(int(getattr(rows, name).nbytes) for name in rows.__slots__) + 500
