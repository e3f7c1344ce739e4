"""`POST /v1/message-events` and `/v1/user-events`: answered when every good event is durable and visible."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from aftersend.api.access import enter
from aftersend.api.bodies import encoding_of, is_lines, read_body, unpack
from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.domain.events import BATCH_BYTES_LIMIT, Receipt, RejectedEvent, Stream
from aftersend.intake.drafts import MustWait
from aftersend.intake.receive import Sender, Underway

_SMALL_BODY = 8 * 1024
"""Bytes. Checking a body of this size takes less time than handing it to another thread."""

_BEGINNER = ThreadPoolExecutor(1, "begin")
"""One: Python has one thread at a time, and more would only take it from each other and from those who ask. What has to
wait waits elsewhere."""


@post("/v1/message-events", status_code=200)
async def message_events(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Take in what happened to messages."""
    return await _receive(request, services, Stream.MESSAGE_EVENTS)


@post("/v1/user-events", status_code=200)
async def user_events(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Take in what users did."""
    return await _receive(request, services, Stream.USER_EVENTS)


async def _receive(request: Request[Any, Any, Any], services: Services, stream: Stream) -> Response[bytes]:
    principal = enter(request, services)
    encoding = encoding_of(request)
    lines = is_lines(request)
    sender = Sender(principal.workspace, principal.key_id)
    with services.room.guest() as guest:
        body = await read_body(request, BATCH_BYTES_LIMIT, guest.take)

        def begin(*, may_wait: bool = True) -> Underway:
            unpacked = unpack(body, encoding, guest)
            return services.intake.begin(sender, stream, unpacked, lines=lines, may_wait=may_wait)

        try:
            underway = begin(may_wait=False) if len(body) <= _SMALL_BODY else await _in_turn(begin)
        except MustWait:
            underway = await sync_to_thread(begin)
    receipt = underway.receipt(await asyncio.wrap_future(underway.new_events))
    services.observations.receipt(stream, receipt)
    return json_response(receipt_body(receipt))


async def _in_turn(begin: Callable[..., Underway]) -> Underway:
    return await asyncio.get_running_loop().run_in_executor(_BEGINNER, partial(begin, may_wait=False))


def receipt_body(receipt: Receipt) -> dict[str, Any]:
    """Word a receipt as the answer to its batch."""
    return {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "rejected": rejected_json(receipt.rejected),
    }


def rejected_json(rejected: Sequence[RejectedEvent]) -> list[dict[str, Any]]:
    """Word the events that were turned away."""
    return [
        {
            "index": row.index,
            "event_id": row.event_id,
            "code": row.rejection.code.value,
            "field": row.rejection.field,
            "message": row.rejection.message,
        }
        for row in rejected
    ]
