"""How commands start: nobody waits for what a command does not use."""

import subprocess
import sys

_HEAVY = ("sqlalchemy", "pyarrow", "numpy", "scipy", "chdb", "litestar")


def test_a_command_does_not_load_what_only_others_need() -> None:
    """The registry's and the engine's libraries take a second to load; most commands only talk to a server."""
    program = f"import sys, aftersend.cli.main; print([name for name in {_HEAVY} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)

    assert loaded.stdout.strip() == "[]"
