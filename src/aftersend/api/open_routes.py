"""What can be asked without a key (health, counters, the API document), and the catalogue."""

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from aftersend.api.access import enter
from aftersend.api.document import api_document
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.domain.catalogue import catalogue


@get("/healthz")
async def healthz() -> Response[bytes]:
    """Say that the process runs."""
    return json_response({"status": "ok"})


@get("/readyz")
async def readyz(services: NamedDependency[Services]) -> Response[bytes]:
    """Say whether events can be taken in and questions answered now."""
    problem = await sync_to_thread(services.problem)
    if problem is None:
        return json_response({"status": "ready"})
    return json_response({"status": "not_ready", "problem": problem}, 503, {"Retry-After": "1"})


@get("/metrics")
async def metrics(services: NamedDependency[Services]) -> Response[bytes]:
    """Show the server's own counters, for Prometheus."""
    return Response(services.observations.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@get("/openapi.json")
async def openapi() -> Response[bytes]:
    """Show the API document."""
    return json_response(api_document())


@get("/v1/catalogue")
async def get_catalogue(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Show every channel, kind, metric, funnel stage, reason and attribution type."""
    enter(request, services)
    return json_response(catalogue())
