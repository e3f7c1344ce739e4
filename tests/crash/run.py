"""The crash test: `make crash ARGS="--rounds 200 --seed 1"`. Its promises are in docs/operations.md.

Clients send while the server is killed again and again at random moments. Afterwards every acknowledged event is
there once, every other batch is there as a whole or not at all, what was taken back is gone and stays so, and the
answers are the oracle's.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cli.desk import SEALING, Desk
from crash.chapter import Chapter, Tally, held_ids

ROUNDS_IN_A_CHAPTER = 10


def crash(folder: Path, rounds: int, seed: int, say: Callable[[str], None] = lambda line: None) -> Tally:
    """Kill a server on the folder so many times, and return what came of it."""
    chapters: list[Chapter] = []
    whole = Tally()
    for start in range(0, rounds, ROUNDS_IN_A_CHAPTER):
        workspace = f"w{len(chapters) + 1}"
        chapter = Chapter(Desk(folder / "data", folder, workspace), f"{seed}-{workspace}")
        chapters.append(chapter)
        chapter.prepare()
        for number in range(start, min(start + ROUNDS_IN_A_CHAPTER, rounds)):
            chapter.round(number)
        chapter.judge()
        whole = _together([one.tally for one in chapters])
        say(f"{whole.rounds:4} rounds, {whole.acknowledged:9,} events acknowledged, {len(whole.problems)} problems")
    with chapters[-1].desk.serving(AFTERSEND_LOG_LEVEL="error", **SEALING) as serving:
        for chapter in chapters:
            chapter.check_again(serving)
    held = held_ids(chapters[-1].desk)
    whole = _together([one.tally for one in chapters])
    if len(held) != len(set(held)):
        whole.problems.append(f"{len(held) - len(set(held))} rows are there more than once in the end")
    return whole


def _together(tallies: list[Tally]) -> Tally:
    numbers = [{name: value for name, value in asdict(one).items() if name != "problems"} for one in tallies]
    whole = Tally(**{name: sum(one[name] for one in numbers) for name in numbers[0]})
    return replace(whole, problems=[problem for one in tallies for problem in one.problems])


def _report(whole: Tally, seed: int, seconds: float) -> str:
    killed = f"{whole.rounds} servers killed under load and {whole.killed_in_start} while they started"
    lines = [
        f"seed {seed}: {killed}, in {seconds:,.0f} s",
        f"{whole.acknowledged:,} events acknowledged, repeats included; {whole.refused} batches refused with 503",
        f"{whole.unanswered} batches never answered: {whole.found} there as a whole, {whole.absent} not at all",
        f"{whole.corrected} retractions and erasures promised, {whole.uncertain} never answered",
        *(f"PROBLEM {problem}" for problem in whole.problems),
    ]
    if not whole.problems:
        lines.append("nothing lost, nothing twice, no batch in part; every answer is the oracle's")
    return "\n".join(lines)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Kill a server under load, again and again, and see what is left.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument(
        "--seed", type=int, default=Random().randrange(1_000_000), help="reproduces the traffic of the clients"
    )
    given = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory(prefix="aftersend-crash-") as folder:
        whole = crash(Path(folder), given.rounds, given.seed, lambda line: print(line, flush=True))  # noqa: T201
    print(_report(whole, given.seed, time.monotonic() - started))  # noqa: T201
    return 1 if whole.problems else 0


if __name__ == "__main__":
    sys.exit(main())
