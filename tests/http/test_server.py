"""What the server says about itself, and how it answers what it does not know."""

import re
from typing import Any

import httpx
import pytest

from aftersend.domain.channels import Channel
from builders import STATS, Asker, Json, campaign, message_event
from server import Server

OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/openapi.json")


def get(server: Server, path: str, **headers: str) -> httpx.Response:
    """Ask without a key; header names are given with underscores."""
    return httpx.get(server.url + path, headers={name.replace("_", "-"): text for name, text in headers.items()})


def counters(server: Server) -> dict[str, float]:
    """Return the server's counters by name and labels."""
    rows = [line.rpartition(" ") for line in get(server, "/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in rows}


def native(answer: httpx.Response) -> Json:
    """Return what an answer with the native envelope says, without the request's id."""
    body: Json = answer.json()
    assert set(body) == {"error"}
    assert body["error"].pop("request_id") == answer.headers["x-request-id"]
    assert body["error"].pop("message")
    return {"status": answer.status_code, **body["error"]}


# Health, counters, document, catalogue.


def test_the_process_is_alive(server: Server) -> None:
    """/healthz says that the process runs."""
    answer = get(server, "/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_server_is_ready(server: Server) -> None:
    """/readyz says that events can be taken in and questions answered."""
    answer = get(server, "/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_the_server_is_not_ready(asker: Asker, site_with: Any) -> None:
    """When something is in the way /readyz is a 503 that says what, and /healthz is as before."""
    ask = site_with(problem=lambda: "the disk is full")

    ready, alive = (ask(asker, "GET", path) for path in ("/readyz", "/healthz"))

    assert (ready.status_code, ready.json()) == (503, {"status": "not_ready", "problem": "the disk is full"})
    assert ready.headers["retry-after"].isdecimal()
    assert alive.status_code == 200


def test_the_counters_are_in_the_form_of_prometheus(server: Server) -> None:
    """/metrics has the media type and the lines that Prometheus reads."""
    answer = get(server, "/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE aftersend_http_requests_total counter" in answer.text
    assert "# TYPE aftersend_waiting_events gauge" in answer.text


def test_the_counters_count_events(server: Server, asker: Asker) -> None:
    """What became of each event of a batch is counted, and why events were turned away."""
    asker.put_campaign("c1", campaign())
    event = message_event()
    before = counters(server)

    asker.send(event, event, message_event(), message_event("nonsense"))

    after = counters(server)
    expected = {
        'aftersend_events_total{outcome="accepted",stream="message_events"}': 2,
        'aftersend_events_total{outcome="duplicate",stream="message_events"}': 1,
        'aftersend_events_total{outcome="rejected",stream="message_events"}': 1,
        'aftersend_rejections_total{code="invalid_value",stream="message_events"}': 1,
        "aftersend_commits_total": 1,
        "aftersend_waiting_events": 0,
    }
    assert {name: after[name] - before.get(name, 0) for name in expected} == expected


def test_the_counters_count_requests_by_route(server: Server, asker: Asker) -> None:
    """Requests are counted by route and not by path, so that the number of series is bounded."""
    for campaign_id in ("c1", "c2"):
        asker.put_campaign(campaign_id, campaign())
    for path in ("/nothing", "/nowhere/at/all"):
        get(server, path)

    found = counters(server)

    routes = {match[1] for name in found if (match := re.search(r'route="([^"]*)"', name))}
    assert "/v1/campaigns/{campaign_id}" in routes
    assert not routes & {"/v1/campaigns/c1", "/nothing", "/nowhere/at/all"}


def test_the_document(server: Server) -> None:
    """/openapi.json is an OpenAPI 3.1 document that says how to sign in."""
    answer = get(server, "/openapi.json")

    document = answer.json()
    assert (answer.headers["content-type"], document["openapi"]) == ("application/json", "3.1.0")
    assert document["components"]["securitySchemes"]["basic"] == {"type": "http", "scheme": "basic"}


def test_the_catalogue(asker: Asker) -> None:
    """/v1/catalogue shows every table, the channels in their order, to any key."""
    answer = asker.request("GET", "/v1/catalogue")

    tables = answer.json()
    assert [row["name"] for row in tables["channels"]] == [channel.value for channel in Channel]
    for table in (
        "kinds",
        "metrics",
        "delivery_funnels",
        "reasons",
        "control_groups",
        "goal_fields",
        "audit_identities",
    ):
        assert tables[table]


def test_the_catalogue_needs_a_key(server: Server) -> None:
    """/v1/catalogue is not shown to strangers."""
    answer = get(server, "/v1/catalogue")

    assert native(answer) == {"status": 401, "code": "not_authenticated"}
    assert answer.headers["www-authenticate"] == 'Basic realm="aftersend", charset="UTF-8"'


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_what_needs_no_key(server: Server, path: str) -> None:
    """Health, counters and the document are shown to everybody, also to who shows a wrong key."""
    assert get(server, path).status_code == 200
    assert get(server, path, Authorization="Basic bm86Ym9keQ==").status_code == 200


# Request ids.


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/v1/campaigns", STATS])
def test_a_request_id_is_given_back(server: Server, path: str) -> None:
    """A harmless id that the caller sends comes back with the answer, whatever the answer is."""
    assert get(server, path, X_Request_Id="abc-1.2_3").headers["x-request-id"] == "abc-1.2_3"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", 'a"b', "é".encode()], ids=repr)
def test_a_request_id_that_is_not_harmless(server: Server, sent: str | bytes) -> None:
    """An id that could do harm in a log is replaced."""
    headers = {b"x-request-id": sent if isinstance(sent, bytes) else sent.encode()}

    answers = [httpx.get(server.url + "/healthz", headers=headers) for _ in range(2)]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in ids)
    assert ids[0] != ids[1]


# What is not there.


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/message-events/1", "/v1/campaigns/a/b", "//", "/healthz%00"])
def test_a_path_that_is_not_there(server: Server, path: str) -> None:
    """An unknown path is a 404 in the native envelope, whoever asks."""
    assert native(get(server, path)) == {"status": 404, "code": "not_found"}


WRONG_METHODS = [
    ("GET", "/v1/message-events", {"POST"}),
    ("PUT", "/v1/user-events", {"POST"}),
    ("POST", "/v1/campaigns", {"GET"}),
    ("POST", "/v1/campaigns/c1", {"PUT", "PATCH", "GET", "DELETE"}),
    ("POST", "/healthz", {"GET"}),
]


@pytest.mark.parametrize(("method", "path", "allowed"), WRONG_METHODS)
def test_a_method_that_a_path_does_not_take(server: Server, method: str, path: str, allowed: set[str]) -> None:
    """A wrong method is a 405 in the native envelope that names the right ones."""
    answer = httpx.request(method, server.url + path)

    assert native(answer) == {"status": 405, "code": "method_not_allowed"}
    assert set(answer.headers["allow"].split(", ")) - {"OPTIONS", "HEAD"} == allowed


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_method_that_the_stats_path_does_not_take(server: Server, method: str, slash: str) -> None:
    """On the stats path a wrong method is a 405 in the flat envelope."""
    answer = httpx.request(method, server.url + STATS + slash)

    body = answer.json()
    assert re.fullmatch("[A-Za-z]{8}", body.pop("code"))
    assert (answer.status_code, body) == (405, {"title": "Method Not Allowed", "description": None})
    assert "POST" in answer.headers["allow"]


def test_a_request_without_a_key_on_the_stats_path(server: Server) -> None:
    """A 401 of the stats path says how to sign in, as every 401 does."""
    answer = httpx.post(server.url + STATS)

    assert answer.headers["www-authenticate"] == 'Basic realm="aftersend", charset="UTF-8"'


def test_web_sockets_are_not_spoken(server: Server) -> None:
    """An attempt to change the protocol gets an answer and not a connection that hangs."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    answer = httpx.get(server.url + "/healthz", headers=upgrade, timeout=10)

    assert answer.status_code != 101
