"""How fast events are acknowledged, durable and visible, beside the engine's own insert of the same bytes."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from apart import apart
from engine_insert import insert_all
from message_stream import bodies
from sending import Call, send
from serving import Key, create_workspace, serving

_WORKSPACE = "bench"


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to send: events in a request, connections, and how many requests each side gets."""

    size: int
    connections: int
    requests: int
    engine_requests: int


SHAPES = (Shape(1_000, 8, 300, 200), Shape(10_000, 8, 60, 60), Shape(1, 8, 6_000, 400), Shape(1, 64, 12_000, 400))
QUICK_SHAPES = (Shape(1_000, 8, 60, 40), Shape(10_000, 8, 16, 16), Shape(1, 8, 1_000, 100), Shape(1, 64, 2_000, 100))


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did in one run: events a second, and seconds of processor time an event."""

    rate: float
    effort: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one shape on both sides, and the seconds that the server took for each answer."""

    server: Side
    engine: Side
    latencies: list[float]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What all runs of a shape came to."""

    shape: Shape
    runs: list[Run]

    def row(self) -> list[str]:
        """Return the row of the table: medians, and the median and the range of the ratios of each run."""
        median = statistics.median
        cuts = statistics.quantiles([seconds for run in self.runs for seconds in run.latencies], n=100)
        ratios = sorted(run.server.rate / run.engine.rate for run in self.runs)
        return [
            f"{self.shape.size:,}",
            f"{self.shape.connections}",
            f"{median(run.server.rate for run in self.runs):,.0f}",
            f"{median(run.engine.rate for run in self.runs):,.0f}",
            f"{median(ratios):.2f}",
            f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
            f"{cuts[49] * 1000:.0f} ms",
            f"{cuts[98] * 1000:.0f} ms",
            f"{median(run.server.effort for run in self.runs) * 1e6:,.1f} µs",
            f"{median(run.engine.effort for run in self.runs) * 1e6:,.1f} µs",
        ]


HEAD = [
    "events a request",
    "connections",
    "server, events/s",
    "engine, events/s",
    "ratio",
    "range",
    "p50",
    "p99",
    "server, CPU an event",
    "engine, CPU an event",
]


def measure(repeats: int, *, quick: bool) -> Iterator[IngestResult]:
    """Measure every shape, server and engine by turns, each on a fresh folder."""
    for shape in QUICK_SHAPES if quick else SHAPES:
        yield IngestResult(shape, [_measure(shape, run) for run in range(repeats)])


def _measure(shape: Shape, run: int) -> Run:
    warm_up = max(shape.requests // 20, 1)
    batches = bodies(shape.requests + warm_up, shape.size, f"run{run}")
    with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as folder:
        server, latencies = _through_server(Path(folder) / "server", shape, batches, warm_up)
        few = batches[: shape.engine_requests + warm_up]
        seconds, busy = apart(insert_all, Path(folder) / "engine", few, shape.connections, warm_up)
    events = shape.engine_requests * shape.size
    return Run(server, Side(events / seconds, busy / events), latencies)


def _through_server(folder: Path, shape: Shape, batches: list[bytes], warm_up: int) -> tuple[Side, list[float]]:
    key = create_workspace(folder, _WORKSPACE)
    with serving(folder) as served:
        served.put_campaigns(key)
        calls = [_call(key, body) for body in batches]
        send(served.url, calls[:warm_up], shape.connections)
        busy = served.processor_seconds()
        answers = send(served.url, calls[warm_up:], shape.connections)
        busy = served.processor_seconds() - busy
    accepted = sum(msgspec.json.decode(body)["accepted"] for body in answers.bodies)
    if accepted != shape.requests * shape.size:
        raise RuntimeError(f"the server took in {accepted:,} of {shape.requests * shape.size:,} events")
    return Side(accepted / answers.elapsed, busy / accepted), answers.seconds


def _call(key: Key, body: bytes) -> Call:
    headers = {"authorization": key.authorization, "content-type": "application/x-ndjson"}
    return Call("/v1/message-events", headers, body)
