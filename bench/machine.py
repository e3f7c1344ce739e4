"""What the figures were measured on."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from aftersend.app import now


def describe() -> list[str]:
    """Return lines about the machine, the versions, the moment and the command."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    command = " ".join(["bench/run.py", *sys.argv[1:]])
    return [
        f"machine   {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}",
        f"versions  Python {platform.python_version()}, chdb {version('chdb')} (engine {version('chdb-core')})",
        f"date      {now():%Y-%m-%d %H:%M} UTC, load average at the start {load}",
        f"command   {command}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
