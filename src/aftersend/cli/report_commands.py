"""Commands on reports: create, list, download, delete, and the keys that sign downloads."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from aftersend.app import configure_logs, now, open_registry
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.ledger_commands import KeySecret, Url
from aftersend.cli.options import Data, RegistryUrl, WorkspaceId, settings_from
from aftersend.cli.report_client import Reports, open_reports
from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.reports import DEFAULT_ATTRIBUTION, Granularity, ReportFormat, ReportStatus, Split
from aftersend.errors import InvalidRequest, Misconfigured
from aftersend.settings import Settings

Json = dict[str, Any]

report = typer.Typer(help="Reports: files of statistics for many campaigns.", no_args_is_help=True)
report_key = typer.Typer(help="Report keys: whose secrets sign the downloads of reports.", no_args_is_help=True)
report.add_typer(report_key, name="key")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
ReportId = Annotated[str, typer.Argument(metavar="ID", help="The report.")]
_GLANCE_SECONDS = 0.2


@report.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the file is called.")],
    workspace: WorkspaceId,
    start: Annotated[str, typer.Option(help="The first day, as YYYY-MM-DD.")],
    end: Annotated[str, typer.Option(help="The last day; up to 90 days in all.")],
    campaign: Annotated[list[str] | None, typer.Option(help="A campaign; repeat for several.")] = None,
    channel: Annotated[list[Channel] | None, typer.Option(help="Campaigns on a channel; repeat for several.")] = None,
    delivery_type: Annotated[list[DeliveryType] | None, typer.Option(help="Campaigns that go out so.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Campaigns with a tag; repeat for several.")] = None,
    created_from: Annotated[str | None, typer.Option(help="Campaigns created on this day or later.")] = None,
    created_to: Annotated[str | None, typer.Option(help="Campaigns created on this day or before.")] = None,
    by_day: Annotated[bool, typer.Option("--by-day", help="A row for each day, not for the whole range.")] = False,
    split: Annotated[list[Split] | None, typer.Option(help="What gets rows of its own. [child_campaign]")] = None,
    attribution: Annotated[
        list[AttributionType] | None, typer.Option(help="By which types goals have columns.")
    ] = None,
    file_format: Annotated[ReportFormat, typer.Option("--format", help="What the files are.")] = ReportFormat.CSV,
    delimiter: Annotated[str, typer.Option(help="Between the values of CSV: , | : ;")] = ",",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return as soon as it has been noted.")] = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Have a report made, and print it when it is ready."""
    wanted: Json = {
        "channels": channel,
        "delivery_types": delivery_type,
        "tags": tag,
        "created_from": created_from,
        "created_to": created_to,
    }
    asked: Json = {
        "name": name,
        "start_date": start,
        "end_date": end,
        "campaign_ids": campaign or [],
        "filter": {field: value for field, value in wanted.items() if value is not None},
        "granularity": Granularity.DAY if by_day else Granularity.AGGREGATE,
        "split_by": split or [Split.CHILD_CAMPAIGN],
        "attribution_types": attribution or list(DEFAULT_ATTRIBUTION),
        "format": file_format,
        "delimiter": delimiter,
    }
    with told(), open_reports(_settings(data), workspace, url, key) as reports:
        begun = reports.ask(asked)
        print_json(begun if no_wait else _wait(reports, begun))


def _settings(data: Path | None) -> Settings:
    settings = settings_from(data=data, log_level="warning", log_format="text")
    configure_logs(settings)
    return settings


def _wait(reports: Reports, begun: Json) -> Json:
    """Show how far a report has come until it is ready."""
    found = begun
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} %"),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        console=messages,
    )
    with bar:
        task = bar.add_task(found["status"], total=100, rows=0)
        while found["status"] in (ReportStatus.WAITING, ReportStatus.RUNNING):
            time.sleep(_GLANCE_SECONDS)
            found = reports.get(found["id"])
            bar.update(task, description=found["status"], completed=found["progress"], rows=found["rows"])
    if found["status"] == ReportStatus.FAILED:
        raise Misconfigured(f"the report could not be made: {found['error']}")
    return found


@report.command("list")
def list_reports(
    workspace: WorkspaceId,
    page: Annotated[int, typer.Option(min=1, help="The page of fifty reports.")] = 1,
    as_json: AsJson = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """List the reports of a workspace, the newest first."""
    with told():
        with open_reports(_settings(data), workspace, url, key) as reports:
            found = reports.page((page - 1) * 50, 50)
        if as_json:
            print_json(found)
            return
        table = Table("id", "file", "status", "progress", "rows", "bytes", "expires", "error")
        for one in found["reports"]:
            shown = (f"{one['progress']:.0f} %", f"{one['rows']:,}", f"{one['file_bytes']:,}", str(one["expires_at"]))
            table.add_row(one["id"], one["filename"], one["status"], *shown, one["error"] or "")
        output.print(table)
        output.print(f"{found['total']:,} reports")


@report.command("download")
def download(
    report_id: ReportId,
    workspace: WorkspaceId,
    out: Annotated[Path | None, typer.Option(help="The file to write. [the report's own name]")] = None,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Write the file of a report that is ready."""
    with told(), open_reports(_settings(data), workspace, url, key) as reports:
        found = reports.get(report_id)
        target = out or Path(found["filename"])
        part = target.with_name(f".{target.name}.part")
        bar = Progress(TextColumn("downloading"), BarColumn(), DownloadColumn(), console=messages)
        try:
            with bar, part.open("wb") as written:
                task = bar.add_task("", total=found["file_bytes"])
                for piece in reports.file(report_id):
                    written.write(piece)
                    bar.advance(task, len(piece))
            part.rename(target)
        except OSError as error:
            raise InvalidRequest(f"{target} cannot be written: {error.strerror}", "--out") from error
        finally:
            part.unlink(missing_ok=True)
        print_json({"id": report_id, "file": str(target), "bytes": target.stat().st_size})


@report.command("delete")
def delete(
    report_id: ReportId, workspace: WorkspaceId, url: Url = None, key: KeySecret = None, data: Data = None
) -> None:
    """Remove a report and its file, also while it is being made."""
    with told(), open_reports(_settings(data), workspace, url, key) as reports:
        reports.delete(report_id)
        print_json({"id": report_id, "deleted": True})


@report_key.command("create")
def create_key(workspace: WorkspaceId, data: Data = None, registry: RegistryUrl = None) -> None:
    """Make a report key and print it. The secret is shown only now; up to two keys are valid at a time."""
    from aftersend.reports.secrets import ReportSecrets

    settings = settings_from(data=data, registry=registry)
    with told(), open_registry(settings) as opened:
        opened.workspaces.get(workspace)
        secrets = ReportSecrets(settings.data, opened.report_keys)
        created, secret = opened.report_keys.create(workspace, secrets.secret_of, now())
        print_json({"id": created.id, "secret": secret, "app_id": workspace})


@report_key.command("list")
def list_keys(workspace: WorkspaceId, data: Data = None, registry: RegistryUrl = None, as_json: AsJson = False) -> None:
    """List the report keys of a workspace, revoked ones included."""
    from aftersend.reports.secrets import ReportSecrets

    settings = settings_from(data=data, registry=registry)
    with told(), open_registry(settings) as opened:
        opened.workspaces.get(workspace)
        usable = ReportSecrets(settings.data, opened.report_keys).usable(workspace)
        found = [
            {
                "id": one.id,
                "created_at": one.created_at,
                "revoked_at": one.revoked_at,
                "usable": usable.get(one.id, False),
            }
            for one in opened.report_keys.all(workspace)
        ]
    if as_json:
        print_json(found)
        return
    table = Table("id", "created", "revoked", "usable")
    for row in found:
        moments = (f"{row[name]:%Y-%m-%d %H:%M}" if row[name] else "" for name in ("created_at", "revoked_at"))
        table.add_row(str(row["id"]), *moments, "yes" if row["usable"] else "no")
    output.print(table)


@report_key.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    workspace: WorkspaceId,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """End a report key's life at once, in a running server too."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        opened.report_keys.revoke(workspace, key_id, now())
        print_json({"id": key_id, "revoked": True})
