"""How these tests open a registry, and how long they wait for what somebody else has changed."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from aftersend.registry.registry import Registry
from objects import MOMENT, a_workspace


@contextmanager
def opened(url: str, *workspace_ids: str, now: Callable[[], datetime] = lambda: MOMENT) -> Iterator[Registry]:
    """Open a registry with its newest tables, and with workspaces that are created if they are not there."""
    registry = Registry(url, now)
    try:
        registry.database.migrate()
        for workspace_id in workspace_ids:
            registry.workspaces.create(a_workspace(workspace_id))
        yield registry
    finally:
        registry.close()


@contextmanager
def opened_twice(url: str, *workspace_ids: str) -> Iterator[tuple[Registry, Registry]]:
    """Open a registry as two processes would."""
    with ExitStack() as stack:
        yield stack.enter_context(opened(url, *workspace_ids)), stack.enter_context(opened(url))


def sees(url: str, condition: Callable[[], bool]) -> bool:
    """Whether a change by somebody else is seen: at once on SQLite, elsewhere within a second or so."""
    deadline = time.monotonic() + (0 if url.startswith("sqlite") else 2)
    while not (seen := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen
