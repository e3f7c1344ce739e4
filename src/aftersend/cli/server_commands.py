"""Commands on the server and its folder: serve, demo, migrate, doctor, settings, openapi."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from aftersend import app
from aftersend.cli.console import output, print_json, told
from aftersend.cli.options import Data, RegistryUrl, StoreUrl, settings_from
from aftersend.errors import AftersendError, InvalidRequest, Misconfigured
from aftersend.settings import PREFIX, Settings, unknown_variables

Host = Annotated[str | None, typer.Option(help="The address to listen on. [env AFTERSEND_HOST, 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="The port to listen on. [env AFTERSEND_PORT, 8600]", min=0, max=65535)]


def serve(
    host: Host = None, port: Port = None, store: StoreUrl = None, data: Data = None, registry: RegistryUrl = None
) -> None:
    """Serve the Stats API and take events in, until it is stopped."""
    with told():
        settings = settings_from(data=data, host=host, port=port, store=store, registry=registry)
        app.configure_logs(settings)
        app.serve(settings)


def demo(
    port: Port = None,
    users: Annotated[int, typer.Option(min=1000, help="How many users the demo has.")] = 30_000,
    last_day: Annotated[
        str | None, typer.Option(help="The last day of its month, YYYY-MM-DD; yesterday if left out.")
    ] = None,
) -> None:
    """Serve a throw-away ledger with a month of life on every channel."""
    from aftersend.cli.demo_server import Demo

    with told(), _throw_away_folder() as folder:
        end = _date(last_day) if last_day else app.now().date() - timedelta(days=1)
        settings = settings_from(data=folder, port=port, log_level="warning", log_format="text")
        app.configure_logs(settings)
        shown = Demo(end, users)
        app.serve(settings, announce=shown.announce, prepare=shown.fill)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest("use a date as YYYY-MM-DD", "--last-day", text) from error


@contextmanager
def _throw_away_folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="aftersend-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def migrate(data: Data = None, registry: RegistryUrl = None, store: StoreUrl = None) -> None:
    """Bring the registry and the ledger to this version's layout. `serve` does the same when it starts."""
    from aftersend.registry.database import Database, sqlite_url
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.folder import FolderLock
    from aftersend.store.migrate import migrate as migrate_ledger

    with told():
        settings = settings_from(data=data, registry=registry, store=store)
        app.configure_logs(settings)
        lock = FolderLock(settings.data)
        try:
            database = Database(settings.registry or sqlite_url(settings.data))
            engine = EmbeddedEngine(settings.ledger_folder, readers=1)
            applied = {
                "registry": database.migrate(),
                "ledger": [f"{step.number:04d} {step.name}" for step in migrate_ledger(engine)],
            }
            engine.close()
            database.close()
        finally:
            lock.release()
        print_json({"applied": applied})


def doctor(data: Data = None, registry: RegistryUrl = None, store: StoreUrl = None) -> None:
    """Check the surroundings and the data folder, and say what to do about what is wrong."""
    with told():
        settings = settings_from(data=data, registry=registry, store=store, log_level="error")
        app.configure_logs(settings)
    checks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("Python", _check_python),
        ("settings", _check_settings),
        ("time zones", _check_zones),
        ("disk", _check_disk),
        ("registry", _check_registry),
        ("ledger", _check_ledger),
    )
    healthy = True
    table = Table("", "check", "finding")
    for name, check in checks:
        try:
            finding, sign = check(settings), Text("ok", "green")
        except (AftersendError, OSError) as error:
            finding, sign, healthy = str(error), Text("bad", "red"), False
        table.add_row(sign, name, finding)
    output.print(table)
    raise typer.Exit(0 if healthy else 1)


def _check_python(_settings: Settings) -> str:
    return sys.version.split()[0]


def _check_settings(settings: Settings) -> str:
    unknown = unknown_variables(os.environ)
    noted = f"; not settings, perhaps misspelt: {', '.join(unknown)}" if unknown else ""
    return f"data in {settings.data}{noted}"


def _check_zones(_settings: Settings) -> str:
    from zoneinfo import available_timezones

    zones = len(available_timezones())
    if zones < 400:
        raise Misconfigured("there is hardly any time zone; install the package tzdata")
    return f"{zones} zones"


_LEAST_FREE = 1 << 30


def _check_disk(settings: Settings) -> str:
    place = next(folder for folder in (settings.data, *settings.data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE:
        raise Misconfigured(f"{free >> 20:,} MiB are free at {place}; merging needs more")
    if not os.access(place, os.W_OK):
        raise Misconfigured(f"{place} cannot be written to")
    return f"{free >> 30:,} GiB free at {place}"


def _check_registry(settings: Settings) -> str:
    with app.open_registry(settings) as opened:
        return f"{len(opened.workspaces.all())} workspaces"


def _check_ledger(settings: Settings) -> str:
    import httpx

    from aftersend.store.folder import running_server

    running = running_server(settings.data)
    if running is None:
        with app.open_parts(settings) as parts:
            if problem := parts.services.problem():
                raise Misconfigured(problem)
            return f"{parts.ledger.rows:,} events, each with its identity in the index; no server runs"
    answer = httpx.get(f"{running.url}/readyz", timeout=10)
    if answer.status_code != 200:
        raise Misconfigured(f"the server at {running.url} is not ready: {answer.json().get('problem')}")
    return f"a server is ready at {running.url}"


def show_settings() -> None:
    """List every setting with its value now, its default and its meaning."""
    with told():
        settings = settings_from()
    table = Table(Column("environment variable", no_wrap=True), "now", "default", "meaning")
    for row in fields(Settings):
        value = getattr(settings, row.name)
        table.add_row(PREFIX + row.name.upper(), _text(value), _text(row.default), row.metadata["meaning"])
    output.print(table)


def _text(value: object) -> str:
    """A value as it can be shown: an address without the password in it."""
    return "" if value is None else re.sub(r"(://[^/@]*?:)[^/]*@", r"\1…@", str(value))


def openapi() -> None:
    """Print the API document (OpenAPI 3.1)."""
    from aftersend.api.document import api_document

    print_json(api_document())
