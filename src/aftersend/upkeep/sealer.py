"""Seals campaigns in the background: what has been counted once is not counted again until something comes to it.

A thread looks at the campaigns that have many events. One without a seal gets one; one that grew has its seal
brought up to date from the events that came since; one that grows while it is asked about has it grow in memory, too.
It works on one core, between the questions of everybody else but where somebody waits for a campaign to grow, and never
longer than a small part of the time on the same campaign. Nothing depends on it but how long an answer takes.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TypeGuard

import structlog

from aftersend.registry.registry import Registry
from aftersend.store.aside import AsideEngine
from aftersend.store.engine import PatientEngine
from aftersend.store.growing_seal import GrowingSeal
from aftersend.store.growth import Growth
from aftersend.store.ledger import Ledger
from aftersend.store.marks import NotKept
from aftersend.store.seal_build import sealed_share
from aftersend.store.seals import Seal
from aftersend.store.seniority import commit_of
from aftersend.upkeep.seal_making import SealMaker
from aftersend.upkeep.seal_subjects import Subject, subjects
from aftersend.upkeep.worker import Worker

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 30.0
_LOOK_SECONDS = 0.25
"""So often it looks in a rest whether somebody waits for a seal to grow."""

_SWEEP_SECONDS = 60.0
"""How long replaced pieces stay, for whoever is reading them."""

_MOST_PIECES = 8


@dataclass(slots=True)
class _Work:
    """When somebody may next look at a campaign, and from how many events on a seal may be worth it.

    `events` is how many it had when it was last looked at, and `since` when that was first so.
    """

    not_before: float = 0.0
    at_least: int = 0
    events: int = -1
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class SealLimits:
    """What is worth a seal, and how much work.

    A campaign has at least `least_events`. While it gets more it waits for `calm_seconds` without any, or until
    `most_waiting` have come. One of which a seal has more than `rows_an_event` for each of them goes without. After
    working on a campaign it is left alone for `rest` times as long as that took; where events came in while a seal was
    brought up to date, all are for `pause` times as long. No new seals are made when all of them take `share_of_disk`
    of what the events take.
    """

    least_events: int = 2_000
    rows_an_event: float = 2.0
    calm_seconds: float = 10.0
    most_waiting: int = 50_000
    rest: float = 20.0
    pause: float = 9.0
    share_of_disk: float = 0.3


class Sealer:
    """Seals, in a thread of its own."""

    def __init__(
        self,
        engine: PatientEngine,
        ledger: Ledger,
        registry: Registry,
        growth: Growth,
        limits: SealLimits = SealLimits(),
    ) -> None:
        self._engine = engine
        self._aside = AsideEngine(engine)
        self._ledger = ledger
        self._registry = registry
        self.growth = growth
        self.book = growth.book
        self._touched = ledger.touched
        self._limits = limits
        self._turn = threading.RLock()
        self._work: dict[tuple[str, str], _Work] = {}
        self._swept = time.monotonic()
        self._waiting: frozenset[int] = frozenset()
        self._loaded = False
        self.behind = 1  # until it has looked, there may be something
        self._seen: object = None
        self._pause = _PAUSE_SECONDS
        self.worker = Worker("sealing", self._take_turn, _RETRY_SECONDS)
        self._maker = SealMaker(engine, self.book.pieces, limits.rows_an_event, lambda: self.worker.stopping)

    def _take_turn(self) -> float:
        self.work()
        return self._pause

    def work(self, workspace_id: str | None = None) -> None:
        """Seal what is to be sealed now, of one workspace or of all."""
        with self._turn:
            self.load()
            self.grow()
            if workspace_id is None:
                self._work_off()
            else:
                self._seal_all(list(self._subjects_behind(workspace_id)))

    def _subjects_behind(self, workspace_id: str | None = None) -> Iterator[Subject]:
        found = subjects(self._registry, self._touched, self._limits.least_events, workspace_id)
        return filter(self._is_behind, found)

    def _work_off(self) -> None:
        state = self._touched.changes, self._registry.database.version()
        if state == self._seen and not self.behind:
            self._sweep()
            return
        begun = time.monotonic()
        waiting = list(self._subjects_behind())
        # To look at very many campaigns takes a while, too.
        self._pause = max(_PAUSE_SECONDS, self._limits.rest * (time.monotonic() - begun))
        self._seal_all(waiting)
        self._seen = state
        self._sweep()

    def _seal_all(self, waiting: list[Subject]) -> None:
        self.behind = len(waiting)
        # Asked only where a new seal may be made: the engine goes through all of its parts to answer.
        has_room = cache(lambda: sealed_share(self._aside) < self._limits.share_of_disk)
        for subject in waiting:
            if self.worker.stopping:
                return
            seal = self.book.find(*subject.key)
            if self._may_begin(subject, seal) and (seal is not None or has_room()):
                self._seal(subject, seal)
                self.behind -= 1
                self.grow()  # whoever asks about a campaign that grows waits for it

    def load(self) -> None:
        """Find out, once, what was there before the start."""
        with self._turn:
            if not self._loaded:
                self._touched.load(self._aside)
                self.book.load(commit_of(self._ledger.latest()))
                self._loaded = True

    def _is_behind(self, subject: Subject) -> bool:
        seal = self.book.find(*subject.key)
        if seal is None or not subject.fits(seal):
            work = self._work.get(subject.key)
            return work is None or self._touched.events(subject.workspace.id, subject.members) >= work.at_least
        return bool(self._touched.days_since(subject.workspace.id, subject.members, seal.commit))

    def _may_begin(self, subject: Subject, seal: Seal | None) -> bool:
        """Whether it is time: to seal a campaign again and again while events come in would slow those down."""
        work, now = self._work.setdefault(subject.key, _Work()), time.monotonic()
        events = self._touched.events(subject.workspace.id, subject.members)
        if events != work.events:
            work.events, work.since = events, now
        is_calm = now >= work.since + self._limits.calm_seconds
        waiting = events - (seal.events if seal else 0)
        return now >= work.not_before and (is_calm or waiting >= self._limits.most_waiting)

    def _seal(self, subject: Subject, seal: Seal | None) -> None:
        begun, changes = time.monotonic(), self._touched.changes
        removals = self._touched.removals(subject.workspace.id)
        if seal is None or not subject.fits(seal):
            made = self._maker.made(subject, commit_of(self._ledger.latest()))
            self._publish(made, removals)
            if made is None:
                self._work[subject.key].at_least = 2 * self._touched.events(subject.workspace.id, subject.members)
        else:
            self._bring_up_to_date(seal, removals)
        taken = time.monotonic() - begun
        self._work[subject.key].not_before = time.monotonic() + self._limits.rest * taken
        if seal is not None and changes != self._touched.changes:
            # Where many campaigns grow all the time, most of the time belongs to those who send.
            self._rest(self._limits.pause * taken)

    def _rest(self, seconds: float) -> None:
        """Leave the machine to others, but not those who ask about a campaign that grows."""
        end = time.monotonic() + seconds
        while not self.worker.stopping and (left := end - time.monotonic()) > 0:
            self.grow()
            self.worker.rest(min(left, _LOOK_SECONDS))

    def _bring_up_to_date(self, seal: Seal, removals: int) -> None:
        growing = self.growth.get(seal)
        with growing.lock if growing else nullcontext():
            if len(seal.pieces) >= _MOST_PIECES:
                made: Seal | None = self._maker.compacted(seal)
            elif growing is None:
                made = self._maker.extended(seal, commit_of(self._ledger.latest()))
            elif self.growth.catch_up(self._engine, [growing]):
                made = self._maker.with_growth(growing)
            else:
                return
            if self._publish(made, removals) and growing is not None:
                growing.rest_on(made)

    def _publish(self, made: Seal | None, removals: int) -> TypeGuard[Seal]:
        if made is None or self.book.publish(made, removals):
            return made is not None
        log.info("seal_overtaken", workspace=made.workspace_id, campaign=made.campaign_id)
        return False

    def grow(self) -> None:
        """Have those seals grow in memory that were asked about and fell behind."""
        for key in self.growth.wanted():
            seal = self.book.find(*key)
            if seal is None or self.growth.get(seal) is not None:
                continue
            removals = self._touched.removals(seal.workspace_id)
            try:
                growing = GrowingSeal(seal, self._maker.marks(seal), seal.events)
                if self.growth.bring_up(self._engine, growing):
                    self.growth.keep(growing, removals)
            except NotKept:
                log.info("seal_does_not_grow", workspace=seal.workspace_id, campaign=seal.campaign_id)

    def _sweep(self) -> None:
        """Delete pieces that nobody needs, once they have been of no use for a while."""
        if time.monotonic() >= self._swept + _SWEEP_SECONDS:
            replaced = self.book.replaced
            self.book.sweep(self._waiting & replaced)
            self._waiting = replaced - self._waiting
            self._swept = time.monotonic()
