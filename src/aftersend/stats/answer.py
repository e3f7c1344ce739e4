"""The walk of a question, from request to answer, in one function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aftersend.domain.campaigns import Campaign
from aftersend.domain.profiles import Profile
from aftersend.domain.workspaces import Workspace
from aftersend.registry.campaigns import Campaigns
from aftersend.stats.assemble import assemble
from aftersend.stats.claims import Surroundings, claim, needs_competitors, needs_receipts
from aftersend.stats.plan import plan
from aftersend.stats.request import StatsRequest
from aftersend.stats.tags import Asked, tag_of
from aftersend.store.counting import Counting
from aftersend.store.engine import Engine
from aftersend.store.families import Families
from aftersend.store.growth import Growth
from aftersend.store.read_conversions import Credits, read_receipts, start_conversions
from aftersend.store.read_counts import read_counts
from aftersend.store.read_sealed_credits import SealedReading


@dataclass(frozen=True, slots=True)
class Stats:
    """Answers questions about the campaigns of any workspace."""

    campaigns: Campaigns
    engine: Engine
    growth: Growth | None = None
    sealed_credits: SealedReading | None = None

    def answer(self, workspace: Workspace, request: StatsRequest, profile: Profile) -> dict[str, Any]:
        """Return the body of the answer."""
        return self.tell(self.look_up(workspace, request, profile))

    def look_up(self, workspace: Workspace, request: StatsRequest, profile: Profile) -> Asked:
        """Find the campaigns that are asked about; nothing is counted yet."""
        return Asked(workspace, request, profile, *self._page(workspace, request))

    def tag(self, asked: Asked) -> str | None:
        """Return what differs whenever the answer may, or None while that cannot be said."""
        return None if self.growth is None else tag_of(asked, self.campaigns, self.growth.book)

    def tell(self, asked: Asked) -> dict[str, Any]:
        """Count, and return the body of the answer."""
        request = asked.request
        return {
            "response_id": request.request_id,
            "total_campaigns": asked.total,
            "current_page": request.offset // request.limit + 1,
            "total_pages": -(-asked.total // request.limit),
            "data": self.trees(asked.workspace, asked.page, request, asked.profile),
        }

    def trees(
        self, workspace: Workspace, campaigns: list[Campaign], request: StatsRequest, profile: Profile
    ) -> dict[str, Any]:
        """Return the tree of each of the campaigns, whatever the request says about campaigns and pages."""
        families = self.campaigns.families(workspace.id, [campaign.id for campaign in campaigns])
        credited = self._credits(workspace, campaigns, families, request, profile)
        query = plan(workspace.id, campaigns, request, profile, families)
        counted = (
            read_counts(self.engine, query) if self.growth is None else Counting(self.engine, self.growth).read(query)
        )
        return assemble(campaigns, counted, credited(), request, profile)

    def _credits(
        self, workspace: Workspace, page: list[Campaign], families: Families, request: StatsRequest, profile: Profile
    ) -> Callable[[], Credits]:
        """Begin to read what the campaigns of the page are credited with."""
        attribution = request.attribution_type
        competitors: list[Campaign] = []
        if needs_competitors(attribution):
            events = {goal.event for campaign in page for goal in campaign.goals}
            competitors = self.campaigns.with_goal_events(workspace.id, events)
            families = {
                **self.campaigns.families(workspace.id, [campaign.id for campaign in competitors]),
                **families,
            }
        unsure = {
            campaign.id: families.get(campaign.id, (campaign.id,))
            for campaign in page
            if needs_receipts(campaign, attribution)
        }
        receipts = read_receipts(self.engine, workspace.id, unsure) if unsure else frozenset[str]()
        surroundings = Surroundings(tuple(competitors), families, receipts)
        query = claim(workspace, page, request, profile, surroundings)
        if self.sealed_credits is None:
            return start_conversions(self.engine, query)
        return self.sealed_credits.start(self.engine, query)

    def _page(self, workspace: Workspace, request: StatsRequest) -> tuple[list[Campaign], int]:
        """The campaigns of the page that was asked for, and how many the request means in all."""
        if request.campaign_ids is None:
            return self.campaigns.list_for_stats(workspace.id, request.offset, request.limit)
        ids = request.campaign_ids[request.offset : request.offset + request.limit]
        found = self.campaigns.find(workspace.id, ids)
        return list(found.values()), len(request.campaign_ids)
