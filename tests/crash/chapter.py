"""One chapter of the crash test: a workspace of its own, rounds of load and kill, and the verdict over its events."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from agreement.sending import Caller, calling, difference, read
from builders import Asker, question
from cli.desk import SEALING, Desk, Serving
from crash.clients import Client
from crash.corrector import Corrector, wait_for_removals
from crash.traffic import CAMPAIGNS, MESSAGE_EVENTS, Batch
from oracle import answer

CLIENTS = 4
_QUESTIONS = [(metric, profile) for metric in ("TOTAL", "UNIQUE") for profile in ("documented", "live")]


@dataclass(slots=True)
class Tally:
    """What a chapter came to."""

    rounds: int = 0
    killed_in_start: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    found: int = 0
    absent: int = 0
    refused: int = 0
    corrected: int = 0
    uncertain: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Chapter:
    """A workspace, its clients, and what was answered about it at its end."""

    desk: Desk
    seed: str
    secret: str = ""
    admin_secret: str = ""
    clients: list[Client] = field(default_factory=list)
    corrector: Corrector = field(init=False)
    tally: Tally = field(default_factory=Tally)
    bodies: list[bytes] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the workspace; no server has to run."""
        self.secret = self.desk.create_workspace()
        self.desk.put_campaigns(*CAMPAIGNS)
        admin = self.desk.run("key", "create", "--workspace", self.desk.workspace, "--scope", "admin")
        self.admin_secret = admin.json["secret"]
        self.clients = [Client(self.seed, number) for number in range(CLIENTS)]
        self.corrector = Corrector(self.seed)

    def round(self, number: int) -> None:
        """Serve under load and kill the server at a moment that the seed decides."""
        dice = Random(f"{self.seed}-round-{number}")
        self.tally.rounds += 1
        if dice.random() < 0.15:
            # While it starts, and so while it mends what the last kill left.
            with self.desk.start("serve", "--port", "0", AFTERSEND_LOG_LEVEL="error", **SEALING) as process:
                time.sleep(dice.uniform(0.3, 1.8))
                process.kill()
            self.tally.killed_in_start += 1
        with self.desk.serving(AFTERSEND_LOG_LEVEL="error", **SEALING) as serving:
            threads = [client.start(serving.url, self.desk.workspace, self.secret) for client in self.clients]
            threads.append(self.corrector.start(serving.url, self.desk.workspace, self.admin_secret))
            if dice.random() < 0.8:
                self._await_an_answer()
            time.sleep(dice.uniform(0.02, 0.8))
            ended = serving.stop(signal.SIGKILL)
            for thread in threads:
                thread.join(timeout=90)
            said = serving.process.stderr.read() if serving.process.stderr else ""
        if ended != -signal.SIGKILL or "Traceback" in said:
            self.tally.problems.append(f"round {number}: ended with {ended}: {said[-2000:]}")
        failures = [*(client.failure for client in self.clients), self.corrector.failure]
        self.tally.problems += [f"round {number}: {failure}" for failure in failures if failure]

    def _await_an_answer(self) -> None:
        """Wait for the first receipt of the round: a fresh server takes most of a second for its first commit."""
        before = sum(client.answers for client in self.clients)
        deadline = time.monotonic() + 30
        while sum(client.answers for client in self.clients) == before and time.monotonic() < deadline:
            time.sleep(0.005)

    def judge(self) -> None:
        """Look at what the tables hold, then hold the answers of a fresh server against the oracle's."""
        batches = [batch for client in self.clients for batch in client.batches]
        there = self._held_here()
        for batch in batches:
            self._judge_batch(batch, there)
        self._finish_removals()
        there = self._held_here()
        sent = {event["event_id"] for batch in batches for event in batch.good}
        sent |= {event["event_id"] for one in self.corrector.batches for event in one.events}
        if strange := there - sent:
            self._tell(f"events that nobody sent: {sorted(strange)[:3]}")
        for problem in self.corrector.judge(there):
            self._tell(problem)
        self.tally.corrected, self.tally.uncertain = self.corrector.promised()
        self.tally.refused = sum(client.refused for client in self.clients)
        with (
            self.desk.serving(AFTERSEND_LOG_LEVEL="error", **SEALING) as serving,
            calling(self._asker(serving)) as caller,
        ):
            self.bodies = self.ask(caller)
            self._compare(batches, there)
            self._send_again(caller, batches, there)

    def check_again(self, serving: Serving) -> None:
        """Ask once more, after all that came later: the answers are those of the first time, or what came since."""
        with calling(self._asker(serving)) as caller:
            if self.ask(caller) != self.bodies:
                self._tell("the answers are others than at the end of the chapter")

    def ask(self, caller: Caller) -> list[bytes]:
        """Ask about both campaigns, in every way of counting and spelling."""
        return [caller.ask(question(metric_type=metric), profile) for metric, profile in _QUESTIONS]

    def _held_here(self) -> set[str]:
        """Return the ids of the workspace that the tables hold."""
        here = [event_id for workspace, event_id in held_ids(self.desk) if workspace == self.desk.workspace]
        if len(here) != len(set(here)):
            self._tell(f"{len(here) - len(set(here))} events are there more than once")
        return set(here)

    def _finish_removals(self) -> None:
        """Serve until what the last kill cut off has been carried out."""
        key = (self.desk.workspace, self.admin_secret)
        with (
            self.desk.serving(AFTERSEND_LOG_LEVEL="error", **SEALING) as serving,
            httpx.Client(base_url=serving.url, auth=key, timeout=60, verify=False) as connection,
        ):
            wait_for_removals(connection)

    def _asker(self, serving: Serving) -> Asker:
        return Asker(serving.url, self.desk.workspace, self.secret)

    def _tell(self, problem: str) -> None:
        self.tally.problems.append(f"chapter {self.seed}: {problem}")

    def _judge_batch(self, batch: Batch, there: set[str]) -> None:
        ids = [event["event_id"] for event in batch.own]
        held = sum(event_id in there for event_id in ids)
        if batch.receipt:
            self.tally.acknowledged += len(batch.good)
            if held != len(ids):
                self._tell(f"{len(ids) - held} of {len(ids)} acknowledged events are lost, {ids[0]} and others")
            return
        self.tally.unanswered += 1
        # The first ones may have come with a later batch; the others are all there or all absent.
        alone = [event_id in there for event_id in ids[batch.lent :]]
        if len(set(alone)) > 1:
            self._tell(f"{sum(alone)} of {len(alone)} events of an unanswered batch are there, {ids[-1]} and others")
        if held == len(ids):
            self.tally.found += 1
        else:
            self.tally.absent += 1

    def _compare(self, batches: list[Batch], there: set[str]) -> None:
        """Hold the answers against the oracle's, over the events that are there."""
        events = {event["event_id"]: event for batch in batches for event in batch.own if event["event_id"] in there}
        known = {"id": self.desk.workspace, "timezone": "UTC"}
        events |= {event["event_id"]: event for event in self.corrector.events_in(there)}
        # What no goal is about changes no answer, and the oracle looks at every message for each user event.
        counted = [
            {"campaign_id": "", **event, "workspace_id": self.desk.workspace}
            for event in events.values()
            if event.get("name") != "page viewed"
        ]
        for body, (metric, profile) in zip(self.bodies, _QUESTIONS, strict=True):
            expected = answer(known, CAMPAIGNS, counted, question(metric_type=metric), profile)
            if told := difference(read(body), expected):
                self._tell(f"{metric} in the {profile} profile: {told}")

    def _send_again(self, caller: Caller, batches: list[Batch], there: set[str]) -> None:
        """Send everything that was acknowledged once more, in large batches: all of it is known."""
        for stream in {batch.stream for batch in batches}:
            events = [event for batch in batches if batch.receipt and batch.stream == stream for event in batch.good]
            if stream == MESSAGE_EVENTS:
                events += self.corrector.used_up()
            for start in range(0, len(events), 10_000):
                part = events[start : start + 10_000]
                receipt = caller.send({"stream": stream, "form": "lines", "packing": "", "events": part})
                if receipt != {"accepted": 0, "duplicates": len(part), "rejected": []}:
                    self._tell(f"{len(part)} acknowledged events sent again: {receipt}")
        if self.ask(caller) != self.bodies:
            self._tell("sending everything again has changed the answers")


def held_ids(desk: Desk) -> list[tuple[str, str]]:
    """Return workspace and id of every row in the ledger, read without the server and its index."""
    program = Path(__file__).with_name("held.py")
    done = subprocess.run(
        [sys.executable, program, desk.data / "ledger"], check=True, capture_output=True, text=True, timeout=300
    )
    held: dict[str, list[list[str]]] = json.loads(done.stdout)
    return [(workspace, event_id) for rows in held.values() for workspace, event_id in rows]
