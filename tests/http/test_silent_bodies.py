"""Bodies that do not come to their end."""

import base64
import socket
from urllib.parse import urlsplit

import pytest

from aftersend.api import bodies
from builders import Asker, campaign, message_event
from server import Server


def test_a_body_that_falls_silent(server: Server, asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing any more in the middle of a body is answered, and its memory is given back."""
    monkeypatch.setattr(bodies, "_PATIENCE_SECONDS", 0.2)
    asker.put_campaign("c1", campaign())
    key = base64.b64encode(f"{asker.workspace_id}:{asker.secret}".encode()).decode()
    address = urlsplit(server.url)

    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        head = (
            f"POST /v1/message-events HTTP/1.1\r\nhost: x\r\nauthorization: Basic {key}\r\ncontent-length: 100\r\n\r\n"
        )
        connection.sendall(head.encode() + b"[")
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"the body was cut off" in answer
    assert server.parts.services.room.taken == 0
    assert asker.send(message_event())["accepted"] == 1
