"""`GET /campaign_reports/rest_api/{APP_ID}/{FILENAME}`: a report for who can sign its name, as clients know it."""

from typing import Any
from urllib.parse import unquote

from litestar import Request, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.response import Stream

from aftersend.api.auth import TooManyFailures
from aftersend.api.errors import REPORTS_PATH
from aftersend.api.file_stream import stream_file
from aftersend.api.services import Services
from aftersend.domain.reports import Report, ReportStatus
from aftersend.domain.workspaces import Feature
from aftersend.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound

SIGNATURE = "Signature"


@get([REPORTS_PATH + "{APP_ID:str}/{FILENAME:path}", REPORTS_PATH + "{APP_ID:str}"])
async def download_report(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Stream:
    """Answer with the archive."""
    app_id, filename = _names(request)
    shown = request.headers.get(SIGNATURE, request.query_params.get(SIGNATURE, ""))
    report = await sync_to_thread(_checked, request, services, (app_id, filename), shown)
    try:
        archive = services.reporter.archive(report)
        return await stream_file(archive, report.filename, services.report_content_type)
    except NotFound as error:
        raise InvalidRequest(error.message, "FILENAME", filename) from error


def _names(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """The names as the path spells them: what is signed is the text, not its percent-encoding."""
    raw = request.scope["raw_path"].partition(b"?")[0].decode("latin-1")
    app_id, _, filename = raw[len(REPORTS_PATH) :].partition("/")
    return unquote(app_id, errors="replace"), unquote(filename, errors="replace")


def _checked(request: Request[Any, Any, Any], services: Services, names: tuple[str, str], shown: str) -> Report:
    """The report, for who may have it. Whether there is such a file is looked at last."""
    app_id, filename = names
    if not shown:
        _count_failure(request, services)
        raise NotAuthenticated("the signature is missing")
    try:
        if "\0" in app_id:  # not every database takes it
            raise NotFound("no workspace has such an id")
        workspace = services.registry.workspaces.get(app_id)
    except NotFound as error:
        _count_failure(request, services)
        raise InvalidRequest("there is no workspace of this id", "APP_ID", app_id) from error
    if not services.reporter.secrets.signed(app_id, filename, shown):
        _count_failure(request, services)
        raise NotAuthenticated("the signature does not fit")
    if Feature.REPORTS in workspace.features_off:
        raise NotAllowed("reports are switched off for the workspace")
    return _there(services, app_id, filename)


def _there(services: Services, app_id: str, filename: str) -> Report:
    report = None if "\0" in filename else services.registry.reports.find_file(app_id, filename)
    if report is None:
        raise InvalidRequest("there is no report of this name", "FILENAME", filename)
    if report.expired(services.now()):
        raise InvalidRequest("the report is older than seven days", "FILENAME", filename)
    if report.status is ReportStatus.FAILED:
        raise InvalidRequest("the report could not be made; ask for another one", "FILENAME", filename)
    if report.status is not ReportStatus.READY:
        raise InvalidRequest("the report is not ready yet; try again later", "FILENAME", filename)
    return report


def _count_failure(request: Request[Any, Any, Any], services: Services) -> None:
    address = request.client.host if request.client else "unknown"
    allowance = services.limits.failed_sign_in(address)
    if not allowance.allowed:
        raise TooManyFailures(allowance.headers())
