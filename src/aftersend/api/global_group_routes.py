"""The global control group: `GET|PUT /v1/global-control-group`, and the upload of its users on the path of old."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, put
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from msgspec import Meta

from aftersend.api.access import enter
from aftersend.api.bodies import encoding_of, is_text, read_body, unpack
from aftersend.api.campaign_json import decode
from aftersend.api.errors import json_response
from aftersend.api.limits import TooManyCalls
from aftersend.api.services import Services
from aftersend.domain.events import BATCH_BYTES_LIMIT
from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.percentages import tidy
from aftersend.domain.workspaces import Workspace
from aftersend.errors import InvalidRequest
from aftersend.intake.user_lists import read_users

GROUP_PATH = "/v1/global-control-group"
UPLOAD_PATH = "/core-services/v1/global-control-group/users"
BODY_LIMIT = 64 * 1024

Json = dict[str, Any]


class GlobalControlGroupBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How the global control group is chosen."""

    mode: Annotated[GlobalMode, Meta(description="Nobody, a percentage of all users, or the users of a list.")]
    percentage: (
        Annotated[float, Meta(ge=0, le=100, description="The share of users in a random group; none for the others.")]
        | None
    ) = None


@get(GROUP_PATH)
async def get_global_group(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Show how the group is chosen."""
    return await _run(request, services, lambda workspace: _shown(services, workspace))


@put(GROUP_PATH, status_code=200)
async def put_global_group(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Set how the group is chosen; an uploaded list stays, whatever the mode."""
    sent = await read_body(request, BODY_LIMIT)

    def work(workspace: Workspace) -> Json:
        group = _group(decode(GlobalControlGroupBody, sent))
        return _shown(services, services.registry.workspaces.update(workspace.id, global_control_group=group))

    return await _run(request, services, work)


@put(UPLOAD_PATH, status_code=200)
async def put_global_group_users(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> Response[bytes]:
    """Replace the list of users; whether it is used is for the mode to say."""
    principal = enter(request, services)
    allowance = services.limits.upload(principal.workspace.id)
    if not allowance.allowed:
        raise TooManyCalls(allowance)
    encoding, lines = encoding_of(request), is_text(request)
    with services.room.guest() as guest:
        sent = await read_body(request, BATCH_BYTES_LIMIT, guest.take)

        def work() -> Json:
            users = read_users(unpack(sent, encoding, guest), lines=lines)
            services.registry.uploaded_users.replace(principal.workspace.id, users)
            return {"users": len(users), "mode": principal.workspace.global_control_group.mode}

        return json_response(await sync_to_thread(work), headers=allowance.headers())


async def _run(
    request: Request[Any, Any, Any], services: Services, work: Callable[[Workspace], Json]
) -> Response[bytes]:
    principal = enter(request, services)
    return json_response(await sync_to_thread(work, principal.workspace))


def _group(body: GlobalControlGroupBody) -> GlobalControlGroup:
    if body.mode is GlobalMode.RANDOM and body.percentage is None:
        raise InvalidRequest("a random group needs a percentage", "percentage")
    return GlobalControlGroup(body.mode, tidy(body.percentage or 0))


def _shown(services: Services, workspace: Workspace) -> Json:
    group = workspace.global_control_group
    return {
        "mode": group.mode,
        "percentage": group.percentage if group.mode is GlobalMode.RANDOM else None,
        "uploaded_users": services.registry.uploaded_users.size(workspace.id),
    }
