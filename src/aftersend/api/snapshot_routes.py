"""Snapshots for a backup: `POST /v1/snapshots`, `DELETE /v1/snapshots/{id}`. Only who has the data folder may ask."""

from typing import Any

from litestar import Request, Response, delete, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.access import enter
from aftersend.api.errors import json_response
from aftersend.api.services import Services


@post("/v1/snapshots", status_code=200)
async def post_snapshot(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Take a snapshot of ledger and registry, of all workspaces."""
    enter(request, services)  # a snapshot has every workspace in it, so no key of one workspace opens it
    return json_response(await sync_to_thread(services.snapshots.take))


@delete("/v1/snapshots/{snapshot_id:str}", status_code=200)
async def delete_snapshot(
    request: Request[Any, Any, Any], snapshot_id: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Remove a snapshot that has been copied."""
    enter(request, services)  # a snapshot has every workspace in it, so no key of one workspace opens it
    await sync_to_thread(services.snapshots.drop, snapshot_id)
    return json_response({"id": snapshot_id})
