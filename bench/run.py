"""The command line of the benchmarks: one part by its name, or `all`."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import backup
import conversions
import history
import history_fill
import ingest
import machine
import memory
import promises
import reports
import stats
import streams
import suite


def main() -> None:
    """Measure what was asked for and print tables."""
    parser = argparse.ArgumentParser(description="Measure the server against the engine itself.")
    parser.add_argument("what", choices=[*_PARTS, "all"], nargs="?", default="all")
    parser.add_argument("--quick", action="store_true", help="small amounts: does it work, not how fast")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side, by turns (3)")
    parser.add_argument(
        "--events", type=int, default=0, help="events of `memory`, `backup`, `reports`, `history` and `suite`"
    )
    parser.add_argument("--minutes", type=float, default=60, help="stop sending for `memory` after so many (60)")
    parser.add_argument(
        "--data", type=Path, help="the folder that `history` makes; one that `suite` measures a copy of"
    )
    given = parser.parse_args()
    print("\n".join(machine.describe()), flush=True)
    for name, run in _PARTS.items():
        if given.what == name or (given.what == "all" and name not in _BY_NAME):
            run(given)


def _ingest(given: argparse.Namespace) -> None:
    _print_head("Ingest: acknowledged events a second, client included", ingest.HEAD)
    for taken in ingest.measure(given.repeats, quick=given.quick):
        _print_row(taken.row())


def _stats(given: argparse.Namespace) -> None:
    _print_head("Stats: a call for ten campaigns, thirty days", stats.HEAD)
    for answered in stats.measure(given.repeats, quick=given.quick):
        _print_row(answered.row())


def _conversions(given: argparse.Namespace) -> None:
    _print_head("Conversions: an answer for ten campaigns with one goal, view-through, thirty days", conversions.HEAD)
    for credited in conversions.measure(given.repeats, quick=given.quick):
        _print_row(credited.row())


def _memory(given: argparse.Namespace) -> None:
    _print_head("Memory of the server while events come in and questions are asked", memory.HEAD)
    events = given.events or (memory.QUICK_EVENTS if given.quick else memory.EVENTS)
    found = memory.measure(events, given.minutes)
    for row in found.rows():
        _print_row(row)
    print(f"\n{found.verdict()}")


def _promises(given: argparse.Namespace) -> None:
    _print_head("Promises: what repetitions and waiting for the disk cost", promises.HEAD)
    for kept in promises.measure(given.repeats, quick=given.quick):
        _print_row(kept.row())


def _backup(given: argparse.Namespace) -> None:
    _print_head("Backup while events come in, and what it is worth", backup.HEAD)
    events = given.events or (backup.QUICK_EVENTS if given.quick else backup.EVENTS)
    for step in backup.measure(events):
        _print_row(step.row())


def _streams(given: argparse.Namespace) -> None:
    _print_head("The event stream beside the native door", streams.HEAD)
    for row in streams.measure(given.repeats, quick=given.quick):
        _print_row(row)


def _reports(given: argparse.Namespace) -> None:
    _print_head("Reports: what a question takes while a report over everything is made", reports.HEAD)
    rows = given.events or (reports.QUICK_ROWS if given.quick else reports.ROWS)
    for made in reports.measure(rows, quick=given.quick):
        _print_row(made.row())


def _suite(given: argparse.Namespace) -> None:
    events = given.events or (suite.QUICK_EVENTS if given.quick else suite.EVENTS)
    for section in suite.measure(suite.Plan(events, given.data, given.quick)):
        _print_head(section.title, list(section.head))
        for row in section.rows:
            _print_row(list(row))


def _history(given: argparse.Namespace) -> None:
    if given.data is None:
        raise SystemExit("name the folder to make with --data")
    started = time.perf_counter()
    filled = history_fill.fill_history(given.data, history.groups(given.events or suite.EVENTS))
    print(f"\n{filled.messages:,} message events, {filled.user_events:,} user events, {filled.identities:,} identities")
    print(
        {name: f"{seconds:.0f} s" for name, seconds in filled.seconds.items()}, f"{time.perf_counter() - started:.0f} s"
    )


_PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "ingest": _ingest,
    "stats": _stats,
    "conversions": _conversions,
    "memory": _memory,
    "promises": _promises,
    "backup": _backup,
    "streams": _streams,
    "reports": _reports,
    "suite": _suite,
    "history": _history,
}
_BY_NAME = ("suite", "history")
"""What is only done where it is asked for by its name: it takes long."""


def _print_head(title: str, names: list[str]) -> None:
    print(f"\n{title}\n")
    _print_row(names)
    _print_row(["---"] * len(names))


def _print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
