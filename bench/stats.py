"""How long a stats call takes over HTTP, beside the best hand-written SQL for the same numbers in the same engine."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from aftersend.store.embedded import EmbeddedEngine
from apart import apart
from fill import fill, merge
from plan import ASKED, FIRST_DATE, LAST_DATE, campaign_id
from sending import Call, send
from serving import Key, create_workspace, serving
from statements import PLAIN, Scope, totals, uniques

STATEMENTS = {"TOTAL": totals, "UNIQUE": uniques}

_PATH = "/core-services/v1/campaign-stats"
_WORKSPACES = 5
"""A workspace may ask 100 times a minute, so several with alike data take turns."""

Node = tuple[str, str, str, str]
"""Campaign, platform, locale, variation; an empty name stands for all."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much the ledger holds, in how many commits it came, and how often each side is asked in a run."""

    rows: int
    commits: int
    calls: int


SIZES = (Size(1_000_000, 20, 50), Size(10_000_000, 40, 30))
QUICK_SIZES = (Size(200_000, 4, 20),)


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did in one run: the seconds each time, and the seconds of processor time on average."""

    seconds: list[float]
    effort: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of both sides."""

    call: Side
    statement: Side

    @property
    def ratio(self) -> float:
        """Return how many times the statement's time a call took, by the medians."""
        return statistics.median(self.call.seconds) / statistics.median(self.statement.seconds)


@dataclass(frozen=True, slots=True)
class StatsResult:
    """What all runs of one mode on one ledger came to."""

    size: Size
    parts: int
    mode: str
    form: str
    runs: list[Run]

    def row(self) -> list[str]:
        """Return the row of the table: both sides' percentiles over all runs, and the median of the runs' ratios."""
        call_cuts = statistics.quantiles([seconds for run in self.runs for seconds in run.call.seconds], n=100)
        statement_cuts = statistics.quantiles(
            [seconds for run in self.runs for seconds in run.statement.seconds], n=100
        )
        ratios = sorted(run.ratio for run in self.runs)
        return [
            f"{self.size.rows:,}",
            f"{self.parts}",
            self.mode,
            *(f"{cuts[place] * 1000:.0f} ms" for place in (49, 98) for cuts in (call_cuts, statement_cuts)),
            f"{statistics.median(ratios):.2f}",
            f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
            f"{call_cuts[98] / statement_cuts[98]:.2f}",
            f"{statistics.median(run.call.effort for run in self.runs) * 1000:.0f} ms",
            f"{statistics.median(run.statement.effort for run in self.runs) * 1000:.0f} ms",
            self.form,
        ]


HEAD = [
    "events",
    "parts",
    "mode",
    "call p50",
    "SQL p50",
    "call p99",
    "SQL p99",
    "ratio p50",
    "range",
    "ratio p99",
    "call CPU",
    "SQL CPU",
    "fastest form of the SQL",
]


def measure(repeats: int, *, quick: bool) -> Iterator[StatsResult]:
    """Measure each size, first with the parts as they were inserted, then merged to one."""
    for size in QUICK_SIZES if quick else SIZES:
        with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            keys = [create_workspace(folder, f"workspace-{number}") for number in range(_WORKSPACES)]
            apart(fill, folder, [key.workspace_id for key in keys], size.rows, size.commits)
            with serving(folder) as served:
                for key in keys:
                    served.put_campaigns(key)
            yield from _measure_modes(folder, keys, size, repeats)
            apart(merge, folder)
            yield from _measure_modes(folder, keys, size, repeats)


def _measure_modes(folder: Path, keys: list[Key], size: Size, repeats: int) -> Iterator[StatsResult]:
    names = [key.workspace_id for key in keys]
    for mode in STATEMENTS:
        form, parts = apart(fastest, folder, names[0], mode)
        expected = apart(clicks, folder, names[0], mode)
        runs = []
        for _ in range(repeats):
            call, told = _call(folder, keys, mode, size.calls)
            if told != expected:
                raise RuntimeError("the call and the statement disagree on clicks")
            runs.append(Run(call, apart(time_statement, folder, names, (mode, form), size.calls)))
        yield StatsResult(size, parts, mode, form, runs)


def _call(folder: Path, keys: list[Key], mode: str, count: int) -> tuple[Side, dict[Node, int]]:
    """Ask a fresh server, one call at a time, the workspaces by turns.

    Returns what it took, and the clicks that the first workspace was told.
    """
    questions = [_question(key, mode) for key in keys]
    with serving(folder) as served:
        send(served.url, questions * 2, 1)
        busy = served.processor_seconds()
        answers = send(served.url, [questions[turn % len(questions)] for turn in range(count)], 1)
        busy = served.processor_seconds() - busy
    return Side(answers.seconds, busy / count), clicks_told(answers.bodies[0])


def _question(key: Key, mode: str) -> Call:
    body = {
        "request_id": "bench",
        "campaign_ids": [campaign_id(campaign) for campaign in range(ASKED)],
        "start_date": FIRST_DATE,
        "end_date": LAST_DATE,
        "attribution_type": "VIEW_THROUGH",
        "metric_type": mode,
    }
    headers = {
        "authorization": key.authorization,
        "moe-appkey": key.workspace_id,
        "content-type": "application/json",
    }
    return Call(_PATH, headers, msgspec.json.encode(body))


def clicks_told(body: bytes) -> dict[Node, int]:
    """Return the clicks of every node of an answer that has any."""
    found: dict[Node, int] = {}
    for campaign, trees in msgspec.json.decode(body)["data"].items():
        for platform, platform_node in trees[0]["platforms"].items():
            for locale, locale_node in platform_node["locales"].items():
                for variation, node in locale_node["variations"].items():
                    clicked = node.get("performance_stats", {}).get("click")
                    if clicked:
                        all_or_named = ("" if name.startswith("all_") else name for name in (locale, variation))
                        found[campaign, platform.upper(), *all_or_named] = clicked
    return found


def clicks(folder: Path, workspace_id: str, mode: str) -> dict[Node, int]:
    """Return the clicks of every node as the plainest form of the SQL counts them."""
    engine = _open(folder)
    statement = STATEMENTS[mode](Scope(workspace_id))[PLAIN]
    found = {_node(row): int(row[-1]) for row in engine.select(statement) if row[4] == "clicked"}
    engine.close()
    return found


def _node(row: Any) -> Node:
    campaign, platform, locale, variation = row[:4]
    return campaign, platform, locale, variation


def _open(folder: Path) -> EmbeddedEngine:
    return EmbeddedEngine(folder / "ledger")


def fastest(folder: Path, workspace_id: str, mode: str) -> tuple[str, int]:
    """Return the name of the fastest form of the statement, and the number of the table's parts."""
    engine = _open(folder)
    seconds = {
        form: statistics.median(_time(engine, [statement] * 7)[2:])
        for form, statement in STATEMENTS[mode](Scope(workspace_id)).items()
    }
    parts = engine.select("SELECT count() FROM system.parts WHERE active AND table = 'message_events'")[0][0]
    engine.close()
    return min(seconds, key=lambda form: seconds[form]), int(parts)


def time_statement(folder: Path, names: list[str], which: tuple[str, str], count: int) -> Side:
    """Run one form of the statement as often as the call ran, the workspaces by turns."""
    mode, form = which
    statements = [STATEMENTS[mode](Scope(name))[form] for name in names]
    engine = _open(folder)
    _time(engine, statements * 2)
    busy = time.process_time()
    seconds = _time(engine, [statements[turn % len(statements)] for turn in range(count)])
    busy = time.process_time() - busy
    engine.close()
    return Side(seconds, busy / count)


def _time(engine: EmbeddedEngine, statements: list[str]) -> list[float]:
    seconds = []
    for statement in statements:
        started = time.perf_counter()
        engine.select(statement)
        seconds.append(time.perf_counter() - started)
    return seconds
