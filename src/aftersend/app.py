"""The only place where parts are joined: settings, registry, ledger, intake, stats, HTTP."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from aftersend.errors import Misconfigured
from aftersend.settings import Settings

if TYPE_CHECKING:
    from aftersend.api.services import Services
    from aftersend.intake.receive import Intake
    from aftersend.registry.registry import Registry
    from aftersend.stats.answer import Stats
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.folder import FolderLock
    from aftersend.store.ledger import Ledger
    from aftersend.upkeep.key_uses import KeyUses

log = structlog.get_logger(__name__)

_TURN_SECONDS = 0.001
"""How long a thread may keep Python from others. What commits and what answers lets it go and wants it back often, and
by default waits five times as long for whoever reads batches."""


def now() -> datetime:
    """Return the time. This is the only clock; everything below is handed its value."""
    return datetime.now(UTC)


@contextmanager
def open_registry(settings: Settings) -> Iterator["Registry"]:
    """Open the registry alone, with its newest tables. It can be used while a server runs."""
    from aftersend.registry.database import sqlite_url
    from aftersend.registry.registry import Registry

    if settings.registry is None:
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"the data folder {settings.data} cannot be used: {error.strerror}") from error
    registry = Registry(settings.registry or sqlite_url(settings.data), now)
    try:
        registry.database.migrate()
        yield registry
    finally:
        registry.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers questions and takes events in, opened on a data folder that this process owns."""

    registry: "Registry"
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
    from aftersend.joining import Opened, joined
    from aftersend.store.folder import FolderLock
    from aftersend.store.settled import SettledEngine

    lock = FolderLock(settings.data)
    try:
        with (
            open_registry(settings) as registry,
            _noting_uses(registry) as key_uses,
            _open_ledger(settings, progress) as (ledger, engine),
            joined(
                Opened(settings, registry, key_uses, ledger, engine, SettledEngine(engine, ledger), now)
            ) as services,
        ):
            yield Parts(registry, ledger, services.intake, services.stats, services, lock)
    finally:
        lock.release()


@contextmanager
def _noting_uses(registry: "Registry") -> Iterator["KeyUses"]:
    from aftersend.upkeep.key_uses import KeyUses

    key_uses = KeyUses(registry.keys, now)
    key_uses.start()
    try:
        yield key_uses
    finally:
        key_uses.stop()


@contextmanager
def _open_ledger(settings: Settings, progress: Callable[[int], None]) -> Iterator[tuple["Ledger", "EmbeddedEngine"]]:
    from aftersend.store.embedded import EmbeddedEngine
    from aftersend.store.identities import Identities
    from aftersend.store.ledger import Ledger
    from aftersend.store.migrate import migrate
    from aftersend.store.pending import Pending

    folder = settings.ledger_folder
    engine = EmbeddedEngine(folder)
    try:
        migrate(engine)
        identities = Identities(folder.with_name(f"{folder.name}-identities"))
        try:
            ledger = Ledger(engine, identities, Pending(engine, folder.with_name(f"{folder.name}-journal")))
            ledger.recover(progress)
            try:
                yield ledger, engine
            finally:
                ledger.close()
        finally:
            identities.close()
    finally:
        engine.close()


def serve(
    settings: Settings,
    announce: Callable[[str], None] = lambda url: None,
    prepare: Callable[[Parts], None] = lambda parts: None,
) -> None:
    """Serve until SIGTERM or SIGINT; what was acknowledged is on disk, what is under way is finished first.

    `prepare` is called when the folder is open, before the first request; `announce` when requests are answered.
    """
    import uvicorn

    from aftersend.api.garbage import collect_rarely
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
        collect_rarely()
        sys.setswitchinterval(_TURN_SECONDS)
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
