"""`POST /v1/sources/{source}`: batches of others, as they come; and what of them could not be used."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftersend.api.access import enter
from aftersend.api.bodies import encoding_of, read_body, unpack
from aftersend.api.errors import json_response
from aftersend.api.ingest_routes import rejected_json
from aftersend.api.pages import query_page
from aftersend.api.services import Services
from aftersend.domain.events import BATCH_BYTES_LIMIT, REJECTION_CODES
from aftersend.domain.sources import EventSource, KeptAside, SourceReceipt
from aftersend.errors import InvalidRequest, NotFound, Unparseable
from aftersend.intake.receive import Sender
from aftersend.intake.sources.door import SourceUnderway
from aftersend.intake.sources.moengage_streams import StreamOptions

KEY_HEADER = "X-Aftersend-Key"
"""For senders who can only add a header that stays the same: the workspace id, a colon, and a key's secret."""

IOS_IMPRESSIONS = ("received", "sent")
"""From which event an impression of push on iOS is counted."""

Json = dict[str, Any]


@post("/v1/sources/{source:str}", status_code=200)
async def post_source(
    request: Request[Any, Any, Any], source: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """Take in a batch of another source; answered when all of it is durable, whatever is wrong with parts of it."""
    principal = enter(request, services, KEY_HEADER)
    found, options = _source(source), _options(request)
    encoding = encoding_of(request)
    sender = Sender(principal.workspace, principal.key_id)
    with services.room.guest() as guest:
        body = await read_body(request, BATCH_BYTES_LIMIT, guest.take)

        def begin() -> SourceUnderway:
            try:
                unpacked = unpack(body, encoding, guest)
            except Unparseable:
                unpacked = body  # it will be as damaged the next time, so it is set aside as it is
            return services.sources.begin(sender, found, unpacked, options)

        begun = await sync_to_thread(begin)
    receipt = begun.receipt([await asyncio.wrap_future(one.new_events) for one in begun.underway])
    services.observations.source(found, receipt, begun.dropped)
    return json_response(source_receipt(receipt))


@get("/v1/sources/{source:str}/rejected")
async def list_rejected(
    request: Request[Any, Any, Any], source: FromPath[str], services: NamedDependency[Services]
) -> Response[bytes]:
    """List what of a source could not be used, the newest first."""
    principal = enter(request, services)
    found = _source(source)
    code = request.query_params.get("code")
    if code is not None and code not in REJECTION_CODES:
        raise InvalidRequest(f"use one of {', '.join(REJECTION_CODES)}", "code", code)
    offset, limit = query_page(request)

    def work() -> Json:
        kept = services.registry.set_aside
        chosen = None if code is None else REJECTION_CODES[code]
        page, total = kept.page(principal.workspace.id, found, chosen, offset, limit)
        dropped = kept.dropped(principal.workspace.id, found)
        return {
            "events": [_kept_json(one) for one in page],
            "total": total,
            "offset": offset,
            "limit": limit,
            "dropped": {shelf.value: number for shelf, number in dropped.items()},
        }

    return json_response(await sync_to_thread(work))


def _source(name: str) -> EventSource:
    if name not in list(EventSource):
        raise NotFound(f"there is no source {name!r}; use {', '.join(EventSource)}")
    return EventSource(name)


def _options(request: Request[Any, Any, Any]) -> StreamOptions:
    given = request.query_params.get("ios_impressions", IOS_IMPRESSIONS[0])
    if given not in IOS_IMPRESSIONS:
        raise InvalidRequest(f"use {' or '.join(IOS_IMPRESSIONS)}", "ios_impressions", given)
    return StreamOptions(sent_is_shown_on_ios=given == "sent")


def source_receipt(receipt: SourceReceipt) -> Json:
    """Word a receipt as the answer to its batch."""
    return {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "recognised": receipt.recognised,
        "unknown": receipt.unknown,
        "rejected": rejected_json(receipt.rejected),
    }


def _kept_json(kept: KeptAside) -> Json:
    event = kept.event
    return {
        "number": kept.number,
        "arrived_at": kept.arrived_at,
        "key_id": kept.key_id,
        "code": event.code.value,
        "field": event.field,
        "message": event.message,
        "event_id": event.event_id,
        "event_code": event.event_code,
        "raw": event.raw,
        "cut": event.cut,
    }
