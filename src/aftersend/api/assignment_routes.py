"""`POST /v1/campaigns/{id}/assignments`: who is held out, and who gets which variation."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from aftersend.api.access import enter
from aftersend.api.bodies import read_body
from aftersend.api.campaign_json import decode
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.domain.assignment import Assignment
from aftersend.domain.events import Stream
from aftersend.errors import InvalidRequest
from aftersend.intake.assign import AssignmentRequest
from aftersend.intake.receive import Underway
from aftersend.intake.wire import Moment, Platform, SendId, UserId

MOST_USERS = 10_000
BODY_LIMIT = 16 * 1024 * 1024


class AssignmentsBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The users of one send of a campaign."""

    users: Annotated[list[UserId], Meta(max_length=MOST_USERS, description="The users, each one once.")]
    send_id: (
        Annotated[SendId, Meta(description="The send; groups and variations are drawn anew for each one.")] | None
    ) = None
    time: Annotated[Moment | None, Meta(description="When users are held out; now if left out.")] = None
    platform: (
        Annotated[Platform, Meta(description="The platform, as in an event; it may be left out where an event may.")]
        | None
    ) = None


@post("/v1/campaigns/{campaign_id:str}/assignments", status_code=200)
async def post_assignments(
    request: Request[Any, Any, Any], campaign_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Assign users to control groups and variations; answered when the ledger knows who is held out."""
    principal = enter(request, services)
    with services.room.guest() as guest:
        sent = await read_body(request, BODY_LIMIT, guest.take)

        def begin() -> tuple[list[Assignment], Underway]:
            asked = _asked(decode(AssignmentsBody, sent), campaign_id, services)
            return services.assigner.begin(principal.workspace, principal.key_id, asked)

        decided, underway = await sync_to_thread(begin)
    receipt = underway.receipt(await asyncio.wrap_future(underway.new_events))
    services.observations.receipt(Stream.MESSAGE_EVENTS, receipt)
    return json_response({"assignments": decided})


def _asked(body: AssignmentsBody, campaign_id: str, services: Services) -> AssignmentRequest:
    places: dict[str, int] = {}
    for place, user in enumerate(body.users):
        first = places.setdefault(user, place)
        if first != place:
            raise InvalidRequest(f"this user stands at users[{first}] already", f"users[{place}]", user)
    time = services.now() if body.time is None else body.time
    return AssignmentRequest(campaign_id, body.users, body.send_id, time, body.platform)
