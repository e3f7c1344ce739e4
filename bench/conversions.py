"""How long conversions take, beside the best hand-written SQL for the same credits in the same engine.

Ten push campaigns with a million impressions among them, two million purchases of the users they reached, view-through,
thirty days; once alone, and once beside many more user events of other names.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.goals import Goal
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.domain.workspaces import Workspace
from aftersend.registry.database import sqlite_url
from aftersend.registry.registry import Registry
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from aftersend.store.credit_book import CreditBook
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.migrate import migrate
from aftersend.store.read_sealed_credits import SealedReading
from aftersend.store.seniority import commit_of
from aftersend.store.touched import Touched
from aftersend.upkeep.credit_sealer import CreditSealer
from apart import apart
from credit_statements import credit_statements
from plan import ASKED, FIRST_DATE, LAST_DATE, SPAN_DAYS, SPAN_START, campaign_id
from statements import Scope

WORKSPACE = "workspace"
_DAY = 86_400_000
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 500_000
_COMMIT = commit_of(1)
"""That of all rows."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: touches, goal events, users, and user events of other names."""

    touches: int
    purchases: int
    users: int
    others: int


SIZES = (Size(1_000_000, 2_000_000, 300_000, 0), Size(1_000_000, 2_000_000, 300_000, 50_000_000))
QUICK_SIZES = (Size(50_000, 100_000, 20_000, 0),)


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """What all runs on one ledger came to. Seconds of the whole answer, of the statement; bytes at the peak.

    `sealed` are seconds of the whole answer from seals, and `sealing` of making those.
    """

    size: Size
    answers: list[float]
    statements: list[float]
    form: str
    peak: int
    credited: int
    sealed: list[float]
    sealing: float

    def row(self) -> list[str]:
        """Return the row of the table."""
        answer, statement = statistics.median(self.answers), statistics.median(self.statements)
        ratios = sorted(one / other for one, other in zip(self.answers, self.statements, strict=True))
        return [
            f"{self.size.touches:,}",
            f"{self.size.purchases:,}",
            f"{self.size.others:,}",
            f"{self.credited:,}",
            f"{answer * 1000:,.0f} ms",
            f"{statistics.median(self.sealed) * 1000:,.0f} ms",
            f"{self.sealing:,.1f} s",
            f"{statement * 1000:,.0f} ms",
            f"{statistics.median(ratios):.2f}",
            f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
            f"{self.peak / 2**20:,.0f} MiB",
            self.form,
        ]


HEAD = [
    "touches",
    "purchases",
    "other events",
    "credited",
    "answer",
    "from seals",
    "sealing",
    "SQL",
    "ratio",
    "range",
    "peak of the process",
    "fastest form of the SQL",
]


def measure(repeats: int, *, quick: bool) -> Iterator[ConversionResult]:
    """Measure each size in a process of its own, answer and statement by turns."""
    for size in QUICK_SIZES if quick else SIZES:
        with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as name:
            apart(_fill, Path(name), size)
            yield apart(_run, Path(name), size, repeats * 3)


def _run(folder: Path, size: Size, turns: int) -> ConversionResult:
    engine = EmbeddedEngine(folder / "ledger")
    registry = Registry(sqlite_url(folder), lambda: _MOMENT)
    registry.database.migrate()
    workspace = Workspace(WORKSPACE, WORKSPACE, "UTC", ProfileName.DOCUMENTED, "01", frozenset(), _MOMENT)
    registry.workspaces.create(workspace)
    goal = Goal("Order", "purchase", revenue_attribute="amount", currency="EUR")
    for number in range(ASKED):
        campaign = Campaign(campaign_id(number), "Bench", Channel.PUSH, _MOMENT, _MOMENT, goals=(goal,))
        registry.campaigns.put(WORKSPACE, campaign)
    stats = Stats(registry.campaigns, engine)
    found = _answer(stats, workspace)
    statements_of = credit_statements(Scope(WORKSPACE))
    forms = {form: _seconds(engine, sql) for form, sql in statements_of.items()}
    form = min(forms, key=lambda one: forms[one])
    credited = _credited(found)
    told = sum(int(row[4]) for row in engine.select(statements_of[form]) if row[2] == row[3] == "")
    if told != credited:
        raise RuntimeError(f"the answer credits {credited:,} events and the statement {told:,}")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
    answers, statements = [], []
    for _ in range(turns):
        started = time.perf_counter()
        _answer(stats, workspace)
        answers.append(time.perf_counter() - started)
        statements.append(_seconds(engine, statements_of[form], 1))
    sealed, sealing = _sealed(Stats(registry.campaigns, engine), workspace, turns)
    result = ConversionResult(size, answers, statements, form, _peak(), credited, sealed, sealing)
    registry.close()
    engine.close()
    return result


def _sealed(stats: Stats, workspace: Workspace, turns: int) -> tuple[list[float], float]:
    """Seal what is asked for; return how long the same answer takes then, and how long the sealing took."""
    touched = Touched()
    touched.load(stats.engine)
    reading = SealedReading(CreditBook(touched), lambda: _COMMIT)
    from_seals = Stats(stats.campaigns, stats.engine, sealed_credits=reading)
    expected = _answer(from_seals, workspace)
    started = time.perf_counter()
    CreditSealer(stats.engine, reading).work()
    sealing = time.perf_counter() - started
    answers = []
    for _ in range(turns):
        started = time.perf_counter()
        found = _answer(from_seals, workspace)
        answers.append(time.perf_counter() - started)
        if found != expected:
            raise RuntimeError("the answer from seals is another one")
    return answers, sealing


def _answer(stats: Stats, workspace: Workspace) -> dict[str, Any]:
    question = {
        "request_id": "bench",
        "campaign_ids": [campaign_id(number) for number in range(ASKED)],
        "start_date": FIRST_DATE,
        "end_date": LAST_DATE,
        "attribution_type": "VIEW_THROUGH",
        "metric_type": "TOTAL",
    }
    return stats.answer(workspace, parse_request(question), PROFILES[ProfileName.DOCUMENTED])


def _credited(answer: dict[str, Any]) -> int:
    """The credits of all campaigns and platforms together."""
    return sum(
        node["locales"]["all_locales"]["variations"]["all_variations"]["conversion_goal_stats"]["Order"]["total"]
        for trees in answer["data"].values()
        for node in trees[0]["platforms"].values()
    )


def _seconds(engine: EmbeddedEngine, statement: str, times: int = 3) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        engine.select(statement)
        found.append(time.perf_counter() - started)
    return min(found)


def _peak() -> int:
    """The most memory that the process has had at once, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel tells no peak")


def _fill(folder: Path, size: Size) -> None:
    """Put touches and user events into the tables; identities are left out, since nothing is taken in."""
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    migrate(engine)
    random = np.random.default_rng(1)
    for start in range(0, size.touches, _BATCH):
        engine.insert("message_events", _touches(random, start, min(_BATCH, size.touches - start), size.users))
    for name, count in (("purchase", size.purchases), ("page_viewed", size.others)):
        for start in range(0, count, _BATCH):
            engine.insert("user_events", _user_events(random, name, start, min(_BATCH, count - start), size.users))
    engine.close()


def _touches(random: np.random.Generator, start: int, count: int, users: int) -> pa.Table:
    campaigns = [campaign_id(number) for number in range(ASKED)]
    empty = pa.array([""] * count)
    return pa.table(
        {
            "campaign_id": _drawn(random, campaigns, count),
            "kind": _drawn(random, ["impression"], count),
            "platform": _drawn(random, ["ANDROID", "IOS", "WEB"], count),
            "locale": _drawn(random, ["de", "en"], count),
            "variation": _drawn(random, ["variation_1", "variation_2"], count),
            "detail": _drawn(random, [""], count),
            "machine": pa.array(np.zeros(count, np.bool_)),
            **_common(random, "touch", start, count, users),
            **dict.fromkeys(("send_id", "device_id", "link"), empty),
        }
    )


def _user_events(random: np.random.Generator, name: str, start: int, count: int, users: int) -> pa.Table:
    cents = random.integers(100, 30_000, count).tolist()
    attributes = [f'{{"amount": {cent / 100:.2f}, "currency": "EUR", "items": 3}}' for cent in cents]
    return pa.table(
        {
            "name": _drawn(random, [name], count),
            "platform": _drawn(random, ["ANDROID"], count),
            "attributes": pa.array(attributes),
            **_common(random, name, start, count, users),
        }
    )


def _common(random: np.random.Generator, prefix: str, start: int, count: int, users: int) -> dict[str, Any]:
    times = SPAN_START + random.integers(0, SPAN_DAYS * _DAY, count)
    moments = pa.array(times, pa.int64()).cast(pa.timestamp("ms", "UTC"))
    return {
        "workspace_id": _drawn(random, [WORKSPACE], count),
        "day": pa.array(times // _DAY, pa.int32()).cast(pa.date32()),
        "user_id": pa.array([f"user-{user:08d}" for user in random.integers(0, users, count).tolist()]),
        "time": moments,
        "event_id": pa.array([f"{prefix}-{number}" for number in range(start, start + count)]),
        "received_at": moments,
        "seniority": pa.array(np.ones(count, np.uint64)),
    }


def _drawn(random: np.random.Generator, words: list[str], count: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(random.integers(0, len(words), count), pa.int32()), pa.array(words))
