"""What tests share: one server on a throw-away folder, and workspaces of their own to use it with.

The embedded engine can have one folder open in a process, so all tests of a run share it, and each takes a
workspace that nobody else knows.
"""

import itertools
from collections.abc import Callable, Iterator

import pytest

from builders import Asker
from server import Server, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server, over HTTP, on a folder of this run."""
    with running(tmp_path_factory.mktemp("data")) as found:
        yield found


_numbers = itertools.count(1)


@pytest.fixture
def new_workspace(server: Server) -> Callable[..., Asker]:
    """Make workspaces that no other test has."""

    def make(timezone: str = "UTC", profile: str = "documented") -> Asker:
        return server.create_workspace(f"w{next(_numbers)}", timezone, profile)

    return make


@pytest.fixture
def asker(new_workspace: Callable[..., Asker]) -> Asker:
    """A workspace in UTC with a key that may do everything."""
    return new_workspace()
