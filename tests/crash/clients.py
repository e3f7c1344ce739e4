"""The clients of the crash test: each sends batch after batch, and again what was not answered."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import httpx

from agreement.sending import packed
from builders import Json
from crash.traffic import Batch, Traffic

_PAUSE_SECONDS = 0.004
"""Between two batches, so that a chapter stays of a size which the oracle can count."""


class WrongReceipt(AssertionError):
    """A receipt that cannot be true."""


@dataclass
class Client:
    """One client over one chapter."""

    seed: str
    number: int
    batches: list[Batch] = field(default_factory=list)
    answers: int = 0
    given_up: int = 0
    refused: int = 0
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self._traffic: Iterator[Batch] = Traffic(self.seed, self.number).batches()
        self._dice = Random(f"{self.seed}-{self.number}")
        self._pending: Batch | None = None

    def start(self, url: str, workspace: str, secret: str) -> threading.Thread:
        """Send in a thread of its own until the server is gone."""
        thread = threading.Thread(target=self._work, args=(url, (workspace, secret)))
        thread.start()
        return thread

    def _work(self, url: str, key: tuple[str, str]) -> None:
        try:
            with httpx.Client(base_url=url, auth=key, timeout=60, verify=False) as connection:
                while self._send(connection, self._next()):
                    time.sleep(_PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - the main thread tells it
            self.failure = error

    def _next(self) -> Batch:
        """The batch that was not answered, or else the next one."""
        if self._pending is None:
            self._pending = next(self._traffic)
            self.batches.append(self._pending)
        return self._pending

    def _send(self, connection: httpx.Client, batch: Batch) -> bool:
        """Send a batch; return whether the server is still there."""
        content, headers = packed(batch.json)
        batch.tries += 1
        try:
            answer = connection.post(f"/v1/{batch.stream}", content=content, headers=headers)
        except httpx.TransportError:
            if self._dice.random() < 0.3:
                self._pending = None  # some never come back
                self.given_up += 1
            return False
        if answer.status_code == 503:
            self.refused += 1
            time.sleep(0.05)
            return True
        if answer.status_code != 200:
            raise WrongReceipt(f"status {answer.status_code}: {answer.text}")
        batch.receipt = _checked(batch, answer.json())
        self.answers += 1
        self._pending = None
        return True


def _checked(batch: Batch, receipt: Json) -> Json:
    """Hold a receipt against what is known about the batch."""
    accepted, duplicates, rejected = receipt["accepted"], receipt["duplicates"], len(receipt["rejected"])
    if (accepted + duplicates, rejected) != (len(batch.good), len(batch.bad)):
        raise WrongReceipt(f"{receipt} for {len(batch.good)} good and {len(batch.bad)} bad events")
    if accepted not in batch.possible():
        raise WrongReceipt(f"{receipt}, but {sorted(batch.possible())} can be new; try {batch.tries}")
    return receipt
