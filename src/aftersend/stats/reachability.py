"""How many users a scheduled campaign will reach: what was registered, else what earlier runs reached, else nothing.

An estimate is made once on a day of the workspace and kept in the registry, so that all answers of a day agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from aftersend.domain.campaigns import Campaign, Reachability
from aftersend.domain.periods import EPOCH, first_moment
from aftersend.domain.reachability import MOST_EARLIER_RUNS, has_reachability
from aftersend.domain.workspaces import Workspace
from aftersend.errors import StoreUnavailable
from aftersend.registry.campaign_search import CampaignSearch
from aftersend.registry.estimates import Estimates
from aftersend.store.engine import Engine
from aftersend.store.read_reached import read_reached

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReachabilityFinder:
    """Finds the reachability of campaigns of any workspace."""

    search: CampaignSearch
    estimates: Estimates
    engine: Engine
    now: Callable[[], datetime]

    def find(self, workspace: Workspace, campaigns: Sequence[Campaign]) -> dict[str, Reachability]:
        """Return the reachability of those campaigns that answers tell it of, where it is known."""
        asked = [campaign for campaign in campaigns if has_reachability(campaign)]
        found = {
            campaign.id: replace(
                campaign.reachability, updated_at=campaign.reachability.updated_at or campaign.updated_at
            )
            for campaign in asked
            if campaign.reachability is not None
        }
        unknown = [campaign for campaign in asked if campaign.id not in found]
        return found | self._estimated(workspace, unknown) if unknown else found

    def _estimated(self, workspace: Workspace, campaigns: Sequence[Campaign]) -> dict[str, Reachability]:
        now = self.now()
        today = _start_of_day(workspace, now)
        known = self.estimates.since(workspace.id, [campaign.id for campaign in campaigns], today)
        counts = self._count(workspace, [campaign for campaign in campaigns if campaign.id not in known])
        if not counts:
            return known
        try:
            return known | self.estimates.keep(workspace.id, counts, today, now)
        except StoreUnavailable as error:
            # A registry that cannot be written to can still be asked; the next answer counts anew.
            log.warning("estimates_not_kept", reason=error.message)
            return known | {campaign_id: Reachability(count, now) for campaign_id, count in counts.items()}

    def _count(self, workspace: Workspace, campaigns: Sequence[Campaign]) -> dict[str, int]:
        """Return the users whom the last of the earlier runs reached, by campaign, where there was one."""
        runs = {
            campaign.id: self.search.earlier_runs(workspace.id, campaign, MOST_EARLIER_RUNS) for campaign in campaigns
        }
        named = {run for earlier in runs.values() for run in earlier}
        reached = read_reached(self.engine, workspace.id, named) if named else {}
        found = {}
        for campaign_id, earlier in runs.items():
            if known := [reached[run] for run in earlier if run in reached]:
                found[campaign_id] = max(known, key=lambda run: run.last).users
        return found


def _start_of_day(workspace: Workspace, now: datetime) -> datetime:
    day = (now.astimezone(workspace.zone).date() - EPOCH).days
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=first_moment(day, workspace.zone))
