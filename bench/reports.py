"""What a report over everything costs those who ask meanwhile, and how much memory the server takes for it."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from apart import apart
from fill import fill
from plan import ASKED, FIRST_DATE, LAST_DATE, campaign_id
from serving import Key, Served, create_workspace, serving

ROWS, QUICK_ROWS = 10_000_000, 200_000
BOUND = 2.0
"""While a report is made a question takes at most so many times its quiet time, by the medians."""

_WORKSPACES = 5
"""A workspace may ask 100 times a minute, so several with alike data take turns."""
_CALLS, _QUICK_CALLS = 60, 20
_COMMITS = 20
_MIB = 2**20
_STATS = "/core-services/v1/campaign-stats"
_GOAL = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
_KINDS: tuple[dict[str, Any], ...] = (
    {"granularity": "day", "split_by": ["child_campaign", "variation", "locale"], "format": "csv"},
    {"granularity": "aggregate", "split_by": ["child_campaign", "variation", "locale"], "format": "xlsx"},
    {"granularity": "day", "split_by": ["child_campaign"], "format": "parquet"},
)

HEAD = [
    "events",
    "reports",
    "quiet p50",
    "quiet p95",
    "meanwhile p50",
    "meanwhile p95",
    "ratio of p50",
    "reports, seconds each",
    "rows each",
    "VmHWM before",
    "VmHWM after",
]


@dataclass(frozen=True, slots=True)
class ReportsResult:
    """What one kind of report came to: the seconds of each call, quiet and meanwhile, and what the reports took."""

    rows: int
    kind: str
    quiet: list[float]
    meanwhile: list[float]
    seconds: list[float]
    report_rows: list[int]
    before: int
    after: int

    @property
    def ratio(self) -> float:
        """Return how many times its quiet time a question takes while a report is made."""
        return statistics.median(self.meanwhile) / statistics.median(self.quiet)

    def row(self) -> list[str]:
        """Return the row of the table."""
        times = (statistics.quantiles(calls, n=20) for calls in (self.quiet, self.meanwhile))
        return [
            f"{self.rows:,}",
            self.kind,
            *(f"{cuts[place] * 1000:.0f} ms" for cuts in times for place in (9, 18)),
            f"{self.ratio:.2f}",
            f"{statistics.median(self.seconds):.1f}" if self.seconds else "not one finished",
            f"{statistics.median(self.report_rows):,.0f}" if self.report_rows else "-",
            f"{self.before / _MIB:,.0f} MiB",
            f"{self.after / _MIB:,.0f} MiB",
        ]


def measure(rows: int, *, quick: bool) -> Iterator[ReportsResult]:
    """Measure each kind of report over every campaign of a workspace, on one ledger."""
    calls = _QUICK_CALLS if quick else _CALLS
    with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        keys = [create_workspace(folder, f"bench{place}") for place in range(_WORKSPACES)]
        apart(fill, folder, [key.workspace_id for key in keys], rows, _COMMITS)
        with serving(folder) as served:
            for key in keys:
                served.put_campaigns(key, goals=[_GOAL])
            asking = _Asking(served, keys)
            asking.times(len(keys) * 2)  # a warm-up
            for kind in _KINDS:
                quiet = asking.times(calls)
                before = served.memory()["VmHWM"]
                meanwhile, seconds, report_rows = asking.meanwhile(calls, kind)
                after = served.memory()["VmHWM"]
                label = f"{kind['granularity']}, {len(kind['split_by'])} splits, {kind['format']}"
                yield ReportsResult(rows, label, quiet, meanwhile, seconds, report_rows, before, after)


class _Asking:
    """Asks by turns for all workspaces, in both modes, one question after the other."""

    def __init__(self, served: Served, keys: list[Key]) -> None:
        self._client = httpx.Client(base_url=served.url, timeout=300)
        self._keys = keys
        self._turns = cycle([(key, mode) for key in keys for mode in ("TOTAL", "UNIQUE")])
        self._numbers = count()

    def times(self, calls: int) -> list[float]:
        """Ask so many times and return how long each question took."""
        return [self._ask() for _ in range(calls)]

    def meanwhile(self, calls: int, kind: dict[str, Any]) -> tuple[list[float], list[float], list[int]]:
        """Ask while reports are made, one after the other; return also what each that was finished took and has."""
        times: list[float] = []
        seconds: list[float] = []
        rows: list[int] = []
        while len(times) < calls:
            key = self._keys[next(self._numbers) % len(self._keys)]
            begun, report = time.perf_counter(), self._begin(key, kind)
            while report["status"] in ("waiting", "running"):
                if len(times) < calls:
                    times.append(self._ask())
                else:
                    time.sleep(0.05)
                report = self._report("GET", f"/v1/reports/{report['id']}", key)
            if report["status"] != "ready":
                raise RuntimeError(f"the report could not be made: {report['error']}")
            seconds.append(time.perf_counter() - begun)
            rows.append(int(str(report["rows"])))
        return times, seconds, rows

    def _begin(self, key: Key, kind: dict[str, Any]) -> dict[str, Any]:
        asked = {"name": f"Bench {next(self._numbers)}", "start_date": FIRST_DATE, "end_date": LAST_DATE} | kind
        return self._report("POST", "/v1/reports", key, asked)

    def _report(self, method: str, path: str, key: Key, body: object = None) -> dict[str, Any]:
        headers = {"authorization": key.authorization}
        answer = self._client.request(method, path, headers=headers, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _ask(self) -> float:
        key, mode = next(self._turns)
        question = {
            "request_id": "bench",
            "campaign_ids": [campaign_id(campaign) for campaign in range(ASKED)],
            "start_date": FIRST_DATE,
            "end_date": LAST_DATE,
            "attribution_type": "VIEW_THROUGH",
            "metric_type": mode,
        }
        headers = {"authorization": key.authorization, "moe-appkey": key.workspace_id}
        begun = time.perf_counter()
        while (answer := self._client.post(_STATS, headers=headers, json=question)).status_code == 429:
            time.sleep(float(answer.headers["retry-after"]))
            begun = time.perf_counter()
        answer.raise_for_status()
        return time.perf_counter() - begun
