"""`aftersend audit`: whether the numbers add up. Over HTTP where a server runs, else in this process."""

from typing import Annotated

import typer

from aftersend.app import configure_logs
from aftersend.cli.client import open_client
from aftersend.cli.console import output, print_json, told
from aftersend.cli.ledger_commands import KeySecret, Url
from aftersend.cli.options import Data, WorkspaceId, settings_from

CANNOT = 2
"""The exit status when nothing could be checked; 1 says that something is wrong with the numbers."""


def audit(
    workspace: WorkspaceId,
    campaigns: Annotated[list[str] | None, typer.Argument(metavar="CAMPAIGN…", help="Ids; all if left out.")] = None,
    start: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD; all days if left out.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    limit: Annotated[int, typer.Option(help="Show at most so many violations, the worst first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as the API gives it.")] = False,
    url: Url = None,
    key: KeySecret = None,
    data: Data = None,
) -> None:
    """Check that the numbers add up. Exit status 0: they do; 1: they do not; 2: it could not be checked."""
    from aftersend.cli.audit_table import parts

    given = {"start_date": start, "end_date": end, "campaign_ids": ",".join(campaigns) if campaigns else None}
    query = {name: text for name, text in given.items() if text is not None} | {"limit": str(limit)}
    with told(failed=CANNOT):
        settings = settings_from(data=data, log_level="warning", log_format="text")
        configure_logs(settings)
        with open_client(settings, workspace, url, key) as client:
            answer = client.audit(query)
        if as_json:
            print_json(answer)
        else:
            for part in parts(answer):
                output.print(part)
        if not answer["clean"]:
            raise typer.Exit(1)
