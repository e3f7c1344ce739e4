"""`aftersend changes`: who changed what is registered."""

import json
from typing import Annotated

import typer
from rich.table import Table

from aftersend.app import open_registry
from aftersend.cli.console import output, print_json, told
from aftersend.cli.options import Data, RegistryUrl, WorkspaceId, settings_from
from aftersend.domain.changes import Change, Thing

_LONGEST_CELL = 60


def changes(
    workspace_id: WorkspaceId,
    thing: Annotated[Thing | None, typer.Option(help="Only changes of such things.")] = None,
    offset: Annotated[int, typer.Option(help="Skip so many.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Show at most so many.", min=1, max=10_000)] = 50,
    data: Data = None,
    registry: RegistryUrl = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List who changed workspace, keys, campaigns and goals, when, from what and to what; the newest first."""
    from aftersend.api.change_routes import change_json

    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        opened.workspaces.get(workspace_id)
        page, total = opened.trail.page(workspace_id, thing, offset, limit)
    if as_json:
        print_json({"changes": [change_json(row) for row in page], "total": total, "offset": offset, "limit": limit})
        return
    table = Table("when (UTC)", "by", "thing", "which", "what")
    for row in page:
        table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", row.by, row.thing, row.thing_id, _what(row))
    output.print(table)
    if total > offset + len(page):
        output.print(f"{total - offset - len(page)} older ones: --offset {offset + len(page)}")


def _what(change: Change) -> str:
    if change.action != "changed":
        return change.action
    before, after = change.before or {}, change.after or {}
    return "; ".join(f"{name}: {_cell(before.get(name))} → {_cell(after.get(name))}" for name in after)


def _cell(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"
