"""Has reports made, one at a time, in a thread of its own; and removes those that are too old.

What was asked for is in the registry before anybody is told so. A report that was cut off is begun anew at the next
start, a few times; then it has failed.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from aftersend.domain.reports import MOST_ATTEMPTS, Report, ReportSpec, ReportStatus
from aftersend.domain.workspaces import Workspace
from aftersend.errors import AftersendError, NotFound, StoreUnavailable
from aftersend.registry.registry import Registry
from aftersend.reports.folder import ReportFolder
from aftersend.reports.maker import Cancelled, Progress, ReportMaker
from aftersend.reports.secrets import ReportSecrets
from aftersend.stats.answer import Stats

log = structlog.get_logger(__name__)

_UPKEEP_SECONDS = 60.0
_RETRY_SECONDS = 5.0

_LOST = "its file is not on this machine; ask for it again"
_CUT_OFF = "the server stopped {} times while it was being made; ask for less at a time"
_UNEXPECTED = "this should not have happened; the server's log says more"


class Reporter:
    """The reports of all workspaces: what is asked for, made, shown, removed."""

    def __init__(
        self,
        registry: Registry,
        stats: Stats,
        folder: ReportFolder,
        secrets: ReportSecrets,
        now: Callable[[], datetime],
    ) -> None:
        """`stats` answers on an engine that lets others go first."""
        self._registry = registry
        self._maker = ReportMaker(registry, stats, folder, now)
        self._folder = folder
        self._now = now
        self.secrets = secrets
        self._progress: Progress | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._recovered = False
        self._turn = 0
        self._turns: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)

    def start(self) -> None:
        """Go on with what was cut off."""
        self._thread.start()

    def stop(self) -> None:
        """End after the question that is under way; the report is begun anew after the next start."""
        self._stopping.set()
        if progress := self._progress:
            progress.cancelled.set()
        self._wake.set()
        self._thread.join()

    def ask(self, workspace: Workspace, spec: ReportSpec, asked_by: str) -> Report:
        """Note a report that is to be made; it is made by itself.

        Raises:
            InvalidRequest: what is asked for contradicts itself.
            Conflict: there is one of that name from today, or there are too many.
        """
        report = self._registry.reports.add(workspace, spec, asked_by, self._now())
        self._wake.set()
        return report

    def get(self, workspace_id: str, report_id: str) -> Report:
        """Return one report.

        Raises:
            NotFound: the workspace has none of that id.
        """
        found = self._registry.reports.find(workspace_id, report_id)
        if found is None:
            raise NotFound(f"the workspace has no report {report_id!r}")
        return found

    def progress(self, report: Report) -> Progress | None:
        """Return how far a report has come that is being made now."""
        current = self._progress
        return current if current is not None and current.report_id == report.id else None

    def delete(self, report: Report) -> None:
        """Forget a report and its file; if it is being made, that ends soon."""
        self._registry.reports.delete(report)
        if progress := self.progress(report):
            progress.cancelled.set()
        else:
            self._folder.remove(report.id)

    def archive(self, report: Report) -> Path:
        """Return the file of a report that is ready.

        Raises:
            NotFound: it is not ready, or its file is gone.
        """
        path = self._folder.archive(report.id)
        if report.status is not ReportStatus.READY:
            raise NotFound(f"the report is {report.status}, and has no file")
        if not path.is_file():
            raise NotFound("the file of the report is gone; ask for it again")
        return path

    def remove_expired(self, now: datetime) -> None:
        """Remove the reports that are too old to be downloaded."""
        for report in self._registry.reports.expired(now):
            self.delete(report)
            log.info("report_expired", report=report.id)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            pause = _UPKEEP_SECONDS
            try:
                self._work()
            except AftersendError as error:
                log.warning("reports_wait", reason=error.message)
                pause = _RETRY_SECONDS
                self._recovered = False  # what was under way may not have been noted
            except Exception as error:
                log.error("reports_failed", exc_info=error)
                pause = _RETRY_SECONDS
            self._wake.wait(pause)

    def _work(self) -> None:
        if not self._recovered:
            self._recover()
            self._recovered = True
        self.remove_expired(self._now())
        while not self._stopping.is_set() and (report := self._next()):
            self._make(report)

    def _next(self) -> Report | None:
        """The oldest report of the workspace that has had none made for longest, so that nobody fills the queue."""
        waiting = self._registry.reports.with_status(ReportStatus.WAITING)
        found = min(waiting, key=lambda report: self._turns.get(report.workspace_id, 0), default=None)
        if found is not None:
            self._turn += 1
            self._turns[found.workspace_id] = self._turn
        return found

    def _recover(self) -> None:
        """Begin anew what was cut off, and have nothing in the folder but the files of finished reports."""
        reports = self._registry.reports
        for report in reports.with_status(ReportStatus.RUNNING):
            self._begin_anew(report, _CUT_OFF.format(report.attempts))
        ready = reports.with_status(ReportStatus.READY)
        self._folder.keep_only({report.id for report in ready})
        for report in ready:
            if not self._folder.archive(report.id).is_file():
                self._fail(report, _LOST)

    def _make(self, report: Report) -> None:
        reports = self._registry.reports
        begun = reports.change(report, status=ReportStatus.RUNNING, attempts=report.attempts + 1)
        if begun is None:
            return  # it was deleted meanwhile
        progress = self._progress = Progress(report.id)
        if self._stopping.is_set():  # it was asked to stop before there was anything to cancel
            progress.cancelled.set()
        try:
            made = self._maker.make(begun, progress)
            self._finish(begun, made.campaigns, made.rows, made.file_bytes)
        except Cancelled:
            self._folder.remove(report.id)
            if self._stopping.is_set():  # to stop is nobody's fault
                reports.change(begun, status=ReportStatus.WAITING, attempts=report.attempts)
        except StoreUnavailable as error:
            self._folder.remove(report.id)
            self._begin_anew(begun, error.message)
            raise
        except AftersendError as error:
            self._fail(begun, error.message)
        except OSError as error:
            log.error("report_not_written", report=report.id, reason=str(error))
            self._fail(begun, f"its file cannot be written: {error.strerror}; make room on the disk, and ask again")
        except Exception as error:
            log.error("report_failed", report=report.id, exc_info=error)
            self._fail(begun, _UNEXPECTED)
        finally:
            self._progress = None

    def _finish(self, report: Report, campaigns: int, rows: int, file_bytes: int) -> None:
        done = {"status": ReportStatus.READY, "finished_at": self._now()}
        changed = self._registry.reports.change(report, **done, campaigns=campaigns, rows=rows, file_bytes=file_bytes)
        if changed is None:  # it was deleted in the last moment
            self._folder.remove(report.id)
        log.info("report_made", report=report.id, campaigns=campaigns, rows=rows, bytes=file_bytes)

    def _begin_anew(self, report: Report, otherwise: str) -> None:
        if report.attempts < MOST_ATTEMPTS:
            self._registry.reports.change(report, status=ReportStatus.WAITING)
        else:
            self._fail(report, otherwise)

    def _fail(self, report: Report, error: str) -> None:
        self._folder.remove(report.id)
        self._registry.reports.change(report, status=ReportStatus.FAILED, error=error, finished_at=self._now())
        log.warning("report_not_made", report=report.id, reason=error)
