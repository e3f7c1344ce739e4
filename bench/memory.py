"""How much memory the server takes while millions of events come in and questions are asked."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec

from aftersend.store.embedded import EmbeddedEngine
from apart import apart
from curve import Sample, draw
from message_stream import Json, message_events
from plan import ASKED, CAMPAIGNS, FIRST_DATE, LAST_DATE, SPAN_DAYS, SPAN_START, campaign_id
from sending import Call, send
from serving import Key, Served, create_workspace, serving

EVENTS, QUICK_EVENTS = 20_000_000, 1_000_000
BOUND = 2**30
"""Bytes. The server stays below it with EVENTS."""

FIGURE = Path(__file__).parent / "figures" / "memory.svg"

_WORKSPACE = "bench"
_SIZE = 10_000
_CONNECTIONS = 4
_EVERY = 10
"""Of so many batches one is of user events."""
_TEMPLATES = 18
_PAUSE = 0.65
"""Seconds between questions: a workspace may ask 100 times a minute."""
_NUMBER, _AUDIENCE = b"#######", b"user-00"
_GOAL = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}

HEAD = ["million events", "VmRSS", "its own (RssAnon)", "of files (RssFile)", "peak so far (VmHWM)", "seconds"]


@dataclass(frozen=True, slots=True)
class Template:
    """A batch whose ids and users only have to be patched, and the clicks that it has."""

    stream: str
    body: bytes
    clicks: int

    def patched(self, number: int) -> bytes:
        """Return the batch with ids that no other number has, of one of twenty audiences."""
        return self.body.replace(_NUMBER, b"%07d" % number).replace(_AUDIENCE, b"user-%02d" % (number % 20))


@dataclass(frozen=True, slots=True)
class MemoryResult:
    """What a run came to: the samples, one a second, and how many questions were answered meanwhile."""

    samples: list[Sample]
    questions: int
    slowest: float

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of the table: before the first event, and whenever another million had come."""
        reached = -1
        for sample in self.samples:
            if (millions := sample.events // 1_000_000) > reached or sample is self.samples[-1]:
                reached = millions
                sizes = (f"{size / 2**20:,.0f} MiB" for size in (sample.whole, sample.own, sample.files, sample.peak))
                yield [f"{sample.events / 1e6:.1f}", *sizes, f"{sample.seconds:.0f}"]

    def verdict(self) -> str:
        """Say whether the bound holds."""
        greatest = self.samples[-1].peak
        held = "is missed"
        if greatest < BOUND:
            held = "holds" if self.samples[-1].events >= EVENTS else f"is not decided, which is for {EVENTS:,} events"
        return (
            f"{greatest / 2**20:,.0f} MiB at most with {self.samples[-1].events:,} events and {self.questions:,} "
            f"questions, the slowest {self.slowest:.1f} s: the bound of {BOUND / 2**20:,.0f} MiB {held}"
        )


class _Progress:
    """What has been answered so far, for the threads to see."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.sent = 0
        self.done = threading.Event()
        self.questions = 0
        self.slowest = 0.0


def measure(events: int, minutes: float) -> MemoryResult:
    """Send so many events to a server while it is asked, or as many as go in so many minutes, and draw the curve."""
    progress = _Progress(time.monotonic() + minutes * 60)
    with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
        key = create_workspace(Path(name), _WORKSPACE)
        with serving(Path(name)) as served, ThreadPoolExecutor(2) as threads:
            served.put_campaigns(key, goals=[_GOAL])
            templates = _templates()
            samples = [_sample(served, progress, started := time.monotonic())]
            sending = threads.submit(_send, served, key, templates, events // _SIZE, progress)
            asking = threads.submit(_ask, served, key, progress)
            while not asking.done():
                time.sleep(1)
                samples.append(_sample(served, progress, started))
            expected = sending.result()
            asking.result()
            _check_answers(served, key, expected["clicks"])
        stored = apart(_stored, Path(name))
        if stored != expected["events"]:
            raise RuntimeError(f"the ledger has {stored:,} of {expected['events']:,} events")
    FIGURE.parent.mkdir(exist_ok=True)
    FIGURE.write_text(draw(samples, BOUND), encoding="utf-8")
    return MemoryResult(samples, progress.questions, progress.slowest)


def _sample(served: Served, progress: _Progress, started: float) -> Sample:
    sizes = served.memory()
    return Sample(
        time.monotonic() - started, progress.sent, sizes["VmRSS"], sizes["RssAnon"], sizes["RssFile"], sizes["VmHWM"]
    )


def _templates() -> list[Template]:
    encoder = msgspec.json.Encoder()
    found = []
    for place in range(_TEMPLATES):
        random = Random(place)
        events = message_events(f"{place:02d}-{_NUMBER.decode()}", random)
        batch = [next(events) for _ in range(_SIZE)]
        clicks = sum(event["kind"] == "clicked" for event in batch)
        found.append(Template("message-events", encoder.encode_lines(batch), clicks))
        if len(found) % _EVERY == 0:
            purchases = [_purchase(place, number, random) for number in range(_SIZE)]
            found[-1] = Template("user-events", encoder.encode_lines(purchases), 0)
    return found


def _purchase(place: int, number: int, random: Random) -> Json:
    """A user event; every fourth meets the goal."""
    return {
        "event_id": f"{place:02d}-{_NUMBER.decode()}-{number:05d}",
        "name": ("purchase", "page_viewed", "searched", "signed_in")[number % 4],
        "user_id": f"user-{random.randrange(200_000):08d}",
        "time": SPAN_START + random.randrange(SPAN_DAYS * 86_400_000),
        "platform": "ANDROID",
        "attributes": {"amount": random.randrange(10_000) / 100, "currency": "EUR"},
    }


def _send(served: Served, key: Key, templates: list[Template], batches: int, progress: _Progress) -> Counter[str]:
    """Send the batches and return how many events and clicks there were among them."""
    expected: Counter[str] = Counter()
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}

    def calls() -> Iterator[Call]:
        for number in range(batches):
            if time.monotonic() > progress.deadline:
                return
            template = templates[number % len(templates)]
            expected.update(events=_SIZE, clicks=template.clicks)
            # All but those under way have been answered.
            progress.sent = max(number - _CONNECTIONS, 0) * _SIZE
            yield Call(f"/v1/{template.stream}", headers, template.patched(number + 1))

    try:
        answers = send(served.url, calls(), _CONNECTIONS)
        accepted = sum(msgspec.json.decode(body)["accepted"] for body in answers.bodies)
        if accepted != expected["events"]:
            raise RuntimeError(f"the server took in {accepted:,} of {expected['events']:,} events")
        progress.sent = accepted
        return expected
    finally:
        progress.done.set()


def _ask(served: Served, key: Key, progress: _Progress) -> None:
    """Ask by turns for events and users, of ten campaigns with their goals, until all events are in; then some more."""
    with httpx.Client(base_url=served.url, timeout=120) as client:
        left = 4
        while left:
            left -= progress.done.is_set()
            started = time.monotonic()
            mode = ("TOTAL", "UNIQUE")[progress.questions % 2]
            _answer(client, key, mode, progress.questions // 2 % 2 * ASKED)
            progress.slowest = max(progress.slowest, time.monotonic() - started)
            progress.questions += 1
            time.sleep(_PAUSE)


def _answer(client: httpx.Client, key: Key, mode: str, first: int) -> Json:
    question = {
        "request_id": "bench",
        "campaign_ids": [campaign_id(campaign) for campaign in range(first, first + ASKED)],
        "start_date": FIRST_DATE,
        "end_date": LAST_DATE,
        "attribution_type": "VIEW_THROUGH",
        "metric_type": mode,
    }
    headers = {"authorization": key.authorization, "moe-appkey": key.workspace_id}
    answer = client.post("/core-services/v1/campaign-stats", headers=headers, json=question)
    answer.raise_for_status()
    found: Json = answer.json()
    return found


def _check_answers(served: Served, key: Key, expected: int) -> None:
    """See that the answers count every click that was sent."""
    with httpx.Client(base_url=served.url, timeout=120) as client:
        answers = [_answer(client, key, "TOTAL", first) for first in range(0, CAMPAIGNS, ASKED)]
    told = sum(_clicks(node) for answer in answers for trees in answer["data"].values() for node in _wholes(trees[0]))
    if told != expected:
        raise RuntimeError(f"the answers count {told:,} of {expected:,} clicks")


def _wholes(tree: Any) -> Iterator[Any]:
    for platform in tree["platforms"].values():
        yield platform["locales"]["all_locales"]["variations"]["all_variations"]


def _clicks(node: Any) -> int:
    return int(node.get("performance_stats", {}).get("click") or 0)


def _stored(folder: Path) -> int:
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    tables = ("message_events", "user_events")
    counts = [int(engine.select(f"SELECT count() FROM {table}")[0][0]) for table in tables]
    engine.close()
    return sum(counts)
