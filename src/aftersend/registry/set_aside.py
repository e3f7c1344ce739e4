"""Events of other sources that could not be used: kept as they came, bounded, the oldest dropped first."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from aftersend.domain.events import REJECTION_CODES, RejectionCode
from aftersend.domain.sources import KEPT_BYTES, KEPT_EVENTS, EventSource, KeptAside, SetAside, Shelf
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column

_CHUNK = 500
"""Digests in one statement; SQLite bounds the number of parameters."""

_TABLE, _TOTALS = tables.set_aside, tables.set_aside_totals


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose events, of which source, by which key, and when they came."""

    workspace_id: str
    source: EventSource
    key_id: str
    arrived_at: datetime


class SetAsideEvents:
    """What was set aside; each call names the workspace it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, origin: Origin, events: Sequence[SetAside]) -> int:
        """Keep events for good that are not kept already, and return how many older ones had to make room.

        Raises:
            StoreUnavailable: nothing was kept.
        """
        shelves: dict[Shelf, dict[str, SetAside]] = {}
        for event in events:
            shelves.setdefault(event.shelf, {}).setdefault(_digest(event), event)
        dropped = 0
        with self._database.writing() as connection:
            for shelf, found in shelves.items():
                dropped += _Place(connection, origin.workspace_id, origin.source, shelf).add(origin, found)
        return dropped

    def page(
        self, workspace_id: str, source: EventSource, code: RejectionCode | None, offset: int, limit: int
    ) -> tuple[list[KeptAside], int]:
        """Return a page of what is kept, the newest first, and how much there is."""
        meant = and_(_TABLE.c.workspace_id == workspace_id, _TABLE.c.source == source.value)
        if code is not None:
            meant = and_(meant, _TABLE.c.code == code.value)
        query = select(_TABLE).where(meant).order_by(_TABLE.c.number.desc()).offset(offset).limit(limit)
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(_TABLE).where(meant)) or 0
            return [_kept(row) for row in connection.execute(query).mappings()], total

    def dropped(self, workspace_id: str, source: EventSource) -> dict[Shelf, int]:
        """Return how many events had to make room for newer ones, since the beginning."""
        query = select(_TOTALS.c.shelf, _TOTALS.c.dropped).where(
            _TOTALS.c.workspace_id == workspace_id, _TOTALS.c.source == source.value
        )
        with self._database.reading() as connection:
            found = {row.shelf: row.dropped for row in connection.execute(query)}
        return {shelf: found.get(shelf.value, 0) for shelf in Shelf}

    def remove_user(self, workspace_id: str, user_id: str) -> None:
        """Forget every event that has the user's id anywhere in it."""
        # PostgreSQL refuses even to look for a text with NUL in it, and none is kept.
        spellings = {json.dumps(user_id)[1:-1], json.dumps(user_id, ensure_ascii=False)[1:-1], user_id}
        words = [_TABLE.c.raw.contains(word, autoescape=True) for word in spellings if word and "\0" not in word]
        self._forget(workspace_id, or_(*words))

    def remove_before(self, workspace_id: str, moment: datetime) -> None:
        """Forget what came before a moment."""
        self._forget(workspace_id, _TABLE.c.arrived_at < to_column(moment))

    def _forget(self, workspace_id: str, condition: ColumnElement[bool]) -> None:
        meant = and_(_TABLE.c.workspace_id == workspace_id, condition)
        with self._database.reading() as connection:
            if connection.execute(select(_TABLE.c.number).where(meant).limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            connection.execute(delete(_TABLE).where(meant))
            for source in EventSource:
                for shelf in Shelf:
                    _Place(connection, workspace_id, source, shelf).count_anew()


class _Place:
    """A shelf of a workspace's source, while it is being written to."""

    def __init__(self, connection: Connection, workspace_id: str, source: EventSource, shelf: Shelf) -> None:
        self._connection = connection
        self._key = {"workspace_id": workspace_id, "source": source.value, "shelf": shelf.value}

    def add(self, origin: Origin, found: dict[str, SetAside]) -> int:
        known = self._known(list(found))
        rows = [self._row(origin, digest, event) for digest, event in found.items() if digest not in known]
        if not rows:
            return 0
        # Of more than there is room for, the last ones are kept; the first need not be written to be dropped.
        unwritten = max(0, len(rows) - KEPT_EVENTS)
        rows = rows[unwritten:]
        self._connection.execute(insert(_TABLE), rows)
        events, size = self._totals()
        events, size = events + len(rows), size + sum(row["size"] for row in rows)
        dropped, freed = self._make_room(events, size)
        changed = {"events": events - dropped, "bytes": size - freed}
        self._connection.execute(
            update(_TOTALS)
            .where(self._mine(_TOTALS))
            .values(**changed, dropped=_TOTALS.c.dropped + dropped + unwritten)
        )
        return dropped + unwritten

    def count_anew(self) -> None:
        query = select(func.count(), func.coalesce(func.sum(_TABLE.c.size), 0)).where(self._mine(_TABLE))
        events, size = self._connection.execute(query).one()
        self._connection.execute(update(_TOTALS).where(self._mine(_TOTALS)).values(events=events, bytes=size))

    def _known(self, digests: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(digests), _CHUNK):
            chunk = digests[start : start + _CHUNK]
            query = select(_TABLE.c.digest).where(self._mine(_TABLE), _TABLE.c.digest.in_(chunk))
            found.update(self._connection.scalars(query))
        return found

    def _totals(self) -> tuple[int, int]:
        row = self._connection.execute(select(_TOTALS.c.events, _TOTALS.c.bytes).where(self._mine(_TOTALS))).first()
        if row is None:
            self._connection.execute(insert(_TOTALS).values(**self._key, events=0, bytes=0, dropped=0))
            return 0, 0
        return row.events, row.bytes

    def _make_room(self, events: int, size: int) -> tuple[int, int]:
        """Drop the oldest until the rest fits; return how many and how large they were."""
        dropped = freed = 0
        last = None
        for number, length in self._oldest():
            if events - dropped <= KEPT_EVENTS and size - freed <= KEPT_BYTES:
                break
            dropped, freed, last = dropped + 1, freed + length, number
        if last is not None:
            self._connection.execute(delete(_TABLE).where(self._mine(_TABLE), _TABLE.c.number <= last))
        return dropped, freed

    def _oldest(self) -> Iterator[tuple[int, int]]:
        after = 0
        while True:
            query = select(_TABLE.c.number, _TABLE.c.size).where(self._mine(_TABLE), _TABLE.c.number > after)
            rows = self._connection.execute(query.order_by(_TABLE.c.number).limit(_CHUNK)).all()
            yield from ((row.number, row.size) for row in rows)
            if not rows:
                return
            after = rows[-1].number

    def _mine(self, table: Any) -> ColumnElement[bool]:
        return and_(*(table.c[name] == value for name, value in self._key.items()))

    def _row(self, origin: Origin, digest: str, event: SetAside) -> dict[str, Any]:
        return self._key | {
            "digest": digest,
            "code": event.code.value,
            "field": _plain(event.field)[:100],
            "message": _plain(event.message)[:500],
            "event_id": _plain(event.event_id)[:200] if event.event_id else None,
            "event_code": _plain(event.event_code)[:200] if event.event_code else None,
            "raw": _plain(event.raw),
            "cut": event.cut,
            "size": len(event.raw.encode("utf-8", "replace")),
            "arrived_at": to_column(origin.arrived_at),
            "key_id": origin.key_id,
        }


def _plain(text: str) -> str:
    """Text that any database keeps: neither NUL nor halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _digest(event: SetAside) -> str:
    said = event.raw.encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=16, person=event.code.value.encode()[:16]).hexdigest()


def _kept(row: Any) -> KeptAside:
    event = SetAside(
        REJECTION_CODES[row["code"]],
        row["field"],
        row["message"],
        row["event_id"],
        row["event_code"],
        row["raw"],
        row["cut"],
    )
    return KeptAside(row["number"], from_column(row["arrived_at"]), row["key_id"], event)
