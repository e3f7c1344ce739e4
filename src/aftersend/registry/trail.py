"""The trail of changes: who changed what in the registry, when, from what and to what.

A change is noted in the transaction that makes it, so neither is ever there without the other.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from aftersend.domain.changes import Change, Json, Thing, differences
from aftersend.registry import tables
from aftersend.registry.actor import actor
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column


class Trail:
    """What was changed; each call names the workspace it is about."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def note(
        self,
        connection: Connection,
        workspace_id: str,
        about: tuple[Thing, str],
        before: Json | None,
        after: Json | None,
    ) -> None:
        """Note a change of a thing, unless its two states are the same."""
        if before == after:
            return
        was, becomes = differences(before, after)
        thing, thing_id = about
        row = {
            "workspace_id": workspace_id,
            "at": to_column(self._now()),
            "actor": actor.get(),
            "thing": thing.value,
            "thing_id": thing_id,
            "before": was,
            "after": becomes,
        }
        connection.execute(insert(tables.changes).values(row))

    def page(self, workspace_id: str, thing: Thing | None, offset: int, limit: int) -> tuple[list[Change], int]:
        """Return a page of the changes, the newest first, and how many there are."""
        table = tables.changes
        meant = table.c.workspace_id == workspace_id
        if thing is not None:
            meant &= table.c.thing == thing.value
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(table).where(meant)) or 0
            query = select(table).where(meant).order_by(table.c.number.desc()).offset(offset).limit(limit)
            return [_change(row) for row in connection.execute(query).mappings()], total


def _change(row: Any) -> Change:
    return Change(
        number=row["number"],
        at=from_column(row["at"]),
        by=row["actor"],
        thing=Thing(row["thing"]),
        thing_id=row["thing_id"],
        before=row["before"],
        after=row["after"],
    )
