"""`aftersend backup`: ledger and registry into a folder of backups, while a server runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from aftersend.app import configure_logs, open_parts, open_registry
from aftersend.cli.client import HttpClient
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.options import Data, RegistryUrl, StoreUrl, settings_from
from aftersend.errors import AftersendError, Misconfigured
from aftersend.settings import Settings
from aftersend.upkeep.manifest import Manifest
from aftersend.upkeep.repository import Repository
from aftersend.upkeep.snapshot import Snapshot

Json = dict[str, Any]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of backups.")]


def backup(
    folder: Folder,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep only so many backups, the newest.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the backups instead of making one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data: Data = None,
    registry: RegistryUrl = None,
    store: StoreUrl = None,
) -> None:
    """Back up ledger and registry as of one moment; only what the folder lacks is copied."""
    with told():
        settings = settings_from(data=data, registry=registry, store=store, log_level="warning", log_format="text")
        configure_logs(settings)
        repository = Repository(folder)
        if listing:
            _list(repository, as_json)
            return
        if not settings.ledger_folder.is_dir():
            # To make an empty one here and back it up could push good backups out.
            raise Misconfigured(f"there is no ledger in {settings.data}; name the data folder with --data")
        with repository.locked():
            made = _make(repository, settings)
            removed = repository.prune(keep) if keep else []
        _report(made | {"removed_backups": removed}, as_json)


def _make(repository: Repository, settings: Settings) -> Json:
    from aftersend.upkeep.backup import snapshot_size, store_snapshot

    with _snapshot(settings) as snapshot, progress_bar() as bar:
        task = bar.add_task("backup", total=max(snapshot_size(snapshot), 1))
        made = store_snapshot(repository, snapshot, lambda size: bar.advance(task, size))
        bar.update(task, completed=bar.tasks[task].total)
    return _described(made.manifest) | {"new_parts": made.new_parts, "new_bytes": made.new_bytes}


@contextmanager
def _snapshot(settings: Settings) -> Iterator[Snapshot]:
    """Have whoever owns the folder take a snapshot, and removed after the block."""
    from aftersend.store.folder import running_server

    running = running_server(settings.data)
    if running is None:
        with open_parts(settings) as parts:
            taken = parts.services.snapshots.take()
            try:
                yield taken
            finally:
                parts.services.snapshots.drop(taken.id)
        return
    with open_registry(settings) as registry:
        workspaces = registry.workspaces.all()
    if not workspaces:
        raise Misconfigured("there is no workspace yet, so there is nothing to back up")
    with HttpClient(running.url, workspaces[0].id, running.token).open() as client:
        taken = msgspec.convert(client.take_snapshot(), Snapshot, strict=False)
        try:
            yield taken
        finally:
            # The next snapshot, or the next start, removes what is left.
            with suppress(AftersendError, httpx.HTTPError):
                client.drop_snapshot(taken.id)


def progress_bar() -> Progress:
    """Return a bar that counts bytes."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=messages
    )


def _described(manifest: Manifest) -> Json:
    return {
        "name": manifest.name,
        "taken_at": manifest.taken_at.isoformat(),
        "version": manifest.version,
        "rows": manifest.rows,
        "parts": sum(map(len, manifest.tables.values())),
        "bytes": manifest.size,
    }


def _list(repository: Repository, as_json: bool) -> None:
    found = [_described(repository.read(name)) for name in repository.names()]
    if as_json:
        print_json({"backups": found})
        return
    table = Table("backup", "taken at", "version", "events", "parts", "bytes")
    for one in found:
        table.add_row(
            one["name"], one["taken_at"], one["version"], _events(one), f"{one['parts']:,}", f"{one['bytes']:,}"
        )
    output.print(table)


def _events(described: Json) -> str:
    return f"{sum(described['rows'].get(table, 0) for table in ('message_events', 'user_events')):,}"


def _report(made: Json, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    output.print(f"{made['name']}: {_events(made)} events in {made['parts']:,} parts, {made['bytes']:,} bytes")
    output.print(f"new: {made['new_parts']:,} parts, {made['new_bytes']:,} bytes")
    if made["removed_backups"]:
        output.print(f"removed: {', '.join(made['removed_backups'])}")
