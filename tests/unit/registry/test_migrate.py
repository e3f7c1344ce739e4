"""How a registry gets its tables."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from aftersend.domain.global_group import NO_GLOBAL_GROUP
from aftersend.errors import Misconfigured, StoreUnavailable
from aftersend.registry import database
from aftersend.registry.database import Database, sqlite_url
from aftersend.registry.tables import metadata
from unit.registry.opening import opened

MIGRATIONS = Path(database.__file__).with_name("migrations")

MIGRATE = """
import sys
from aftersend.registry.database import Database
database = Database(sys.argv[1])
print(database.migrate())
database.close()
"""


def test_an_empty_database_gets_every_step(registry_url: str) -> None:
    """The first migration applies all steps, the next one none."""
    fresh = Database(registry_url)

    assert fresh.migrate() == ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"]
    assert fresh.migrate() == []
    fresh.close()


def test_another_process_finds_it_done(registry_url: str) -> None:
    """What is migrated stays migrated."""
    with opened(registry_url), opened(registry_url) as again:
        assert again.database.migrate() == []


def test_the_steps_make_the_tables_that_are_used(registry_url: str) -> None:
    """The tables that the steps make are those that the program works with, to the column."""
    with opened(registry_url) as registry, registry.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_workspaces_of_the_first_step_get_salts(registry_url: str) -> None:
    """Workspaces and campaigns that were there before control groups were drawn can draw them after the migration."""
    with opened(registry_url) as registry, registry.database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        for workspace_id in ("w1", "w2"):
            connection.execute(
                text(
                    "INSERT INTO workspaces (id, name, timezone, profile, data_center, features_off, created_at) "
                    "VALUES (:id, 'Old', 'UTC', 'documented', '01', '[]', '2026-01-01 00:00:00.000000')"
                ),
                {"id": workspace_id},
            )

    with opened(registry_url) as registry:
        workspaces = registry.workspaces.all()

    assert len({workspace.salt for workspace in workspaces}) == 2
    assert {len(workspace.salt) for workspace in workspaces} == {32}
    assert {workspace.global_control_group for workspace in workspaces} == {NO_GLOBAL_GROUP}


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

    assert answers == ["['0001', '0002', '0003', '0004', '0005', '0006', '0007', '0008']", "[]"]


@pytest.mark.parametrize("url", ["", "nonsense", "http://example.org", "mysql://localhost/registry"])
def test_an_address_that_names_no_database(url: str) -> None:
    """An address that cannot be used is the operator's to mend, and said so."""
    with pytest.raises(Misconfigured, match="the registry's address cannot be used"):
        Database(url)


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    """A database that is not there is unavailable, which may pass."""
    found = Database(sqlite_url(tmp_path / "nowhere"))

    with pytest.raises(StoreUnavailable, match="the registry cannot be used right now"):
        found.migrate()
    found.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is not overwritten."""
    file = tmp_path / "registry.sqlite3"
    file.write_text("not a database, but long enough to be mistaken for the first page of one" * 100)
    found = Database(sqlite_url(tmp_path))

    with pytest.raises(StoreUnavailable):
        found.migrate()
    found.close()
    assert file.read_text().startswith("not a database")
