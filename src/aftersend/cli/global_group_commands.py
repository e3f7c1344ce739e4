"""Commands on the global control group: how it is chosen, and the list of its users."""

import math
from pathlib import Path
from typing import Annotated

import typer

from aftersend.app import open_registry
from aftersend.cli.console import messages, print_json, told
from aftersend.cli.options import Data, RegistryUrl, WorkspaceId, read_file, settings_from
from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.percentages import tidy
from aftersend.errors import InvalidRequest

global_control_group = typer.Typer(help="The users whom all campaigns leave alone.", no_args_is_help=True)


@global_control_group.callback()
def commands() -> None:
    """Let the one command keep its name."""


@global_control_group.command("upload")
def upload_users(
    file: Annotated[Path, typer.Argument(help='One user id a line; or JSON, {"users": […]}, in a file named .json.')],
    workspace_id: WorkspaceId,
    data: Data = None,
    registry: RegistryUrl = None,
) -> None:
    """Replace the list of users of an uploaded global control group."""
    from aftersend.intake.user_lists import read_users

    with told(), open_registry(settings_from(data=data, registry=registry)) as opened:
        mode = opened.workspaces.get(workspace_id).global_control_group.mode
        users = read_users(read_file(file), lines=file.suffix != ".json")
        opened.uploaded_users.replace(workspace_id, users)
        print_json({"users": len(users), "mode": mode})
        if mode is not GlobalMode.UPLOADED:
            messages.print(
                f"The group is {mode}, so the list is kept and not used; "
                f"'aftersend workspace update {workspace_id} --global-control-group uploaded' uses it.",
                markup=False,
            )


def global_group(text: str) -> GlobalControlGroup:
    """Read an option: a percentage, uploaded, or off."""
    if text in (GlobalMode.UPLOADED, GlobalMode.OFF):
        return GlobalControlGroup(GlobalMode(text))
    try:
        percentage = float(text.removesuffix("%"))
    except ValueError:
        percentage = math.nan
    if not math.isfinite(percentage):
        raise InvalidRequest("use a percentage of all users, 'uploaded' or 'off'", "--global-control-group", text)
    return GlobalControlGroup(GlobalMode.RANDOM, tidy(percentage))
