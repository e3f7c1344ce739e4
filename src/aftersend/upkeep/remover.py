"""Removes events from the ledger for good: what a sender takes back, what a person wants gone, what is too old.

A removal first uses up the identities of what it removes, then takes the rows out of all answers, then has the files
that had them written anew. Each step is noted before the next one begins and can be repeated, so that a removal
which was cut off goes on after a restart.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from aftersend.domain.periods import first_moment
from aftersend.domain.removals import UNFINISHED, Removal, RemovalKind, RemovalStatus
from aftersend.domain.workspaces import Workspace
from aftersend.errors import AftersendError
from aftersend.registry.registry import Registry
from aftersend.store.engine import Engine
from aftersend.store.ledger import Ledger
from aftersend.store.removals import (
    Removals,
    campaigns_of,
    count_rows,
    count_spent,
    expired,
    forget_subjects,
    purge,
    replaced_files,
    spend_rows,
    spent_identities,
    take_out,
)
from aftersend.store.seals import SealBook
from aftersend.upkeep.worker import Worker

_RETENTION_SECONDS = 900.0
_RETRY_SECONDS = 5.0
_GLANCE_SECONDS = 1.0


class Remover:
    """Carries out removals, one at a time; a thread of its own finishes what takes long."""

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        registry: Registry,
        now: Callable[[], datetime],
        seals: SealBook,
        is_frozen: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_frozen` says whether a snapshot keeps files that the tables have let go."""
        self._seals = seals
        self._ledger = ledger
        self._engine = engine
        self._registry = registry
        self._now = now
        self._is_frozen = is_frozen
        self.book = Removals(engine)
        self._turn = threading.Lock()
        self._noting = threading.Lock()
        self._purged: list[tuple[list[Removal], frozenset[str]]] = []
        self._next_retention = time.monotonic()
        self.worker = Worker("removal", self._take_turn, _RETRY_SECONDS)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no removal begin or go on for the block, nor anything be noted in the book."""
        with self._turn, self._noting:
            yield

    def _note(self, removal: Removal) -> None:
        with self._noting:
            self.book.put(removal)

    def retract(
        self, workspace: Workspace, event_ids: Sequence[str], reason: str, asked_by: str
    ) -> tuple[Removal, list[str]]:
        """Remove the events of these ids; return the removal and the ids that were never received.

        Raises:
            StoreUnavailable: it may happen later all the same; asking again is safe.
        """
        ids = list(dict.fromkeys(event_ids))
        try:
            with self._turn:
                # What an earlier try has used up is known already, but must be out of the answers when this returns.
                self._finish_all()
                removal = self._new(workspace, RemovalKind.RETRACTION, reason, asked_by, event_ids=len(ids))
                self._note(removal)
                spent = self._ledger.spend(workspace.id, removal.id, ids)
                removal = replace(removal, status=RemovalStatus.REMOVING, events_removed=spent.known)
                self._note(removal)
                return self._take_out(removal), spent.unknown
        except AftersendError:
            self.worker.wake()
            raise

    def erase(self, workspace: Workspace, user_id: str, reason: str, asked_by: str) -> Removal:
        """Begin to remove every event of a user, and return the removal; it goes on by itself.

        Raises:
            StoreUnavailable: nothing was begun.
        """
        removal = self.book.under_way(workspace.id, user_id)
        # One that is under way leaves what was received after it was asked for.
        if removal is None or removal.seniority != self._ledger.latest():
            removal = self._new(workspace, RemovalKind.ERASURE, reason, asked_by, subject=user_id)
            removal = replace(removal, seniority=self._ledger.reserve())
            self._note(removal)
            self.worker.wake()
        return removal

    def _new(
        self,
        workspace: Workspace,
        kind: RemovalKind,
        reason: str,
        asked_by: str,
        *,
        subject: str = "",
        event_ids: int = 0,
    ) -> Removal:
        status, moment = RemovalStatus.WAITING, self._now()
        name = secrets.token_hex(8)
        return Removal(workspace.id, name, kind, status, moment, asked_by, reason, subject=subject, event_ids=event_ids)

    def _take_turn(self) -> float:
        self._work()
        return _GLANCE_SECONDS if self._purged else _RETENTION_SECONDS

    def _work(self) -> None:
        with self._turn:
            self._finish_all()
        if time.monotonic() >= self._next_retention:
            for workspace in self._registry.workspaces.all():
                self.expire(workspace)
            self._next_retention = time.monotonic() + _RETENTION_SECONDS
        self._purge()
        self._note_gone()

    def expire(self, workspace: Workspace) -> None:
        """Remove what is older than the workspace keeps events; the files are written anew later."""
        first_day = workspace.first_day_kept(self._now())
        if first_day is not None:
            moment = datetime.fromtimestamp(first_moment(first_day, workspace.zone) / 1000, UTC)
            self._registry.set_aside.remove_before(workspace.id, moment)
        if first_day is None or not expired(self._engine, workspace.id, first_day):
            return
        reason = f"older than {workspace.retention_days} days"
        with self._turn:
            removal = self._new(workspace, RemovalKind.EXPIRY, reason, "retention", subject=str(first_day))
            removal = replace(removal, seniority=self._ledger.reserve())
            self._note(removal)
            self._finish(removal)

    def _finish_all(self) -> None:
        for removal in self.book.going_on():
            if removal.status in UNFINISHED and not self.worker.stopping:
                self._finish(removal)

    def _finish(self, removal: Removal) -> None:
        """Go on with a removal from where it is until no answer has its events any more."""
        if removal.status is RemovalStatus.WAITING:
            removal = self._spent(removal)
            self._note(removal)
        if removal.status is RemovalStatus.REMOVING:
            self._take_out(removal)

    def _spent(self, removal: Removal) -> Removal:
        if removal.kind is RemovalKind.RETRACTION:
            # It was cut off: its ids are all used up, or none is and nobody was told that they were.
            if not count_spent(self._engine, removal):
                return replace(removal, status=RemovalStatus.ABANDONED, finished_at=self._now())
            return replace(removal, status=RemovalStatus.REMOVING, events_removed=count_rows(self._engine, removal))
        spend_rows(self._engine, removal)
        spent = count_spent(self._engine, removal)
        return replace(removal, status=RemovalStatus.REMOVING, events_removed=spent)

    def _take_out(self, removal: Removal) -> Removal:
        if removal.kind is not RemovalKind.RETRACTION:
            for identities in spent_identities(self._engine, removal):
                self._ledger.mark_spent(identities)
        if removal.kind is RemovalKind.ERASURE:
            self._registry.uploaded_users.remove(removal.workspace_id, removal.subject)
            self._registry.set_aside.remove_user(removal.workspace_id, removal.subject)
        with self._seals.removing(removal.workspace_id, lambda: campaigns_of(self._engine, removal)):
            take_out(self._engine, removal)
        if removal.kind is RemovalKind.RETRACTION:
            removal = replace(removal, status=RemovalStatus.DONE, finished_at=self._now())
        else:
            removal = replace(removal, status=RemovalStatus.PURGING, subject="")
            self.worker.wake()
        self._note(removal)
        return removal

    def _purge(self) -> None:
        """Have the files that had the events of removals written anew."""
        begun = {removal.id for removals, _ in self._purged for removal in removals}
        removals = [one for one in self.book.going_on() if one.status is RemovalStatus.PURGING and one.id not in begun]
        if removals and not self.worker.stopping:
            forget_subjects(self._engine)
            self._purged.append((removals, purge(self._engine)))

    def _note_gone(self) -> None:
        """Note the end of removals whose old files are gone."""
        if not self._purged or self._is_frozen():
            return  # what a backup is copying still has the events
        there = replaced_files(self._engine)
        for removals, files in self._purged:
            if not files & there:
                for removal in removals:
                    self._note(replace(removal, status=RemovalStatus.DONE, finished_at=self._now()))
        self._purged = [(removals, files) for removals, files in self._purged if files & there]
