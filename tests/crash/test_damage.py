"""Damaged files of the ledger: they are named, never answered from, and forgotten when they are whole."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from aftersend.errors import Misconfigured
from aftersend.store.folder import running_server
from builders import STATS, Json, question
from cli.desk import Desk, Serving
from crash.test_faults import EVENTS, Sender


def _largest(desk: Desk) -> Path:
    """Return the file with the data of the largest part: the events' first one."""
    return max((desk.data / "ledger" / "store").rglob("data.bin"), key=lambda file: file.stat().st_size)


def _flip(file: Path) -> None:
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 0xFF
    file.write_bytes(held)


def _filled(desk: Desk) -> Sender:
    sender = Sender(desk)
    with desk.serving() as serving:
        assert sender.send(serving, sender.batch(5 * EVENTS)).status_code == 200
        assert sender.send(serving, sender.batch(EVENTS)).status_code == 200
    return sender


def _asked(serving: Serving, sender: Sender) -> httpx.Response:
    asked: Json = question(campaign_ids=["c1"], metric_type="UNIQUE")
    headers = {"MOE-APPKEY": sender.desk.workspace}
    return httpx.post(serving.url + STATS, json=asked, auth=sender.key, headers=headers, timeout=60)


def test_a_flipped_bit_is_never_counted(desk: Desk) -> None:
    """A question that meets it fails, events still come in, readiness names it, and the file put back ends it."""
    sender = _filled(desk)
    damaged = _largest(desk)
    whole = damaged.read_bytes()
    _flip(damaged)
    with desk.serving(AFTERSEND_LOG_LEVEL="error") as serving:
        answer = _asked(serving, sender)
        assert (answer.status_code, set(answer.json())) == (500, {"title", "description", "code"})
        ready = httpx.get(f"{serving.url}/readyz", timeout=60)
        assert (ready.status_code, "a file of it is damaged" in ready.json()["problem"]) == (503, True)
        assert str(desk.data) not in answer.text + ready.text
        assert sender.send(serving, sender.batch()).json()["accepted"] == EVENTS

        damaged.write_bytes(whole)
        assert _asked(serving, sender).status_code == 200
        assert sender.sent(serving) == 7 * EVENTS
    with desk.serving() as serving:
        assert httpx.get(f"{serving.url}/readyz", timeout=60).status_code == 200
        assert sender.sent(serving) == 7 * EVENTS


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"short")], ids=["gone", "short"])
def test_what_was_set_aside_is_told(desk: Desk, spoil: Callable[[Path], object]) -> None:
    """A part that cannot be opened is missing loudly; its events can be sent again, and then all is well."""
    sender = _filled(desk)
    spoil(_largest(desk))
    assert "the ledger is not complete" in desk.run("doctor", status=1).out
    with desk.start("serve", "--port", "0", AFTERSEND_LOG_LEVEL="error") as process:
        serving = Serving(desk.data, _address(desk), process)
        problem = httpx.get(f"{serving.url}/readyz", timeout=60).json()["problem"]
        assert "its events are missing" in problem
        assert sender.send(serving, sender.batches[0]).json()["accepted"] == 5 * EVENTS
        assert sender.sent(serving) == 6 * EVENTS
        for folder in desk.data.rglob("broken-on-start*"):
            shutil.rmtree(folder)
        assert httpx.get(f"{serving.url}/readyz", timeout=60).json() == {"status": "ready"}
        assert serving.stop() == 0


def _address(desk: Desk) -> str:
    """Wait for a server that answers, ready or not."""
    deadline = monotonic() + 60
    while monotonic() < deadline:
        try:
            if (found := running_server(desk.data)) and httpx.get(f"{found.url}/healthz").status_code == 200:
                return found.url
        except (Misconfigured, httpx.TransportError):
            pass
        sleep(0.05)
    raise AssertionError("the server did not start")
