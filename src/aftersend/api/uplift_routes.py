"""`GET /v1/campaigns/{id}/uplift`: what a campaign changed, by intention to treat and per reached user."""

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.auth import allow, sign_in
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.domain.workspaces import Feature, Scope
from aftersend.errors import NotAllowed
from aftersend.stats.uplift_request import parse_uplift


@get("/v1/campaigns/{campaign_id:str}/uplift")
async def get_uplift(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Compare the arms of a campaign with its control groups."""
    principal = sign_in(request, services)
    allow(principal, Scope.STATS_READ)
    if Feature.STATS in principal.workspace.features_off:
        raise NotAllowed("statistics are switched off for the workspace")
    question = parse_uplift(campaign_id, dict(request.query_params))
    return json_response(await sync_to_thread(services.uplift.answer, principal.workspace, question))
