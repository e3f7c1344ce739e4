"""Workspaces and their keys. A key's secret is shown once and stored as a hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.percentages import tidy
from aftersend.domain.problems import check_text
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import NAME_LIMIT, Feature, Principal, Scope, Workspace, check_workspace
from aftersend.errors import Conflict, InvalidRequest, NotFound
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column

DEFAULT_SCOPES = (
    Scope.STATS_READ,
    Scope.CAMPAIGNS_READ,
    Scope.CAMPAIGNS_WRITE,
    Scope.EVENTS_WRITE,
    Scope.REPORTS_DOWNLOAD,
)
"""What a workspace's first key may do: everything but administer."""

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown later: without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None


class Workspaces:
    """The workspaces of a registry and who may act for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: Any = None
        self._workspaces: dict[str, Workspace] = {}
        self._principals: dict[tuple[str, str], Principal] = {}

    def create(self, workspace: Workspace) -> None:
        """Add a workspace."""
        _refuse(workspace)
        created = replace(workspace, salt=workspace.salt or secrets.token_bytes(SALT_BYTES))
        with self._database.writing() as connection:
            if connection.scalar(select(tables.workspaces.c.id).where(tables.workspaces.c.id == workspace.id)):
                raise Conflict(f"there is a workspace {workspace.id!r} already", field="id")
            connection.execute(insert(tables.workspaces).values(_columns(created)))

    def update(self, workspace_id: str, **changes: Any) -> Workspace:
        """Change anything of a workspace but its id and its time zone, which is fixed."""
        if "timezone" in changes:
            raise Conflict("a workspace's time zone is fixed: its days are already counted", field="timezone")
        table = tables.workspaces
        with self._database.writing() as connection:
            # What is remembered may be older than another operator's last change.
            changed = replace(_read(connection, workspace_id), **changes)
            _refuse(changed)
            connection.execute(update(table).where(table.c.id == workspace_id).values(_columns(changed)))
        return changed

    def all(self) -> list[Workspace]:
        """Return all workspaces by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.workspaces).order_by(tables.workspaces.c.id)).mappings()
            return [_workspace(row) for row in rows]

    def get(self, workspace_id: str) -> Workspace:
        """Return one workspace.

        Raises:
            NotFound: there is none of that id.
        """
        self._forget_when_changed()
        remembered = self._workspaces  # a change seen meanwhile starts a new dictionary, and this one is let go
        known = remembered.get(workspace_id)
        if known is None:
            with self._database.reading() as connection:
                known = remembered[workspace_id] = _read(connection, workspace_id)
        return known

    def create_key(self, workspace_id: str, scopes: Iterable[Scope], name: str, now: datetime) -> tuple[Key, str]:
        """Add a key and return it with its secret, which cannot be had again."""
        self.get(workspace_id)
        secret = secrets.token_urlsafe(32)
        key = Key(secrets.token_hex(8), name, frozenset(scopes), now, None)
        if not key.scopes:
            raise InvalidRequest("a key needs at least one scope", field="scopes")
        if problem := check_text("name", name, NAME_LIMIT):
            raise InvalidRequest(problem.message, problem.field, problem.value)
        with self._database.writing() as connection:
            connection.execute(
                insert(tables.keys).values(
                    id=key.id,
                    workspace_id=workspace_id,
                    name=name,
                    secret_hash=_hash(secret),
                    scopes=sorted(key.scopes),
                    created_at=to_column(now),
                )
            )
        return key, secret

    def list_keys(self, workspace_id: str) -> list[Key]:
        """Return the keys of a workspace, oldest first, revoked ones included."""
        self.get(workspace_id)
        table = tables.keys
        with self._database.reading() as connection:
            query = select(table).where(table.c.workspace_id == workspace_id).order_by(table.c.created_at, table.c.id)
            return [_key(row) for row in connection.execute(query).mappings()]

    def revoke_key(self, workspace_id: str, key_id: str, now: datetime) -> None:
        """End a key's life; from now on it opens nothing."""
        table = tables.keys
        with self._database.writing() as connection:
            mine = (table.c.workspace_id == workspace_id) & (table.c.id == key_id)
            if not connection.scalar(select(table.c.id).where(mine)):
                raise NotFound(f"the workspace has no key {key_id!r}; 'aftersend key list' names them")
            connection.execute(
                update(table).where(mine & table.c.revoked_at.is_(None)).values(revoked_at=to_column(now))
            )

    def authenticate(self, workspace_id: str, secret: str) -> Principal | None:
        """Return who shows this secret, or None when it opens nothing."""
        self._forget_when_changed()
        remembered = self._principals
        shown = (workspace_id, _hash(secret))
        known = remembered.get(shown)
        if known is None and (known := self._find(*shown)):
            remembered[shown] = known
        return known

    def _find(self, workspace_id: str, secret_hash: str) -> Principal | None:
        table = tables.keys
        with self._database.reading() as connection:
            query = select(table).where(
                table.c.workspace_id == workspace_id,
                table.c.secret_hash == secret_hash,
                table.c.revoked_at.is_(None),
            )
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return Principal(self.get(workspace_id), row["id"], frozenset(map(Scope, row["scopes"])))

    def _forget_when_changed(self) -> None:
        version = self._database.version()
        if version != self._version:
            self._workspaces = {}
            self._principals = {}
            self._version = version


def _hash(secret: str) -> str:
    # A secret has 256 random bits, so nothing slower than one hash is needed to keep it from being guessed.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _read(connection: Connection, workspace_id: str) -> Workspace:
    query = select(tables.workspaces).where(tables.workspaces.c.id == workspace_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(f"there is no workspace {workspace_id!r}; 'aftersend workspace list' names them")
    return _workspace(row)


def _refuse(workspace: Workspace) -> None:
    if problem := check_workspace(workspace):
        raise InvalidRequest(problem.message, problem.field, problem.value)


def _columns(workspace: Workspace) -> dict[str, Any]:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "timezone": workspace.timezone,
        "profile": workspace.profile.value,
        "data_center": workspace.data_center,
        "features_off": sorted(workspace.features_off),
        "created_at": to_column(workspace.created_at),
        "global_mode": workspace.global_control_group.mode.value,
        "global_percentage": workspace.global_control_group.percentage,
        "salt": workspace.salt.hex(),
        "retention_days": workspace.retention_days,
    }


def _workspace(row: Any) -> Workspace:
    return Workspace(
        id=row["id"],
        name=row["name"],
        timezone=row["timezone"],
        profile=ProfileName(row["profile"]),
        data_center=row["data_center"],
        features_off=frozenset(map(Feature, row["features_off"])),
        created_at=from_column(row["created_at"]),
        global_control_group=GlobalControlGroup(GlobalMode(row["global_mode"]), tidy(row["global_percentage"])),
        salt=bytes.fromhex(row["salt"]),
        retention_days=row["retention_days"],
    )


def _key(row: Any) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"])),
        created_at=from_column(row["created_at"]),
        revoked_at=from_column(row["revoked_at"]) if row["revoked_at"] else None,
    )
