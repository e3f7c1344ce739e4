"""`/v1/campaigns`: register, change, show, list and forget campaigns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, delete, get, patch, put
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.access import enter
from aftersend.api.bodies import read_body
from aftersend.api.campaign_json import CampaignBody, campaign_json, convert, decode, to_campaign
from aftersend.api.errors import json_response
from aftersend.api.pages import query_page
from aftersend.api.services import Services
from aftersend.domain.campaigns import Campaign

BODY_LIMIT = 1024 * 1024

Result = TypeVar("Result")


async def _run(request: Request[Any, Any, Any], services: Services, work: Callable[[str], Result]) -> Result:
    """Sign in, check the scope, and do the work for the workspace off the event loop."""
    principal = enter(request, services)
    return await sync_to_thread(work, principal.workspace.id)


@put("/v1/campaigns/{campaign_id:str}", status_code=200)
async def put_campaign(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Register a campaign, or replace what is registered."""
    sent = await read_body(request, BODY_LIMIT)

    def work(workspace_id: str) -> Campaign:
        body = decode(CampaignBody, sent)
        known = services.registry.campaigns.find(workspace_id, [campaign_id]).get(campaign_id)
        campaign = to_campaign(body, campaign_id, services.now(), known)
        return services.registry.campaigns.put(workspace_id, campaign)

    return json_response(campaign_json(await _run(request, services, work)))


@patch("/v1/campaigns/{campaign_id:str}", status_code=200)
async def patch_campaign(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Change some fields of a campaign; what is not named stays as it is."""
    sent = await read_body(request, BODY_LIMIT)

    def work(workspace_id: str) -> Campaign:
        changes = decode(dict[str, Any], sent)
        known = services.registry.campaigns.get(workspace_id, campaign_id)
        current = msgspec.to_builtins(campaign_json(known)) | {"updated_at": None}
        body = convert(CampaignBody, current | changes)
        campaign = to_campaign(body, campaign_id, services.now(), known)
        # Events can still name the parent of a campaign that they registered, as long as nobody else has.
        drafted = known.drafted and "parent_campaign_id" not in changes
        return services.registry.campaigns.put(workspace_id, replace(campaign, drafted=drafted))

    return json_response(campaign_json(await _run(request, services, work)))


@get("/v1/campaigns/{campaign_id:str}")
async def get_campaign(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Show a campaign."""

    def work(workspace_id: str) -> Campaign:
        return services.registry.campaigns.get(workspace_id, campaign_id)

    return json_response(campaign_json(await _run(request, services, work)))


@delete("/v1/campaigns/{campaign_id:str}", status_code=204)
async def delete_campaign(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> None:
    """Forget a campaign; its events stay in the ledger."""

    def work(workspace_id: str) -> None:
        services.registry.campaigns.delete(workspace_id, campaign_id)

    await _run(request, services, work)


@get("/v1/campaigns")
async def list_campaigns(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """List campaigns in the order of their creation."""

    def work(workspace_id: str) -> dict[str, Any]:
        offset, limit = query_page(request)
        page, total = services.registry.campaigns.page(workspace_id, offset, limit)
        return {
            "campaigns": [campaign_json(campaign) for campaign in page],
            "total": total,
            "offset": offset,
            "limit": limit,
        }

    return json_response(await _run(request, services, work))
