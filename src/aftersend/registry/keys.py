"""Keys: what opens a workspace. A key's secret is shown once and stored as a hash."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from aftersend.domain.changes import Json, Thing
from aftersend.domain.keys import LONGEST_OVERLAP_HOURS, MOST_LIVE_KEYS, Key, check_key
from aftersend.domain.workspaces import Principal, Scope
from aftersend.errors import Conflict, InvalidRequest, NotFound
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column
from aftersend.registry.trail import Trail
from aftersend.registry.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Rotation:
    """A key in the place of another: the new one with its secret, and the old one with the time of its end."""

    new: Key
    secret: str
    old: Key


class Keys:
    """The keys of all workspaces; each call names the workspace it is about."""

    def __init__(self, database: Database, workspaces: Workspaces, trail: Trail, now: Callable[[], datetime]) -> None:
        self._database = database
        self._workspaces = workspaces
        self._trail = trail
        self._now = now
        self._version: Any = None
        self._known: dict[tuple[str, str], tuple[Principal, datetime | None]] = {}

    def create(
        self, workspace_id: str, scopes: Iterable[Scope], name: str, expires_at: datetime | None = None
    ) -> tuple[Key, str]:
        """Add a key and return it with its secret, which cannot be had again."""
        self._workspaces.get(workspace_id)
        with self._database.writing() as connection:
            return self._add(connection, workspace_id, frozenset(scopes), name, expires_at)

    def rotate(self, workspace_id: str, named: str, overlap_hours: int) -> Rotation:
        """Add a key with the scopes of another, which ends by itself after the overlap.

        Raises:
            NotFound: the workspace has no living key of that id or name.
            Conflict: several keys have the name.
        """
        self._workspaces.get(workspace_id)
        if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
            message = f"use 0 to {LONGEST_OVERLAP_HOURS} hours; until then both keys open the workspace"
            raise InvalidRequest(message, "overlap_hours", overlap_hours)
        with self._database.writing() as connection:
            old = self._living_key(connection, workspace_id, named)
            new, secret = self._add(connection, workspace_id, old.scopes, old.name, old.expires_at)
            ends = self._now() + timedelta(hours=overlap_hours)
            ends = min(ends, old.expires_at) if old.expires_at else ends
            self._change(connection, workspace_id, old, {"expires_at": ends}, replaced_by=new.id)
            ended = _read(connection, _named(workspace_id, old.id))[0]
        return Rotation(new, secret, ended)

    def all(self, workspace_id: str) -> list[Key]:
        """Return the keys of a workspace, oldest first, ended ones included."""
        self._workspaces.get(workspace_id)
        with self._database.reading() as connection:
            return _read(connection, tables.keys.c.workspace_id == workspace_id)

    def revoke(self, workspace_id: str, key_id: str) -> None:
        """End a key's life; from now on it opens nothing."""
        with self._database.writing() as connection:
            found = _read(connection, _named(workspace_id, key_id))
            if not found:
                raise NotFound(f"the workspace has no key {key_id!r}; 'aftersend key list' names them")
            if found[0].revoked_at is None:
                self._change(connection, workspace_id, found[0], {"revoked_at": self._now()})

    def authenticate(self, workspace_id: str, secret: str) -> Principal | None:
        """Return who shows this secret, or None when it opens nothing."""
        version = self._database.version()
        if version != self._version:
            self._known = {}
            self._version = version
        remembered = self._known  # a change seen meanwhile starts a new dictionary, and this one is let go
        shown = (workspace_id, _hash(secret))
        known = remembered.get(shown)
        if known is None:
            known = self._find(*shown)
            if known is None:
                return None
            remembered[shown] = known
        principal, expires_at = known
        return principal if expires_at is None or self._now() < expires_at else None

    def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep when keys were last used, all in one transaction."""
        table = tables.keys
        with self._database.writing() as connection:
            for key_id, moment in uses.items():
                stored = to_column(moment)
                older = or_(table.c.last_used_at.is_(None), table.c.last_used_at < stored)
                connection.execute(update(table).where((table.c.id == key_id) & older).values(last_used_at=stored))

    def _add(
        self,
        connection: Connection,
        workspace_id: str,
        scopes: frozenset[Scope],
        name: str,
        expires_at: datetime | None,
    ) -> tuple[Key, str]:
        secret = secrets.token_urlsafe(32)
        now = self._now()
        key = Key(secrets.token_hex(8), name, scopes, created_at=now, expires_at=expires_at)
        if problem := check_key(key):
            raise InvalidRequest(problem.message, problem.field, problem.value)
        mine = tables.keys.c.workspace_id == workspace_id
        living = mine & _living(to_column(now))
        if (connection.scalar(select(func.count()).select_from(tables.keys).where(living)) or 0) >= MOST_LIVE_KEYS:
            message = f"a workspace has up to {MOST_LIVE_KEYS} keys; revoke one that is not used"
            raise Conflict(message, field="key")
        connection.execute(
            insert(tables.keys).values(
                id=key.id,
                workspace_id=workspace_id,
                name=name,
                secret_hash=_hash(secret),
                scopes=sorted(scopes),
                created_at=to_column(now),
                expires_at=to_column(expires_at) if expires_at else None,
            )
        )
        self._trail.note(connection, workspace_id, (Thing.KEY, key.id), None, _fields(key))
        return key, secret

    def _living_key(self, connection: Connection, workspace_id: str, named: str) -> Key:
        table = tables.keys
        living = (table.c.workspace_id == workspace_id) & _living(to_column(self._now()))
        found = _read(connection, living & ((table.c.id == named) | (table.c.name == named)))
        exact = [key for key in found if key.id == named]
        # Of keys that were rotated before, the newest one is meant: the others are about to end.
        endless = [key for key in found if key.expires_at is None]
        chosen = exact or (endless if len(found) > 1 and endless else found)
        if not chosen:
            raise NotFound(f"the workspace has no living key {named!r}; 'aftersend key list' names them")
        if len(chosen) > 1:
            ids = ", ".join(key.id for key in chosen)
            raise Conflict(f"several keys have the name {named!r}; name one by its id: {ids}", field="key")
        return chosen[0]

    def _change(
        self, connection: Connection, workspace_id: str, key: Key, ends: dict[str, datetime], **also: str
    ) -> None:
        columns = {name: to_column(moment) for name, moment in ends.items()}
        connection.execute(update(tables.keys).where(tables.keys.c.id == key.id).values(columns))
        before = _fields(key)
        after = before | {name: moment.isoformat() for name, moment in ends.items()} | also
        self._trail.note(connection, workspace_id, (Thing.KEY, key.id), before, after)

    def _find(self, workspace_id: str, secret_hash: str) -> tuple[Principal, datetime | None] | None:
        table = tables.keys
        shown = (table.c.workspace_id == workspace_id) & (table.c.secret_hash == secret_hash)
        with self._database.reading() as connection:
            found = _read(connection, shown & table.c.revoked_at.is_(None))
        if not found:
            return None
        key = found[0]
        return Principal(self._workspaces.get(workspace_id), key.id, key.scopes), key.expires_at


def _hash(secret: str) -> str:
    # A secret has 256 random bits, so nothing slower than one hash is needed to keep it from being guessed.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _living(now: datetime) -> ColumnElement[bool]:
    table = tables.keys
    return table.c.revoked_at.is_(None) & or_(table.c.expires_at.is_(None), table.c.expires_at > now)


def _named(workspace_id: str, key_id: str) -> ColumnElement[bool]:
    return (tables.keys.c.workspace_id == workspace_id) & (tables.keys.c.id == key_id)


def _read(connection: Connection, meant: ColumnElement[bool]) -> list[Key]:
    table = tables.keys
    query = select(table).where(meant).order_by(table.c.created_at, table.c.id)
    return [_key(row) for row in connection.execute(query).mappings()]


def _key(row: Any) -> Key:
    ends = {
        name: from_column(row[name]) if row[name] else None for name in ("revoked_at", "expires_at", "last_used_at")
    }
    return Key(row["id"], row["name"], frozenset(map(Scope, row["scopes"])), from_column(row["created_at"]), **ends)


def _fields(key: Key) -> Json:
    """The key as the trail tells it."""
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
