"""The walk of a question, from request to answer, in one function."""

from dataclasses import dataclass
from typing import Any

from aftersend.domain.campaigns import Campaign
from aftersend.domain.profiles import Profile
from aftersend.domain.workspaces import Workspace
from aftersend.registry.campaigns import Campaigns
from aftersend.stats.assemble import assemble
from aftersend.stats.plan import plan
from aftersend.stats.request import StatsRequest
from aftersend.store.engine import Engine
from aftersend.store.read_counts import read_counts


@dataclass(frozen=True, slots=True)
class Stats:
    """Answers questions about the campaigns of any workspace."""

    campaigns: Campaigns
    engine: Engine

    def answer(self, workspace: Workspace, request: StatsRequest, profile: Profile) -> dict[str, Any]:
        """Return the body of the answer."""
        page, total = self._page(workspace, request)
        cells = read_counts(self.engine, plan(workspace.id, page, request.days, request.mode, profile))
        return {
            "response_id": request.request_id,
            "total_campaigns": total,
            "current_page": request.offset // request.limit + 1,
            "total_pages": -(-total // request.limit),
            "data": assemble(page, cells, request.mode, profile),
        }

    def _page(self, workspace: Workspace, request: StatsRequest) -> tuple[list[Campaign], int]:
        """The campaigns of the page that was asked for, and how many the request means in all."""
        if request.campaign_ids is None:
            return self.campaigns.list_for_stats(workspace.id, request.offset, request.limit)
        ids = request.campaign_ids[request.offset : request.offset + request.limit]
        found = self.campaigns.find(workspace.id, ids)
        return list(found.values()), len(request.campaign_ids)
