"""Stand-ins for the parts around the one that is tested: a cell, a ledger, an engine and a clock."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.domain.kinds import Kind
from aftersend.store.batches import EventRows
from aftersend.store.count_block import CountBlock, Node
from aftersend.store.engine import Parameters
from aftersend.store.ledger import Ledger


def of(*kinds: Kind, details: frozenset[str] | None = None, human: bool = False) -> Tally:
    """Build a tally."""
    return Tally(kinds, details, human)


@dataclass(frozen=True, slots=True)
class FakeCell:
    """A node whose counts are written down: events and users for each tally; whatever is not there is 0."""

    counts: Mapping[Tally, tuple[int, int]] = field(default_factory=dict)
    left: Mapping[Remaining, int] = field(default_factory=dict)

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return the count that was written down."""
        events, users = self.counts.get(tally, (0, 0))
        return events if mode is Mode.TOTAL else users

    def remaining_users(self, remaining: Remaining) -> int:
        """Return the number of users that was written down."""
        return self.left.get(remaining, 0)


@dataclass(frozen=True, slots=True)
class CountCell:
    """The counts of one node, written down for a block; whatever is not there is 0."""

    events: dict[Tally, int] = field(default_factory=dict)
    users: dict[Tally, int] = field(default_factory=dict)
    events_by_detail: dict[str, int] = field(default_factory=dict)
    users_by_detail: dict[str, int] = field(default_factory=dict)
    lost_users: dict[Remaining, int] = field(default_factory=dict)


def a_block(cells: Mapping[Node, CountCell]) -> CountBlock:
    """Build the counts of a campaign that has these nodes."""
    block = CountBlock(list(cells))
    for table, name in zip(block.tables(), CountBlock.__slots__[1:], strict=True):
        written: list[dict[Any, int]] = [getattr(cell, name) for cell in cells.values()]
        for counted in {key for one in written for key in one}:
            table[counted] = np.array([one.get(counted, 0) for one in written], np.int64)
    return block


@dataclass(frozen=True, slots=True)
class Happening:
    """One message event as a cell counts it."""

    kind: Kind
    user: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EventCell:
    """A node that counts a list of events, the slow and obvious way."""

    events: Sequence[Happening]

    def count(self, tally: Tally, mode: Mode) -> int:
        """Count the events of the tally, or their users."""
        users = [event.user for event in self._of(tally)]
        return len(users) if mode is Mode.TOTAL else len(set(users))

    def remaining_users(self, remaining: Remaining) -> int:
        """Count the users who have more starts than losses."""
        starts = [event.user for event in self._of(remaining.start)]
        losses = [event.user for event in self._of(remaining.losses)]
        return sum(starts.count(user) > losses.count(user) for user in set(starts))

    def _of(self, tally: Tally) -> Iterator[Happening]:
        for event in self.events:
            if event.kind in tally.kinds and (tally.details is None or event.detail in tally.details):
                yield event


class FakeLedger(Ledger):
    """A ledger that takes every event for new, waits in each commit while it is held, and fails when told to."""

    def __init__(self) -> None:
        self.groups: list[list[EventRows]] = []
        self.failure: BaseException | None = None
        self.entered = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()

    def hold(self) -> None:
        """Let commits wait from now on."""
        self._open.clear()

    def let_go(self) -> None:
        """Let commits go through."""
        self._open.set()

    def commit(self, batches: Sequence[EventRows]) -> list[int]:
        """Note the group and count its events."""
        self.groups.append(list(batches))
        self.entered.release()
        assert self._open.wait(timeout=30)
        if self.failure is not None:
            raise self.failure
        return [size for batch in batches for size in batch.sizes]


@dataclass(slots=True)
class FakeEngine:
    """An engine that notes what it is told and answers queries from a table, by the words they begin with."""

    answers: dict[str, Sequence[Sequence[Any]]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    given: list[Parameters] = field(default_factory=list)
    inserted: list[tuple[str, pa.Table]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def command(self, statement: str, parameters: Parameters | None = None) -> None:
        """Note a statement and its parameters."""
        self.commands.append(statement.strip())
        self.given.append(dict(parameters or {}))

    def tend(self, statement: str, parameters: Parameters | None = None) -> None:
        """Note a statement and its parameters like any other."""
        self.command(statement, parameters)

    def watch(self) -> None:
        """Do nothing: all that is written here is there."""

    def insert(self, table: str, rows: pa.Table) -> None:
        """Note the rows."""
        self.inserted.append((table, rows))

    def select(self, statement: str, parameters: Parameters | None = None) -> Sequence[Sequence[Any]]:
        """Return the answer to the query, or no rows."""
        self.asked.append(statement)
        found = [rows for beginning, rows in self.answers.items() if statement.strip().startswith(beginning)]
        return found[0] if found else []

    def start(self, statement: str, parameters: Parameters | None = None) -> "Future[Sequence[Sequence[Any]]]":
        """Return the answer at once."""
        started: Future[Sequence[Sequence[Any]]] = Future()
        started.set_result(self.select(statement, parameters))
        return started

    def columns(self, statement: str, parameters: Parameters | None = None) -> pa.Table:
        """Note the question, and return nothing: whoever computes with columns is tested over the real engine."""
        self.select(statement, parameters)
        return pa.table({})

    def start_columns(self, statement: str, parameters: Parameters | None = None) -> "Future[pa.Table]":
        """Return as much at once."""
        started: Future[pa.Table] = Future()
        started.set_result(self.columns(statement, parameters))
        return started

    def stream(self, statement: str, parameters: Parameters | None = None) -> Iterator[Sequence[Sequence[Any]]]:
        """Return the answer in one block."""
        rows = self.select(statement, parameters)
        if rows:
            yield rows

    def close(self) -> None:
        """Have nothing to close."""


@dataclass(slots=True)
class FakeClock:
    """A clock that stands still until it is moved."""

    moment: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.moment

    def move(self, **span: float) -> None:
        """Move the clock forward."""
        self.moment += timedelta(**span)
