"""The uploaded global control groups: a list of users for each workspace."""

import json
from collections.abc import Collection, Iterable

from sqlalchemy import JSON, ColumnElement, Connection, Text, cast, delete, func, insert, literal, select

from aftersend.domain.changes import Json, Thing
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.trail import Trail

_CHUNK = 500
"""Ids in one statement; SQLite bounds the number of parameters."""
_ROWS = 10_000
"""Users that are handed to the database at a time."""


class UploadedUsers:
    """The users that were uploaded; each call names the workspace it is about."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail

    def replace(self, workspace_id: str, users: Iterable[str]) -> None:
        """Let these users, each named once, be the list. Whoever asks meanwhile sees the old one."""
        table = tables.global_control_users
        # In the order of the key a million rows take SQLite a quarter of the time, and other writers wait for them.
        ordered = sorted(users)
        with self._database.writing() as connection:
            before = connection.execute(delete(table).where(table.c.workspace_id == workspace_id)).rowcount
            for start in range(0, len(ordered), _ROWS):
                rows = select(literal(workspace_id), _each(connection, ordered[start : start + _ROWS]))
                connection.execute(insert(table).from_select(["workspace_id", "user_id"], rows))
            self._note(connection, workspace_id, before, {"users": len(ordered), "list": "replaced"})

    def among(self, workspace_id: str, users: Collection[str]) -> set[str]:
        """Return those of the users who are on the list."""
        # PostgreSQL refuses even to look for a text with NUL in it, which cannot be on a list.
        wanted = [user for user in users if "\0" not in user]
        table = tables.global_control_users
        found: set[str] = set()
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                query = select(table.c.user_id).where(table.c.workspace_id == workspace_id, table.c.user_id.in_(chunk))
                found.update(connection.scalars(query))
        return found

    def remove(self, workspace_id: str, user_id: str) -> None:
        """Take a user off the list; nothing happens where the user is not on it."""
        if not self.among(workspace_id, [user_id]):
            return
        table = tables.global_control_users
        with self._database.writing() as connection:
            mine = (table.c.workspace_id == workspace_id) & (table.c.user_id == user_id)
            before = _count(connection, workspace_id)
            removed = connection.execute(delete(table).where(mine)).rowcount
            if removed:
                self._note(connection, workspace_id, before, {"users": before - removed})

    def size(self, workspace_id: str) -> int:
        """Return how many users are on the list."""
        with self._database.reading() as connection:
            return _count(connection, workspace_id)

    def _note(self, connection: Connection, workspace_id: str, before: int, after: Json) -> None:
        """Note that the list is another one. Who is on it is not told: the trail outlives the erasure of a person."""
        about = (Thing.GLOBAL_CONTROL_GROUP, "users")
        self._trail.note(connection, workspace_id, about, {"users": before}, after)


def _count(connection: Connection, workspace_id: str) -> int:
    table = tables.global_control_users
    query = select(func.count()).select_from(table).where(table.c.workspace_id == workspace_id)
    return connection.scalar(query) or 0


def _each(connection: Connection, users: list[str]) -> ColumnElement[str]:
    """The users as a column, unpacked by the database: handing over rows takes it several times as long."""
    packed = json.dumps(users)
    if connection.dialect.name == "sqlite":
        unpacked = func.json_each(packed).table_valued("value")
    else:
        unpacked = (
            func.json_array_elements_text(cast(literal(packed, Text), JSON)).table_valued("value").render_derived()
        )
    return unpacked.c.value
