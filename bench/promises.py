"""What the promises cost: taking events in with repetitions among them, and with and without waiting for the disk."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.migrate import migrate
from apart import apart
from message_stream import bodies
from sending import Call, send
from serving import Key, create_workspace, serving

_WORKSPACE = "bench"
_SIZE, _CONNECTIONS = 1_000, 8
_REQUESTS, _QUICK_REQUESTS = 300, 40
_SHARES = (0, 10, 100)
"""Per cent of the events that have been sent before."""

HEAD = [
    "duplicates",
    "fsync",
    "events/s",
    "range",
    "CPU an event",
    "rate by that of no duplicates, fsync",
    "CPU by that of no duplicates, fsync",
]


@dataclass(frozen=True, slots=True)
class Case:
    """How many per cent of the events are repetitions, and whether the engine waits for the disk."""

    share: int
    synced: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to: events answered for in a second, and seconds of processor time for each."""

    rate: float
    effort: float


CASES = tuple(Case(share, synced) for share in _SHARES for synced in (True, False))


@dataclass(frozen=True, slots=True)
class PromisesResult:
    """The runs of one case, and those of the plain one, by the same turns."""

    case: Case
    runs: Sequence[Run]
    plain: Sequence[Run]

    def row(self) -> list[str]:
        """Return the row of the table: medians, and the medians of the ratios of each turn."""
        pairs = list(zip(self.runs, self.plain, strict=True))
        rates = sorted(run.rate for run in self.runs)
        return [
            f"{self.case.share} %",
            "yes" if self.case.synced else "no",
            f"{statistics.median(rates):,.0f}",
            f"{rates[0]:,.0f}–{rates[-1]:,.0f}",
            f"{statistics.median(run.effort for run in self.runs) * 1e6:.1f} µs",
            f"{statistics.median(run.rate / plain.rate for run, plain in pairs):.2f}",
            f"{statistics.median(run.effort / plain.effort for run, plain in pairs):.2f}",
        ]


def measure(repeats: int, *, quick: bool) -> Iterator[PromisesResult]:
    """Measure all cases by turns, each on a fresh folder."""
    requests = _QUICK_REQUESTS if quick else _REQUESTS
    turns = [{case: _measure(case, requests) for case in CASES} for _ in range(repeats)]
    for case in CASES:
        yield PromisesResult(case, [turn[case] for turn in turns], [turn[CASES[0]] for turn in turns])


def _measure(case: Case, requests: int) -> Run:
    warm_up = requests // 10
    batches = bodies(requests + warm_up, _SIZE, "promises")
    with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        key = create_workspace(folder, _WORKSPACE)
        if not case.synced:
            apart(_forgo_sync, folder)
        with serving(folder) as served:
            served.put_campaigns(key)
            before, timed = batches[:warm_up], batches[warm_up:]
            earlier = timed if case.share == 100 else []
            send(served.url, [_call(key, body) for body in (*before, *earlier)], _CONNECTIONS)
            repeated = [_repeating(body, before[place % warm_up], case.share) for place, body in enumerate(timed)]
            busy = served.processor_seconds()
            answers = send(served.url, [_call(key, body) for body in repeated], _CONNECTIONS)
            busy = served.processor_seconds() - busy
    _check(answers.bodies, requests * _SIZE, case.share)
    return Run(requests * _SIZE / answers.elapsed, busy / requests / _SIZE)


def _repeating(body: bytes, earlier: bytes, share: int) -> bytes:
    """Put events that have been sent before in the place of a share of the body's; of all, it is sent as it is."""
    if share in (0, 100):
        return body
    count = _SIZE * share // 100
    return b"".join([*body.splitlines(keepends=True)[count:], *earlier.splitlines(keepends=True)[:count]])


def _forgo_sync(folder: Path) -> None:
    """Make the tables, and have the engine answer without waiting for the disk."""
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    migrate(engine)
    engine.command("ALTER TABLE message_events MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0")
    engine.close()


def _check(answers: list[bytes], events: int, share: int) -> None:
    duplicates = sum(msgspec.json.decode(body)["duplicates"] for body in answers)
    if duplicates != events * share // 100:
        raise RuntimeError(f"the server found {duplicates:,} of {events * share // 100:,} duplicates")


def _call(key: Key, body: bytes) -> Call:
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}
    return Call("/v1/message-events", headers, body)
