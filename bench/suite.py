"""The suite: stats over a month of history, beside hand-written SQL and PostgreSQL, with every answer compared."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import suite_ingest
import suite_postgres
from aftersend.app import now
from history import ONE_HUGE, TEN_LARGE, TEN_MIDDLE, TEN_SMALL, Group, groups
from history_fill import fill_history, keys_of
from log_curve import draw
from serving import serving
from suite_ask import Asker, ask, settle
from suite_check import Checker
from suite_live import grow, quiet_and_busy
from suite_measure import (
    CALLS,
    QUICK_CALLS,
    Calls,
    Table,
    ask_quietly,
    beside_others,
    compared,
    copied,
    tables,
    time_statements,
)
from suite_plan import MODES, Case, cases
from suite_report import (
    CALL_HEAD,
    RATIO_HEAD,
    Figures,
    Floor,
    Section,
    call_floors,
    call_rows,
    curve_points,
    milliseconds,
    p50,
    p99,
    postgres_floors,
    ratio_rows,
)

EVENTS, QUICK_EVENTS = 100_000_000, 200_000
FIGURE = Path(__file__).parent / "figures" / "suite.svg"
_MIB = 2**20
_MOST_FOR_POSTGRES = 10_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    events: int
    data: Path | None
    quick: bool

    @property
    def calls(self) -> Calls:
        """Return how often is asked."""
        return QUICK_CALLS if self.quick else CALLS


def measure(plan: Plan) -> Iterator[Section]:
    """Measure everything, a table at a time.

    Raises:
        RuntimeError: an answer and the ledger disagree.
    """
    work = Path(mkdtemp(prefix="aftersend-suite-", dir=plan.data.parent if plan.data else None))
    try:
        if plan.data:
            folder = copied(plan.data, work)
        else:
            folder = work / "data"
            filled = fill_history(folder, groups(plan.events))
            parts = [[name, f"{seconds:.0f}"] for name, seconds in filled.seconds.items()]
            yield Section(f"Making {filled.messages:,} events", ["part", "seconds"], parts)
        yield from _Suite(plan, folder, work).sections()
    except Exception:
        _tell_errors(work)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Suite:
    """One run on one folder."""

    def __init__(self, plan: Plan, folder: Path, work: Path) -> None:
        self._plan, self._folder, self._work = plan, folder, work
        self._keys = keys_of(folder)
        self._asked = [group for group in groups(plan.events) if group.exact]
        self._cases = list(cases(self._asked))
        self._mains = [case for case in self._cases if case.main]
        self._figures = Figures()

    def sections(self) -> Iterator[Section]:
        """Measure, and yield the tables as they are ready."""
        yield from self._calls()
        yield self._beside()
        yield from self._live()
        yield self._sizes()
        yield self._ingest()
        if suite_postgres.found():
            yield self._postgres()
        FIGURE.parent.mkdir(exist_ok=True)
        if not self._plan.quick:
            FIGURE.write_text(draw(curve_points(self._figures)), encoding="utf-8")
        rows = [floor.row() for floor in self._figures.floors]
        decided = self._plan.events >= EVENTS and not self._plan.quick
        small = "" if decided else " (not decided by a run as small as this)"
        yield Section(f"What has to hold{small}", ["what", "bound", "found", "so"], rows)

    def _calls(self) -> Iterator[Section]:
        _say("asks a quiet server")
        checker, figures, calls = Checker(), self._figures, self._plan.calls
        quiet = ask_quietly(self._folder, self._keys, self._cases, figures, calls, checker)
        yield Section("Calls over HTTP, one at a time", CALL_HEAD, call_rows(figures))
        _say("times the SQL")
        figures.statements = time_statements(self._folder, self._mains, 5 if self._plan.quick else 15)
        yield Section("Beside the best SQL on the same engine", RATIO_HEAD, ratio_rows(figures, figures.statements))
        yield self._compared("quiet", checker)
        figures.floors += call_floors(figures)
        figures.floors.append(Floor("peak of the server's memory, asked", 1536, quiet.peak / _MIB, "MiB"))
        page = [f"{len(quiet.pages)}", *(milliseconds(of(quiet.pages)) for of in (p50, p99)), f"{sum(quiet.pages):.1f}"]
        yield Section("The list of 5,000 campaigns, ten a page", ["pages", "p50", "p99", "seconds together"], [page])
        memory = [f"{quiet.peak / _MIB:,.0f} MiB", f"{quiet.settled:.1f}"]
        yield Section("The server", ["VmHWM after all questions", "seconds until seals were made"], [memory])

    def _compared(self, when: str, checker: Checker) -> Section:
        _say("compares the answers with the ledger")
        answers, counts = compared(self._folder, checker)
        head = ["answers", "counts compared", "differences"]
        rows = [[f"{answers:,}", f"{counts:,}", "0"]]
        return Section(f"Answers beside plain SQL over the ledger ({when})", head, rows)

    def _group(self, *names: str) -> Group:
        """The first of the named groups that this history has."""
        return next(group for name in names for group in self._asked if group.workspace_id == name)

    def _beside(self) -> Section:
        group = self._group(TEN_MIDDLE, TEN_SMALL)
        _say("asks beside few others")
        others = 100_000 if self._plan.quick else 1_000_000
        found = beside_others(self._folder, self._work, group, others, self._plan.calls.live)
        rows = []
        for mode in MODES:
            sides = (milliseconds(p50(side[mode])) for side in (found.few, found.many))
            rows.append([group.workspace_id, mode, *sides, f"{found.ratio(mode):.2f}"])
            self._figures.floors.append(Floor(f"beside many by beside few others, {mode}", 1.2, found.ratio(mode), "×"))
        stored = sum(group.whole for group in groups(self._plan.events))
        head = ["campaigns", "mode", f"beside {others:,}", f"beside {stored - group.whole:,}", "ratio"]
        return Section("The same call beside few and many events of others", head, rows)

    def _live(self) -> Iterator[Section]:
        _say("asks while events come in")
        calls, grown, lost = self._plan.calls.live, [], 0
        with serving(self._folder) as served:
            settle(served)
            asker = Asker(served, self._keys)
            for group in (one for one in self._asked if one.workspace_id in (TEN_SMALL, TEN_LARGE, ONE_HUGE)):
                found = grow(asker, group, calls)
                lost += found.wrong
                for mode, seconds in found.seconds.items():
                    times = (milliseconds(of(seconds)) for of in (p50, p99))
                    grown.append([group.workspace_id, mode, *times, f"{found.events:,}", f"{found.wrong}"])
                if group.workspace_id != TEN_SMALL:
                    bound = Floor(f"{group.workspace_id} growing, UNIQUE, p50", 150, p50(found.seconds["UNIQUE"]), "ms")
                    self._figures.floors.append(bound)
            head = ["campaigns", "mode", "p50", "p99", "events meanwhile", "answers that lacked some"]
            yield Section("While the last day grows", head, grown)
            checker = Checker()
            section, fresh = self._busy(asker, calls, checker)
            lost += fresh
            yield section
            peak = served.memory()["VmHWM"] / _MIB
            self._figures.floors.append(Floor("peak of the server's memory, asked and sent to", 1536, peak, "MiB"))
            settle(served)
            for case in self._mains:
                asker.pace.wait(case.group.workspace_id, 2)
                ask(served, self._keys, [case.question(turn) for turn in range(2)], checker)
        if lost:
            raise RuntimeError(f"{lost} answers lacked events that had been acknowledged")
        yield self._compared("after the last day grew", checker)

    def _busy(self, asker: Asker, calls: int, checker: Checker) -> tuple[Section, int]:
        group = self._group(TEN_MIDDLE, TEN_SMALL)
        found = quiet_and_busy(asker, (group, self._group(TEN_SMALL)), calls, checker)
        rows = []
        for mode in MODES:
            ratio = p99(found.busy[mode]) / p99(found.quiet[mode])
            times = (milliseconds(of(side[mode])) for of in (p50, p99) for side in (found.quiet, found.busy))
            rows.append([group.workspace_id, mode, *times, f"{ratio:.2f}"])
            self._figures.floors.append(Floor(f"busy p99 by quiet p99, {mode}", 3, ratio, "×"))
        new = found.fresh.seconds["TOTAL"]
        rows.append(
            ["sent and in the next answer", "TOTAL", "–", milliseconds(p50(new)), "–", milliseconds(p99(new)), "–"]
        )
        head = ["campaigns", "mode", "quiet p50", "busy p50", "quiet p99", "busy p99", "ratio of p99"]
        return Section(f"While {found.rate:,.0f} events a second come in", head, rows), found.fresh.wrong

    def _ingest(self) -> Section:
        requests, turns = (10, 1) if self._plan.quick else (100, 5)
        found = suite_ingest.measure(self._folder, self._work, requests, turns)
        self._figures.floors.append(
            Floor("ingest into what is stored by into nothing", 0.8, found.ratio(), "×", more=True)
        )
        return Section("Taking in requests of 1,000 events", suite_ingest.HEAD, [found.row()])

    def _sizes(self) -> Section:
        found, identities = tables(self._folder), _size(self._folder / "ledger-identities")
        messages = next(table for table in found if table.name == "message_events")
        users = next(table for table in found if table.name == "user_events")
        events = messages.rows + users.rows
        derived = [table for table in found if table.name.startswith("seal")]
        ledger = (messages.size + users.size) / events
        rows = [_size_row(table, events) for table in found if table.size > 100_000]
        rows.append(["index of identities", f"{events:,}", "", f"{identities / events:.2f}"])
        self._figures.floors.append(Floor("ledger, bytes an event", 25, ledger, "bytes"))
        share = 100 * sum(table.size for table in derived) / (messages.size + users.size)
        self._figures.floors.append(Floor("sealed tables by the ledger", 30, share, "%"))
        return Section("On the disk", ["table", "rows", "parts", "bytes by all events"], rows)

    def _postgres(self) -> Section:
        figures = self._figures
        _say("fills PostgreSQL and asks it")
        wanted = [self._group(TEN_LARGE, TEN_MIDDLE, TEN_SMALL), self._group(TEN_MIDDLE, TEN_SMALL)]
        asked = list({group.workspace_id: group for group in wanted}.values())
        # Up to ten million and what comes with them: of a larger history, only what is asked about.
        held = groups(self._plan.events) if self._plan.events <= _MOST_FOR_POSTGRES else asked
        for found in suite_postgres.measure(self._folder, held, asked, 1 if self._plan.quick else 3):
            figures.postgres[Case(found.group, 10, 30, found.mode)] = (found.seconds, found.form)
        figures.floors += postgres_floors(figures)
        events = sum(group.whole for group in held)
        return Section(f"Beside PostgreSQL with {events:,} events", RATIO_HEAD, ratio_rows(figures, figures.postgres))


def _say(what: str) -> None:
    """Tell who waits how far it is."""
    print(f"{now():%H:%M:%S} {what}", file=sys.stderr, flush=True)


def _tell_errors(work: Path) -> None:
    """Show what the servers wrote about errors before their folders are gone."""
    for log in work.glob("*/server.log"):
        lines = log.read_text(encoding="utf-8").splitlines()
        told = [line for line in lines if '"level": "error"' in line or '"level": "critical"' in line]
        print("\n".join(line[:4000] for line in told[-3:]), file=sys.stderr, flush=True)


def _size_row(table: Table, events: int) -> list[str]:
    return [table.name, f"{table.rows:,}", f"{table.parts}", f"{table.size / events:.2f}"]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
