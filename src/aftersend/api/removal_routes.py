"""Removals: `POST /v1/retractions`, `DELETE /v1/users/{id}`, and how far each has come: `GET /v1/removals`."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from aftersend.api.access import enter
from aftersend.api.bodies import read_body
from aftersend.api.campaign_json import decode
from aftersend.api.errors import json_response
from aftersend.api.pages import query_page
from aftersend.api.services import Services
from aftersend.domain.events import USER_ID_LIMIT
from aftersend.domain.problems import check_text
from aftersend.domain.removals import REASON_LIMIT, RETRACTED_IDS_LIMIT, Removal, RemovalKind
from aftersend.domain.workspaces import Principal
from aftersend.errors import InvalidRequest, NotFound
from aftersend.intake.wire import EventId

BODY_LIMIT = 8 * 1024 * 1024
USERS = "/v1/users/"

Json = dict[str, Any]


class RetractionBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which events are taken back, and why."""

    event_ids: Annotated[
        list[EventId],
        Meta(
            min_length=1,
            max_length=RETRACTED_IDS_LIMIT,
            description="The ids of the events; they are used up for ever.",
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=REASON_LIMIT,
            description="Why, for the audit trail. Do not name a person.",
            examples=["sent twice under other ids"],
        ),
    ]


@post("/v1/retractions", status_code=200)
async def post_retractions(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Take events back; answered when no answer has them any more."""
    principal = enter(request, services)
    with services.room.guest() as guest:
        sent = await read_body(request, BODY_LIMIT, guest.take)

        def work() -> Json:
            body = decode(RetractionBody, sent)
            _check_reason(body.reason)
            done, unknown = services.remover.retract(principal.workspace, body.event_ids, body.reason, principal.key_id)
            return removal_json(done) | {"unknown_event_ids": unknown}

        return json_response(await sync_to_thread(work))


@delete([USERS + "{user_id:path}", "/v1/users"], status_code=202)
async def delete_user(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Erase a person: every event of the user that was received before the call."""
    principal = enter(request, services)
    user = _user_id(request)
    reason = request.query_params.get("reason", "")
    _check_reason(reason)
    begun = await sync_to_thread(services.remover.erase, principal.workspace, user, reason, principal.key_id)
    return json_response(removal_json(begun), 202, {"Location": f"/v1/removals/{begun.id}"})


@get("/v1/removals/{removal_id:str}")
async def get_removal(
    request: Request[Any, Any, Any], removal_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Show how far a removal has come; of a retraction also its event ids."""

    def work(principal: Principal) -> Json:
        book = services.remover.book
        found = book.find(principal.workspace.id, removal_id)
        if found is None:
            raise NotFound(f"the workspace has no removal {removal_id!r}")
        if found.kind is RemovalKind.RETRACTION:
            return removal_json(found) | {"retracted_event_ids": book.retracted_ids(found)}
        return removal_json(found)

    return await _run(request, services, work)


@get("/v1/removals")
async def list_removals(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """List removals, the newest first: what was removed, by whom, when and why."""

    def work(principal: Principal) -> Json:
        offset, limit = query_page(request)
        page, total = services.remover.book.page(principal.workspace.id, _kind(request), offset, limit)
        return {"removals": [removal_json(one) for one in page], "total": total, "offset": offset, "limit": limit}

    return await _run(request, services, work)


async def _run(
    request: Request[Any, Any, Any], services: Services, work: Callable[[Principal], Json]
) -> Response[bytes]:
    principal = enter(request, services)
    return json_response(await sync_to_thread(work, principal))


def _user_id(request: Request[Any, Any, Any]) -> str:
    """The user as the path spells it: an id may have slashes in it, and a path parameter would lose some."""
    raw = request.scope["raw_path"].partition(b"?")[0].decode("ascii")
    try:
        user = unquote(raw[len(USERS) :], errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidRequest("spell the user's id as UTF-8, percent-encoded", "user_id") from error
    if not 1 <= len(user) <= USER_ID_LIMIT:
        raise InvalidRequest(f"a user's id has 1 to {USER_ID_LIMIT} characters", "user_id", user)
    return user


def _check_reason(reason: str) -> None:
    if problem := check_text("reason", reason, REASON_LIMIT):
        raise InvalidRequest(problem.message, problem.field, problem.value)


def _kind(request: Request[Any, Any, Any]) -> RemovalKind | None:
    given = request.query_params.get("kind")
    if given is None:
        return None
    if given not in list(RemovalKind):
        raise InvalidRequest(f"use one of {', '.join(RemovalKind)}", "kind", given)
    return RemovalKind(given)


def removal_json(removal: Removal) -> Json:
    """Word a removal as it is shown: never whom an erasure is about."""
    return {
        "id": removal.id,
        "kind": removal.kind,
        "status": removal.status,
        "requested_at": removal.requested_at,
        "requested_by": removal.requested_by,
        "reason": removal.reason,
        "event_ids": removal.event_ids if removal.kind is RemovalKind.RETRACTION else None,
        "events_removed": removal.events_removed,
        "finished_at": removal.finished_at,
    }
