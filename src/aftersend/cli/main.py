"""The `aftersend` command."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from aftersend.app import configure_logs
from aftersend.cli import (
    audit_command,
    backup_command,
    change_command,
    global_group_commands,
    key_commands,
    ledger_commands,
    registry_commands,
    removal_commands,
    report_commands,
    restore_command,
    server_commands,
)
from aftersend.domain.workspaces import OPERATOR
from aftersend.registry.actor import act_as
from aftersend.settings import Settings

application = typer.Typer(
    help="Campaign statistics, computed exactly from every event.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
application.command("serve")(server_commands.serve)
application.command("demo")(server_commands.demo)
application.add_typer(registry_commands.workspace, name="workspace")
application.add_typer(key_commands.key, name="key")
application.add_typer(registry_commands.campaign, name="campaign")
application.add_typer(global_group_commands.global_control_group, name="global-control-group")
application.add_typer(report_commands.report, name="report")
application.command("load")(ledger_commands.load_files)
application.command("stats")(ledger_commands.show_stats)
application.command("audit")(audit_command.audit)
application.command("retract")(removal_commands.retract)
application.command("erase")(removal_commands.erase)
application.command("removals")(removal_commands.removals)
application.command("changes")(change_command.changes)
application.command("backup")(backup_command.backup)
application.command("restore")(restore_command.restore)
application.command("migrate")(server_commands.migrate)
application.command("doctor")(server_commands.doctor)
application.command("settings")(server_commands.show_settings)
application.command("openapi")(server_commands.openapi)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aftersend {version('aftersend')}")
        raise typer.Exit()


@application.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


class _NoDataFrames:
    """Keeps the library for data frames from being found.

    Arrow and the engine load it where it is installed, in case somebody has a data frame for them. Nobody here does,
    and it takes a quarter of a second of each start that opens the ledger, and 33 MiB.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("data frames are of no use here", name=name)


def main() -> None:
    """Run the command line."""
    sys.meta_path.insert(0, _NoDataFrames())
    act_as(OPERATOR)
    # Until a command has read its settings: results alone go to standard output.
    configure_logs(Settings(log_level="warning", log_format="text"))
    application()
