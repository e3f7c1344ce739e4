"""Starts the demo on a free port, and runs the Postman collection against it with newman: `make postman`."""

import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference"


def main(newman: str) -> int:
    """Return newman's exit status: 0 where every test of every request passed."""
    demo = [sys.executable, "-m", "aftersend", "demo", "--port", "0", "--users", "1000"]
    with subprocess.Popen(demo, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        printed = ""
        for line in process.stdout:
            printed += line
            if "Stop with Ctrl-C" in line:
                break
        try:
            url = re.search(r"serves a demo at (\S+)", printed)
            key = re.search(r"workspace demo\s+key (\S+)", printed)
            assert url, printed
            assert key, printed
            given = {"baseUrl": url[1], "workspace": "demo", "secret": key[1]}
            variables = [word for name, value in given.items() for word in ("--env-var", f"{name}={value}")]
            files = [str(PAGES / "postman_collection.json"), "-e", str(PAGES / "postman_environment.json")]
            return subprocess.run([newman, "run", *files, *variables, "--color", "off"], check=False).returncode
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
