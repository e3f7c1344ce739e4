"""What the tests of faults share: a desk with a fresh data folder."""

from pathlib import Path

import pytest

from cli.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose data folder nobody has made yet."""
    return Desk(tmp_path / "data", tmp_path)
