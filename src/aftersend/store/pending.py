"""Rows that are acknowledged and not in the engine's tables yet: in memory, and durable in a journal of two files.

One file takes in what is committed; the rows of the other one are on their way into the tables, as one block for each
table. When they are there that file is emptied, and the two change places. So commits never wait for the engine.

A block is there whole or not at all, and so are the rows of each commit in it: after an insert of which nobody knows
whether it happened, and after a crash, the tables are asked for their seniorities before anything is inserted again.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from aftersend.errors import StoreUnavailable
from aftersend.store.batches import in_one_chunk
from aftersend.store.engine import Engine
from aftersend.store.journal import Journal, Record, check_set_aside
from aftersend.store.seniority import senior

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Size:
    """A number of rows, and the bytes that they take."""

    rows: int = 0
    size: int = 0

    def plus(self, records: Iterable[Record]) -> "Size":
        """Return the sum of this and of some records."""
        rows, size = self.rows, self.size
        for record in records:
            rows += record.rows.num_rows
            size += record.size
        return Size(rows, size)


@dataclass(slots=True)
class _Side:
    """A file and what it holds; `is_uncertain` says that some of it may be in the tables."""

    journal: Journal
    records: list[Record] = field(default_factory=list)
    is_uncertain: bool = False


class Pending:
    """What is to go into the tables.

    Its owner lets one thread at a time add, and one at a time settle; what concerns both files belongs to both.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._front, self._back = _Side(Journal(folder / "0")), _Side(Journal(folder / "1"))
        # Each is counted by one thread alone, so that anybody can compare them without waiting for either.
        self._added = Size()
        self._settled = Size()
        self.through = 0
        """The last commit of which it is known that the tables have all, and all of those before."""
        self.is_loaded = False
        self.trouble: StoreUnavailable | None = None

    @property
    def rows(self) -> int:
        """Return how many rows the tables lack."""
        return self._added.rows - self._settled.rows

    def is_beyond(self, size: Size) -> bool:
        """Return whether the tables lack so many rows, or so many bytes of them."""
        return self.rows >= size.rows or self._added.size - self._settled.size >= size.size

    def load(self) -> bool:
        """Read what the last process left, and return whether a file ends in a record that is not whole."""
        contents = []
        for side in (self._front, self._back):
            found = side.journal.read()
            side.records, side.is_uncertain = found.records, True
            self._added = self._added.plus(found.records)
            contents.append(found)
        if any(found.records for found in contents):
            log.info("journal_read", commits=sum(len(found.records) for found in contents), rows=self.rows)
        self.is_loaded = True
        if _first(self._front) < _first(self._back):
            self._front, self._back = self._back, self._front
        return any(found.is_torn for found in contents)

    def set_aside(self) -> None:
        """Keep copies of the files as they are: they lack something that has been acknowledged."""
        for side in (self._front, self._back):
            side.journal.set_aside()

    def check_whole(self) -> None:
        """Raise StoreUnavailable when a damaged file was set aside."""
        check_set_aside(self._folder)

    def add(self, record: Record) -> None:
        """Make the rows of a commit durable.

        Raises:
            StoreUnavailable: they are not.
        """
        if self._back.journal.is_spoiled:
            raise StoreUnavailable("the journal cannot be written to right now; nothing was kept, send it again")
        kept = self._front.journal.append(record)
        self._front.records.append(kept)
        self._added = self._added.plus((kept,))

    def settle(self) -> None:
        """Bring the rows at the back into the tables, and empty their file.

        Raises:
            StoreUnavailable: some rows could not be brought in, and they stay. Where a file alone cannot be emptied,
                `trouble` says why: everything can be read.
        """
        side = self._back
        last = side.records[-1].commit if side.records else 0
        self._leave_out(side)
        for table in dict.fromkeys(record.table for record in side.records):
            mine = [record for record in side.records if record.table == table]
            side.is_uncertain = True
            # One chunk becomes one block, and so one part: there whole or not at all.
            self._engine.insert(table, in_one_chunk([record.rows for record in mine]))
            self._let_go(side, mine)
        side.is_uncertain = False
        self.through = max(last, self.through)
        if not side.journal.is_empty:
            self._empty(side)

    def _empty(self, side: _Side) -> None:
        try:
            side.journal.empty()
            self.trouble = None
        except StoreUnavailable as error:
            self.trouble = error

    def leave_out(self) -> None:
        """Leave out what the tables have already."""
        for side in (self._back, self._front):
            self._leave_out(side)

    def _leave_out(self, side: _Side) -> None:
        if not side.is_uncertain:
            return
        self._engine.watch()
        for table in dict.fromkeys(record.table for record in side.records):
            mine = [record for record in side.records if record.table == table]
            there = {
                row[0]
                for row in self._engine.select(
                    f"SELECT DISTINCT seniority FROM {table} "
                    "WHERE seniority <= {first:UInt64} AND seniority >= {last:UInt64}",
                    {"first": senior(mine[0].commit), "last": senior(mine[-1].commit)},
                )
            }
            if there:
                # What can be read may not be on disk yet where an insert was cut off, and the journal is about to go.
                os.sync()
            self._let_go(side, [record for record in mine if senior(record.commit) in there])
        side.is_uncertain = False

    def _let_go(self, side: _Side, records: list[Record]) -> None:
        gone = {record.commit for record in records}
        side.records = [record for record in side.records if record.commit not in gone]
        self._settled = self._settled.plus(records)

    def turn(self) -> None:
        """Have the two files change places; the one at the back has been settled."""
        self._front, self._back = self._back, self._front

    def check_emptied(self) -> None:
        """Let nobody take out a row, or use up an identity, that would come back from a file after a crash.

        Raises:
            StoreUnavailable: a file could not be emptied.
        """
        for side in (self._front, self._back):
            side.journal.mend()
            if not side.records and not side.journal.is_empty:
                side.journal.empty()

    @property
    def is_emptied(self) -> bool:
        """Return whether no file holds anything."""
        return self._front.journal.is_empty and self._back.journal.is_empty

    def probe(self) -> None:
        """Raise StoreUnavailable when a record could not be written."""
        self._front.journal.probe()


def _first(side: _Side) -> int:
    """The number of the first commit of a side; one that has none may go first."""
    return side.records[0].commit if side.records else 0
