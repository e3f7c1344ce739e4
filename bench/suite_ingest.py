"""Taking events in where there are many already: the same batches into a full folder and into a new one."""

import statistics
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec

from history import OTHERS
from history_fill import keys_of
from message_stream import bodies
from sending import Call, send
from serving import Key, Served, create_workspace, serving
from suite_ask import settle

_SIZE, _CONNECTIONS = 1_000, 8


@dataclass(frozen=True, slots=True)
class Stored:
    """Events a second, and seconds of processor time an event: into what is stored, and into an empty ledger."""

    full: list[tuple[float, float]]
    empty: list[tuple[float, float]]

    def rates(self) -> tuple[float, float]:
        """Return the medians of the events a second."""
        return statistics.median(rate for rate, _ in self.full), statistics.median(rate for rate, _ in self.empty)

    def ratio(self) -> float:
        """Return the rate beside what is stored by the rate beside nothing: the median of the turns."""
        pairs = zip(self.full, self.empty, strict=True)
        return statistics.median(full[0] / empty[0] for full, empty in pairs)

    def row(self) -> list[str]:
        """Return the row of the table."""
        efforts = (statistics.median(effort for _, effort in side) * 1e6 for side in (self.full, self.empty))
        rates = (f"{rate:,.0f}" for rate in self.rates())
        return [*rates, f"{self.ratio():.2f}", *(f"{one:.1f} µs" for one in efforts)]


HEAD = ["events/s", "into an empty ledger", "ratio", "CPU an event", "into an empty ledger"]


def measure(folder: Path, work: Path, requests: int, turns: int) -> Stored:
    """Send requests of a thousand new events to both, by turns; the first turn warms up."""
    empty = work / "empty"
    keys = (keys_of(folder)[f"{OTHERS}-1"], create_workspace(empty, "bench"))
    found = Stored([], [])
    numbers = count()
    with serving(folder) as one, serving(empty) as other:
        other.put_campaigns(keys[1])
        settle(one)  # what a start on much history looks at is no part of taking events in
        sides = ((one, keys[0], found.full), (other, keys[1], found.empty))
        for turn in range(turns + 1):
            batches = bodies(requests, _SIZE, f"stored{next(numbers)}")
            for served, key, runs in sides:
                taken = _send(served, key, batches)
                if turn:
                    runs.append(taken)
    return found


def _send(served: Served, key: Key, batches: list[bytes]) -> tuple[float, float]:
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}
    busy = served.processor_seconds()
    answers = send(served.url, [Call("/v1/message-events", headers, body) for body in batches], _CONNECTIONS)
    busy = served.processor_seconds() - busy
    accepted = sum(msgspec.json.decode(body)["accepted"] for body in answers.bodies)
    if accepted != len(batches) * _SIZE:
        raise RuntimeError(f"the server took in {accepted:,} of {len(batches) * _SIZE:,} events")
    return accepted / answers.elapsed, busy / accepted
