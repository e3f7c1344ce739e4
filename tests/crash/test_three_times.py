"""A million events sent three times, each time in other batches and another order: nothing counts twice.

`THREE_TIMES_EVENTS=100000` sends fewer of them.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from random import Random

import httpx
import pytest

from builders import NOON, STATS, Json, campaign, question
from cli.desk import Desk

EVENTS = int(os.environ.get("THREE_TIMES_EVENTS", "1000000"))
CONNECTIONS = 4
BATCH_SIZES = (20_000, 7_001, 12_500)
KINDS = ("sent", "delivered", "opened", "clicked")
KEYS = ("sent", "delivered", "opened", "click")
CAMPAIGNS = ("c0", "c1", "c2", "c3", "c4")

_BUYERS = 5_000
_MESSAGES_A_USER = 50
_HOUR = 3_600_000
_MINUTE = 60_000
_WAYS = list(product(("TOTAL", "UNIQUE"), ("VIEW_THROUGH", "CLICK_CONVERSIONS"), ("documented", "live")))


@dataclass(slots=True)
class Made:
    """Events as lines ready to be sent, and what must be counted of them."""

    lines: list[bytes] = field(default_factory=list)
    purchases: list[bytes] = field(default_factory=list)
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    users: dict[tuple[str, str], set[int]] = field(default_factory=dict)


def make(events: int) -> Made:
    """Make so many message events; each buyer opens a message of the first campaign and buys an hour later."""
    made = Made()
    for number in range(events):
        buyer = number if number < _BUYERS else None
        user = number if buyer is not None else _BUYERS + number // 20 % (events // _MESSAGES_A_USER)
        name, kind = ("c0", "opened") if buyer is not None else (CAMPAIGNS[number % 5], KINDS[number // 5 % 4])
        moment = NOON + number % 20_000 * _MINUTE
        made.lines.append(
            b'{"event_id":"e%d","kind":"%b","campaign_id":"%b","user_id":"u%d","time":%d}'
            % (number, kind.encode(), name.encode(), user, moment)
        )
        made.totals[name, kind] += 1
        made.users.setdefault((name, kind), set()).add(user)
        if buyer is not None:
            made.purchases.append(
                b'{"event_id":"p%d","name":"purchase","user_id":"u%d","time":%d,"attributes":{"amount":3}}'
                % (number, user, moment + _HOUR)
            )
    return made


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends through several connections at once and adds up what the receipts say."""

    client: httpx.Client
    workspace: str

    def send(self, stream: str, lines: list[bytes], size: int) -> Counter[str]:
        """Send lines in batches of a size and return the sums of the receipts."""
        bodies = (b"\n".join(lines[start : start + size]) for start in range(0, len(lines), size))
        told: Counter[str] = Counter()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for receipt in threads.map(lambda body: self._post(stream, body), bodies):
                told.update(
                    accepted=receipt["accepted"], duplicates=receipt["duplicates"], rejected=len(receipt["rejected"])
                )
        return told

    def bodies(self) -> list[bytes]:
        """Ask in every way and return the bodies of the answers."""
        found = []
        for metric, attribution, profile in _WAYS:
            asked = question(metric_type=metric, attribution_type=attribution, campaign_ids=[*CAMPAIGNS])
            headers = {"MOE-APPKEY": self.workspace, "X-Stats-Profile": profile}
            answer = self.client.post(STATS, json=asked, headers=headers).raise_for_status()
            found.append(answer.content)
        return found

    def node(self, campaign_id: str, metric: str) -> Json:
        """Return the uppermost node of a campaign's answer."""
        asked = question(metric_type=metric, campaign_ids=[campaign_id])
        answer = self.client.post(STATS, json=asked, headers={"MOE-APPKEY": self.workspace}).raise_for_status()
        (tree,) = answer.json()["data"][campaign_id]
        node: Json = tree["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]
        return node

    def _post(self, stream: str, body: bytes) -> Json:
        headers = {"content-type": "application/x-ndjson"}
        answer = self.client.post(f"/v1/{stream}", content=body, headers=headers).raise_for_status()
        receipt: Json = answer.json()
        return receipt


def _check_totals(sender: Sender, made: Made) -> None:
    """Hold the answers against what was made."""
    for name in CAMPAIGNS:
        total, unique = (sender.node(name, metric)["performance_stats"] for metric in ("TOTAL", "UNIQUE"))
        assert [total[key] for key in KEYS] == [made.totals[name, kind] for kind in KINDS]
        assert [unique[key] for key in KEYS] == [len(made.users[name, kind]) for kind in KINDS]
    goal = sender.node("c0", "TOTAL")["conversion_goal_stats"]["Order"]
    assert (goal["total"], goal["unique"], goal["revenue"]) == (_BUYERS, _BUYERS, 3 * _BUYERS)


@pytest.mark.slow
def test_three_times_sent_is_once_counted(desk: Desk) -> None:
    """Receipts add up to each event once, and every answer stays the same to the byte."""
    made = make(EVENTS)
    secret = desk.create_workspace()
    goal = {"name": "Order", "event": "purchase", "revenue_attribute": "amount"}
    desk.put_campaigns(*(campaign("EMAIL", id=name, goals=[goal] if name == "c0" else []) for name in CAMPAIGNS))
    answers = []
    with (
        desk.serving(AFTERSEND_LOG_LEVEL="warning") as serving,
        httpx.Client(base_url=serving.url, auth=(desk.workspace, secret), timeout=120) as client,
    ):
        sender = Sender(client, desk.workspace)
        for time, size in enumerate(BATCH_SIZES):
            for lines in (made.lines, made.purchases):
                Random(time).shuffle(lines)
            told = sender.send("message-events", made.lines, size), sender.send("user-events", made.purchases, size)
            field_of_all = "duplicates" if time else "accepted"
            for receipts, lines in zip(told, (made.lines, made.purchases), strict=True):
                assert +receipts == {field_of_all: len(lines)}, f"pass {time + 1}"
            answers.append(sender.bodies())
        assert answers[0] == answers[1] == answers[2]
        _check_totals(sender, made)
        assert len(set(answers[0])) == len(_WAYS)
