"""Commands on the ledger: load files, ask for statistics. Over HTTP where a server runs, else in this process."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from aftersend.app import configure_logs, now, open_registry
from aftersend.cli.client import Client, open_client
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.options import Data, WorkspaceId, settings_from
from aftersend.domain.attribution import AttributionType
from aftersend.domain.events import Stream
from aftersend.domain.formulas import Mode
from aftersend.domain.sources import EventSource
from aftersend.errors import InvalidRequest
from aftersend.settings import KEY_VARIABLE, Settings

Url = Annotated[str | None, typer.Option(help="A server elsewhere, instead of the data folder.")]
KeySecret = Annotated[str | None, typer.Option("--key", envvar=KEY_VARIABLE, help="The key for the server at --url.")]


def load_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="NDJSON, CSV or Parquet; .gz and .zst too.")],
    workspace: WorkspaceId,
    stream: Annotated[
        Stream | None, typer.Option(help="What the files hold; told from the first event if left out.")
    ] = None,
    source: Annotated[
        EventSource | None, typer.Option(help="Whose exported files they are, where they are not in the native format.")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write every event that is turned away to this file.")] = None,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Load files of events. It is safe to repeat: an event that is there already is a duplicate."""
    from aftersend.cli.loading import load

    with told():
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        for file in files:
            if not file.is_file():
                raise InvalidRequest(f"there is no file {file}", "FILE")
        with open_client(settings, workspace, url, key) as client:
            report = load(client, files, stream, rejects, source)
        shown = {"accepted": report.accepted, "duplicates": report.duplicates, "rejected": report.rejected}
        of_source = {"recognised": report.recognised, "unknown": report.unknown} if source else {}
        print_json(shown | of_source)
        for row in report.examples:
            place = f"{row['file']}, event {row['event']}"
            messages.print(f"{place}: {row['field']}: {row['message']} ({row['code']})", markup=False)
        if report.rejected > len(report.examples):
            messages.print(f"… and {report.rejected - len(report.examples):,} more; --rejects FILE keeps them all")
        if report.rejected:
            raise typer.Exit(1)


def show_stats(
    workspace: WorkspaceId,
    campaigns: Annotated[
        list[str] | None, typer.Argument(metavar="CAMPAIGN…", help="Up to ten ids; else all, by page.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First day, YYYY-MM-DD; 30 days before the end if left out.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; today if left out.")] = None,
    unique: Annotated[bool, typer.Option("--unique", help="Count distinct users instead of occurrences.")] = False,
    attribution: Annotated[
        AttributionType, typer.Option(help="Which conversions count.")
    ] = AttributionType.VIEW_THROUGH,
    page: Annotated[int, typer.Option(min=1, help="The page of ten campaigns, when none are named.")] = 1,
    every_node: Annotated[
        bool, typer.Option("--all", help="Named locales, variations and control groups too.")
    ] = False,
    uplift: Annotated[
        bool, typer.Option("--uplift", help="Compare one campaign with its control groups instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as the API gives it.")] = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Show the statistics of campaigns as tables."""
    from aftersend.cli.stats_table import tables

    with told():
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        if uplift:
            with open_client(settings, workspace, url, key) as client:
                _show_uplift(client, campaigns or [], (start, end, attribution), as_json=as_json)
            return
        last = _day(end, "--end") or _today(settings, workspace, url)
        first = _day(start, "--start") or last - timedelta(days=30)
        question = {
            "request_id": "aftersend-stats",
            **({"campaign_ids": campaigns} if campaigns else {}),
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "attribution_type": attribution.value,
            "metric_type": (Mode.UNIQUE if unique else Mode.TOTAL).value,
            "offset": (page - 1) * 10,
        }
        with open_client(settings, workspace, url, key) as client:
            answer = client.stats(question)
        if as_json:
            print_json(answer)
            return
        for part in tables(answer, every_node=every_node):
            output.print(part)
        for missing in sorted(set(campaigns or ()) - set(answer["data"])):
            messages.print(f"the workspace has no campaign {missing}", markup=False)
        output.print(
            f"\n{first} to {last}, {question['metric_type']}, {question['attribution_type']}; "
            f"page {answer['current_page']} of {answer['total_pages']}, {answer['total_campaigns']} campaigns"
        )


def _show_uplift(
    client: Client, campaigns: list[str], asked: tuple[str | None, str | None, AttributionType], *, as_json: bool
) -> None:
    from aftersend.cli.uplift_table import tables

    if len(campaigns) != 1:
        raise InvalidRequest("name one campaign to compare with its control groups", "CAMPAIGN")
    start, end, attribution = asked
    days = {name: day for name, day in (("start_date", start), ("end_date", end)) if day is not None}
    answer = client.uplift(campaigns[0], days | {"attribution_type": attribution.value})
    if as_json:
        print_json(answer)
        return
    for part in tables(answer):
        output.print(part)


def _day(given: str | None, option: str) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InvalidRequest("use a date as YYYY-MM-DD", option, given) from error


def _today(settings: Settings, workspace: str, url: str | None) -> date:
    """Today where the workspace is; elsewhere its zone is not known here, and UTC has to do."""
    if url is not None:
        return now().date()
    with open_registry(settings) as registry:
        return now().astimezone(registry.workspaces.get(workspace).zone).date()
