"""Reads bodies: bounded while they arrive, and bounded again when they are unpacked."""

import gzip
import io
import zlib
from collections.abc import Callable
from typing import Any

import zstandard
from litestar import Request

from aftersend.api.room import Guest
from aftersend.domain.events import BATCH_BYTES_LIMIT
from aftersend.errors import InvalidRequest, TooLarge, Unparseable

_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
ENCODINGS = ("gzip", "zstd")


async def read_body(
    request: Request[Any, Any, Any], limit: int, take: Callable[[int], None] = lambda size: None
) -> bytes:
    """Return the body as it was sent; `take` is told of every piece before it is kept.

    Raises:
        TooLarge: it is longer than the limit, in bytes.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        take(len(chunk))
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def is_lines(request: Request[Any, Any, Any]) -> bool:
    """Return whether the body has one event a line."""
    return _media_type(request) in _LINES


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
    if encoding not in ENCODINGS:
        raise InvalidRequest(
            f"pack the body with {' or '.join(ENCODINGS)}, or not at all", "Content-Encoding", encoding
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
    try:
        with _reader(body, encoding) as reader:
            unpacked: bytes = reader.read(BATCH_BYTES_LIMIT + 1)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise Unparseable(f"the body is not {encoding}, as Content-Encoding says, or it was cut off") from error
    if len(unpacked) > BATCH_BYTES_LIMIT:
        raise _too_large(BATCH_BYTES_LIMIT)
    guest.take(len(unpacked))
    return unpacked


def _reader(body: bytes, encoding: str) -> Any:
    if encoding == "gzip":
        return gzip.GzipFile(fileobj=io.BytesIO(body))
    return zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body can be up to {limit // 2**20} MiB, unpacked; send less of it at a time")
