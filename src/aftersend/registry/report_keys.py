"""Report keys: whose secrets sign the downloads of reports. The secrets themselves are nowhere in the registry."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from aftersend.domain.reports import MOST_KEYS
from aftersend.errors import Conflict, NotFound
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column

SecretOf = Callable[[str, str], str]
"""Says the secret of a workspace's key, by their ids."""


@dataclass(frozen=True, slots=True)
class ReportKey:
    """A report key as it can be shown later; the hash tells whether the secret can still be made."""

    id: str
    workspace_id: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None

    def fits(self, secret: str) -> bool:
        """Return whether this is the secret that was shown when the key was made."""
        return self.secret_hash == _hash(secret)


class ReportKeys:
    """The report keys of every workspace; each call names the workspace it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, workspace_id: str, secret_of: SecretOf, now: datetime) -> tuple[ReportKey, str]:
        """Add a key and return it with its secret, which is shown only now.

        Raises:
            Conflict: as many as there can be are valid.
        """
        table = tables.report_keys
        key_id = secrets.token_hex(8)
        secret = secret_of(workspace_id, key_id)
        key = ReportKey(key_id, workspace_id, _hash(secret), now, None)
        with self._database.writing() as connection:
            mine = (table.c.workspace_id == workspace_id) & table.c.revoked_at.is_(None)
            if len(connection.execute(select(table.c.id).where(mine)).all()) >= MOST_KEYS:
                message = (
                    f"the workspace has {MOST_KEYS} valid report keys; revoke one with 'aftersend report key revoke'"
                )
                raise Conflict(message, field="report_key")
            row = {"id": key_id, "workspace_id": workspace_id, "secret_hash": key.secret_hash}
            connection.execute(insert(table).values(row | {"created_at": to_column(now)}))
        return key, secret

    def all(self, workspace_id: str) -> list[ReportKey]:
        """Return the keys of a workspace, the oldest first, revoked ones included."""
        table = tables.report_keys
        query = select(table).where(table.c.workspace_id == workspace_id).order_by(table.c.created_at, table.c.id)
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(query).mappings()]

    def valid(self, workspace_id: str) -> list[ReportKey]:
        """Return the keys of a workspace that are not revoked."""
        return [key for key in self.all(workspace_id) if key.revoked_at is None]

    def revoke(self, workspace_id: str, key_id: str, now: datetime) -> None:
        """End a key's life; from now on nothing that it signed opens."""
        table = tables.report_keys
        with self._database.writing() as connection:
            mine = (table.c.workspace_id == workspace_id) & (table.c.id == key_id)
            if not connection.scalar(select(table.c.id).where(mine)):
                raise NotFound(f"the workspace has no report key {key_id!r}; 'aftersend report key list' names them")
            ended = update(table).where(mine & table.c.revoked_at.is_(None)).values(revoked_at=to_column(now))
            connection.execute(ended)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Any) -> ReportKey:
    return ReportKey(
        id=row["id"],
        workspace_id=row["workspace_id"],
        secret_hash=row["secret_hash"],
        created_at=from_column(row["created_at"]),
        revoked_at=from_column(row["revoked_at"]) if row["revoked_at"] else None,
    )
