"""The application: its routes, what they are given, and what happens around every request."""

import re
import time
import uuid
from collections.abc import Iterable
from typing import Any, cast

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from aftersend.api import (
    assignment_routes,
    audit_routes,
    campaign_routes,
    change_routes,
    data_center_routes,
    details_routes,
    global_group_routes,
    ingest_routes,
    open_routes,
    page_routes,
    removal_routes,
    report_download,
    report_routes,
    snapshot_routes,
    source_routes,
    stats_routes,
    uplift_routes,
)
from aftersend.api.errors import render
from aftersend.api.services import Services

log = structlog.get_logger(__name__)

ROUTES = (
    stats_routes.campaign_stats,
    details_routes.campaign_meta,
    details_routes.campaign_search,
    details_routes.campaign_executions,
    ingest_routes.message_events,
    ingest_routes.user_events,
    source_routes.post_source,
    source_routes.list_rejected,
    uplift_routes.get_uplift,
    audit_routes.get_audit,
    campaign_routes.put_campaign,
    campaign_routes.patch_campaign,
    campaign_routes.get_campaign,
    campaign_routes.delete_campaign,
    campaign_routes.list_campaigns,
    assignment_routes.post_assignments,
    removal_routes.post_retractions,
    removal_routes.delete_user,
    removal_routes.get_removal,
    removal_routes.list_removals,
    report_routes.post_report,
    report_routes.list_reports,
    report_routes.get_report,
    report_routes.delete_report,
    report_routes.get_report_file,
    report_download.download_report,
    snapshot_routes.post_snapshot,
    snapshot_routes.delete_snapshot,
    global_group_routes.get_global_group,
    global_group_routes.put_global_group,
    global_group_routes.put_global_group_users,
    change_routes.list_changes,
    data_center_routes.list_data_centers,
    open_routes.get_catalogue,
    open_routes.healthz,
    open_routes.readyz,
    open_routes.metrics,
    open_routes.openapi,
    page_routes.docs,
    page_routes.docs_file,
)


def create_site(services: Services) -> ASGIApp:
    """Return the whole application over the given parts."""
    site = Litestar(
        route_handlers=list(ROUTES),
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        exception_handlers={Exception: render},
        openapi_config=None,
        request_max_body_size=None,  # bodies are bounded where they are read
        logging_config=None,
    )
    return _Observed(site, services)


class _Observed:
    """Gives every request an id, and counts and logs its answer."""

    def __init__(self, site: ASGIApp, services: Services) -> None:
        self._site = site
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            return  # there is nothing here for web sockets
        request: dict[str, Any] = dict(scope)
        await self._answer(request, receive, send)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        request_id = scope["request_id"] = _request_id(scope["headers"])
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._site(cast(Scope, scope), receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: dict[str, Any], status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unknown"
        self._services.observations.request(scope["method"], route, status, seconds)
        if route not in _QUIET:
            # A person who asks to be forgotten must not be remembered by the log.
            path = removal_routes.USERS if scope["path"].startswith(removal_routes.USERS) else scope["path"]
            log.info("request", method=scope["method"], path=path, status=status, seconds=round(seconds, 4))


_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's own id when it sent a harmless one, else a new one."""
    for name, text in headers:
        if name == b"x-request-id" and re.fullmatch(rb"[A-Za-z0-9._-]{1,64}", text):
            return text.decode()
    return uuid.uuid4().hex
