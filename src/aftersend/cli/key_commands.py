"""Commands on keys. They work while the server runs, and it sees what they change."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from aftersend.app import now, open_registry
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.options import Data, RegistryUrl, WorkspaceId, settings_from
from aftersend.domain.keys import LONGEST_OVERLAP_HOURS, Key
from aftersend.domain.workspaces import DEFAULT_SCOPES, Scope

key = typer.Typer(help="Keys: what opens a workspace.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="What the key may do; repeat for several.")]


def _key_json(found: Key) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": sorted(found.scopes),
        "state": found.state(now()),
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "revoked_at": found.revoked_at,
        "last_used_at": found.last_used_at,
    }


@key.command("create")
def create_key(
    workspace_id: WorkspaceId,
    scope: Scopes = None,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    expires_in_days: Annotated[
        int | None, typer.Option(metavar="DAYS", help="The key ends by itself after so many days.", min=1)
    ] = None,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Create a key and print it. The secret is shown only now."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        ends = None if expires_in_days is None else now() + timedelta(days=min(expires_in_days, 100_000))
        created, secret = opened.keys.create(workspace_id, scope or DEFAULT_SCOPES, name, ends)
        shown = {"id": created.id, "secret": secret, "scopes": sorted(created.scopes)}
        print_json(shown | ({"expires_at": ends} if ends else {}))


@key.command("rotate")
def rotate_key(
    named: Annotated[str, typer.Argument(metavar="NAME", help="The name of the key, or its id.")],
    workspace_id: WorkspaceId,
    overlap_hours: Annotated[
        int, typer.Option(help="For so many hours both keys open the workspace.", min=0, max=LONGEST_OVERLAP_HOURS)
    ] = 24,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Put a new key in the place of another, which ends by itself. The new secret is shown only now."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        done = opened.keys.rotate(workspace_id, named, overlap_hours)
        replaced = {"id": done.old.id, "expires_at": done.old.expires_at}
        new = {"id": done.new.id, "name": done.new.name, "secret": done.secret, "scopes": sorted(done.new.scopes)}
        print_json(new | {"expires_at": done.new.expires_at, "replaces": replaced})
        ends = f"{done.old.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        messages.print(f"The key {done.old.id} opens the workspace until {ends}.", markup=False)


@key.command("list")
def list_keys(
    workspace_id: WorkspaceId, data: Data = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """List the keys of a workspace, ended ones included."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        found = opened.keys.all(workspace_id)
    if as_json:
        print_json([_key_json(row) for row in found])
        return
    table = Table("id", "name", "scopes", "state", "created", "ends", "last used")
    for row in found:
        times = (row.created_at, row.revoked_at or row.expires_at, row.last_used_at)
        table.add_row(row.id, row.name, " ".join(sorted(row.scopes)), row.state(now()), *map(_minute, times))
    output.print(table)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


@key.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    workspace_id: WorkspaceId,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """End a key's life at once, in a running server too."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        opened.keys.revoke(workspace_id, key_id)
        print_json({"id": key_id, "revoked": True})
