"""The demo: two workspaces filled through the same intake as everybody's events, and how to ask about them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

import msgspec
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from aftersend.api.campaign_json import CampaignBody, convert, to_campaign
from aftersend.app import Parts, now
from aftersend.cli.console import messages, output
from aftersend.demo import history, sample
from aftersend.domain.events import Stream
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import DEFAULT_SCOPES, Scope, Workspace
from aftersend.errors import AftersendError
from aftersend.intake.receive import Sender
from aftersend.registry.registry import Registry

_SCOPES = (*DEFAULT_SCOPES, Scope.ADMIN)
"""The demo is there to try everything with."""

_BATCH_EVENTS = 20_000
_EVENTS_A_USER = 15  # about; it only sizes the progress bar


class Demo:
    """A month on every channel in the workspace `demo`, and the documented sample campaign in `sample`."""

    def __init__(self, last_day: date, users: int) -> None:
        self._last_day = last_day
        self._users = users
        self._secrets: dict[str, str] = {}

    def fill(self, parts: Parts) -> None:
        """Create both workspaces and take their events in."""
        month = history.month(self._last_day, self._users)
        demo = self._create(parts.registry, "demo", "Demo", "Europe/Berlin", month.campaigns)
        small = self._create(parts.registry, "sample", "Sample", "UTC", [sample.campaign(self._last_day)])
        self._send(parts, small, Stream.MESSAGE_EVENTS, sample.message_events(self._last_day))
        bar = Progress(
            TextColumn("a month of events"), BarColumn(), TextColumn("{task.completed:,.0f}"), console=messages
        )
        with bar:
            task = bar.add_task("events", total=self._users * _EVENTS_A_USER)
            for stream, events in (
                (Stream.MESSAGE_EVENTS, month.message_events()),
                (Stream.USER_EVENTS, month.user_events()),
            ):
                for sent in self._send_all(parts, demo, stream, events):
                    bar.advance(task, sent)
            bar.update(task, total=bar.tasks[task].completed)

    def _create(
        self, registry: Registry, workspace_id: str, name: str, timezone: str, campaigns: list[dict[str, Any]]
    ) -> Workspace:
        workspace = Workspace(workspace_id, name, timezone, ProfileName.DOCUMENTED, "01", frozenset(), now())
        registry.workspaces.create(workspace)
        _, self._secrets[workspace_id] = registry.keys.create(workspace_id, _SCOPES, "demo")
        for described in campaigns:
            body = convert(CampaignBody, described)
            registry.campaigns.put(workspace_id, to_campaign(body, described["id"], now()))
        return workspace

    def _send_all(self, parts: Parts, workspace: Workspace, stream: Stream, events: Iterable[Any]) -> Iterator[int]:
        remaining = iter(events)
        while batch := list(islice(remaining, _BATCH_EVENTS)):
            self._send(parts, workspace, stream, batch)
            yield len(batch)

    def _send(self, parts: Parts, workspace: Workspace, stream: Stream, events: list[Any]) -> None:
        receipt = parts.intake.receive(Sender(workspace), stream, msgspec.json.encode(events), lines=False)
        if receipt.rejected:
            raise AftersendError(f"the demo's own events were turned away: {receipt.rejected[0].rejection.message}")

    def announce(self, url: str) -> None:
        """Say where the server is, who may ask, and a command that asks."""
        keys = "\n".join(
            f"  workspace [bold]{name}[/]   key [bold]{secret}[/]" for name, secret in self._secrets.items()
        )
        served = Text.from_markup(f"aftersend serves a demo at [bold]{url}[/]\n{keys}")
        output.print(Panel.fit(served, border_style="green"))
        output.print("Ask about one campaign of the month (an A/B test on e-mail):\n")
        output.print(self._curl(url, "demo", "free-shipping-test", 30))
        output.print("\nCompare a campaign with the users whom it left alone:\n")
        output.print(f"curl -s {url}/v1/campaigns/mid-season-sale/uplift -u demo:{self._secrets['demo']}")
        output.print("\nAsk for the documented sample campaign:\n")
        output.print(self._curl(url, "sample", sample.CAMPAIGN_ID, 1))
        output.print(f"\nTry everything else on the page {url}/docs, signed in as workspace and key.")
        output.print(
            "\nLeave campaign_ids out to page through all campaigns. Stop with Ctrl-C; the folder is thrown away."
        )

    def _curl(self, url: str, workspace_id: str, campaign_id: str, days: int) -> str:
        question = {
            "request_id": "abc",
            "campaign_ids": [campaign_id],
            "start_date": (self._last_day - timedelta(days=days)).isoformat(),
            "end_date": self._last_day.isoformat(),
            "attribution_type": "VIEW_THROUGH",
            "metric_type": "TOTAL",
        }
        return (
            f"curl -s {url}/core-services/v1/campaign-stats \\\n"
            f"  -u {workspace_id}:{self._secrets[workspace_id]} \\\n"
            f"  -H 'MOE-APPKEY: {workspace_id}' -H 'Content-Type: application/json' \\\n"
            f"  -d '{msgspec.json.encode(question).decode()}'"
        )
