"""The command line of the benchmarks: `ingest`, `stats`, `conversions` or `all`."""

import argparse

import conversions
import ingest
import machine
import stats


def main() -> None:
    """Measure what was asked for and print tables."""
    parser = argparse.ArgumentParser(description="Measure the server against the engine itself.")
    parser.add_argument("what", choices=["ingest", "stats", "conversions", "all"], nargs="?", default="all")
    parser.add_argument("--quick", action="store_true", help="small amounts: does it work, not how fast")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side, by turns (3)")
    given = parser.parse_args()
    print("\n".join(machine.describe()), flush=True)
    if given.what in ("ingest", "all"):
        _print_head("Ingest: acknowledged events a second, client included", ingest.HEAD)
        for taken in ingest.measure(given.repeats, quick=given.quick):
            _print_row(taken.row())
    if given.what in ("stats", "all"):
        _print_head("Stats: a call for ten campaigns, thirty days", stats.HEAD)
        for answered in stats.measure(given.repeats, quick=given.quick):
            _print_row(answered.row())

    if given.what in ("conversions", "all"):
        _print_head(
            "Conversions: an answer for ten campaigns with one goal, view-through, thirty days", conversions.HEAD
        )
        for credited in conversions.measure(given.repeats, quick=given.quick):
            _print_row(credited.row())


def _print_head(title: str, names: list[str]) -> None:
    print(f"\n{title}\n")
    _print_row(names)
    _print_row(["---"] * len(names))


def _print_row(cells: list[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
