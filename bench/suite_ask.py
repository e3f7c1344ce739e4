"""Asks a server without asking more often than a workspace may, and keeps what was answered."""

import re
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from sending import send
from serving import Key, Served, serving
from statements import Scope
from suite_check import Checker
from suite_plan import Case, Question, stats_call

PAGE = 10
_PER_MINUTE = 96
_BURST = 20
"""Calls of one case before those of another workspace come."""
_BUDGET = 60.0
"""Seconds that the calls of a main case may take together, and a sixth of it those of any other."""
_VERY_LONG = 10.0
_SEALING = 2.0
"""What is credited in the background takes about as long as it does in an answer, on one core."""
_UNSETTLED_SECONDS = 1_800
_LOOKS = 8


class Pace:
    """Waits until a workspace may call again so often; nothing is waited for while a clock runs."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, workspace_id: str, calls: int) -> None:
        """Wait until so many calls more are allowed, and count them."""
        made = self._calls[workspace_id]
        while True:
            now = time.monotonic()
            while made and made[0] < now - 61:
                made.popleft()
            if len(made) + calls <= _PER_MINUTE:
                made.extend([now] * calls)
                return
            time.sleep(made[0] + 61.1 - now)


@dataclass(frozen=True, slots=True)
class Asker:
    """A server, the keys of its workspaces, and how often each has been asked."""

    served: Served
    keys: Mapping[str, Key]
    pace: Pace = field(default_factory=Pace)


def ask(served: Served, keys: Mapping[str, Key], questions: Sequence[Question], checker: Checker | None) -> list[float]:
    """Ask one question after the other over one connection and return the seconds of each."""
    calls = [question.call(keys[question.scope.workspace_id]) for question in questions]
    answers = send(served.url, calls, 1)
    if checker is not None:
        for question, body in zip(questions, answers.bodies, strict=True):
            checker.note(question, body)
    return answers.seconds


def warm(
    served: Served, keys: Mapping[str, Key], asked: Sequence[Case], checker: Checker, calls: tuple[int, int]
) -> dict[Case, list[float]]:
    """Ask every case so often, the main ones more often, a few at a time, the workspaces by turns.

    What takes long is asked less often, and what takes very long only once. What has been credited for a first answer
    is sealed after it: a case whose first answer takes very long has a second one for the first.
    """
    pace, seconds, wanted = Pace(), dict[Case, list[float]](), dict[Case, int]()
    for case in asked:
        pace.wait(case.group.workspace_id, 1)
        first = ask(served, keys, [case.question(0)], checker)
        if first[0] > _VERY_LONG:
            time.sleep(_SEALING * first[0])
            first = ask(served, keys, [case.question(0)], checker)
        long = first[0] > _VERY_LONG
        seconds[case] = first if long else []
        fit = int((_BUDGET if case.main else _BUDGET / 6) / first[0]) + 2
        wanted[case] = 1 if long else min(calls[not case.main], fit)
    while left := [case for case in asked if len(seconds[case]) < wanted[case]]:
        for case in left:
            done = len(seconds[case])
            share = min(_BURST if case.main else _BURST // 4, wanted[case] - done)
            pace.wait(case.group.workspace_id, share)
            questions = [case.question(done + turn + 1) for turn in range(share)]
            seconds[case] += ask(served, keys, questions, checker)
    return seconds


def cold(folder: Path, keys: Mapping[str, Key], asked: Sequence[Case], checker: Checker) -> dict[Case, float]:
    """Ask each case of a server that has just started and was asked nothing before."""
    found = {}
    for case in asked:
        with serving(folder) as served:
            settle(served)
            found[case] = ask(served, keys, [case.question(0)], checker)[0]
    return found


def pages(served: Served, key: Key, count: int, checker: Checker) -> list[float]:
    """Read the statistics of all campaigns of a workspace page by page and return the seconds of each page."""
    pace, seconds = Pace(), list[float]()
    for page in range(count):
        body = {
            "request_id": "bench",
            "start_date": "2026-01-01",
            "end_date": "2026-01-30",
            "attribution_type": "VIEW_THROUGH",
            "metric_type": "TOTAL",
            "offset": page * PAGE,
            "limit": PAGE,
        }
        pace.wait(key.workspace_id, 1)
        answers = send(served.url, [stats_call(key, body)], 1)
        seconds += answers.seconds
        campaigns = tuple(msgspec.json.decode(answers.bodies[0])["data"])
        checker.note(Question(Scope(key.workspace_id, campaigns), "TOTAL"), answers.bodies[0])
    return seconds


def settle(served: Served) -> float:
    """Wait until the server says that all its seals are made, where it says so; return the seconds that it took."""
    started, looks = time.monotonic(), 0
    while time.monotonic() < started + _UNSETTLED_SECONDS:
        metrics = httpx.get(f"{served.url}/metrics", timeout=60).text
        behind = re.search(r"^aftersend_seals_behind (\S+)", metrics, re.MULTILINE)
        # A server that has just started may not have looked yet at what there is to be made.
        looks = looks + 1 if behind is None or float(behind[1]) == 0 else 0
        if looks == _LOOKS or behind is None:
            return time.monotonic() - started
        time.sleep(0.25)
    raise RuntimeError("the seals were not made in time")
