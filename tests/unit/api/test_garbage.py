"""The search for garbage: later than by default, and still made."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aftersend.api.garbage import collect_rarely


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_there_at_the_start_is_left_out() -> None:
    """A search goes through nothing that was made before, and starts later."""
    before = gc.get_threshold()

    collect_rarely()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[1:] == before[1:]


_FOUND = """
import gc, weakref
from aftersend.api.garbage import collect_rarely

class Cycle:
    def __init__(self):
        self.itself = self

collect_rarely()
lost = weakref.ref(Cycle())
kept = [[] for _ in range(gc.get_threshold()[0] + 1)]
assert kept
assert lost() is None
"""


def test_garbage_is_still_found() -> None:
    """What is not freed by counting references is freed after a bounded number of new objects.

    In a process of its own: what the threads of a shared server free counts against what is made here.
    """
    done = subprocess.run([sys.executable, "-c", _FOUND], check=False, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
