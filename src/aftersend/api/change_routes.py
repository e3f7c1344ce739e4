"""`GET /v1/changes`: who changed what is registered, when, from what and to what."""

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from aftersend.api.access import enter
from aftersend.api.errors import json_response
from aftersend.api.pages import query_page
from aftersend.api.services import Services
from aftersend.domain.changes import Change, Json, Thing
from aftersend.errors import InvalidRequest


@get("/v1/changes")
async def list_changes(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """List changes, the newest first."""
    principal = enter(request, services)

    def work() -> Json:
        offset, limit = query_page(request)
        page, total = services.registry.trail.page(principal.workspace.id, _thing(request), offset, limit)
        return {"changes": [change_json(one) for one in page], "total": total, "offset": offset, "limit": limit}

    return json_response(await sync_to_thread(work))


def _thing(request: Request[Any, Any, Any]) -> Thing | None:
    given = request.query_params.get("thing")
    if given is None:
        return None
    if given not in list(Thing):
        raise InvalidRequest(f"use one of {', '.join(Thing)}", "thing", given)
    return Thing(given)


def change_json(change: Change) -> Json:
    """Word a change as it is shown."""
    return {
        "number": change.number,
        "at": change.at,
        "by": change.by,
        "thing": change.thing,
        "thing_id": change.thing_id,
        "action": change.action,
        "before": change.before,
        "after": change.after,
    }
