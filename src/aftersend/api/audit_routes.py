"""`GET /v1/audit`: whether the numbers add up, counted anew from raw events."""

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from aftersend.api.access import enter
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.stats.audit_request import parse_audit


@get("/v1/audit")
async def get_audit(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Check every identity of the workspace's campaigns."""
    principal = enter(request, services)
    question = parse_audit(dict(request.query_params))
    return json_response(await sync_to_thread(services.audit.answer, principal.workspace, question))
