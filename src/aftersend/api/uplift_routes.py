"""`GET /v1/campaigns/{id}/uplift`: what a campaign changed, by intention to treat and per reached user."""

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.access import enter
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.stats.uplift_request import parse_uplift


@get("/v1/campaigns/{campaign_id:str}/uplift")
async def get_uplift(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Compare the arms of a campaign with its control groups."""
    principal = enter(request, services)
    question = parse_uplift(campaign_id, dict(request.query_params))
    return json_response(await sync_to_thread(services.uplift.answer, principal.workspace, question))
