"""The measurements of the suite on one data folder, and beside a small one."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aftersend.store.embedded import EmbeddedEngine
from apart import apart
from credit_statements import credit_statements
from history import Group, beside
from history_fill import fill_history, keys_of
from serving import Key, serving
from statements import Scope, totals, uniques
from suite_ask import ask, cold, pages, settle, warm
from suite_check import Checker
from suite_plan import MODES, Case
from suite_report import Figures


@dataclass(frozen=True, slots=True)
class Calls:
    """How often is asked: each main case, every other one, pages of the list, and beside what grows."""

    main: int
    other: int
    pages: int
    live: int


_LONG = 30
"""Seconds: SQL that has taken so long is not run again."""

CALLS, QUICK_CALLS = Calls(100, 15, 100, 45), Calls(6, 2, 5, 4)


def copied(data: Path, work: Path) -> Path:
    """Copy a data folder, so that what is measured leaves no trace in it."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(data), str(work / "data")], check=True)
    return work / "data"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the ledger on the disk."""

    name: str
    rows: int
    size: int
    parts: int


def tables(folder: Path) -> list[Table]:
    """Return the tables of a ledger that nobody has open."""
    return apart(_tables, folder)


def _tables(folder: Path) -> list[Table]:
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    found = engine.select(
        "SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts "
        "WHERE active AND database = currentDatabase() GROUP BY table ORDER BY 3 DESC"
    )
    engine.close()
    return [Table(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in found]


@dataclass(frozen=True, slots=True)
class Quiet:
    """What asking a quiet server came to, beside the figures: pages of the list, memory, seconds to settle."""

    pages: list[float]
    peak: int
    settled: float


def ask_quietly(
    folder: Path, keys: Mapping[str, Key], asked: Sequence[Case], figures: Figures, calls: Calls, checker: Checker
) -> Quiet:
    """Ask every case of a warm server, read the list, and ask the main cases of cold ones."""
    with serving(folder) as served:
        settled = settle(served)
        figures.warm.update(warm(served, keys, asked, checker, (calls.main, calls.other)))
        read = pages(served, keys["others-0"], calls.pages, checker)
        peak = served.memory()["VmHWM"]
    figures.cold.update(cold(folder, keys, [case for case in asked if case.main], checker))
    return Quiet(read, peak, settled)


def statements_of(case: Case) -> dict[str, str]:
    """Return the forms of the best SQL for the numbers of a case, the whole month."""
    scope = Scope(case.group.workspace_id, tuple(case.group.campaign_ids))
    if case.converting:
        return credit_statements(scope)
    return (totals if case.mode == "TOTAL" else uniques)(scope)


def time_statements(folder: Path, asked: Sequence[Case], repeats: int) -> dict[Case, tuple[list[float], str]]:
    """Return what the fastest form of the SQL takes for each case."""
    return apart(_time_statements, folder, asked, repeats)


def _time_statements(folder: Path, asked: Sequence[Case], repeats: int) -> dict[Case, tuple[list[float], str]]:
    engine = EmbeddedEngine(folder / "ledger")
    found = {}
    for case in asked:
        forms = {form: _times(engine, sql, 3) for form, sql in statements_of(case).items()}
        best = min(forms, key=lambda form: min(forms[form]))
        found[case] = (_times(engine, statements_of(case)[best], repeats), best)
    engine.close()
    return found


def _times(engine: EmbeddedEngine, sql: str, times: int) -> list[float]:
    seconds: list[float] = []
    while len(seconds) < times and sum(seconds) < _LONG:
        started = time.perf_counter()
        engine.select(sql)
        seconds.append(time.perf_counter() - started)
    return seconds


def compared(folder: Path, checker: Checker) -> tuple[int, int]:
    """Return how many answers and counts are as the ledger of a folder has them.

    Raises:
        RuntimeError: some are not.
    """
    answers, counts, different = apart(checker.differences, folder)
    if different:
        raise RuntimeError(f"{different:,} of {counts:,} counts differ from the ledger's")
    return answers, counts


@dataclass(frozen=True, slots=True)
class Beside:
    """The same calls beside few and beside many events of others, by turns."""

    few: dict[str, list[float]]
    many: dict[str, list[float]]

    def ratio(self, mode: str) -> float:
        """Return how many times the time beside few a call takes beside many, by the medians."""
        return statistics.median(self.many[mode]) / statistics.median(self.few[mode])


def beside_others(folder: Path, work: Path, group: Group, others: int, calls: int) -> Beside:
    """Ask about the same campaigns beside so many events of others, and beside those of a folder."""
    small, checkers = work / "small", (Checker(), Checker())
    fill_history(small, beside(group, others))
    found = Beside({mode: [] for mode in MODES}, {mode: [] for mode in MODES})
    cases = [Case(group, min(10, len(group.numbers)), 30, mode) for mode in MODES]
    with serving(small) as few, serving(folder) as many:
        sides = ((few, keys_of(small), found.few, checkers[0]), (many, keys_of(folder), found.many, checkers[1]))
        for side in sides:
            settle(side[0])
        for turn in range(calls + 3):
            for served, keys, seconds, checker in sides:
                for case in cases:
                    taken = ask(served, keys, [case.question(turn)], checker)
                    if turn >= 3:
                        seconds[case.mode] += taken
    for place, checker in zip((small, folder), checkers, strict=True):
        compared(place, checker)
    shutil.rmtree(small, ignore_errors=True)
    return found
