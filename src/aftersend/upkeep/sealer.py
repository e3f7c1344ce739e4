"""Seals campaigns in the background: what has been counted once is not counted again until something comes to it.

A thread looks at the campaigns that have many events. One without a seal gets one; one that grew has its seal
brought up to date from the events that came since. It works on one core, between the questions of everybody else, and
never longer than a small part of the time on the same campaign. Nothing depends on it but how long an answer takes.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import structlog

from aftersend.registry.registry import Registry
from aftersend.store.aside import AsideEngine
from aftersend.store.engine import PatientEngine
from aftersend.store.ledger import Ledger
from aftersend.store.seal_build import (
    Corners,
    Extent,
    read_corners,
    read_days,
    read_keys,
    sealed_share,
    summed,
    write_piece,
)
from aftersend.store.seal_layout import Combination, Layout
from aftersend.store.seals import Seal, SealBook
from aftersend.store.seniority import commit_of
from aftersend.upkeep.seal_subjects import Subject, subjects
from aftersend.upkeep.worker import Stopped, Worker

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 30.0
_SWEEP_SECONDS = 60.0
"""How long replaced pieces stay, for whoever is reading them."""

_MOST_PIECES = 8


@dataclass(slots=True)
class _Work:
    """When somebody may next look at a campaign, and from how many events on a seal may be worth it."""

    not_before: float = 0.0
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class SealLimits:
    """What is worth a seal, and how much work.

    A campaign has at least `least_events`. One of which a seal has more than `rows_an_event` for each of them goes
    without. After working on a campaign it is left alone for `rest` times as long as that took, and after bringing a
    seal up to date all are for `pause` times as long. No new seals are made when all of them take `share_of_disk` of
    what the events take.
    """

    least_events: int = 2_000
    rows_an_event: float = 2.0
    rest: float = 20.0
    pause: float = 3.0
    share_of_disk: float = 0.3


class Sealer:
    """Seals, in a thread of its own."""

    def __init__(
        self,
        engine: PatientEngine,
        ledger: Ledger,
        registry: Registry,
        book: SealBook,
        limits: SealLimits = SealLimits(),
    ) -> None:
        self._engine = engine
        self._aside = AsideEngine(engine)
        self._ledger = ledger
        self._registry = registry
        self.book = book
        self._touched = ledger.touched
        self._limits = limits
        self._turn = threading.RLock()
        self._work: dict[tuple[str, str], _Work] = {}
        self._swept = time.monotonic()
        self._waiting: frozenset[int] = frozenset()
        self._loaded = False
        self.behind = 0
        self._seen: object = None
        self._pause = _PAUSE_SECONDS
        self.worker = Worker("sealing", self._take_turn, _RETRY_SECONDS)

    def _take_turn(self) -> float:
        self.work()
        return self._pause

    def work(self, workspace_id: str | None = None) -> None:
        """Seal what is to be sealed now, of one workspace or of all."""
        with self._turn:
            self.load()
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
        room = sealed_share(self._aside) < self._limits.share_of_disk
        for subject in waiting:
            if self.worker.stopping:
                return
            seal = self.book.find(*subject.key)
            if self._may_begin(subject) and (room or seal is not None):
                self._seal(subject, seal)
                self.behind -= 1

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

    def _may_begin(self, subject: Subject) -> bool:
        return time.monotonic() >= self._work.setdefault(subject.key, _Work()).not_before

    def _seal(self, subject: Subject, seal: Seal | None) -> None:
        begun = time.monotonic()
        removals = self._touched.removals(subject.workspace.id)
        upto = commit_of(self._ledger.latest())
        if seal is None or not subject.fits(seal) or len(seal.pieces) >= _MOST_PIECES:
            made = self._made(subject, upto)
        else:
            made = self._extended(seal, upto)
        work, taken = self._work[subject.key], time.monotonic() - begun
        work.not_before = time.monotonic() + self._limits.rest * taken
        if made is None:
            work.at_least = 2 * self._touched.events(subject.workspace.id, subject.members)
        elif not self.book.publish(made, removals):
            log.info("seal_overtaken", workspace=subject.workspace.id, campaign=subject.campaign.id)
        if seal is not None:
            # Where many campaigns grow all the time, most of the time belongs to others all the same.
            self.worker.rest(self._limits.pause * taken)

    def _made(self, subject: Subject, upto: int) -> Seal | None:
        """Count a campaign from the beginning; nothing is returned where a seal is not worth it."""
        extent = Extent(subject.workspace.id, subject.members, 0, upto)
        days = read_days(self._aside, extent)
        keys = {row.combination: row.key for row in days}
        layout = subject.layout.extended(keys)
        events = sum(row.events for row in days)
        if not layout.fits or len(set(keys.values())) < len(keys):
            return None
        corners = self._corners(extent, layout, keys, events)
        if len(corners.users) > self._limits.rows_an_event * events:
            return None
        piece = write_piece(self._engine, layout, days, corners)
        return Seal(
            subject.workspace.id,
            subject.campaign.id,
            subject.members,
            upto,
            events,
            (piece,),
            layout.channel,
            layout.over_platforms,
            layout.combinations,
            layout.nodes,
            layout.measures,
        )

    def _extended(self, seal: Seal, upto: int) -> Seal | None:
        """Count what came to a campaign since it was sealed."""
        extent = Extent(seal.workspace_id, seal.members, seal.commit, upto)
        days = read_days(self._aside, extent)
        if not days:
            return msgspec.structs.replace(seal, commit=upto)
        keys = read_keys(self._aside, extent)
        layout = seal.layout.extended(keys)
        if not layout.fits or len(set(keys.values())) < len(keys):
            return None
        corners = self._corners(extent, layout, keys, seal.events)
        piece = write_piece(self._engine, layout, days, corners)
        return msgspec.structs.replace(
            seal,
            commit=upto,
            events=seal.events + piece.events,
            pieces=(*seal.pieces, piece),
            combinations=layout.combinations,
            nodes=layout.nodes,
            measures=layout.measures,
        )

    def _corners(self, extent: Extent, layout: Layout, keys: dict[Combination, int], events: int) -> Corners:
        found = []
        for corners in read_corners(self._aside, extent, layout, keys, events):
            if self.worker.stopping:
                raise Stopped
            found.append(corners)
        return summed(found)

    def _sweep(self) -> None:
        """Delete pieces that nobody needs, once they have been of no use for a while."""
        if time.monotonic() >= self._swept + _SWEEP_SECONDS:
            replaced = self.book.replaced
            self.book.sweep(self._waiting & replaced)
            self._waiting = replaced - self._waiting
            self._swept = time.monotonic()
