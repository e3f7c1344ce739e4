"""Commands that take events out of the ledger: retract, erase, and the book of both: removals."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aftersend.app import configure_logs
from aftersend.cli.client import Client, open_client
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.ledger_commands import KeySecret, Url
from aftersend.cli.options import Data, WorkspaceId, read_file, settings_from
from aftersend.domain.events import USER_ID_LIMIT
from aftersend.domain.removals import REASON_LIMIT, RETRACTED_IDS_LIMIT, STATUS_MEANINGS, RemovalStatus
from aftersend.errors import InvalidRequest, Misconfigured

Json = dict[str, Any]

_GLANCE_SECONDS = 0.5
_ENDED = (RemovalStatus.DONE, RemovalStatus.ABANDONED)


def retract(
    workspace: WorkspaceId,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    event_ids: Annotated[list[str] | None, typer.Argument(metavar="EVENT_ID…", help="The events.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with one event id a line.")] = None,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Take events back: they leave every answer, and their ids are never taken in again. It is safe to repeat."""
    with told():
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        ids = [*(event_ids or ()), *(_lines(file) if file else ())]
        if not ids:
            raise InvalidRequest("name the events, or a file that does with --file", "EVENT_ID")
        _check_reason(reason)
        with open_client(settings, workspace, url, key) as client:
            parts = (ids[start : start + RETRACTED_IDS_LIMIT] for start in range(0, len(ids), RETRACTED_IDS_LIMIT))
            done = [client.retract(part, reason) for part in parts]
        unknown = [event_id for one in done for event_id in one["unknown_event_ids"]]
        removed = sum(one["events_removed"] for one in done)
        print_json({"removals": [one["id"] for one in done], "events_removed": removed, "unknown_event_ids": unknown})


def _lines(file: Path) -> list[str]:
    try:
        text = read_file(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file} is not UTF-8", "--file") from error
    return [line for line in text.splitlines() if line.strip()]


def erase(
    user_id: Annotated[str, typer.Argument(metavar="USER", help="The user's id.")],
    workspace: WorkspaceId,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail; do not name the person.")] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return as soon as it has begun.")] = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Erase a person: every event of the user that has been received, from the answers and from the files."""
    with told():
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        if not 1 <= len(user_id) <= USER_ID_LIMIT:
            raise InvalidRequest(f"a user's id has 1 to {USER_ID_LIMIT} characters", "USER")
        _check_reason(reason)
        with open_client(settings, workspace, url, key) as client:
            removal = client.erase(user_id, reason)
            if not no_wait:
                removal = _wait(client, removal)
        print_json(removal)


def _check_reason(reason: str) -> None:
    if len(reason) > REASON_LIMIT:
        raise InvalidRequest(f"use up to {REASON_LIMIT} characters", "--reason")


def _wait(client: Client, removal: Json) -> Json:
    """Show how far a removal has come until it has ended."""
    shown = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=messages)
    with shown:
        task = shown.add_task("")
        while removal["status"] not in _ENDED:
            status = RemovalStatus(removal["status"])
            events = f"{removal['events_removed']:,} events, " if removal["events_removed"] else ""
            shown.update(task, description=f"{events}{status}: {STATUS_MEANINGS[status]}")
            time.sleep(_GLANCE_SECONDS)
            removal = client.removal(removal["id"])
    if removal["status"] == RemovalStatus.ABANDONED:
        raise Misconfigured("the erasure was given up before it removed anything; ask for it again")
    return removal


def removals(
    workspace: WorkspaceId,
    page: Annotated[int, typer.Option(min=1, help="The page of fifty removals.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """List what was removed, by whom, when and why, the newest first."""
    with told():
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        with open_client(settings, workspace, url, key) as client:
            found = client.removals((page - 1) * 50, 50)
        if as_json:
            print_json(found)
            return
        columns = ("id", "kind", "status", "requested_at", "requested_by", "events_removed", "reason")
        table = Table(*(column.replace("_", " ") for column in columns))
        for one in found["removals"]:
            table.add_row(*(str(one[column]) for column in columns))
        output.print(table)
        output.print(f"{found['total']:,} removals")
