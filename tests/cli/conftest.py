"""What the tests of the command line share: a desk with a fresh data folder."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.desk import Desk, Serving


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose data folder nobody has made yet."""
    return Desk(tmp_path / "data", tmp_path)


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that runs beside the tests, as a process of its own."""
    files = tmp_path_factory.mktemp("served")
    with Desk(files / "data", files).serving() as found:
        yield found


_numbers = itertools.count(1)


@pytest.fixture
def served_desk(serving: Serving, tmp_path: Path) -> Desk:
    """A desk on the folder of the server that runs, with a workspace of its own that is still to be created."""
    return Desk(serving.data, tmp_path, f"w{next(_numbers)}")
