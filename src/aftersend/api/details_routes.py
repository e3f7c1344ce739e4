"""`POST /core-services/v1/campaigns/…`: details and reachability, search, and the executions of a parent."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.access import permit
from aftersend.api.auth import sign_in
from aftersend.api.bodies import read_json
from aftersend.api.details_errors import DETAILS_PREFIX, WORKSPACE_HEADER, WorkspaceHeaderMissing
from aftersend.api.details_json import execution_json, meta_json, search_json
from aftersend.api.errors import json_response, render
from aftersend.api.limits import TooManyCalls
from aftersend.api.services import Services
from aftersend.domain.campaign_search import META_RULES, SEARCH_RULES
from aftersend.domain.profiles import PROFILES
from aftersend.domain.workspaces import Principal, Workspace
from aftersend.errors import NotAuthenticated
from aftersend.stats.campaign_request import parse_campaign_question, parse_executions_question

BODY_LIMIT = 1024 * 1024

META_PATH = DETAILS_PREFIX + "meta"
SEARCH_PATH = DETAILS_PREFIX + "search"
EXECUTIONS_PATH = DETAILS_PREFIX + "{parent_campaign_id}/executions"


@post(META_PATH, status_code=200)
async def campaign_meta(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """List campaigns with their place in the family and their reachability."""

    def work(workspace: Workspace, body: object) -> list[dict[str, Any]]:
        question = parse_campaign_question(body, META_RULES, workspace.zone)
        found = services.finder.details(workspace, question)
        return [meta_json(one, with_children=question.filter.children) for one in found]

    return await _run(request, services, work)


@post(SEARCH_PATH, status_code=200)
async def campaign_search(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Search for campaigns, and show everything that is known of them."""

    def work(workspace: Workspace, body: object) -> list[dict[str, Any]]:
        question = parse_campaign_question(body, SEARCH_RULES, workspace.zone)
        return [search_json(one, PROFILES[workspace.profile]) for one in services.finder.found(workspace, question)]

    return await _run(request, services, work)


@post(DETAILS_PREFIX + "{parent_campaign_id:str}/executions", status_code=200)
async def campaign_executions(
    request: Request[Any, Any, Any], parent_campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """List the runs of a parent."""

    def work(workspace: Workspace, body: object) -> dict[str, Any]:
        page = parse_executions_question(body)
        children, total = services.finder.executions(workspace, parent_campaign_id, page)
        return {"executions": [execution_json(child) for child in children], "total_instances": total}

    return await _run(request, services, work)


async def _run(
    request: Request[Any, Any, Any], services: Services, work: Callable[[Workspace, object], object]
) -> Response[bytes]:
    """Go through the order of checks, and do the work for the workspace off the event loop."""
    principal = sign_in(request, services)
    _check(request, principal)
    allowance = services.limits.campaigns_call(principal.workspace.id)
    try:
        if not allowance.allowed:
            raise TooManyCalls(allowance)
        body = await read_json(request, BODY_LIMIT)
        if isinstance(body, dict) and isinstance(body.get("request_id"), str):
            request.state.asked_id = body["request_id"]
        answered = json_response(await sync_to_thread(work, principal.workspace, body))
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told what is left of the limit
        answered = render(request, error)
    answered.headers.update(allowance.headers())
    return answered


def _check(request: Request[Any, Any, Any], principal: Principal) -> None:
    named = request.headers.get(WORKSPACE_HEADER)
    if named is None:
        raise WorkspaceHeaderMissing
    if named != principal.workspace.id:
        raise NotAuthenticated("MOE-APPKEY and the user name of the sign-in name different workspaces")
    permit(request, principal)
