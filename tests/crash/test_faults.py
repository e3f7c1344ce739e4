"""Bad surroundings, all of them real: each is named, loses nothing, and is over without a restart when its cause is."""

import base64
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from builders import STATS, Json, message_event, question
from cli.desk import Desk, Serving

EVENTS = 300


class Sender:
    """Somebody who sends batches to a server, each of new events."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.secret = desk.create_workspace()
        desk.put_campaigns({"id": "c1", "name": "One", "channel": "EMAIL"})
        self.batches: list[list[Json]] = []

    @property
    def key(self) -> tuple[str, str]:
        """Return what opens the workspace."""
        return self.desk.workspace, self.secret

    def batch(self, events: int = EVENTS) -> list[Json]:
        """Make events that nobody has sent."""
        name = f"b{len(self.batches)}"
        self.batches.append([message_event(event_id=f"{name}-{place}", user_id=f"u{place}") for place in range(events)])
        return self.batches[-1]

    def send(self, serving: Serving, batch: list[Json], timeout: float = 60) -> httpx.Response:
        """Send a batch."""
        return httpx.post(f"{serving.url}/v1/message-events", json=batch, auth=self.key, timeout=timeout)

    def sent(self, serving: Serving) -> int:
        """Return how many events the statistics count."""
        headers = {"MOE-APPKEY": self.desk.workspace}
        asked = question(campaign_ids=["c1"])
        answer = httpx.post(serving.url + STATS, json=asked, auth=self.key, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        node = answer.json()["data"]["c1"][0]["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]
        found: int = node["all_variations"]["performance_stats"]["sent"]
        return found


def _new(events: int) -> Json:
    return {"accepted": events, "duplicates": 0, "rejected": []}


def _known(events: int) -> Json:
    return {"accepted": 0, "duplicates": events, "rejected": []}


def _mount(*words: str | Path) -> None:
    """Mount, or skip the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")


@contextmanager
def _small_disk(place: Path, size: str) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Take every byte that is left, for the block."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (bytes(65_536), bytes(512), b"0"):
            try:
                while True:
                    file.write(piece)
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Lay the folder over itself, read-only, for the block: what is opened by its name cannot be written to."""
    _mount("--bind", folder, folder)
    try:
        _mount("-o", "remount,bind,ro", folder)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def _no_writes(serving: Serving) -> Iterator[None]:
    """Have the system refuse every write of the server's to a file, open ones included, for the block."""
    free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, free)


def _problem(serving: Serving) -> str:
    """Return what is in the way; there must be something."""
    answer = httpx.get(f"{serving.url}/readyz", timeout=30)
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"].isdecimal()
    found: str = answer.json()["problem"]
    return found


def _live_through(
    sender: Sender, serving: Serving, fault: Callable[[], AbstractContextManager[object]], cause: str
) -> None:
    """Before, in and after a fault: what was acknowledged is counted, nothing else is, and the cause is named."""
    first, refused = sender.batch(), sender.batch()
    assert sender.send(serving, first).json() == _new(EVENTS)
    with fault():
        for _ in range(2):
            answer = sender.send(serving, refused)
            assert answer.status_code == 503, answer.text
            assert answer.headers["retry-after"].isdecimal()
            assert cause in answer.json()["error"]["message"]
        assert cause in _problem(serving)
        assert sender.sent(serving) == EVENTS
        assert httpx.get(f"{serving.url}/healthz").status_code == 200

    # Nobody has to send before the server is ready again.
    assert httpx.get(f"{serving.url}/readyz").json() == {"status": "ready"}
    assert sender.sent(serving) == EVENTS
    assert sender.send(serving, refused).json() == _new(EVENTS)
    assert sender.send(serving, first).json() == _known(EVENTS)
    assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
    assert sender.sent(serving) == 3 * EVENTS


def _start_again(sender: Sender, events: int) -> None:
    """Start anew: everything that was sent in the end is there, once."""
    with sender.desk.serving() as serving:
        assert sender.sent(serving) == events
        for batch in sender.batches:
            assert sender.send(serving, batch).json() == _known(len(batch))


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A full disk is named, nothing is taken in or lost, and when there is room again all is well."""
    with _small_disk(tmp_path / "disk", "48m") as disk:
        sender = Sender(Desk(disk / "data", tmp_path))
        with sender.desk.serving() as serving:
            _live_through(sender, serving, lambda: _full(disk), "disk is full")
        _start_again(sender, 3 * EVENTS)


def test_a_disk_that_fills_up_under_the_index(tmp_path: Path) -> None:
    """Where the index of event ids alone has no room: what the ledger keeps is acknowledged, and no more is taken."""
    data = tmp_path / "data"
    with _small_disk(data / "ledger-identities", "8m") as disk:
        sender = Sender(Desk(data, tmp_path))
        with sender.desk.serving() as serving:
            first, kept, refused = (sender.batch() for _ in range(3))
            assert sender.send(serving, first).json() == _new(EVENTS)
            with _full(disk):
                assert sender.send(serving, kept).json() == _new(EVENTS)
                answer = sender.send(serving, refused)
                assert (answer.status_code, sender.sent(serving)) == (503, 2 * EVENTS)
                assert "index of event ids cannot be opened right now: its disk is full" in answer.text
                assert "its disk is full" in _problem(serving)

            assert httpx.get(f"{serving.url}/readyz").status_code == 200
            assert sender.send(serving, kept).json() == _known(EVENTS)
            assert sender.send(serving, refused).json() == _new(EVENTS)
            assert sender.sent(serving) == 3 * EVENTS
        _start_again(sender, 3 * EVENTS)


def test_a_folder_that_becomes_read_only(desk: Desk) -> None:
    """A data folder that cannot be written to is named, and holds everything when it can be again."""
    sender = Sender(desk)
    with desk.serving() as serving:
        _live_through(sender, serving, lambda: _read_only(desk.data), "read-only")
    _start_again(sender, 3 * EVENTS)


def test_writes_that_are_refused(desk: Desk) -> None:
    """Where the system refuses every write, to open files too, ledger and index recover when it does no more."""
    sender = Sender(desk)
    with desk.serving() as serving:
        _live_through(sender, serving, lambda: _no_writes(serving), "may not grow")
    _start_again(sender, 3 * EVENTS)


def test_what_is_pending_outlives_everything(desk: Desk) -> None:
    """Of a server that takes in batch after batch, refused every write and then killed: nothing is lost or left out."""
    sender = Sender(desk)
    with desk.serving() as serving:
        for _ in range(5):
            assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
        with _no_writes(serving):
            headers = {"MOE-APPKEY": desk.workspace}
            asked = httpx.post(
                serving.url + STATS, json=question(campaign_ids=["c1"]), auth=sender.key, headers=headers, timeout=60
            )
            # Either all of it was in the tables by then, or nobody is answered without it.
            assert asked.status_code >= 500 or sender.sent(serving) == 5 * EVENTS
            assert sender.send(serving, sender.batch()).status_code == 503
            assert "may not grow" in _problem(serving)
        assert httpx.get(f"{serving.url}/readyz").json() == {"status": "ready"}
        assert sender.sent(serving) == 5 * EVENTS
        for _ in range(5):
            assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
        serving.stop(signal.SIGKILL)
    with desk.serving() as serving:
        assert sender.sent(serving) == 10 * EVENTS
        assert sender.send(serving, sender.batches[5]).json() == _new(EVENTS)
    _start_again(sender, 11 * EVENTS)


@pytest.mark.parametrize("fault", [_full, _read_only])
def test_stop_and_start_meanwhile(tmp_path: Path, fault: Callable[[Path], AbstractContextManager[None]]) -> None:
    """While the disk refuses, a server stops in good order and does not start, and says why; then it does."""
    with _small_disk(tmp_path / "disk", "48m") as disk:
        sender = Sender(Desk(disk, tmp_path))
        with sender.desk.serving() as serving:
            assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
            with fault(disk):
                assert serving.stop() == 0
                assert "Traceback" not in (serving.process.stderr.read() if serving.process.stderr else "")
                told = sender.desk.run("serve", "--port", "0", status=1).err
                assert "disk is full" in told or "Read-only file system" in told
        _start_again(sender, EVENTS)


def test_a_server_that_stands_still(desk: Desk) -> None:
    """Stopped in mid-commit and continued: clients that gave up and sent again have lost and doubled nothing."""
    sender = Sender(desk)
    batches = [sender.batch() for _ in range(90)]
    timeouts: list[int] = []

    def work(serving: Serving, mine: list[list[Json]]) -> None:
        for batch in mine:
            while True:
                try:
                    answer = sender.send(serving, batch, timeout=1)
                except httpx.TransportError:
                    timeouts.append(1)
                    continue
                assert answer.status_code == 200, answer.text
                break

    with desk.serving() as serving:
        threads = [threading.Thread(target=work, args=(serving, batches[place::3])) for place in range(3)]
        for thread in threads:
            thread.start()
        for pause in (0.3, 1.5, 1.2):
            time.sleep(0.2)
            serving.process.send_signal(signal.SIGSTOP)
            time.sleep(pause)
            serving.process.send_signal(signal.SIGCONT)
        for thread in threads:
            thread.join(timeout=60)
        assert timeouts
        assert sender.sent(serving) == len(batches) * EVENTS
    _start_again(sender, len(batches) * EVENTS)


def _half_sent(serving: Serving, sender: Sender, batch: list[Json], head: str) -> tuple[socket.socket, bytes]:
    """Begin to send a batch, one event a line; return the connection, and what is still to be sent."""
    body = "\n".join(json.dumps(event) for event in batch).encode()
    half = body.index(b"\n", len(body) // 2) + 1  # whole lines, which could be taken for all
    authorization = b"Basic " + base64.b64encode(":".join(sender.key).encode())
    lines = [
        b"POST /v1/message-events HTTP/1.1",
        b"host: localhost",
        b"authorization: " + authorization,
        b"content-type: application/x-ndjson",
        head.format(len(body)).encode(),
    ]
    connection = socket.create_connection(("127.0.0.1", int(serving.url.rpartition(":")[2])), timeout=60)
    piece = body[:half] if "length" in head else b"%x\r\n%s\r\n" % (half, body[:half])
    connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + piece)
    return connection, body[half:]


@pytest.mark.parametrize("head", ["content-length: {}", "transfer-encoding: chunked"])
def test_a_request_that_is_cut_off(desk: Desk, head: str) -> None:
    """A body that ends in the middle is as if it had never come: no event of it is kept, and no memory."""
    sender = Sender(desk)
    large = sender.batch(6_000)
    with desk.serving(AFTERSEND_BODY_MEMORY_MIB="1", AFTERSEND_LOG_LEVEL="warning") as serving:
        for _ in range(5):
            connection, _ = _half_sent(serving, sender, large, head)
            time.sleep(0.05)
            connection.close()
        time.sleep(0.3)

        assert sender.send(serving, sender.batch(6_000)).json() == _new(6_000)
        assert sender.sent(serving) == 6_000
        assert sender.send(serving, large).json() == _new(6_000)
        assert serving.stop() == 0
        assert "Traceback" not in (serving.process.stderr.read() if serving.process.stderr else "")


def test_a_slow_client_holds_nobody_up(desk: Desk) -> None:
    """While bodies come in slowly others are answered, and the slow ones are too when they are through."""
    sender = Sender(desk)
    with desk.serving() as serving:
        slow = [_half_sent(serving, sender, sender.batch(1_000), "content-length: {}") for _ in range(50)]
        started = time.monotonic()
        for _ in range(10):
            assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
        assert time.monotonic() - started < 10
        for connection, rest in slow:
            connection.sendall(rest)
        for connection, _ in slow:
            with closing(connection):
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert sender.sent(serving) == 10 * EVENTS + 50 * 1_000


@pytest.mark.slow
def test_a_registry_that_is_locked(desk: Desk) -> None:
    """Whoever needs to write to a locked registry is told so; others are not kept waiting meanwhile."""
    sender = Sender(desk)
    bringing = [message_event(event_id="new", campaign_id="brought", channel="SMS")]
    answers: list[httpx.Response] = []
    with desk.serving() as serving, closing(sqlite3.connect(desk.data / "registry.sqlite3")) as other:
        other.execute("BEGIN EXCLUSIVE")
        waiting = threading.Thread(target=lambda: answers.append(sender.send(serving, bringing)))
        waiting.start()
        time.sleep(0.5)
        started = time.monotonic()
        assert sender.send(serving, sender.batch()).json() == _new(EVENTS)
        assert sender.sent(serving) == EVENTS
        assert time.monotonic() - started < 5
        assert waiting.is_alive()
        waiting.join(timeout=60)
        (refused,) = answers
        assert (refused.status_code, refused.headers["retry-after"].isdecimal()) == (503, True)
        assert "another process has locked it" in refused.json()["error"]["message"]
        other.rollback()

        assert sender.send(serving, bringing).json() == _new(1)
