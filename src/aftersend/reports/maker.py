"""Makes one report: asks for a few campaigns at a time, and writes the rows before it asks for the next ones."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aftersend.domain.periods import Days
from aftersend.domain.reports import Report
from aftersend.domain.workspaces import Workspace
from aftersend.errors import AftersendError
from aftersend.registry.campaign_selection import Selected, tagged
from aftersend.registry.registry import Registry
from aftersend.reports.folder import Archive, ReportFolder
from aftersend.reports.notes import NOTES_NAME, notes
from aftersend.reports.plan import periods, plan_files, questions
from aftersend.reports.rows import Answered, RowMaker, profile_of
from aftersend.reports.writers import Writer, open_writer
from aftersend.stats.answer import Stats

MOST_SELECTED = 50_000
"""Campaigns in one report."""


class Cancelled(AftersendError):
    """Nobody wants the report any more, or the server stops."""

    code = "cancelled"


class TooMany(AftersendError):
    """A report would be about more campaigns than it can."""

    code = "too_many_campaigns"


@dataclass(slots=True)
class Progress:
    """How far the report that is being made has come, told while it is. `of` is in campaigns times ranges of days."""

    report_id: str
    campaigns: int = 0
    done: int = 0
    of: int = 0
    rows: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> float:
        """Return how far it has come."""
        return round(100 * self.done / self.of, 1) if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Made:
    """What a report came to."""

    campaigns: int
    rows: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class ReportMaker:
    """Makes reports. `stats` answers on an engine that lets others go first."""

    registry: Registry
    stats: Stats
    folder: ReportFolder
    now: Callable[[], datetime]

    def make(self, report: Report, progress: Progress) -> Made:
        """Make the archive of a report and put it in its place.

        Raises:
            Cancelled: it was deleted, or the server stops; what is half made is left behind.
            TooMany: it selects too many campaigns.
            NoRoom: reports take all the disk that they may.
            StoreUnavailable: the ledger or the registry cannot be used.
        """
        workspace = self.registry.workspaces.get(report.workspace_id)
        working = self.folder.begin(report.id)
        self.folder.check_room()
        files = plan_files(report.spec, self._selected(workspace, report))
        days = list(periods(report.spec))
        progress.campaigns = sum(len(file.campaigns) for file in files)
        progress.of = progress.campaigns * len(days)
        with Archive(working / "archive.zip") as archive:
            for file in files:
                table = self._write(RowMaker(file, report.spec, workspace), days, working, progress)
                archive.move_in(table, f"{file.name}{table.suffix}")
                self.folder.check_room()
            archive.add_text(NOTES_NAME, notes(report, workspace, files, self.now()))
        size = self.folder.finish(report.id, working, archive.path)
        return Made(progress.campaigns, progress.rows, size)

    def _selected(self, workspace: Workspace, report: Report) -> list[Selected]:
        found = tagged(self.registry.selection.select(workspace, report.spec), report.spec.campaigns.tags)
        if len(found) > MOST_SELECTED:
            message = (
                f"it selects {len(found):,} campaigns, and a report is about up to {MOST_SELECTED:,}: narrow its filter"
            )
            raise TooMany(message)
        return found

    def _write(self, maker: RowMaker, days: list[Days], working: Path, progress: Progress) -> Path:
        path, writer = open_writer(maker.spec, working, maker.headers())
        try:
            for batch in maker.file.batches:
                for span in days:
                    if progress.cancelled.is_set():
                        raise Cancelled("the report was cancelled")
                    progress.rows += self._write_batch(maker, batch, span, writer)
                    progress.done += len(batch)
                self.folder.check_room()
        except BaseException:
            with suppress(Exception):  # what went wrong first is what is told
                writer.close()
            raise
        writer.close()
        return path

    def _write_batch(self, maker: RowMaker, batch: tuple[Selected, ...], span: Days, writer: Writer) -> int:
        """Ask about a batch and write its rows; a campaign that was deleted meanwhile has none."""
        ids = [campaign.id for campaign in batch]
        campaigns = list(self.registry.campaigns.find(maker.workspace.id, ids).values())
        profile = profile_of(maker.file)
        answers = [
            Answered(request, self.stats.trees(maker.workspace, campaigns, request, profile))
            for request in questions(maker.file, maker.spec, batch, span)
        ]
        rows = [row for campaign in campaigns for row in maker.rows(campaign, span, answers)]
        writer.write(rows)
        return len(rows)
