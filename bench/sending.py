"""A client that costs little: keep-alive connections, requests written as bytes, nothing parsed while the clock runs.

The client shares the machine with the server it measures, so every microsecond here is taken from the server.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop


@dataclass(frozen=True, slots=True)
class Call:
    """One POST request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: the bodies, the seconds that each call took, and the seconds that all of them took."""

    bodies: list[bytes]
    seconds: list[float]
    elapsed: float


def send(url: str, calls: Iterable[Call], connections: int) -> Answers:
    """Send the calls over so many connections, each with one call under way, and wait for all answers.

    A sequence is made ready before the clock starts; anything else is taken a call at a time, as there is need.

    Raises:
        RuntimeError: an answer was not 200.
    """
    return uvloop.run(_send(url, calls, connections))


async def _send(url: str, calls: Iterable[Call], connections: int) -> Answers:
    address = urlsplit(url)
    opened = [await asyncio.open_connection(address.hostname, address.port) for _ in range(connections)]
    waiting = iter([_request(call) for call in calls] if isinstance(calls, Sequence) else map(_request, calls))
    bodies: list[bytes] = []
    seconds: list[float] = []

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in waiting:
            started = time.perf_counter()
            for piece in request:
                writer.write(piece)
            bodies.append(await _answer(reader))
            seconds.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(work(*streams) for streams in opened))
    elapsed = time.perf_counter() - started
    for _, writer in opened:
        writer.close()
    return Answers(bodies, seconds, elapsed)


def _request(call: Call) -> tuple[bytes, bytes]:
    lines = [f"POST {call.path} HTTP/1.1", "host: bench", f"content-length: {len(call.body)}"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode(), call.body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length[1]) if length else 0)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"{head.decode()}{body.decode()}")
    return body
