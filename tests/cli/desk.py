"""Somebody at a desk: runs the real `aftersend` command, as a process of its own, on a data folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aftersend.errors import Misconfigured
from aftersend.store.folder import running_server
from builders import Json
from cli.warm import Said, run_warm

COMMAND = Path(sys.executable).with_name("aftersend")
_PATIENCE_SECONDS = 60

SEALING = {"AFTERSEND_SEAL_LEAST_EVENTS": "1", "AFTERSEND_SEAL_CALM_SECONDS": "0"}
"""The environment of a server that keeps the counts of every campaign ready, however little there is and comes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A data folder, the place where files lie, and the workspace that commands are about."""

    data: Path
    files: Path
    workspace: str = "acme"
    through: tuple[str, ...] = ()
    """The command that starts what goes on until it is stopped, such as one that takes rights away."""

    def run(self, *words: str | Path, status: int | tuple[int, ...] = 0, **environment: str) -> Said:
        """Run a command and return what it said; it must end as expected, and never with a traceback."""
        said = run_warm(list(map(str, words)), self._environment(environment), self.files, _PATIENCE_SECONDS)
        assert "Traceback" not in said.err, said.err
        expected = status if isinstance(status, tuple) else (status,)
        assert said.status in expected, said
        return said

    def create_workspace(self, *options: str) -> str:
        """Create the workspace and return the secret of its first key."""
        secret: str = self.run("workspace", "create", self.workspace, *options).json["key"]["secret"]
        return secret

    def put_campaigns(self, *campaigns: Json) -> Said:
        """Register campaigns from a file."""
        file = self.files / "campaigns.json"
        file.write_text(json.dumps(campaigns), encoding="utf-8")
        return self.run("campaign", "put", file, "--workspace", self.workspace)

    def loading(self, *files: Path) -> tuple[str | Path, ...]:
        """Return the command that loads files into the workspace."""
        return ("load", *files, "--workspace", self.workspace)

    def load(self, *files: Path) -> Json:
        """Load files into the workspace and return the report."""
        report: Json = self.run(*self.loading(*files)).json
        return report

    def stats(self, *words: str) -> Json:
        """Ask for January 2026 and return the answer."""
        asked = ("--workspace", self.workspace, "--start", "2026-01-01", "--end", "2026-01-31", "--json")
        answer: Json = self.run("stats", *words, *asked).json
        return answer

    def sent(self, campaign_id: str, *words: str) -> int:
        """Return how many e-mails of a campaign were sent."""
        (tree,) = self.stats(campaign_id, *words)["data"][campaign_id]
        node = tree["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]
        found: int = node["performance_stats"]["sent"]
        return found

    def write(self, name: str, *events: Json) -> Path:
        """Write events to a file, one a line."""
        file = self.files / name
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        return file

    @contextmanager
    def serving(self, *words: str, **environment: str) -> Iterator["Serving"]:
        """Serve the folder on a free port for the block, and stop as an operator does."""
        with self.start("serve", "--port", "0", *words, **environment) as process:
            serving = Serving(self.data, _address(self.data, process), process)
            yield serving
            if process.poll() is None:
                assert serving.stop() == 0

    @contextmanager
    def start(self, *words: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
        """Start a command that goes on until it is stopped; whatever happens, it has ended after the block."""
        process = subprocess.Popen(
            [*self.through, COMMAND, *words],
            env=self._environment(environment),
            cwd=self.files,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("AFTERSEND_")}
        return own | {"AFTERSEND_DATA": str(self.data), "COLUMNS": "200"} | more


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs as a process of its own."""

    data: Path
    url: str
    process: "subprocess.Popen[str]"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return how it ended."""
        self.process.send_signal(number)
        return self.process.wait(timeout=_PATIENCE_SECONDS)


def _address(data: Path, process: "subprocess.Popen[str]") -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if (found := running_server(data)) and httpx.get(f"{found.url}/readyz").status_code == 200:
                return found.url
        except (Misconfigured, httpx.TransportError):
            pass  # it has the folder, and does not answer yet
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"the server did not start: {process.communicate()[1]}")
