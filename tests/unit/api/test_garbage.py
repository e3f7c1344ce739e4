"""The search for garbage: later than by default, and still made."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from aftersend.api.garbage import collect_rarely


class _Cycle:
    """An object that only a search can free."""

    def __init__(self) -> None:
        self.itself = self


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


def test_garbage_is_still_found() -> None:
    """What is not freed by counting references is freed after a bounded number of new objects."""
    collect_rarely()
    lost = weakref.ref(_Cycle())

    kept: list[list[object]] = []
    # Other threads of the tests free objects meanwhile, each of which counts against one that is made here.
    while lost() is not None and len(kept) < 20 * gc.get_threshold()[0]:
        kept.append([])

    assert lost() is None
