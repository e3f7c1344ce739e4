"""Reads bodies: bounded while they arrive, and bounded again when they are unpacked."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import zstandard
from litestar import Request
from litestar.exceptions import InternalServerException

from aftersend.api.room import Guest
from aftersend.domain.events import BATCH_BYTES_LIMIT
from aftersend.errors import InvalidRequest, TooLarge, Unparseable
from aftersend.intake.decode import UNREADABLE

_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})

_PATIENCE_SECONDS = 30.0
"""How long nothing of a body may come before it is given up."""


async def read_body(
    request: Request[Any, Any, Any], limit: int, take: Callable[[int], None] = lambda size: None
) -> bytes:
    """Return the body as it was sent; `take` is told of every piece before it is kept.

    Raises:
        TooLarge: it is longer than the limit, in bytes.
        Unparseable: the client went away in the middle of it, or fell silent.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS) as deadline:
            async for chunk in request.stream():
                deadline.reschedule(clock() + _PATIENCE_SECONDS)
                take(len(chunk))
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except (InternalServerException, TimeoutError) as error:
        # The framework's word for a client that went away. One that is silent would hold its memory for ever.
        raise Unparseable("the body was cut off; nothing of it was kept, send it again") from error
    return bytes(body)


async def read_json(request: Request[Any, Any, Any], limit: int) -> object:
    """Return the body as the plain data that its JSON describes.

    Raises:
        Unparseable: it is not JSON, or longer than the limit, in bytes.
    """
    try:
        return msgspec.json.decode(await read_body(request, limit))
    except TooLarge as error:
        raise Unparseable(error.message) from error
    except UNREADABLE as error:
        raise Unparseable("the body is not JSON") from error


def is_lines(request: Request[Any, Any, Any]) -> bool:
    """Return whether the body has one event a line."""
    return _media_type(request) in _LINES


def is_text(request: Request[Any, Any, Any]) -> bool:
    """Return whether the body is text, CSV included, rather than JSON."""
    return _media_type(request).startswith("text/")


def _media_type(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def encoding_of(request: Request[Any, Any, Any]) -> str:
    """Return how the body is packed, or nothing.

    Raises:
        InvalidRequest: in a way that is not known here.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return ""
    if encoding not in _UNPACKERS:
        raise InvalidRequest(
            f"pack the body with {' or '.join(_UNPACKERS)}, or not at all", "Content-Encoding", encoding
        )
    return encoding


def unpack(body: bytes, encoding: str, guest: Guest) -> bytes:
    """Return the body unpacked; no more than the limit is ever unpacked.

    Raises:
        Unparseable: it is not packed as it says, or cut off.
        TooLarge: it unpacks to more than a batch may be.
    """
    if not encoding:
        return body
    unpacked = bytearray()
    try:
        for piece in _UNPACKERS[encoding](body):
            guest.take(len(piece))
            unpacked += piece
            if len(unpacked) > BATCH_BYTES_LIMIT:
                raise _too_large(BATCH_BYTES_LIMIT)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise Unparseable(f"the body is not {encoding}, as Content-Encoding says, or it was cut off") from error
    return bytes(unpacked)


_PIECE = 1024
"""Bytes of packed body that are unpacked at a time, so that a small body cannot unpack to all memory at once."""


def _unpack_gzip(body: bytes) -> Iterator[bytes]:
    return _unpack_parts(body, lambda: zlib.decompressobj(wbits=31))


def _unpack_zstd(body: bytes) -> Iterator[bytes]:
    return _unpack_parts(body, zstandard.ZstdDecompressor().decompressobj)


def _unpack_parts(body: bytes, start: Callable[[], Any]) -> Iterator[bytes]:
    """Unpack a body of one part or several, and complain about one that ends within a part."""
    part = start()
    for place in range(0, len(body), _PIECE):
        piece = body[place : place + _PIECE]
        while piece:
            if part.eof:
                part = start()
            yield part.decompress(piece)
            piece = part.unused_data if part.eof else b""
    if not part.eof:
        raise EOFError


_UNPACKERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {"gzip": _unpack_gzip, "zstd": _unpack_zstd}


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body can be up to {limit // 2**20} MiB, unpacked; send less of it at a time")
