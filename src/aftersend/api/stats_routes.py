"""`POST /core-services/v1/campaign-stats`: the documented order of checks, then the answer."""

from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from aftersend.api.access import permit
from aftersend.api.auth import sign_in
from aftersend.api.bodies import read_json
from aftersend.api.errors import STATS_PATH, json_response, render
from aftersend.api.etags import etag, matches
from aftersend.api.limits import Allowance
from aftersend.api.services import Services
from aftersend.domain.profiles import PROFILES, Profile, ProfileName
from aftersend.domain.workspaces import Principal
from aftersend.errors import InvalidRequest, NotAuthenticated
from aftersend.stats.request import parse_request

BODY_LIMIT = 1024 * 1024
PROFILE_HEADER = "X-Stats-Profile"


@post(STATS_PATH, status_code=200)
async def campaign_stats(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Answer for up to ten campaigns, or for a page of all of them."""
    principal = sign_in(request, services)
    _check_workspace_header(request, principal)
    permit(request, principal)
    allowance = services.limits.stats_call(principal.workspace.id)
    if not allowance.allowed:
        return Response(b"", status_code=429, headers=allowance.headers(), media_type="application/json")
    try:
        answered = await _answer(request, services, principal)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told what is left of the limit
        answered = render(request, error)
    return _with_allowance(answered, allowance)


def _with_allowance(response: Response[bytes], allowance: Allowance) -> Response[bytes]:
    for name, text in allowance.headers().items():
        response.headers[name] = text
    return response


def _check_workspace_header(request: Request[Any, Any, Any], principal: Principal) -> None:
    named = request.headers.get("moe-appkey")
    if named is None:
        raise InvalidRequest("name the workspace in the header MOE-APPKEY", "app_key", None)
    if named != principal.workspace.id:
        raise NotAuthenticated("MOE-APPKEY and the user name of the sign-in name different workspaces")


async def _answer(request: Request[Any, Any, Any], services: Services, principal: Principal) -> Response[bytes]:
    question = parse_request(await read_json(request, BODY_LIMIT))
    profile = _profile(request, principal)
    had = request.headers.getall("if-none-match", [])

    def work() -> Response[bytes]:
        asked = services.stats.look_up(principal.workspace, question, profile)
        tag = services.stats.tag(asked)  # before anything is counted
        headers = {} if tag is None else {"ETag": etag(tag)}
        if tag is not None and matches(had, tag):
            return Response(b"", status_code=304, headers=headers)
        return json_response(services.stats.tell(asked), headers=headers)

    return await sync_to_thread(work)


def _profile(request: Request[Any, Any, Any], principal: Principal) -> Profile:
    named = request.headers.get(PROFILE_HEADER)
    if named is None:
        return PROFILES[principal.workspace.profile]
    try:
        return PROFILES[ProfileName(named.strip().lower())]
    except ValueError as error:
        message = f"use one of {', '.join(ProfileName)}"
        raise InvalidRequest(message, PROFILE_HEADER, named) from error
