"""Joins what is open, registry and ledger, to what takes events in and answers: every constructor above the two.

`app` opens and closes; it comes here only when the engine is wanted, which takes most of a second to load.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from aftersend.api.limits import CallLimits
from aftersend.api.observe import Observations
from aftersend.api.room import Room
from aftersend.api.services import Services
from aftersend.domain.data_centers import DATA_CENTERS, Serving
from aftersend.errors import AftersendError
from aftersend.intake.assign import Assigner
from aftersend.intake.commit import Committer
from aftersend.intake.receive import Intake
from aftersend.intake.sources.door import SourceDoor
from aftersend.registry.registry import Registry
from aftersend.reports.folder import ReportFolder
from aftersend.reports.reporter import Reporter
from aftersend.reports.secrets import ReportSecrets
from aftersend.settings import Settings
from aftersend.stats.answer import Stats
from aftersend.stats.audit import Audit
from aftersend.stats.campaign_details import campaign_finder
from aftersend.stats.uplift import Uplift
from aftersend.store.allocation import trim
from aftersend.store.aside import AsideEngine
from aftersend.store.credit_book import CreditBook
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.frozen import is_frozen
from aftersend.store.growth import Growth
from aftersend.store.ledger import Ledger
from aftersend.store.read_sealed_credits import SealedReading
from aftersend.store.refusals import check_disk
from aftersend.store.seals import SealBook
from aftersend.store.seniority import commit_of
from aftersend.store.settled import SettledEngine
from aftersend.upkeep.credit_sealer import CreditSealer
from aftersend.upkeep.key_uses import KeyUses
from aftersend.upkeep.remover import Remover
from aftersend.upkeep.sealer import Sealer, SealLimits
from aftersend.upkeep.snapshots import Snapshots
from aftersend.upkeep.worker import Worker

_SETTLE_SECONDS = 1.0
"""How long what was committed may be pending; the longer, the larger are the blocks that the engine gets."""

_SETTLE_RETRY_SECONDS = 5.0
_TRIM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open on the data folder, and the clock."""

    settings: Settings
    registry: Registry
    key_uses: KeyUses
    ledger: Ledger
    engine: EmbeddedEngine
    settled: SettledEngine
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Workers:
    """What takes events in, answers, and works by itself."""

    intake: Intake
    stats: Stats
    sealer: Sealer
    remover: Remover
    reporter: Reporter
    observations: Observations


@contextmanager
def joined(opened: Opened) -> Iterator[Services]:
    """Join the parts, have those work that work by themselves, and end them in order: accepted events are written."""
    registry, ledger, engine, now = opened.registry, opened.ledger, opened.settled, opened.now
    observations = Observations(
        lambda: (committer.waiting_events, ledger.pending_rows), lambda: (len(book), sealer.behind)
    )
    settling = Worker("settling", lambda: _settle(ledger, opened.engine), _SETTLE_RETRY_SECONDS)
    ledger.tell_when_full(settling.wake)
    trimming = Worker("trimming", _trimming(ledger), _TRIM_SECONDS)
    committer = Committer(ledger, observe=observations.commit)
    book = SealBook(engine, ledger.touched)
    remover = Remover(ledger, engine, registry, now, book, lambda: is_frozen(opened.settings.ledger_folder))
    growth = Growth(book)
    sealer = Sealer(engine, ledger, registry, growth, _seal_limits(opened.settings))
    growth.tell_wanted = sealer.worker.wake
    sealed_credits = SealedReading(CreditBook(ledger.touched), lambda: commit_of(ledger.latest()))
    credit_sealer = CreditSealer(AsideEngine(engine), sealed_credits)
    reporter = _reporter(opened, Stats(registry.campaigns, AsideEngine(engine), growth, sealed_credits))
    stats = Stats(registry.campaigns, engine, growth, sealed_credits)
    intake = Intake(registry.campaigns, committer, now)
    services = _services(opened, Workers(intake, stats, sealer, remover, reporter, observations))
    settling.start()
    trimming.start()
    committer.start()
    remover.worker.start()
    sealer.worker.start()
    credit_sealer.worker.start()
    reporter.start()
    try:
        yield services
    finally:
        reporter.stop()
        credit_sealer.worker.stop()
        sealer.worker.stop()
        remover.worker.stop()
        committer.stop()
        trimming.stop()
        settling.stop()


def _settle(ledger: Ledger, engine: EmbeddedEngine) -> float:
    engine.watch()
    return _SETTLE_SECONDS if ledger.settle() else _SETTLE_RETRY_SECONDS


def _trimming(ledger: Ledger) -> Callable[[], float]:
    """Return what gives freed memory back, where anything has come in since the last time."""
    changes = 0

    def work() -> float:
        nonlocal changes
        if ledger.touched.changes != changes:
            changes = ledger.touched.changes
            trim()
        return _TRIM_SECONDS

    return work


def _services(opened: Opened, workers: Workers) -> Services:
    settings, registry, ledger, engine = opened.settings, opened.registry, opened.ledger, opened.settled
    intake, remover = workers.intake, workers.remover
    return Services(
        registry=registry,
        intake=intake,
        sources=SourceDoor(intake, registry.set_aside, opened.now),
        assigner=Assigner(registry.campaigns, registry.uploaded_users, intake),
        stats=workers.stats,
        uplift=Uplift(registry.campaigns, engine, workers.stats),
        finder=campaign_finder(registry, engine, opened.now),
        audit=Audit(registry.campaigns, engine, workers.sealer.growth, opened.now),
        remover=remover,
        sealer=workers.sealer,
        key_uses=opened.key_uses,
        reporter=workers.reporter,
        report_content_type=settings.report_content_type,
        snapshots=Snapshots((settings.data, settings.ledger_folder), ledger, engine, registry, remover, opened.now),
        limits=CallLimits(settings.limits, settings.failed_sign_ins_per_minute, lambda: opened.now().timestamp()),
        room=Room(settings.body_memory_mib * 2**20),
        observations=workers.observations,
        operator_token=secrets.token_urlsafe(32),
        serving=Serving(frozenset(settings.data_centers or DATA_CENTERS), settings.data_center_hosts or {}),
        now=opened.now,
        problem=lambda: _problem(opened),
    )


def _seal_limits(settings: Settings) -> SealLimits:
    return SealLimits(least_events=settings.seal_least_events, calm_seconds=settings.seal_calm_seconds)


def _reporter(opened: Opened, stats: Stats) -> Reporter:
    settings, registry = opened.settings, opened.registry
    return Reporter(
        registry,
        stats,
        ReportFolder(settings.data / "reports", settings.report_disk_mib * 2**20),
        ReportSecrets(settings.data, registry.report_keys),
        opened.now,
    )


def _problem(opened: Opened) -> str | None:
    """Return why the server cannot do its work now, or None."""
    try:
        check_disk("the data folder", opened.settings.data)
        check_disk("the ledger", opened.settings.ledger_folder)
        opened.registry.workspaces.all()
        opened.ledger.check()
        opened.settled.select("SELECT 1")
        opened.ledger.check_whole()
        opened.engine.damage.check(opened.settled)
    except AftersendError as error:
        return error.message
    return None
