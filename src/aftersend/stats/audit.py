"""Whether the numbers add up: every identity of every campaign, counted anew from raw events.

Nothing here is kept in memory for the whole workspace but the violations that are shown: counts come campaign by
campaign, users for about a million events at a time.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import chain, groupby
from threading import Lock
from typing import Any

from aftersend.domain.audit import OPEN_DAYS, Severity, Violation, check_conflicts
from aftersend.domain.audit_counts import CampaignCounts, Span, check_counts
from aftersend.domain.audit_parts import FAMILY, check_held_out, check_parts, portions
from aftersend.domain.campaigns import Campaign
from aftersend.domain.kinds import Kind
from aftersend.domain.periods import EPOCH, FIRST_DAY, LAST_DAY
from aftersend.domain.workspaces import Workspace
from aftersend.errors import NotFound, Overloaded
from aftersend.registry.campaigns import Campaigns
from aftersend.stats.audit_request import AuditRequest
from aftersend.stats.audit_seals import check_seals
from aftersend.store.engine import Engine
from aftersend.store.growth import Growth
from aftersend.store.read_audit import (
    read_audit_counts,
    read_conflicts,
    read_examples,
    read_family_parts,
    read_parts,
    read_reached,
    read_sources,
)

Json = dict[str, Any]

_PAGE = 1000
_RETRY_SECONDS = 5
_NO_CAMPAIGN = ""
"""Where user events belong."""
_EVENTS_AT_A_TIME = 1_000_000
"""About as many events have their users counted in one statement."""


@dataclass(slots=True)
class _Looked:
    """What was seen on the way through the counts."""

    events: int = 0
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    holding_out: list[str] = field(default_factory=list)

    def note(self, counts: CampaignCounts, span: Span) -> None:
        sizes = counts.sizes(span)
        self.events += sum(sizes.values())
        if sizes:
            self.sizes[counts.campaign_id] = sizes
        if counts.whole().of(Kind.HELD_OUT):
            self.holding_out.append(counts.campaign_id)


class Audit:
    """Checks the campaigns of a workspace, one audit at a time."""

    def __init__(self, campaigns: Campaigns, engine: Engine, growth: Growth, now: Callable[[], datetime]) -> None:
        self._campaigns = campaigns
        self._engine = engine
        self._growth = growth
        self._now = now
        self._working = Lock()

    def answer(self, workspace: Workspace, request: AuditRequest) -> Json:
        """Return the body of the answer, the worst violations first.

        Raises:
            NotFound: the workspace has no campaign of an id that was asked about.
            Overloaded: another audit is under way. Audits read a lot; statistics must not wait for several.
        """
        if not self._working.acquire(blocking=False):
            raise Overloaded("another audit is under way; ask again when it is done", _RETRY_SECONDS)
        try:
            return self._answer(workspace, request)
        finally:
            self._working.release()

    def _answer(self, workspace: Workspace, request: AuditRequest) -> Json:
        campaigns = self._asked(workspace.id, request.campaign_ids)
        days = request.days.numbers if request.days else (FIRST_DAY, LAST_DAY)
        today = (self._now().astimezone(workspace.zone).date() - EPOCH).days
        span = Span(*days, today - OPEN_DAYS + 1)
        looked = _Looked()
        found = chain(
            self._counted(workspace.id, campaigns, span, looked),
            # The users are asked for when the counts are done: both at once would hold two readers.
            self._compared(workspace.id, days, looked),
            self._united(workspace.id, campaigns, span, looked),
            self._contradicted(workspace.id, request, campaigns, days),
            check_seals(self._engine, self._growth, workspace.id, campaigns, days),
        )
        worst = heapq.nsmallest(request.limit + 1, found, key=lambda violation: violation.order)
        shown = worst[: request.limit]
        return {
            "workspace_id": workspace.id,
            "start_date": request.days.start.isoformat() if request.days else None,
            "end_date": request.days.end.isoformat() if request.days else None,
            "campaigns_checked": len(campaigns),
            "events_checked": looked.events,
            "clean": all(violation.severity is Severity.INFO for violation in shown),
            "violations": [self._shown(workspace.id, violation, days) for violation in shown],
            "truncated": len(worst) > len(shown),
        }

    def _asked(self, workspace_id: str, asked: tuple[str, ...] | None) -> dict[str, Campaign]:
        if asked is not None:
            found = self._campaigns.find(workspace_id, asked)
            for campaign_id in asked:
                if campaign_id not in found:
                    raise NotFound(f"the workspace has no campaign {campaign_id!r}")
            return found
        found = {}
        while True:
            page, _ = self._campaigns.page(workspace_id, len(found), _PAGE)
            found |= {campaign.id: campaign for campaign in page}
            if len(page) < _PAGE:
                return found

    def _counted(
        self, workspace_id: str, campaigns: dict[str, Campaign], span: Span, looked: _Looked
    ) -> Iterator[Violation]:
        for counts in self._counts(workspace_id, campaigns):
            looked.note(counts, span)
            yield from check_counts(counts, span)

    def _counts(self, workspace_id: str, campaigns: Mapping[str, Campaign]) -> Iterator[CampaignCounts]:
        if not campaigns:
            return
        rows = read_audit_counts(self._engine, workspace_id, list(campaigns))
        for campaign_id, own in groupby(rows, key=lambda row: row[0]):
            counts = CampaignCounts(campaign_id, campaigns[campaign_id].channel)
            for row in own:
                counts.add(*row[1:])
            yield counts

    def _compared(self, workspace_id: str, days: tuple[int, int], looked: _Looked) -> Iterator[Violation]:
        for portion in portions(looked.sizes, _EVENTS_AT_A_TIME):
            for parts in read_parts(self._engine, workspace_id, portion, days):
                yield from check_parts(parts)
        for campaign_id in looked.holding_out:
            yield from map(check_held_out, read_reached(self._engine, workspace_id, campaign_id, days))

    def _united(
        self, workspace_id: str, campaigns: dict[str, Campaign], span: Span, looked: _Looked
    ) -> Iterator[Violation]:
        """Compare parents with their children, also with those that were not asked about."""
        families = self._campaigns.families(workspace_id, list(campaigns))
        members = dict.fromkeys(member for family in families.values() for member in family)
        sizes = dict(looked.sizes)
        others = self._campaigns.find(workspace_id, [member for member in members if member not in campaigns])
        for counts in self._counts(workspace_id, others):
            sizes[counts.campaign_id] = counts.sizes(span)
        of_families = {
            parent: sum((Counter(sizes.get(member, {})) for member in family), Counter[str]())
            for parent, family in families.items()
        }
        for portion in portions(of_families, _EVENTS_AT_A_TIME, (FAMILY,)):
            days = span.first, span.last
            for parts in read_family_parts(self._engine, workspace_id, portion, families, days):
                yield from check_parts(parts)

    def _contradicted(
        self, workspace_id: str, request: AuditRequest, campaigns: dict[str, Campaign], days: tuple[int, int]
    ) -> Iterator[Violation]:
        ids = list(campaigns)
        if request.campaign_ids is None:
            ids.append(_NO_CAMPAIGN)
        yield from map(check_conflicts, read_conflicts(self._engine, workspace_id, ids, days))

    def _shown(self, workspace_id: str, violation: Violation, days: tuple[int, int]) -> Json:
        day = None if violation.day is None else (EPOCH + timedelta(days=violation.day)).isoformat()
        span = days if violation.day is not None else (FIRST_DAY, LAST_DAY)
        return {
            "identity": violation.identity,
            "severity": violation.severity,
            "campaign_id": violation.campaign_id or None,
            "day": day,
            "platform": violation.platform,
            "expected": violation.expected,
            "found": violation.found,
            "message": violation.message,
            "example_event_ids": read_examples(self._engine, workspace_id, violation, span),
            "sources": [asdict(source) for source in read_sources(self._engine, workspace_id, violation, span)],
        }
