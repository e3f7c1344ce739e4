"""Reports: `POST|GET /v1/reports`, `GET|DELETE /v1/reports/{id}`, and the file itself for who has a key."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from aftersend.api.access import enter
from aftersend.api.bodies import read_body
from aftersend.api.campaign_json import decode
from aftersend.api.errors import json_response
from aftersend.api.file_stream import stream_file
from aftersend.api.pages import query_page
from aftersend.api.report_json import ReportBody, report_json, to_spec
from aftersend.api.services import Services
from aftersend.domain.reports import Report
from aftersend.domain.workspaces import Principal
from aftersend.errors import NotFound

BODY_LIMIT = 1024 * 1024

Json = dict[str, Any]


@post("/v1/reports", status_code=202)
async def post_report(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Ask for a report; it is made in the background."""
    principal = enter(request, services)
    with services.room.guest() as guest:
        sent = await read_body(request, BODY_LIMIT, guest.take)

    def work() -> Report:
        return services.reporter.ask(principal.workspace, to_spec(decode(ReportBody, sent)), principal.key_id)

    report = await sync_to_thread(work)
    return json_response(_shown(services, report), 202, {"Location": f"/v1/reports/{report.id}"})


@get("/v1/reports")
async def list_reports(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """List reports, the newest first."""

    def work(principal: Principal) -> Json:
        offset, limit = query_page(request)
        page, total = services.registry.reports.page(principal.workspace.id, offset, limit)
        return {"reports": [_shown(services, one) for one in page], "total": total, "offset": offset, "limit": limit}

    return await _run(request, services, work)


@get("/v1/reports/{report_id:str}")
async def get_report(
    request: Request[Any, Any, Any], report_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Show how far a report has come."""
    return await _run(request, services, lambda principal: _shown(services, _report(services, principal, report_id)))


@delete("/v1/reports/{report_id:str}", status_code=204)
async def delete_report(
    request: Request[Any, Any, Any], report_id: FromPath[str], services: NamedDependency[Services]
) -> None:
    """Remove a report and its file; one that is being made is not made any further."""
    principal = enter(request, services)
    await sync_to_thread(lambda: services.reporter.delete(_report(services, principal, report_id)))


@get("/v1/reports/{report_id:str}/file")
async def get_report_file(
    request: Request[Any, Any, Any], report_id: FromPath[str], services: NamedDependency[Services]
) -> Stream:
    """Download a report with a key, not a signature."""
    principal = enter(request, services)

    def work() -> Report:
        report = _report(services, principal, report_id)
        if report.expired(services.now()):
            raise NotFound("the report is older than seven days; ask for it again")
        return report

    report = await sync_to_thread(work)
    return await stream_file(services.reporter.archive(report), report.filename, services.report_content_type)


async def _run(
    request: Request[Any, Any, Any], services: Services, work: Callable[[Principal], Json]
) -> Response[bytes]:
    principal = enter(request, services)
    return json_response(await sync_to_thread(work, principal))


def _report(services: Services, principal: Principal, report_id: str) -> Report:
    return services.reporter.get(principal.workspace.id, report_id)


def _shown(services: Services, report: Report) -> Json:
    return report_json(report, services.reporter.progress(report))
