"""What commands ask about reports: over HTTP when a server owns the folder, in this process when it is free."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from aftersend.app import Parts
from aftersend.cli.client import HttpClient, LocalClient, open_client
from aftersend.domain.reports import Report
from aftersend.domain.workspaces import OPERATOR
from aftersend.settings import Settings

Json = dict[str, Any]

_PIECE = 1 << 20
_PATH = "/v1/reports"


class Reports(Protocol):
    """The reports of one workspace."""

    def ask(self, asked: Json) -> Json:
        """Ask for a report and return it."""
        ...

    def get(self, report_id: str) -> Json:
        """Ask how far a report has come."""
        ...

    def page(self, offset: int, limit: int) -> Json:
        """Return a page of reports, the newest first."""
        ...

    def delete(self, report_id: str) -> None:
        """Remove a report."""
        ...

    def file(self, report_id: str) -> Iterator[bytes]:
        """Yield the file of a report piece by piece."""
        ...


@contextmanager
def open_reports(settings: Settings, workspace_id: str, url: str | None, key: str | None) -> Iterator[Reports]:
    """Open the reports of a workspace: at the address that was given, at the server that runs, or here."""
    with open_client(settings, workspace_id, url, key) as client:
        if isinstance(client, HttpClient):
            yield _Served(client)
        else:
            assert isinstance(client, LocalClient)
            yield _Here(client.parts, workspace_id)


class _Served:
    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def ask(self, asked: Json) -> Json:
        return self._client.request("POST", _PATH, content=msgspec.json.encode(asked))

    def get(self, report_id: str) -> Json:
        return self._client.request("GET", _place(report_id))

    def page(self, offset: int, limit: int) -> Json:
        return self._client.request("GET", _PATH, params={"offset": offset, "limit": limit})

    def delete(self, report_id: str) -> None:
        self._client.request("DELETE", _place(report_id))

    def file(self, report_id: str) -> Iterator[bytes]:
        with self._client.download(f"{_place(report_id)}/file") as pieces:
            yield from pieces


def _place(report_id: str) -> str:
    return f"{_PATH}/{quote(report_id, safe='')}"


class _Here:
    def __init__(self, parts: Parts, workspace_id: str) -> None:
        self._reporter = parts.services.reporter
        self._book = parts.registry.reports
        self._workspace = parts.registry.workspaces.get(workspace_id)

    def ask(self, asked: Json) -> Json:
        from aftersend.api.campaign_json import decode
        from aftersend.api.report_json import ReportBody, to_spec

        spec = to_spec(decode(ReportBody, msgspec.json.encode(asked)))
        return self._shown(self._reporter.ask(self._workspace, spec, OPERATOR))

    def get(self, report_id: str) -> Json:
        return self._shown(self._reporter.get(self._workspace.id, report_id))

    def page(self, offset: int, limit: int) -> Json:
        page, total = self._book.page(self._workspace.id, offset, limit)
        return {"reports": [self._shown(one) for one in page], "total": total}

    def delete(self, report_id: str) -> None:
        self._reporter.delete(self._reporter.get(self._workspace.id, report_id))

    def file(self, report_id: str) -> Iterator[bytes]:
        path: Path = self._reporter.archive(self._reporter.get(self._workspace.id, report_id))
        with path.open("rb") as reading:
            while piece := reading.read(_PIECE):
                yield piece

    def _shown(self, report: Report) -> Json:
        """Word a report as it would come over HTTP."""
        from aftersend.api.report_json import report_json

        shown: Json = msgspec.to_builtins(report_json(report, self._reporter.progress(report)))
        return shown
