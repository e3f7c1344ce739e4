"""How a registry gets its tables."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from aftersend.errors import Misconfigured, StoreUnavailable
from aftersend.registry.database import Database, sqlite_url
from aftersend.registry.tables import metadata
from unit.registry.opening import opened

MIGRATE = """
import sys
from aftersend.registry.database import Database
database = Database(sys.argv[1])
print(database.migrate())
database.close()
"""


def test_an_empty_database_gets_every_step(registry_url: str) -> None:
    """The first migration applies all steps, the next one none."""
    database = Database(registry_url)

    assert database.migrate() == ["0001"]
    assert database.migrate() == []
    database.close()


def test_another_process_finds_it_done(registry_url: str) -> None:
    """What is migrated stays migrated."""
    with opened(registry_url), opened(registry_url) as again:
        assert again.database.migrate() == []


def test_the_steps_make_the_tables_that_are_used(registry_url: str) -> None:
    """The tables that the steps make are those that the program works with, to the column."""
    with opened(registry_url) as registry, registry.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_registry_of_a_newer_version_is_refused(registry_url: str) -> None:
    """A step that this version does not know means that it must not touch the tables."""
    with opened(registry_url) as registry:
        with registry.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(Misconfigured, match="step 9999, unknown to this version; upgrade aftersend"):
            registry.database.migrate()


def test_two_processes_can_migrate_at_once(registry_url: str) -> None:
    """Of two programs that start together on an empty database one migrates, and the other finds it done."""
    started = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, registry_url], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    answers = sorted(process.communicate(timeout=60)[0].strip() for process in started)

    assert answers == ["['0001']", "[]"]


@pytest.mark.parametrize("url", ["", "nonsense", "http://example.org", "mysql://localhost/registry"])
def test_an_address_that_names_no_database(url: str) -> None:
    """An address that cannot be used is the operator's to mend, and said so."""
    with pytest.raises(Misconfigured, match="the registry's address cannot be used"):
        Database(url)


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    """A database that is not there is unavailable, which may pass."""
    database = Database(sqlite_url(tmp_path / "nowhere"))

    with pytest.raises(StoreUnavailable, match="the registry cannot be used right now"):
        database.migrate()
    database.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is not overwritten."""
    file = tmp_path / "registry.sqlite3"
    file.write_text("not a database, but long enough to be mistaken for the first page of one" * 100)
    database = Database(sqlite_url(tmp_path))

    with pytest.raises(StoreUnavailable):
        database.migrate()
    database.close()
    assert file.read_text().startswith("not a database")
