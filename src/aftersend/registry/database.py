"""The registry's database: how it is opened, migrated and written to."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from aftersend.errors import Misconfigured, StoreUnavailable

log = structlog.get_logger(__name__)

_BUSY_SECONDS = 10
_RECHECK_SECONDS = 1.0
_TURN = 8600
"""The number of PostgreSQL's advisory lock that a writer holds: changes are few, and then no two can collide."""


class Database:
    """A connection pool on the registry, and a cheap answer to "has anything changed?"."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._changes = _ChangeWatch(self._engine)

    def migrate(self, to: str = "head") -> list[str]:
        """Bring the tables to the newest layout, or that of a step, and return the steps that were applied."""
        steps = known_steps()
        if to != "head":
            steps = steps[: steps.index(to) + 1]
        with self.writing() as connection:
            current = current_step(connection)
            if current is not None and current not in steps:
                raise Misconfigured(f"the registry has step {current}, unknown to this version; upgrade aftersend")
            missing = steps[steps.index(current) + 1 :] if current else steps
            if missing:
                _upgrade(connection, to)
        return missing

    @contextmanager
    def reading(self, *, steady: bool = False) -> Iterator[Connection]:
        """Lend a connection to read with; where it is to be steady, all that it reads is of the first read's moment."""
        with _translated(), self._engine.connect() as connection:
            if steady and connection.dialect.name == "postgresql":  # SQLite has no other way
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            yield connection.execution_options(writing=False)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection whose work is kept when the block ends well, and undone otherwise. Writers take turns."""
        with _translated(), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))
            yield connection
        self._changes.note()

    def version(self) -> Any:
        """Return a value that differs from the last one when anybody has changed the registry."""
        return self._changes.version()

    def close(self) -> None:
        """Close every connection."""
        self._changes.close()
        self._engine.dispose()


class _ChangeWatch:
    """Tells that the registry has changed, so that what was read from it can be kept in memory.

    SQLite counts the changes made through other connections for a connection that only watches; elsewhere what was
    read is trusted for a second, unless this process has changed something.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._watcher: Any = None
        self._own_changes = 0
        self._looks = 0
        self._seen: Any = None

    def note(self) -> None:
        with self._lock:
            self._own_changes += 1

    def version(self) -> Any:
        if self._engine.dialect.name != "sqlite":
            return self._own_changes, int(time.monotonic() / _RECHECK_SECONDS)
        looks = self._looks
        with self._lock, _translated():
            # What was seen by a look that began after the question is an answer to it: many who wait need but one.
            if self._looks == looks:
                if self._watcher is None:
                    self._watcher = self._engine.raw_connection()
                self._looks += 1
                self._seen = self._watcher.driver_connection.execute("PRAGMA data_version").fetchone()[0]
            return self._seen

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()


def sqlite_url(folder: Path) -> str:
    """Return the address of the registry inside a data folder."""
    return f"sqlite:///{folder / 'registry.sqlite3'}"


_ADDRESSES = "use sqlite:///FILE, or postgresql+psycopg://… with the extra aftersend[postgresql] installed"


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (SQLAlchemyError, ImportError) as error:
        raise Misconfigured(f"the registry's address cannot be used: {error}; {_ADDRESSES}") from error
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise Misconfigured(f"the registry's address cannot be used: {_ADDRESSES}")
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            # The driver would begin transactions by itself, and only before some statements.
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            # A writer takes its place at once, so that two writers wait for one another instead of failing.
            writing = connection.get_execution_options().get("writing", True)
            connection.execute(text("BEGIN IMMEDIATE" if writing else "BEGIN"))

    return engine


_MIGRATIONS = Path(__file__).with_name("migrations")


def known_steps() -> list[str]:
    """Return the steps that this version knows, in order: their files are named by number."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current_step(connection: Connection) -> str | None:
    """Return the step that the tables are at, or None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection, to: str) -> None:
    # Alembic takes long to load, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error))
        log.error("registry_refused", reason=reason[:500])
        cause = next((f": {cause}" for words, cause in _CAUSES.items() if words in reason), "")
        raise StoreUnavailable(f"the registry cannot be used right now{cause}; try again") from error


_CAUSES = {
    "database is locked": "another process has locked it",
    "database or disk is full": "its disk is full",
    "readonly database": "its file is read-only",
    "unable to open database file": "its file cannot be opened",
    "disk I/O error": "its disk is full or does not work",
}
"""By what SQLite says."""
