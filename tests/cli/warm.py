"""Commands in processes of their own that need not load the libraries first: a process that has forks for each.

Hundreds of commands are run, and loading is most of what one takes. That a command starts from nothing, and how much it
loads, is for those tests that start the program itself (`Desk.start`, tests/unit/cli/test_start.py).
"""

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORKING = multiprocessing.get_context("forkserver")
# Not the engine: it has threads from the first moment on, and they would not be in a fork.
_FORKING.set_forkserver_preload(["aftersend.cli.main", "aftersend.joining", "aftersend.registry.database"])


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the JSON that was printed."""
        return json.loads(self.out)


def run_warm(words: Sequence[str], environment: dict[str, str], folder: Path, seconds: float) -> Said:
    """Run a command in a folder, with nothing but this environment, and return what it said once it has ended."""
    with tempfile.TemporaryDirectory() as told:
        outputs = [Path(told, name) for name in ("out", "err")]
        process = _FORKING.Process(target=_command, args=(words, environment, folder, outputs))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"it did not end: {words}")
        out, err = (file.read_text(encoding="utf-8") for file in outputs)
        return Said(process.exitcode, out, err)


def _command(words: Sequence[str], environment: dict[str, str], folder: Path, outputs: Sequence[Path]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for descriptor, file in enumerate(outputs, start=1):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["aftersend", *words]
    from aftersend.cli import console
    from aftersend.cli.main import main

    for one in (console.messages, console.output):  # made when they are loaded, which was in another environment
        one.width = int(environment["COLUMNS"])
    main()
