"""A backup of a large ledger while events come in, and what it is worth: restored, audited, sent once more."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec

from apart import apart
from serving import Key, create_workspace, serving
from sound import bodies, fill_soundly

EVENTS, QUICK_EVENTS = 10_000_000, 200_000

HEAD = ["step", "seconds", "rows", "parts", "new parts", "copied", "slowest answer to a sender meanwhile"]

_WORKSPACE = "bench"
_HUNDREDS = 20
"""Hundreds of messages in a request: about nine thousand events."""
_WARMING = 10
"""Requests that are answered before a backup begins."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, how long it took, and what it said."""

    name: str
    seconds: float
    rows: int
    parts: int | None = None
    new_parts: int | None = None
    copied: int | None = None
    slowest: float | None = None

    def row(self) -> list[str]:
        """Return the cells of the table."""
        copied = "–" if self.copied is None else f"{self.copied / 2**20:,.0f} MiB"
        slowest = "–" if self.slowest is None else f"{self.slowest * 1000:,.0f} ms"
        counts = ("–" if count is None else f"{count:,}" for count in (self.rows, self.parts, self.new_parts))
        return [self.name, f"{self.seconds:.1f}", *counts, copied, slowest]


@dataclass(slots=True)
class _Sender:
    """A thread that sends all the time, and keeps what was acknowledged and how long it took."""

    url: str
    key: Key
    sent: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with _client(self.url, self.key) as client:
            for body, events in bodies("live", _HUNDREDS):
                started = time.monotonic()
                accepted = _post(client, body)["accepted"]
                self.seconds.append(time.monotonic() - started)
                if accepted != events:
                    raise RuntimeError(f"{accepted:,} of {events:,} events were taken in")
                self.sent.append(body)
                if self.stop.is_set():
                    return

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests were answered."""
        until = len(self.sent) + more
        while len(self.sent) < until:
            time.sleep(0.05)


def measure(events: int) -> Iterator[Step]:
    """Fill a ledger, back it up twice while events come in, restore the first and hold it against what was sent."""
    with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        key = create_workspace(folder / "data", _WORKSPACE)
        started = time.monotonic()
        filled = apart(fill_soundly, folder / "data", _WORKSPACE, events, max(events // 250_000, 1))
        yield Step("fill the ledger", time.monotonic() - started, filled)
        before: list[bytes] = []
        with serving(folder / "data") as served:
            _register(served.url, key)
            sender = _Sender(served.url, key)
            thread = threading.Thread(target=sender.run)
            thread.start()
            for step in ("backup", "second backup"):
                sender.wait_for(_WARMING)
                before = before or list(sender.sent)
                yield _back_up(step, folder, sender)
            sender.stop.set()
            thread.join()
        yield _restore(folder, filled)
        yield _send_again(folder, key, before)


def _back_up(step: str, folder: Path, sender: _Sender) -> Step:
    first, started = len(sender.seconds), time.monotonic()
    made = _run(folder, "backup", "backups", "--json")
    seconds = time.monotonic() - started
    sender.wait_for(1)
    slowest = max(sender.seconds[first:])
    rows = made["rows"]["message_events"]
    return Step(step, seconds, rows, made["parts"], made["new_parts"], made["new_bytes"], slowest)


def _restore(folder: Path, filled: int) -> Step:
    """Restore the first backup; the command ends with 0 only when every file, count and audit is as it should be."""
    (first, *_) = sorted(path.stem for path in (folder / "backups" / "manifests").glob("*.json"))
    started = time.monotonic()
    report = _run(folder, "restore", "backups", "--backup", first, "--data", "restored", "--json")
    rows = report["rows"]["message_events"]
    if rows < filled or not all(audit["clean"] for audit in report["audits"]):
        raise RuntimeError(f"{rows:,} rows of at least {filled:,} were restored: {report['audits']}")
    return Step("restore and audit", time.monotonic() - started, rows)


def _send_again(folder: Path, key: Key, before: list[bytes]) -> Step:
    """Send once more all that was acknowledged before the backup began; nothing of it may be new."""
    started = time.monotonic()
    with serving(folder / "restored") as served, _client(served.url, key) as client:
        receipts = [_post(client, body) for body in before]
    if any(receipt["accepted"] for receipt in receipts):
        raise RuntimeError("an event that was acknowledged before the backup began is not in it")
    known = sum(receipt["duplicates"] for receipt in receipts)
    return Step("send again what was acknowledged before", time.monotonic() - started, known)


def _register(url: str, key: Key) -> None:
    with _client(url, key) as client:
        body = {"name": "Sound", "channel": "EMAIL"}
        client.put("/v1/campaigns/campaign-0001", json=body).raise_for_status()


def _client(url: str, key: Key) -> httpx.Client:
    return httpx.Client(base_url=url, auth=(key.workspace_id, key.secret), timeout=300)


def _post(client: httpx.Client, body: bytes) -> Any:
    answer = client.post("/v1/message-events", content=body, headers={"content-type": "application/x-ndjson"})
    answer.raise_for_status()
    return msgspec.json.decode(answer.content)


def _run(folder: Path, *words: str) -> Any:
    data = () if "--data" in words else ("--data", "data")
    command = [sys.executable, "-m", "aftersend", *words, *data]
    done = subprocess.run(command, check=False, capture_output=True, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}")
    return msgspec.json.decode(done.stdout)
