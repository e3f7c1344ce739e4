"""A real server in a process of its own, as an operator would start it, with workspaces to use."""

import base64
import json
import os
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
from plan import CAMPAIGNS, campaign_body, campaign_id

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a workspace."""

    workspace_id: str
    secret: str

    @property
    def authorization(self) -> str:
        """Return the value of the header that signs a request."""
        return "Basic " + base64.b64encode(f"{self.workspace_id}:{self.secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Served:
    """A running server. `process_id` is for whoever wants to look inside while it works."""

    url: str
    process_id: int

    def processor_seconds(self) -> float:
        """Return the processor time that the server has used so far, all its threads together."""
        counters = Path(f"/proc/{self.process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(counters[11]) + int(counters[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> dict[str, int]:
        """Return the bytes of memory that the server has: all (VmRSS), own (RssAnon), files (RssFile), peak (VmHWM)."""
        lines = Path(f"/proc/{self.process_id}/status").read_text(encoding="utf-8").splitlines()
        fields = (line.split() for line in lines if line.startswith(("VmRSS", "VmHWM", "RssAnon", "RssFile")))
        return {name.rstrip(":"): int(size) * 1024 for name, size, _ in fields}

    def put_campaigns(self, key: Key, **more: object) -> None:
        """Register the campaigns of a workspace, with more fields if there are any."""
        with httpx.Client(base_url=self.url, auth=(key.workspace_id, key.secret), timeout=60) as client:
            for campaign in range(CAMPAIGNS):
                answer = client.put(f"/v1/campaigns/{campaign_id(campaign)}", json=campaign_body(campaign) | more)
                answer.raise_for_status()


def create_workspace(folder: Path, workspace_id: str) -> Key:
    """Create a workspace with the command line and return its first key."""
    command = [sys.executable, "-m", "aftersend", "workspace", "create", workspace_id, "--data", str(folder)]
    created = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return Key(workspace_id, created["key"]["secret"])


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the data folder on a free port for the block; its log goes to a file in the folder, as in production."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "aftersend", "serve", "--data", str(folder), "--port", "0"]
    with (folder / "server.log").open("ab") as written, subprocess.Popen(command, stderr=written) as process:
        try:
            yield Served(_address(folder, process), process.pid)
        finally:
            process.terminate()
            process.wait(timeout=120)


def _address(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if running := running_server(folder):
                httpx.get(f"{running.url}/readyz", timeout=10).raise_for_status()
                return running.url
        except (Misconfigured, httpx.HTTPError):
            pass  # it has the folder, and does not answer yet
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {(folder / 'server.log').read_text()[-2000:]}")
