"""The whole registry as a file that any database can be filled from: a line of JSON for each row, packed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Column, Connection, MetaData, Table, func, insert, inspect, select

from aftersend.errors import Misconfigured
from aftersend.registry.database import Database, current_step

_STEPS_TABLE = "alembic_version"
_ROWS_AT_A_TIME = 1000


class _Row(msgspec.Struct):
    table: str
    row: dict[str, Any]


@contextmanager
def consistent(database: Database) -> Iterator[Connection]:
    """Lend a connection to which the registry stays as it is now, whatever others change."""
    with database.reading(steady=True) as connection:
        current_step(connection)  # the first read is what it stays at
        yield connection


def write_dump(connection: Connection, file: Path) -> str:
    """Write every row to a file and return the step that the tables are at."""
    step = current_step(connection)
    if step is None:
        raise Misconfigured("the registry has no tables; run 'aftersend migrate'")
    with file.open("wb") as raw, zstandard.ZstdCompressor().stream_writer(raw) as packed:
        for table in _tables(connection):
            for row in connection.execute(select(table)).mappings():
                plain = {str(name): value for name, value in row.items()}
                packed.write(msgspec.json.encode(_Row(str(table.name), plain)) + b"\n")
    return step


def fill(database: Database, file: Path, step: str) -> None:
    """Make the tables of an empty database as they were at a step, fill them, and bring them to the newest layout.

    Raises:
        Misconfigured: the database is not empty.
    """
    with database.reading() as connection:
        if inspect(connection).get_table_names():
            raise Misconfigured("the registry's database has tables; name an empty one with --registry")
    database.migrate(step)
    with database.writing() as connection:
        tables = {table.name: table for table in _tables(connection)}
        try:
            for name, rows in _portions(file):
                connection.execute(insert(tables[name]), [_read(tables[name], row) for row in rows])
        except (KeyError, ValueError, msgspec.MsgspecError, zstandard.ZstdError) as error:
            raise Misconfigured(f"the backup's registry is not that of step {step}: {error}") from error
        if connection.dialect.name == "postgresql":
            for table in tables.values():
                _continue_numbers(connection, table)
    database.migrate()


def _tables(connection: Connection) -> list[Table]:
    """Every table as it is in the database, those first that others refer to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _STEPS_TABLE]


def _portions(file: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    name, rows = "", list[dict[str, Any]]()
    for line in _lines(file):
        found = msgspec.json.decode(line, type=_Row)
        if rows and (found.table != name or len(rows) == _ROWS_AT_A_TIME):
            yield name, rows
            rows = []
        name = found.table
        rows.append(found.row)
    if rows:
        yield name, rows


def _lines(file: Path) -> Iterator[bytes]:
    rest = b""
    with file.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as unpacked:
        while piece := unpacked.read(1 << 20):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines


def _read(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _reader(table.c[name])(value) for name, value in row.items()}


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    moment = str(column.type).upper().startswith(("DATETIME", "TIMESTAMP"))
    return lambda value: datetime.fromisoformat(value) if moment and value is not None else value


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after those that brought their numbers."""
    keys = list(table.primary_key.columns)
    if len(keys) == 1 and str(keys[0].type).upper() in ("INTEGER", "BIGINT"):
        last = connection.scalar(select(func.max(keys[0])))
        if last is not None:
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, keys[0].name), last)))
