"""The only place where parts are joined: settings, registry, ledger, intake, stats, HTTP."""

import logging
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from aftersend.errors import AftersendError, Misconfigured
from aftersend.registry.database import sqlite_url
from aftersend.registry.registry import Registry
from aftersend.settings import Settings

if TYPE_CHECKING:
    from aftersend.api.services import Services
    from aftersend.intake.receive import Intake
    from aftersend.stats.answer import Stats
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.folder import FolderLock
    from aftersend.store.ledger import Ledger

log = structlog.get_logger(__name__)


def now() -> datetime:
    """Return the time. This is the only clock; everything below is handed its value."""
    return datetime.now(UTC)


@contextmanager
def open_registry(settings: Settings) -> Iterator[Registry]:
    """Open the registry alone, with its newest tables. It can be used while a server runs."""
    if settings.registry is None:
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"the data folder {settings.data} cannot be used: {error.strerror}") from error
    registry = Registry(settings.registry or sqlite_url(settings.data))
    try:
        registry.database.migrate()
        yield registry
    finally:
        registry.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers questions and takes events in, opened on a data folder that this process owns."""

    registry: Registry
    ledger: "Ledger"
    intake: "Intake"
    stats: "Stats"
    services: "Services"
    lock: "FolderLock"


@contextmanager
def open_parts(settings: Settings, progress: Callable[[int], None] = lambda rows: None) -> Iterator[Parts]:
    """Open everything on the data folder, and close it in order: what was accepted is written first.

    Raises:
        Misconfigured: the folder belongs to another process, or was made by a newer version.
    """
    # The engine takes most of a second to load, so commands that only need the registry never come here.
    from aftersend.store.folder import FolderLock

    lock = FolderLock(settings.data)
    try:
        with (
            open_registry(settings) as registry,
            _open_ledger(settings, progress) as (ledger, engine),
            _joined(settings, registry, ledger, engine, lock) as parts,
        ):
            yield parts
    finally:
        lock.release()


@contextmanager
def _open_ledger(settings: Settings, progress: Callable[[int], None]) -> Iterator[tuple["Ledger", "EmbeddedEngine"]]:
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.identities import Identities
    from aftersend.store.ledger import Ledger
    from aftersend.store.migrate import migrate

    folder = settings.ledger_folder
    engine = EmbeddedEngine(folder)
    try:
        migrate(engine)
        identities = Identities(folder.with_name(f"{folder.name}-identities"))
        try:
            ledger = Ledger(engine, identities)
            ledger.recover(progress)
            yield ledger, engine
        finally:
            identities.close()
    finally:
        engine.close()


@contextmanager
def _joined(
    settings: Settings, registry: Registry, ledger: "Ledger", engine: "EmbeddedEngine", lock: "FolderLock"
) -> Iterator[Parts]:
    from aftersend.api.limits import CallLimits
    from aftersend.api.observe import Observations
    from aftersend.api.room import Room
    from aftersend.api.services import Services
    from aftersend.intake.assign import Assigner
    from aftersend.intake.commit import Committer
    from aftersend.intake.receive import Intake
    from aftersend.stats.answer import Stats
    from aftersend.stats.audit import Audit
    from aftersend.stats.campaign_details import campaign_finder
    from aftersend.stats.uplift import Uplift
    from aftersend.store.frozen import is_frozen
    from aftersend.upkeep.remover import Remover
    from aftersend.upkeep.snapshots import Snapshots

    observations = Observations(lambda: committer.waiting_events)
    committer = Committer(ledger, observe=observations.commit)
    intake = Intake(registry.campaigns, committer, now)
    stats = Stats(registry.campaigns, engine)
    remover = Remover(ledger, engine, registry, now, lambda: is_frozen(settings.ledger_folder))
    services = Services(
        registry=registry,
        intake=intake,
        assigner=Assigner(registry.campaigns, registry.uploaded_users, intake),
        stats=stats,
        uplift=Uplift(registry.campaigns, engine, stats),
        finder=campaign_finder(registry, engine, now),
        audit=Audit(registry.campaigns, engine, now),
        remover=remover,
        snapshots=Snapshots((settings.data, settings.ledger_folder), ledger, engine, registry, remover, now),
        limits=CallLimits(settings.limits, settings.failed_sign_ins_per_minute, time.time),
        room=Room(settings.body_memory_mib * 2**20),
        observations=observations,
        operator_token=secrets.token_urlsafe(32),
        now=now,
        problem=lambda: _problem(settings, registry, ledger, engine),
    )
    committer.start()
    remover.start()
    try:
        yield Parts(registry, ledger, intake, stats, services, lock)
    finally:
        remover.stop()
        committer.stop()


def _problem(settings: Settings, registry: Registry, ledger: "Ledger", engine: "EmbeddedEngine") -> str | None:
    """Return why the server cannot do its work now, or None."""
    from aftersend.store.refusals import check_disk

    try:
        check_disk("the data folder", settings.data)
        check_disk("the ledger", settings.ledger_folder)
        registry.workspaces.all()
        engine.select("SELECT 1")
        ledger.check()
        engine.damage.check(engine)
    except AftersendError as error:
        return error.message
    return None


def serve(
    settings: Settings,
    announce: Callable[[str], None] = lambda url: None,
    prepare: Callable[[Parts], None] = lambda parts: None,
) -> None:
    """Serve until SIGTERM or SIGINT; what was acknowledged is on disk, what is under way is finished first.

    `prepare` is called when the folder is open, before the first request; `announce` when requests are answered.
    """
    import uvicorn

    from aftersend.api.site import create_site
    from aftersend.store.folder import RunningServer

    listening = _listen(settings)
    with listening, open_parts(settings) as parts:
        prepare(parts)
        host, port = listening.getsockname()[:2]
        url = f"http://{_reachable(host)}:{port}"
        config = uvicorn.Config(
            create_site(parts.services),
            loop="uvloop",
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=30,
        )
        server = uvicorn.Server(config)
        parts.lock.announce(RunningServer(url, parts.services.operator_token))
        log.info("serving", url=url, data=str(settings.data))
        announce(url)
        with _calm_signals():
            server.run(sockets=[listening])
    log.info("stopped")


@contextmanager
def _calm_signals() -> Iterator[None]:
    """Let a stop be a return: the HTTP server raises the signal that stopped it once more when it is done."""
    stopping = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in stopping}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reachable(host: str) -> str:
    """An address that reaches this machine where the server listens on all of its addresses."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - this is a comparison, not a binding
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _listen(settings: Settings) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise Misconfigured(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    listening.listen(2048)
    return listening


def configure_logs(settings: Settings) -> None:
    """Send structured logs to standard error."""
    as_json = settings.log_format == "json"
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    level = logging.getLevelNamesMapping().get(settings.log_level.upper())
    if level is None:
        raise Misconfigured("AFTERSEND_LOG_LEVEL: use debug, info, warning or error")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
