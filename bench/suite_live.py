"""Asking while events come in: a last day that grows, read-your-writes, and fifty thousand events a second."""

import multiprocessing
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random

import msgspec

from history import OTHERS, Group
from message_stream import message_events
from plan import SPAN_DAYS, SPAN_START
from sending import Call, send
from serving import Key, Served
from suite_ask import Asker, ask
from suite_check import Checker, told
from suite_plan import MODES, Case, Question

_DAY = 86_400_000
_LAST_DAY = SPAN_START + (SPAN_DAYS - 1) * _DAY
_GROWING_SIZE, _GROWING_PAUSE = 100, 0.25
"""Events of a request, and seconds between requests: some four hundred events a second on the last day."""
_LOAD_SIZE, _LOAD_CONNECTIONS, _TEMPLATES = 5_000, 4, 12
_NUMBER = "#######"
_FRESH = 20
_LONGEST = 90
"""Seconds in which is asked beside what grows, once at least."""
RATE = 50_000
"""Events a second that others send."""


@dataclass(slots=True)
class Growth:
    """What asking beside a growing last day came to. `wrong` are answers that lacked what had been acknowledged."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {mode: [] for mode in MODES})
    events: int = 0
    wrong: int = 0


def grow(asker: Asker, group: Group, calls: int) -> Growth:
    """Ask about a group by turns in both modes while one client sends clicks of its last day, by new users."""
    served, key = asker.served, asker.keys[group.workspace_id]
    result, done = Growth(), threading.Event()
    run = secrets.token_hex(4)  # what an earlier run has sent may be there
    acknowledged, begun = [0], [0]
    deadline = time.monotonic() + _LONGEST

    def sending() -> None:
        for number in count():
            if done.is_set():
                return
            begun[0] += _GROWING_SIZE
            send(served.url, [_clicks(key, group, f"grown-{run}-{number}", _GROWING_SIZE)], 1)
            acknowledged[0] += _GROWING_SIZE
            done.wait(_GROWING_PAUSE)

    cases = {mode: Case(group, min(10, len(group.numbers)), SPAN_DAYS, mode) for mode in MODES}
    before = {mode: _clicked(served, key, cases[mode].question(0)) for mode in MODES}
    with ThreadPoolExecutor(1) as threads:
        sender = threads.submit(sending)
        try:
            for turn in range(calls):
                if time.monotonic() > deadline and turn:
                    break
                asker.pace.wait(group.workspace_id, 2)
                for mode in MODES:
                    least = acknowledged[0]
                    clicked, seconds = _timed(served, key, cases[mode].question(turn % 2))
                    result.seconds[mode].append(seconds)
                    result.wrong += not least <= clicked - before[mode] <= begun[0]
        finally:
            done.set()
        sender.result()
    result.events = acknowledged[0]
    return result


def freshness(asker: Asker, group: Group, times: int) -> Growth:
    """Send one event and ask, again and again; the seconds are from sending to having it in an answer."""
    served, key = asker.served, asker.keys[group.workspace_id]
    case = Case(group, 1, 1, "TOTAL")
    question = case.question(9)  # of the last day
    one = Group(group.workspace_id, [group.numbers[9 % len(group.numbers)]], 0, 0)
    result, before, run = Growth(), _clicked(served, key, question), secrets.token_hex(4)
    for number in range(times):
        asker.pace.wait(group.workspace_id, 1)
        started = time.perf_counter()
        send(served.url, [_clicks(key, one, f"fresh-{run}-{number}", 1)], 1)
        clicked, _ = _timed(served, key, question)
        result.seconds["TOTAL"].append(time.perf_counter() - started)
        result.wrong += clicked != before + number + 1
    result.events = times
    return result


@contextmanager
def loaded(served: Served, key: Key, rate: int) -> Iterator[list[float]]:
    """Send so many events a second for the block, from a process of its own; what it reached is in the list after."""
    reached: list[float] = []
    with multiprocessing.Manager() as manager, ProcessPoolExecutor(1) as process:
        done = manager.Event()
        sending = process.submit(_send_load, served.url, key, rate, done)
        time.sleep(3)
        try:
            yield reached
        finally:
            done.set()
            reached.append(sending.result())


def _send_load(url: str, key: Key, rate: int, done: threading.Event) -> float:
    """Send until it is done and return the events a second that were acknowledged."""
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}
    run = secrets.token_hex(4)
    templates = [_template(run, place) for place in range(_TEMPLATES)]
    numbers, started = count(1), time.monotonic()

    def calls() -> Iterator[Call]:
        while not done.is_set():
            number = next(numbers)
            time.sleep(max(started + number * _LOAD_SIZE / rate - time.monotonic(), 0))
            body = templates[number % _TEMPLATES].replace(_NUMBER.encode(), b"%07d" % number)
            yield Call("/v1/message-events", headers, body)

    with ThreadPoolExecutor(_LOAD_CONNECTIONS) as threads:
        sent = [threads.submit(send, url, calls(), 1) for _ in range(_LOAD_CONNECTIONS)]
        requests = sum(len(one.result().bodies) for one in sent)
    return requests * _LOAD_SIZE / (time.monotonic() - started)


def _template(run: str, place: int) -> bytes:
    events = message_events(f"load{run}{place:02d}-{_NUMBER}", Random(place))
    return msgspec.json.Encoder().encode_lines([next(events) for _ in range(_LOAD_SIZE)])


def _clicks(key: Key, group: Group, prefix: str, size: int) -> Call:
    """Clicks of the last day, each by a user of its own, on the campaigns of a group by turns."""
    events = [
        {
            "event_id": f"{prefix}-{number}",
            "kind": "clicked",
            "campaign_id": group.campaign_ids[number % len(group.numbers)],
            "user_id": f"{prefix}-{number}",
            "platform": _platform(group.numbers[number % len(group.numbers)]),
            "locale": "en",
            "variation": "variation_1",
            "time": _LAST_DAY + number * 1000,
        }
        for number in range(size)
    ]
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}
    return Call("/v1/message-events", headers, msgspec.json.Encoder().encode_lines(events))


def _platform(campaign: int) -> str:
    return ("WEB", "EMAIL", "SMS", "WEB")[campaign % 4]


def _timed(served: Served, key: Key, question: Question) -> tuple[int, float]:
    answers = send(served.url, [question.call(key)], 1)
    found = told(answers.bodies[0], question.mode)
    clicked = sum(number for cell, number in found.items() if cell[2] == cell[3] == "" and cell[4] == "clicked")
    return clicked, answers.seconds[0]


def _clicked(served: Served, key: Key, question: Question) -> int:
    """How many clicks an answer has, of all its campaigns and platforms."""
    return _timed(served, key, question)[0]


@dataclass(frozen=True, slots=True)
class Busy:
    """What asking came to quiet and while others send, how fresh answers were meanwhile, and how much was sent."""

    quiet: dict[str, list[float]]
    busy: dict[str, list[float]]
    fresh: Growth
    rate: float


def quiet_and_busy(asker: Asker, groups: tuple[Group, Group], calls: int, checker: Checker) -> Busy:
    """Ask about a group quiet and while others send; then send events of a second one and ask for each at once."""
    asked, fresh = groups
    noting = None if asked is fresh else checker  # what grows afterwards cannot be compared at the end
    cases = [Case(asked, min(10, len(asked.numbers)), SPAN_DAYS, mode) for mode in MODES]

    def seconds() -> dict[str, list[float]]:
        found = {mode: list[float]() for mode in MODES}
        for turn in range(calls):
            asker.pace.wait(asked.workspace_id, 2)
            for case in cases:
                found[case.mode] += ask(asker.served, asker.keys, [case.question(turn)], noting)
        return found

    quiet = seconds()
    with loaded(asker.served, asker.keys[f"{OTHERS}-1"], RATE) as reached:
        busy = seconds()
        freshly = freshness(asker, fresh, _FRESH)
    return Busy(quiet, busy, freshly, reached[0])
