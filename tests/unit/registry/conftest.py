"""The databases that a registry can live in: an SQLite file, and PostgreSQL where a server can be reached."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from aftersend.registry.database import sqlite_url

POSTGRESQL = "AFTERSEND_TEST_POSTGRESQL"

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry that no other test has."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server = os.environ.get(POSTGRESQL)
    if server is None:
        message = f"{POSTGRESQL} names no server, as postgresql+psycopg://user@host/database"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    schema = f"aftersend_test_{os.getpid()}_{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        yield make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
