"""A ledger over an engine that only notes, for tests of what the ledger decides by itself."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.batches import EventRows
from aftersend.store.digests import digest_sql, digests
from aftersend.store.engine import Parameters
from aftersend.store.identities import IDENTITY_SQL, Identities, identity
from aftersend.store.ledger import Ledger
from aftersend.store.pending import Pending
from aftersend.store.settling import SettleLimits
from builders import message_event
from fakes import FakeEngine
from objects import message_rows


def _columns(rows: pa.Table) -> dict[str, pa.Array]:
    return {name: rows.column(name).combine_chunks() for name in rows.column_names}


class CountingEngine(FakeEngine):
    """An engine that knows how many rows it was given.

    It can fail before it takes them, those of any table or of one, or after that.
    """

    fails_before: bool | str = False
    fails_after = False
    refuses = False
    is_silent = False

    def insert(self, table: str, rows: object) -> None:
        """Take the rows, unless it is to fail before."""
        if self.fails_before in (True, table):
            raise StoreUnavailable("not now")
        super().insert(table, rows)
        self.refresh()
        if self.fails_after:
            raise StoreUnavailable("not sure")

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Note a statement, unless it is to refuse."""
        if self.refuses:
            raise StoreUnavailable("refused")
        super().command(statement, parameters)

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Answer, unless it is silent."""
        if self.is_silent:
            raise StoreUnavailable("silent")
        return super().select(statement, parameters)

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield the rows that are senior enough, in one block."""
        assert parameters is not None
        rows = [row for row in self.select(statement) if row[-1] < parameters["senior"]]
        if rows:
            yield rows

    def refresh(self) -> None:
        """Answer as tables that hold what was inserted."""
        for stream in Stream:
            blocks = [rows for table, rows in self.inserted if table == stream]
            self.answers[f"SELECT count() FROM {stream}"] = [(sum(rows.num_rows for rows in blocks),)]
            self.answers[f"SELECT {IDENTITY_SQL}, {digest_sql(stream)}, seniority FROM {stream}"] = [
                (identity(row["workspace_id"], row["event_id"]), said, row["seniority"])
                for rows in blocks
                for row, said in zip(rows.to_pylist(), digests(stream, _columns(rows)), strict=True)
            ]
            self.answers[f"SELECT DISTINCT seniority FROM {stream}"] = [
                (number,) for rows in blocks for number in set(rows["seniority"].to_pylist())
            ]
        spent = [rows for table, rows in self.inserted if table == "spent"]
        self.answers["SELECT count() FROM spent"] = [(sum(rows.num_rows for rows in spent),)]
        self.answers["SELECT identity, seniority FROM spent"] = [
            tuple(row.values()) for rows in spent for row in rows.select(["identity", "seniority"]).to_pylist()
        ]


_UNTIL_TOLD = SettleLimits(quiet_seconds=math.inf)
"""Settle only when somebody says so, or has to."""


def _ledger(
    engine: CountingEngine, identities: Identities, journal: Path, limits: SettleLimits = _UNTIL_TOLD
) -> Ledger:
    return Ledger(engine, identities, Pending(engine, journal), limits)


@dataclass
class Desk:
    """A ledger on a throw-away index."""

    engine: CountingEngine
    identities: Identities
    ledger: Ledger
    journal: Path

    def again(self, limits: SettleLimits = _UNTIL_TOLD) -> Ledger:
        """Return the ledger of another process on the same folders, not recovered yet."""
        return _ledger(self.engine, self.identities, self.journal, limits)

    def start_again(self, limits: SettleLimits = _UNTIL_TOLD) -> None:
        """Go on with what a process that was killed now would leave."""
        self.ledger = self.again(limits)
        self.ledger.recover()

    def stored(self) -> list[str]:
        """Return the ids of the events that are in the tables when all are, in order."""
        self.ledger.settle()
        return [event_id for _, rows in self.engine.inserted for event_id in rows.column("event_id").to_pylist()]


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Open a ledger without events."""
    engine = CountingEngine()
    engine.refresh()
    identities = Identities(folder / "index")
    ledger = _ledger(engine, identities, folder / "journal")
    ledger.recover()
    try:
        yield Desk(engine, identities, ledger, folder / "journal")
    finally:
        identities.close()


def messages(*ids: str, workspace_id: str = "w1") -> EventRows:
    """Return a batch of message events with these ids."""
    return message_rows(*(message_event(event_id=one) for one in ids), workspace_id=workspace_id)
