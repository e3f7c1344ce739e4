"""The corrector of the crash test: takes back some of what it has sent, and has some of its users erased."""

import threading
import time
from dataclasses import dataclass, field
from random import Random

import httpx

from builders import NOON, Json
from crash.clients import WrongReceipt

_PAUSE_SECONDS = 0.02
_PATIENCE_SECONDS = 120
_HOUR = 3_600_000


@dataclass(slots=True)
class Correction:
    """A removal: how it is asked for, the sent events that it is about, and whether somebody promised it."""

    method: str
    path: str
    body: Json | None
    event_ids: list[str]
    spare_id: str | None = None
    """An id that nobody has sent, which is taken back too."""
    promised: bool = False


@dataclass(slots=True)
class Sent:
    """Events of two users that go in one batch, and the corrections of them that were tried."""

    events: list[Json]
    planned: list[Correction]
    acknowledged: bool = False
    tried: list[Correction] = field(default_factory=list)


@dataclass
class Corrector:
    """The corrector over one chapter, who works while the other clients send."""

    seed: str
    batches: list[Sent] = field(default_factory=list)
    failure: Exception | None = None

    def start(self, url: str, workspace: str, secret: str) -> threading.Thread:
        """Send and correct in a thread of its own until the server is gone."""
        thread = threading.Thread(target=self._work, args=(url, (workspace, secret)))
        thread.start()
        return thread

    def events_in(self, there: set[str]) -> list[Json]:
        """Return the events that are there."""
        return [event for sent in self.batches for event in sent.events if event["event_id"] in there]

    def used_up(self) -> list[Json]:
        """Return events whose ids must never be taken in again: acknowledged ones, and ones under retracted ids."""
        events = [event for sent in self.batches if sent.acknowledged for event in sent.events]
        spares = [one.spare_id for one in self._tried() if one.promised and one.spare_id]
        return events + [events[0] | {"event_id": spare} for spare in spares]

    def promised(self) -> tuple[int, int]:
        """Return how many corrections were promised and how many were never answered."""
        answers = [one.promised for one in self._tried()]
        return sum(answers), len(answers) - sum(answers)

    def judge(self, there: set[str]) -> list[str]:
        """Tell what is wrong with the events that are there when all removals are over."""
        told = []
        for sent in self.batches:
            corrected = {event_id for one in sent.tried for event_id in one.event_ids}
            kept = {event["event_id"] for event in sent.events} - corrected
            if sent.acknowledged and kept - there:
                told.append(
                    f"{len(kept - there)} events that nobody took back are lost, {min(kept - there)} and others"
                )
            if not sent.acknowledged and 0 < len(kept & there) < len(kept):
                told.append(f"{len(kept & there)} of {len(kept)} events of an unanswered batch are there")
            told += [problem for one in sent.tried if (problem := _wrong(one, there))]
        return told

    def _tried(self) -> list[Correction]:
        return [one for sent in self.batches for one in sent.tried]

    def _work(self, url: str, key: tuple[str, str]) -> None:
        try:
            with httpx.Client(base_url=url, auth=key, timeout=60, verify=False) as connection:
                while True:
                    self._step(connection)
                    time.sleep(_PAUSE_SECONDS)
        except httpx.TransportError:
            pass  # the server has been killed
        except Exception as error:  # noqa: BLE001 - the main thread tells it
            self.failure = error

    def _step(self, connection: httpx.Client) -> None:
        """Send the batch that was not answered or a new one, then try each of its corrections once."""
        if not self.batches or (self.batches[-1].acknowledged and not self.batches[-1].planned):
            self.batches.append(_make(f"{self.seed}-corrector-{len(self.batches)}"))
        sent = self.batches[-1]
        if not sent.acknowledged:
            receipt = _answered(connection, "POST", "/v1/message-events", sent.events).json()
            if receipt["accepted"] not in (0, len(sent.events)) or receipt["rejected"]:
                raise WrongReceipt(f"{receipt} for the {len(sent.events)} events of the corrector")
            sent.acknowledged = True
        while sent.planned:
            correction = sent.planned.pop()
            # Noted before it is sent: one that is cut off may have happened.
            sent.tried.append(correction)
            _answered(connection, correction.method, correction.path, correction.body)
            correction.promised = True


def wait_for_removals(connection: httpx.Client) -> None:
    """Wait until the server has carried out every removal of the workspace."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    offset = 0
    while True:
        page = connection.get("/v1/removals", params={"limit": 100, "offset": offset}).raise_for_status().json()
        open_ones = [one for one in page["removals"] if one["status"] in ("waiting", "removing")]
        if open_ones:
            assert time.monotonic() < deadline, open_ones[:3]
            time.sleep(0.05)
            continue
        offset += 100
        if offset >= page["total"]:
            return


def _answered(connection: httpx.Client, method: str, path: str, body: object) -> httpx.Response:
    while True:
        answer = connection.request(method, path, json=body)
        if answer.is_success:
            return answer
        if answer.status_code != 503:
            raise WrongReceipt(f"status {answer.status_code}: {answer.text}")
        time.sleep(0.05)


def _wrong(correction: Correction, there: set[str]) -> str | None:
    left = [event_id for event_id in correction.event_ids if event_id in there]
    what = f"{correction.method} of {correction.event_ids[0]} and others"
    if correction.promised and left:
        return f"{what} was promised, and {len(left)} of {len(correction.event_ids)} events are there"
    if 0 < len(left) < len(correction.event_ids):
        return f"{what} was not answered, and {len(left)} of {len(correction.event_ids)} events are there"
    return None


def _make(name: str) -> Sent:
    dice = Random(name)
    kept, leaving = f"{name}-kept", f"{name}-leaving"
    events = [_event(dice, f"{name}-{place}", dice.choice((kept, leaving))) for place in range(24)]
    planned = []
    theirs = [event["event_id"] for event in events if event["user_id"] == leaving]
    if theirs and dice.random() < 0.6:
        planned.append(Correction("DELETE", f"/v1/users/{leaving}", None, theirs))
    others = [event["event_id"] for event in events if event["user_id"] == kept]
    if others and dice.random() < 0.8:
        some, spare = dice.sample(others, dice.randint(1, len(others))), f"{name}-spare"
        body = {"event_ids": [*some, spare], "reason": "sent by mistake"}
        planned.append(Correction("POST", "/v1/retractions", body, some, spare))
    dice.shuffle(planned)
    return Sent(events, planned)


def _event(dice: Random, event_id: str, user: str) -> Json:
    kind = dice.choice(("sent", "delivered", "opened", "clicked"))
    moment = NOON + dice.randrange(400) * _HOUR
    return {"event_id": event_id, "kind": kind, "campaign_id": "mail", "user_id": user, "time": moment}
