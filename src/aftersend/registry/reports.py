"""Reports in the registry: what was asked for, and how far it has come."""

import secrets
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.reports import (
    LIFETIME,
    MOST_REPORTS,
    MOST_UNFINISHED,
    CampaignFilter,
    Granularity,
    Report,
    ReportFormat,
    ReportSpec,
    ReportStatus,
    Split,
    check_spec,
    report_filename,
)
from aftersend.domain.workspaces import Workspace
from aftersend.errors import Conflict, InvalidRequest
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column

_UNFINISHED = (ReportStatus.WAITING.value, ReportStatus.RUNNING.value)


class Reports:
    """The reports of every workspace; calls that answer name the workspace they are about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, workspace: Workspace, spec: ReportSpec, asked_by: str, now: datetime) -> Report:
        """Note a report that is to be made.

        Raises:
            InvalidRequest: what is asked for contradicts itself.
            Conflict: there is one of that name from today, or there are too many.
        """
        if problem := check_spec(spec):
            raise InvalidRequest(problem.message, problem.field, problem.value)
        filename = report_filename(spec.name, now.astimezone(workspace.zone).date())
        report = Report(workspace.id, secrets.token_hex(8), filename, spec, ReportStatus.WAITING, now, asked_by)
        table = tables.reports
        with self._database.writing() as connection:
            mine = table.c.workspace_id == workspace.id
            rows = connection.execute(select(table.c.filename, table.c.status).where(mine)).mappings()
            statuses = {row["filename"]: row["status"] for row in rows}
            _refuse(statuses, filename)
            connection.execute(insert(table).values(_columns(report)))
        return report

    def find(self, workspace_id: str, report_id: str) -> Report | None:
        """Return one report."""
        return self._one(tables.reports.c.workspace_id == workspace_id, tables.reports.c.id == report_id)

    def find_file(self, workspace_id: str, filename: str) -> Report | None:
        """Return the report that has the name of a file."""
        return self._one(tables.reports.c.workspace_id == workspace_id, tables.reports.c.filename == filename)

    def page(self, workspace_id: str, offset: int, limit: int) -> tuple[list[Report], int]:
        """Return a page of a workspace's reports, the newest first, and how many there are."""
        table = tables.reports
        mine = table.c.workspace_id == workspace_id
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(table).where(mine)) or 0
            query = select(table).where(mine).order_by(table.c.number.desc()).offset(offset).limit(limit)
            return [_report(row) for row in connection.execute(query).mappings()], total

    def with_status(self, status: ReportStatus) -> list[Report]:
        """Return the reports of all workspaces that have come so far, the oldest first."""
        return self._all(tables.reports.c.status == status.value)

    def expired(self, now: datetime) -> list[Report]:
        """Return the reports of all workspaces that nobody can download any more."""
        return self._all(tables.reports.c.requested_at < to_column(now - LIFETIME))

    def change(self, report: Report, **changes: Any) -> Report | None:
        """Note how far a report has come; return it as it is now, or None where it was deleted meanwhile."""
        changed = replace(report, **changes)
        table = tables.reports
        columns = {name: value for name, value in _columns(changed).items() if name in changes}
        with self._database.writing() as connection:
            found = connection.execute(update(table).where(table.c.id == report.id).values(columns)).rowcount
        return changed if found else None

    def delete(self, report: Report) -> None:
        """Forget a report."""
        table = tables.reports
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.id == report.id))

    def _one(self, *conditions: ColumnElement[bool]) -> Report | None:
        found = self._all(*conditions)
        return found[0] if found else None

    def _all(self, *conditions: ColumnElement[bool]) -> list[Report]:
        query = select(tables.reports).where(*conditions).order_by(tables.reports.c.number)
        with self._database.reading() as connection:
            return [_report(row) for row in connection.execute(query).mappings()]


def _refuse(statuses: dict[str, str], filename: str) -> None:
    if filename in statuses:
        raise Conflict(f"there is a report {filename} already; delete it, or choose another name", field="name")
    if len(statuses) >= MOST_REPORTS:
        raise Conflict(f"the workspace has {MOST_REPORTS} reports; delete some that are not needed", field="reports")
    if sum(status in _UNFINISHED for status in statuses.values()) >= MOST_UNFINISHED:
        raise Conflict(f"{MOST_UNFINISHED} reports of the workspace are not made yet; wait for one", field="reports")


def _columns(report: Report) -> dict[str, Any]:
    return {
        "workspace_id": report.workspace_id,
        "id": report.id,
        "filename": report.filename,
        "spec": _spec_json(report.spec),
        "status": report.status.value,
        "requested_at": to_column(report.requested_at),
        "requested_by": report.requested_by,
        "attempts": report.attempts,
        "campaigns": report.campaigns,
        "rows": report.rows,
        "file_bytes": report.file_bytes,
        "error": report.error,
        "finished_at": to_column(report.finished_at) if report.finished_at else None,
    }


def _report(row: Any) -> Report:
    return Report(
        workspace_id=row["workspace_id"],
        id=row["id"],
        filename=row["filename"],
        spec=_spec(row["spec"]),
        status=ReportStatus(row["status"]),
        requested_at=from_column(row["requested_at"]),
        requested_by=row["requested_by"],
        attempts=row["attempts"],
        campaigns=row["campaigns"],
        rows=row["rows"],
        file_bytes=row["file_bytes"],
        error=row["error"],
        finished_at=from_column(row["finished_at"]) if row["finished_at"] else None,
    )


def _spec_json(spec: ReportSpec) -> dict[str, Any]:
    wanted = spec.campaigns
    return {
        "name": spec.name,
        "start_date": spec.start.isoformat(),
        "end_date": spec.end.isoformat(),
        "campaign_ids": list(spec.campaign_ids),
        "channels": list(wanted.channels),
        "delivery_types": list(wanted.delivery_types),
        "tags": list(wanted.tags),
        "created_from": wanted.created_from.isoformat() if wanted.created_from else None,
        "created_to": wanted.created_to.isoformat() if wanted.created_to else None,
        "granularity": spec.granularity.value,
        "split_by": list(spec.split_by),
        "attribution_types": list(spec.attribution_types),
        "format": spec.format.value,
        "delimiter": spec.delimiter,
    }


def _spec(row: Any) -> ReportSpec:
    return ReportSpec(
        name=row["name"],
        start=date.fromisoformat(row["start_date"]),
        end=date.fromisoformat(row["end_date"]),
        campaign_ids=tuple(row["campaign_ids"]),
        campaigns=CampaignFilter(
            channels=tuple(map(Channel, row["channels"])),
            delivery_types=tuple(map(DeliveryType, row["delivery_types"])),
            tags=tuple(row["tags"]),
            created_from=_day(row["created_from"]),
            created_to=_day(row["created_to"]),
        ),
        granularity=Granularity(row["granularity"]),
        split_by=tuple(map(Split, row["split_by"])),
        attribution_types=tuple(map(AttributionType, row["attribution_types"])),
        format=ReportFormat(row["format"]),
        delimiter=row["delimiter"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
