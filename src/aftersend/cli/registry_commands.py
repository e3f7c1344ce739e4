"""Commands on the registry: workspaces, campaigns. They work while the server runs."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from aftersend.app import now, open_registry
from aftersend.cli.console import output, print_json, told
from aftersend.cli.global_group_commands import global_group
from aftersend.cli.options import Data, RegistryUrl, WorkspaceId, read_file, settings_from
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import DEFAULT_SCOPES, Feature, Workspace
from aftersend.errors import InvalidRequest

workspace = typer.Typer(help="Workspaces: the tenants that everything belongs to.", no_args_is_help=True)
campaign = typer.Typer(help="Campaigns and their goals.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def _workspace_json(found: Workspace) -> dict[str, Any]:
    return {
        "workspace_id": found.id,
        "name": found.name,
        "timezone": found.timezone,
        "profile": found.profile,
        "data_center": found.data_center,
        "features_off": sorted(found.features_off),
        "global_control_group": {
            "mode": found.global_control_group.mode,
            "percentage": found.global_control_group.percentage,
        },
        "retention_days": found.retention_days,
        "created_at": found.created_at,
    }


@workspace.command("create")
def create_workspace(
    workspace_id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    timezone: Annotated[str, typer.Option(help="The zone of its days; it cannot change later.")] = "UTC",
    profile: Annotated[ProfileName, typer.Option(help="How answers spell keys.")] = ProfileName.DOCUMENTED,
    data_center: Annotated[str, typer.Option(help="The data center it belongs to.")] = "01",
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Create a workspace and print it with a first key. The secret is shown only now."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        created = Workspace(workspace_id, name or workspace_id, timezone, profile, data_center, frozenset(), now())
        opened.workspaces.create(created)
        first, secret = opened.keys.create(workspace_id, DEFAULT_SCOPES, "first key")
        print_json(
            {
                "workspace_id": created.id,
                "timezone": created.timezone,
                "profile": created.profile,
                "key": {"id": first.id, "secret": secret, "scopes": sorted(first.scopes)},
            }
        )


@workspace.command("list")
def list_workspaces(data: Data = None, registry: RegistryUrl = None, as_json: AsJson = False) -> None:
    """List the workspaces."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        found = opened.workspaces.all()
    if as_json:
        print_json([_workspace_json(row) for row in found])
        return
    table = Table("id", "name", "timezone", "profile", "data center", "switched off")
    for row in found:
        table.add_row(row.id, row.name, row.timezone, row.profile, row.data_center, ", ".join(sorted(row.features_off)))
    output.print(table)


@workspace.command("show")
def show_workspace(
    workspace_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, registry: RegistryUrl = None
) -> None:
    """Print a workspace."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        print_json(_workspace_json(opened.workspaces.get(workspace_id)))


@workspace.command("update")
def update_workspace(
    workspace_id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    profile: Annotated[ProfileName | None, typer.Option(help="How answers spell keys.")] = None,
    data_center: Annotated[str | None, typer.Option(help="The data center it belongs to.")] = None,
    switch_off: Annotated[list[Feature] | None, typer.Option(help="Switch a feature off.")] = None,
    switch_on: Annotated[list[Feature] | None, typer.Option(help="Switch a feature on again.")] = None,
    global_control_group: Annotated[
        str | None, typer.Option(metavar="PERCENT|uploaded|off", help="Whom campaigns leave alone.")
    ] = None,
    retention_days: Annotated[
        str | None, typer.Option(metavar="DAYS|off", help="Older events are removed for good, within minutes.")
    ] = None,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Change a workspace. Its time zone cannot change: its days are counted already."""
    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        known = opened.workspaces.get(workspace_id)
        given = {"name": name, "profile": profile, "data_center": data_center}
        changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
        if global_control_group is not None:
            changes["global_control_group"] = global_group(global_control_group)
        if retention_days is not None:
            changes["retention_days"] = _retention(retention_days)
        changes["features_off"] = (known.features_off | set(switch_off or ())) - set(switch_on or ())
        print_json(_workspace_json(opened.workspaces.update(workspace_id, **changes)))


def _retention(text: str) -> int | None:
    if text == "off":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidRequest("use a number of days, or 'off' to keep events for ever", "--retention-days", text)
    return int(text)


@campaign.command("put")
def put_campaign(
    file: Annotated[Path, typer.Argument(help="JSON: one campaign or an array of campaigns, each with its id.")],
    workspace_id: WorkspaceId,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Register campaigns, or replace what is registered under their ids."""
    from aftersend.api.campaign_json import CampaignBody, convert, decode, to_campaign

    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        opened.workspaces.get(workspace_id)
        sent: Any = decode(object, read_file(file))
        for place, one in enumerate(sent if isinstance(sent, list) else [sent]):
            body = convert(CampaignBody, one)
            if not isinstance(body.id, str):
                raise InvalidRequest("a campaign in a file needs an id", f"campaigns[{place}].id")
            known = opened.campaigns.find(workspace_id, [body.id]).get(body.id)
            registered = opened.campaigns.put(workspace_id, to_campaign(body, body.id, now(), known))
            output.print(f"{registered.id}  {registered.channel}  {registered.name}")


@campaign.command("list")
def list_campaigns(
    workspace_id: WorkspaceId, data: Data = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """List the campaigns of a workspace in the order of their creation."""
    from aftersend.api.campaign_json import campaign_json

    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        opened.workspaces.get(workspace_id)
        found, _ = opened.campaigns.page(workspace_id, 0, 1_000_000)
    if as_json:
        print_json([campaign_json(row) for row in found])
        return
    table = Table("id", "name", "channel", "delivery type", "status", "parent", "goals")
    for row in found:
        parent = row.parent_campaign_id or ""
        table.add_row(row.id, row.name, row.channel, row.delivery_type, row.status, parent, str(len(row.goals)))
    output.print(table)


@campaign.command("show")
def show_campaign(
    campaign_id: Annotated[str, typer.Argument(metavar="ID")],
    workspace_id: WorkspaceId,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Print a campaign."""
    from aftersend.api.campaign_json import campaign_json

    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        print_json(campaign_json(opened.campaigns.get(workspace_id, campaign_id)))
