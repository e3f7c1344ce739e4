"""Batches as bodies: their forms, their encodings, their limits, who may send them, and all or nothing."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
import zstandard

from aftersend.api.room import Room
from aftersend.domain.workspaces import Scope
from aftersend.intake.commit import Committer
from aftersend.intake.receive import Intake
from builders import Asker, Json, campaign, message_event, user_event
from server import Server

MESSAGES, USERS = "/v1/message-events", "/v1/user-events"
LINES = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json"}
MIB = 2**20

Workspaces = Callable[..., Asker]
SiteWith = Callable[..., Callable[..., httpx.Response]]


@pytest.fixture
def sender(asker: Asker) -> Asker:
    """Somebody in a workspace that has the campaign c1."""
    asker.put_campaign("c1", campaign())
    return asker


def post(asker: Asker, body: bytes, path: str = MESSAGES, **headers: str) -> httpx.Response:
    """Send a body as it is; header names are given with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return asker.request("POST", path, content=body, headers=JSON | named)


def lines(*events: Json) -> bytes:
    """Spell events one a line."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def receipt(answer: httpx.Response) -> tuple[int, int, int]:
    """Return how many events were accepted, duplicates and rejected."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"accepted", "duplicates", "rejected"}
    return body["accepted"], body["duplicates"], len(body["rejected"])


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, code and field of an answer that has the native envelope."""
    problem = answer.json()["error"]
    assert set(problem) - {"field"} == {"code", "message", "request_id"}
    assert problem["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, problem["code"], problem.get("field")


UNPARSEABLE = (400, "unparseable_body", "body")
TOO_LARGE = (413, "too_large", None)


# Forms.


@pytest.mark.parametrize("path", [MESSAGES, USERS])
def test_the_three_forms(sender: Asker, path: str) -> None:
    """An array, an object with `events` and one event a line are all taken, and counted alike."""
    make = message_event if path == MESSAGES else user_event
    first, second = make(), make()

    array = post(sender, json.dumps([first]).encode(), path)
    envelope = post(sender, json.dumps({"events": [first, second]}).encode(), path)
    one_a_line = post(sender, lines(first, second, make()), path, content_type="application/x-ndjson")

    assert [receipt(answer) for answer in (array, envelope, one_a_line)] == [(1, 0, 0), (1, 1, 0), (1, 2, 0)]


@pytest.mark.parametrize(
    "content_type", ["application/x-ndjson; charset=utf-8", "Application/X-NDJSON", "application/jsonl"]
)
def test_how_lines_are_announced(sender: Asker, content_type: str) -> None:
    """The content type of lines is read without its parameters and in any case."""
    answer = post(sender, lines(message_event(), message_event()), content_type=content_type)

    assert receipt(answer) == (2, 0, 0)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\n\n", b" \n\t\n"])
def test_line_endings(sender: Asker, ending: bytes) -> None:
    """Lines may end as on Windows, empty lines are passed over, and the last line needs no end."""
    events = [json.dumps(message_event()).encode() for _ in range(3)]

    assert receipt(post(sender, ending.join(events), content_type="application/x-ndjson")) == (3, 0, 0)


@pytest.mark.parametrize("body", [b"[]", b'{"events": []}', b" \n[ ]\n"])
def test_a_batch_of_nothing(sender: Asker, body: bytes) -> None:
    """An empty batch is taken, and nothing is counted."""
    assert receipt(post(sender, body)) == (0, 0, 0)


# Encodings.


def test_gzip(sender: Asker) -> None:
    """A body packed with gzip is unpacked, also when it is made of several members."""
    one, other = lines(message_event()), lines(message_event())

    single = post(sender, gzip.compress(one), content_encoding="gzip", content_type="application/x-ndjson")
    several = gzip.compress(one) + gzip.compress(other)
    double = post(sender, several, content_encoding="GZIP", content_type="application/x-ndjson")

    assert (receipt(single), receipt(double)) == ((1, 0, 0), (1, 1, 0))


def test_zstd(sender: Asker) -> None:
    """A body packed with zstd is unpacked, also when it is made of several frames."""
    one, other = lines(message_event()), lines(message_event())

    single = post(sender, _zstd(one), content_encoding="zstd", content_type="application/x-ndjson")
    double = post(sender, _zstd(one) + _zstd(other), content_encoding="zstd", content_type="application/x-ndjson")

    assert (receipt(single), receipt(double)) == ((1, 0, 0), (1, 1, 0))


def test_zstd_that_does_not_tell_its_size(sender: Asker) -> None:
    """A zstd stream written without knowing its length is unpacked too."""
    stream = zstandard.ZstdCompressor().compressobj()
    packed = stream.compress(lines(message_event())) + stream.flush()

    assert receipt(post(sender, packed, content_encoding="zstd", content_type="application/x-ndjson")) == (1, 0, 0)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, zstd", "nonsense"])
def test_an_unknown_encoding(sender: Asker, encoding: str) -> None:
    """An encoding that is not known is a 400 that names the header."""
    answer = post(sender, json.dumps([message_event()]).encode(), content_encoding=encoding)

    assert refused(answer) == (400, "invalid_value", "Content-Encoding")


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def _cut(pack: Callable[[bytes], bytes], by: int, body: bytes) -> bytes:
    return pack(body)[:-by]


def _then(pack: Callable[[bytes], bytes], more: Callable[[bytes], bytes], body: bytes) -> bytes:
    return pack(body) + more(body)


def _damaged() -> Iterator[tuple[str, str, Callable[[bytes], bytes]]]:
    for encoding, pack, other in (("gzip", gzip.compress, _zstd), ("zstd", _zstd, gzip.compress)):
        yield encoding, "plain", bytes
        yield encoding, "the other", other
        yield encoding, "rubbish behind", partial(_then, pack, lambda body: b"rubbish")
        yield encoding, "second part cut", partial(_then, pack, partial(_cut, pack, 20))
        for by in (1, 8, 9, 40):
            yield encoding, f"cut by {by}", partial(_cut, pack, by)
    yield "gzip", "wrong checksum", partial(_then, partial(_cut, gzip.compress, 8), lambda body: b"\0" * 8)


@pytest.mark.parametrize(
    ("encoding", "damage"),
    [pytest.param(encoding, damage, id=f"{encoding}-{name}") for encoding, name, damage in _damaged()],
)
def test_a_packed_body_that_is_damaged(sender: Asker, encoding: str, damage: Callable[[bytes], bytes]) -> None:
    """A body that is not packed as it says, or was cut off, is a 400, and not one line of it is kept."""
    events = [message_event(user_id=f"u{number}") for number in range(2000)]

    answer = post(sender, damage(lines(*events)), content_encoding=encoding, content_type="application/x-ndjson")

    assert refused(answer) == UNPARSEABLE
    assert sender.send(*events)["duplicates"] == 0


# Limits.


def _bomb(encoding: str, size: int) -> bytes:
    body = b"[" + b" " * (size - 2) + b"]"
    return gzip.compress(body, 1) if encoding == "gzip" else _zstd(body)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_that_unpacks_to_the_limit_and_beyond(sender: Asker, encoding: str) -> None:
    """64 MiB unpacked are taken; one byte more is a 413, however small it was on the way."""
    taken = post(sender, _bomb(encoding, 64 * MIB), content_encoding=encoding)
    too_large = post(sender, _bomb(encoding, 64 * MIB + 1), content_encoding=encoding)

    assert receipt(taken) == (0, 0, 0)
    assert refused(too_large) == TOO_LARGE


def test_a_bomb_of_many_members(sender: Asker) -> None:
    """What unpacks to more than the limit in many pieces is a 413 too."""
    bomb = gzip.compress(b" " * (8 * MIB)) * 9

    assert refused(post(sender, bomb, content_encoding="gzip")) == TOO_LARGE


def test_a_body_that_announces_too_much(sender: Asker) -> None:
    """A body that says it is longer than 64 MiB is refused before it is read."""
    answer = raw_request(sender, [f"content-length: {64 * MIB + 1}"], b"")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_goes_on_and_on(sender: Asker) -> None:
    """A body that does not say its length is refused when it has become longer than 64 MiB."""
    chunk = b" " * MIB

    def body() -> Iterator[bytes]:
        for _ in range(64):
            yield chunk
        yield b" "

    assert refused(sender.request("POST", MESSAGES, content=body(), headers=JSON)) == TOO_LARGE


@pytest.mark.parametrize("form", ["array", "envelope", "lines", "one bad event"])
def test_how_many_events(sender: Asker, form: str) -> None:
    """50,000 events are taken; one more is a 413, in every form, and nothing of it is kept."""
    event = json.dumps(message_event()).encode()
    events = [event] * 50_000 + ([b"{}"] if form == "one bad event" else [event])

    def send(events: list[bytes]) -> httpx.Response:
        if form == "lines":
            return post(sender, b"\n".join(events), content_type="application/x-ndjson")
        array = b"[" + b",".join(events) + b"]"
        return post(sender, b'{"events":' + array + b"}" if form == "envelope" else array)

    assert refused(send(events)) == TOO_LARGE
    assert receipt(send(events[:50_000])) == (1, 49_999, 0)


def test_without_room_for_the_body(sender: Asker, site_with: SiteWith) -> None:
    """Where memory for bodies is used up the answer is a 503 that says when to come again, and nothing is kept."""
    room, event = Room(100), message_event()
    room.take(90)

    answer = site_with(room=room)(sender, "POST", MESSAGES, json=[event])

    assert refused(answer) == (503, "overloaded", None)
    assert int(answer.headers["retry-after"]) >= 1
    assert room.taken == 90
    assert sender.send(event)["accepted"] == 1


def test_when_the_server_is_stopping(server: Server, sender: Asker, site_with: SiteWith) -> None:
    """A batch that comes after the last commit is a 503 that says when to come again, and nothing is kept."""
    committer, event = Committer(server.parts.ledger), message_event()
    committer.start()
    committer.stop()
    intake = Intake(server.parts.registry.campaigns, committer, server.parts.services.now)

    answer = site_with(intake=intake)(sender, "POST", MESSAGES, json=[event])

    assert refused(answer) == (503, "store_unavailable", None)
    assert int(answer.headers["retry-after"]) >= 1
    assert sender.send(event)["accepted"] == 1


# All or nothing.

NOT_A_BATCH = {
    "nothing": b"",
    "white space": b" \n",
    "cut off": b'[{"event_id": "e1"}, {"event_id"',
    "text behind": b"[] []",
    "null": b"null",
    "a number": b"7",
    "a text": b'"events"',
    "an object without events": b'{"event_id": "e1"}',
    "events that are no array": b'{"events": {}}',
    "events that are null": b'{"events": null}',
    "not UTF-8": b"\xff\xfe[]",
    "a byte order mark": b"\xef\xbb\xbf[]",
    "an array without end": b"[" * 100_000,
    "objects without end": b'{"events":' * 100_000,
}


@pytest.mark.parametrize("path", [MESSAGES, USERS])
@pytest.mark.parametrize("body", NOT_A_BATCH.values(), ids=NOT_A_BATCH)
def test_a_body_that_is_not_a_batch(sender: Asker, body: bytes, path: str) -> None:
    """A body that cannot be read as a batch is a 400 about the field `body`."""
    assert refused(post(sender, body, path)) == UNPARSEABLE


@pytest.mark.parametrize("rest", [b",", b"", b",{]", b',{"event_id": NaN}]', b"]]", b"\0]"])
def test_nothing_of_a_malformed_array_is_kept(sender: Asker, rest: bytes) -> None:
    """Good events before the place where an array stops to be JSON are not kept."""
    event = message_event()

    answer = post(sender, b"[" + json.dumps(event).encode() + rest)

    assert refused(answer) == UNPARSEABLE
    assert sender.send(event)["accepted"] == 1


def test_lines_none_of_which_is_json(sender: Asker) -> None:
    """Lines none of which is JSON are not a batch."""
    answer = post(sender, b"<events>\n</events>\n", content_type="application/x-ndjson")

    assert refused(answer) == UNPARSEABLE


# Clients that go away.


def raw_request(asker: Asker, headers: list[str], body: bytes, *, answer: bool = True) -> bytes:
    """Send a request byte by byte and return the first of what comes back, or hang up without waiting."""
    address = urlsplit(asker.url)
    shown = next(httpx.BasicAuth(asker.workspace_id, asker.secret).auth_flow(httpx.Request("POST", asker.url)))
    head = [
        f"POST {MESSAGES} HTTP/1.1",
        f"host: {address.netloc}",
        f"authorization: {shown.headers['authorization']}",
        "content-type: application/x-ndjson",
        *headers,
    ]
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        return connection.recv(65_536) if answer else b""


@pytest.mark.parametrize("sized", [True, False], ids=["content-length", "chunked"])
def test_a_client_that_hangs_up(server: Server, sender: Asker, sized: bool) -> None:
    """When a client goes away in mid-body nothing of the body is kept, and its memory is given back."""
    events = [message_event() for _ in range(50)]
    body = lines(*events)
    headers = [f"content-length: {len(body) + 1}"] if sized else ["transfer-encoding: chunked"]

    raw_request(sender, headers, body if sized else f"{len(body):x}\r\n".encode() + body + b"\r\n", answer=False)

    for _ in range(200):  # until the server has noticed
        if server.parts.services.room.taken == 0:
            break
        time.sleep(0.01)
    time.sleep(0.1)
    assert server.parts.services.room.taken == 0
    assert sender.send(*events)["accepted"] == 50


# Who may send.


@pytest.mark.parametrize("path", [MESSAGES, USERS])
@pytest.mark.parametrize("scope", Scope)
def test_the_scope_of_senders(server: Server, sender: Asker, scope: Scope, path: str) -> None:
    """Events can be sent with `events:write` or `admin`; with any other scope they are refused with 403."""
    limited = Asker(sender.url, sender.workspace_id, server.create_key(sender.workspace_id, scope))

    answer = post(limited, b"[]", path)

    if scope in ("events:write", "admin"):
        assert receipt(answer) == (0, 0, 0)
    else:
        assert refused(answer) == (403, "not_allowed", None)


@pytest.mark.parametrize("path", [MESSAGES, USERS])
def test_a_sender_without_a_key(sender: Asker, path: str) -> None:
    """Without a valid key the answer is a 401 that tells how to sign in, and nothing is kept."""
    event = message_event()

    answer = post(Asker(sender.url, sender.workspace_id, "wrong"), json.dumps([event]).encode(), path)

    assert refused(answer) == (401, "not_authenticated", None)
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert sender.send(event)["accepted"] == 1


def test_events_stay_in_their_workspace(new_workspace: Workspaces) -> None:
    """The same event id in another workspace is another event, and is counted there only."""
    first, second = new_workspace(), new_workspace()
    event = message_event()
    for asker in (first, second):
        asker.put_campaign("c1", campaign())

    assert [asker.send(event, message_event())["accepted"] for asker in (first, second)] == [2, 2]
    assert [asker.node("EMAIL")["performance_stats"]["sent"] for asker in (first, second)] == [2, 2]
