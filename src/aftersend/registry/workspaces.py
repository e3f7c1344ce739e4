"""Workspaces in the registry."""

import secrets
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aftersend.domain.changes import Json, Thing
from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.percentages import tidy
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Feature, Workspace, check_workspace
from aftersend.errors import Conflict, InvalidRequest, NotFound
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column
from aftersend.registry.trail import Trail

SALT_BYTES = 32


class Workspaces:
    """The workspaces of a registry."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail
        self._version: Any = None
        self._workspaces: dict[str, Workspace] = {}

    def create(self, workspace: Workspace) -> None:
        """Add a workspace."""
        _refuse(workspace)
        created = replace(workspace, salt=workspace.salt or secrets.token_bytes(SALT_BYTES))
        with self._database.writing() as connection:
            if connection.scalar(select(tables.workspaces.c.id).where(tables.workspaces.c.id == workspace.id)):
                raise Conflict(f"there is a workspace {workspace.id!r} already", field="id")
            connection.execute(insert(tables.workspaces).values(_columns(created)))
            everything = {name: value for fields in _told(created).values() for name, value in fields.items()}
            self._trail.note(connection, workspace.id, (Thing.WORKSPACE, workspace.id), None, everything)

    def update(self, workspace_id: str, **changes: Any) -> Workspace:
        """Change anything of a workspace but its id and its time zone, which is fixed."""
        if "timezone" in changes:
            raise Conflict("a workspace's time zone is fixed: its days are already counted", field="timezone")
        table = tables.workspaces
        with self._database.writing() as connection:
            # What is remembered may be older than another operator's last change.
            known = _read(connection, workspace_id)
            changed = replace(known, **changes)
            _refuse(changed)
            connection.execute(update(table).where(table.c.id == workspace_id).values(_columns(changed)))
            before, after = _told(known), _told(changed)
            for thing in before:
                self._trail.note(connection, workspace_id, (thing, workspace_id), before[thing], after[thing])
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

    def _forget_when_changed(self) -> None:
        version = self._database.version()
        if version != self._version:
            self._workspaces = {}
            self._version = version


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


def _told(workspace: Workspace) -> dict[Thing, Json]:
    """The workspace as the trail tells it: by the thing that a change of a field is about, and without its salt."""
    return {
        Thing.WORKSPACE: {"name": workspace.name, "timezone": workspace.timezone},
        Thing.SETTINGS: {
            "profile": workspace.profile.value,
            "data_center": workspace.data_center,
            "retention_days": workspace.retention_days,
        },
        Thing.FEATURES: {"features_off": sorted(workspace.features_off)},
        Thing.GLOBAL_CONTROL_GROUP: {
            "mode": workspace.global_control_group.mode.value,
            "percentage": workspace.global_control_group.percentage,
        },
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
