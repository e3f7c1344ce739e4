"""`aftersend restore`: a backup into a new data folder, counted and audited before it is said to be good."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from aftersend.app import configure_logs, open_parts
from aftersend.cli.backup_command import Folder, progress_bar
from aftersend.cli.console import messages, output, print_json, told
from aftersend.cli.options import RegistryUrl, settings_from
from aftersend.errors import Misconfigured
from aftersend.settings import Settings
from aftersend.upkeep.files import explained, put_in_place
from aftersend.upkeep.manifest import Manifest
from aftersend.upkeep.repository import Repository

Json = dict[str, Any]

NOT_RESTORED = 2
"""The exit status when there is no new folder; 1 says that there is one and that its numbers do not add up."""

_AUDIT = {"limit": "10"}


def restore(
    folder: Folder,
    data: Annotated[Path, typer.Option("--data", help="The new data folder; it must not exist, or be empty.")],
    name: Annotated[str | None, typer.Option("--backup", help="Which backup; the newest if left out.")] = None,
    registry: RegistryUrl = None,
    no_audit: Annotated[bool, typer.Option("--no-audit", help="Do not check that the numbers add up.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Restore a backup. Exit status 0: the numbers add up; 1: restored, but they do not; 2: not restored."""
    from aftersend.upkeep.backup import check_restorable

    with told(failed=NOT_RESTORED):
        settings = settings_from(data=data, registry=registry, log_level="error", log_format="text")
        configure_logs(settings)
        # Where another ledger is says nothing about where this one is to be.
        settings = replace(settings, store=None, registry=registry)
        _check_free(data)
        if not (folder / "manifests").is_dir():
            raise Misconfigured(f"{folder} holds no backups; name the folder that 'aftersend backup' was given")
        repository = Repository(folder)
        with repository.locked():
            manifest = repository.read(name)
            check_restorable(manifest)
            report = _build(repository, manifest, settings, audited=not no_audit)
        _show(report, as_json)
        if not report["clean"]:
            raise typer.Exit(1)


def _check_free(data: Path) -> None:
    with explained("the data folder cannot be used"):
        if data.exists() and (not data.is_dir() or any(data.iterdir())):
            raise Misconfigured(f"{data} is not empty; restore into a new folder")


def _build(repository: Repository, manifest: Manifest, settings: Settings, *, audited: bool) -> Json:
    """Build the folder beside its place, and put it there when it is whole."""
    data = settings.data.absolute()
    building = replace(settings, data=data.with_name(f".{data.name}-restoring"))
    with explained("the data folder cannot be made"):
        shutil.rmtree(building.data, ignore_errors=True)
        building.data.mkdir(mode=0o700, parents=True)
    try:
        rows = _fill_ledger(repository, manifest, building)
        _fill_registry(repository, manifest, building)
        with messages.status("building the index of event ids, and checking that the numbers add up"):
            audits = _audit(building, audited=audited)
        with explained("the data folder cannot be put in place"):
            put_in_place(building.data, data)
    finally:
        shutil.rmtree(building.data, ignore_errors=True)
    clean = all(audit["clean"] for audit in audits)
    return {"backup": manifest.name, "data": str(data), "rows": rows, "audits": audits, "clean": clean}


def _fill_ledger(repository: Repository, manifest: Manifest, settings: Settings) -> dict[str, int]:
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.migrate import migrate
    from aftersend.upkeep.backup import restore_tables

    engine = EmbeddedEngine(settings.ledger_folder, readers=1)
    try:
        migrate(engine)
        with progress_bar() as bar:
            task = bar.add_task("restore", total=max(manifest.size - manifest.registry.size, 1))
            return restore_tables(
                repository, manifest, engine, settings.ledger_folder, lambda size: bar.advance(task, size)
            )
    finally:
        engine.close()


def _fill_registry(repository: Repository, manifest: Manifest, settings: Settings) -> None:
    from aftersend.registry.database import Database, sqlite_url
    from aftersend.registry.dump import fill

    file = settings.data / "registry.ndjson.zst"
    database = Database(settings.registry or sqlite_url(settings.data))
    try:
        with explained("the registry cannot be restored"):
            repository.fetch_registry(manifest, file)
        fill(database, file, manifest.registry_step)
        file.unlink()
    finally:
        database.close()


def _audit(settings: Settings, *, audited: bool) -> list[Json]:
    """Open the ledger, which builds its index, and check every workspace."""
    from aftersend.stats.audit_request import parse_audit

    with open_parts(settings) as parts:
        workspaces = parts.registry.workspaces.all() if audited else []
        return [parts.services.audit.answer(workspace, parse_audit(_AUDIT)) for workspace in workspaces]


def _show(report: Json, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    counted = Table("table", "rows")
    for name, rows in report["rows"].items():
        counted.add_row(name, f"{rows:,}")
    output.print(counted)
    if report["audits"]:
        audits = Table("workspace", "campaigns", "events", "audit", "the worst")
        for one in report["audits"]:
            worst = one["violations"][0]["message"] if one["violations"] else ""
            state = "clean" if one["clean"] else "not clean"
            audits.add_row(
                one["workspace_id"], f"{one['campaigns_checked']:,}", f"{one['events_checked']:,}", state, worst
            )
        output.print(audits)
    output.print(f"{report['backup']} restored into {report['data']}")
