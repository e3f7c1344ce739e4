"""The walk of a question about campaigns: which ones, then what answers tell of each beside what is registered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aftersend.domain.campaign_search import CampaignFilter
from aftersend.domain.campaigns import PARENT_TYPES, Campaign, DeliveryType, Reachability, is_identifier
from aftersend.domain.workspaces import Workspace
from aftersend.errors import InvalidRequest
from aftersend.registry.campaign_search import CampaignSearch
from aftersend.registry.campaigns import Campaigns
from aftersend.registry.registry import Registry
from aftersend.stats.campaign_request import CampaignQuestion, Page
from aftersend.stats.reachability import ReachabilityFinder
from aftersend.store.engine import Engine


@dataclass(frozen=True, slots=True)
class CampaignDetails:
    """A campaign, and what belongs to it: None where it has no such thing."""

    campaign: Campaign
    children: int | None = None
    reachability: Reachability | None = None
    of_periodic: bool = False


@dataclass(frozen=True, slots=True)
class CampaignFinder:
    """Answers questions about the campaigns of any workspace."""

    campaigns: Campaigns
    search: CampaignSearch
    reachability: ReachabilityFinder

    def details(self, workspace: Workspace, question: CampaignQuestion) -> list[CampaignDetails]:
        """Return a page of campaigns with the number of their children and their reachability."""
        page = self._page(workspace.id, question.filter, question.page)
        parents = [campaign.id for campaign in page if _is_parent(campaign)]
        children = self.search.count_children(workspace.id, parents) if parents else {}
        reachability = self.reachability.find(workspace, page)
        return [
            CampaignDetails(
                campaign,
                children.get(campaign.id, 0) if _is_parent(campaign) else None,
                reachability.get(campaign.id),
            )
            for campaign in page
        ]

    def found(self, workspace: Workspace, question: CampaignQuestion) -> list[CampaignDetails]:
        """Return a page of campaigns, and say of each whether it is a run of a periodic one."""
        page = self._page(workspace.id, question.filter, question.page)
        parents = {campaign.parent_campaign_id for campaign in page if campaign.parent_campaign_id is not None}
        known = self.campaigns.find(workspace.id, parents)
        return [CampaignDetails(campaign, of_periodic=_is_periodic_child(campaign, known)) for campaign in page]

    def executions(self, workspace: Workspace, parent_id: str, page: Page) -> tuple[list[Campaign], int]:
        """Return a page of a parent's children, and how many it has.

        Raises:
            InvalidRequest: nothing is known of such a parent.
        """
        can_be = is_identifier(parent_id)  # not every database can look for any text
        ids, total = self.search.children(workspace.id, parent_id, page.offset, page.limit) if can_be else ([], 0)
        if not total and not (can_be and self.campaigns.find(workspace.id, [parent_id])):
            message = "parent_campaign_id is not the id of a campaign of this workspace"
            raise InvalidRequest(message, "parent_campaign_id", parent_id)
        return list(self.campaigns.find(workspace.id, ids).values()), total

    def _page(self, workspace_id: str, wanted: CampaignFilter, page: Page) -> list[Campaign]:
        ids = self.search.page(workspace_id, wanted, page.offset, page.limit)
        return list(self.campaigns.find(workspace_id, ids).values())


def campaign_finder(registry: Registry, engine: Engine, now: Callable[[], datetime]) -> CampaignFinder:
    """Join what is needed to answer questions about campaigns."""
    reachability = ReachabilityFinder(registry.search, registry.estimates, engine, now)
    return CampaignFinder(registry.campaigns, registry.search, reachability)


def _is_parent(campaign: Campaign) -> bool:
    return campaign.delivery_type in PARENT_TYPES and campaign.parent_campaign_id is None and campaign.flow_id is None


def _is_periodic_child(campaign: Campaign, parents: dict[str, Campaign]) -> bool:
    """Whether it is a run of a periodic campaign: its parent says so, or itself where the parent is not registered."""
    if campaign.parent_campaign_id is None:
        return False
    parent = parents.get(campaign.parent_campaign_id, campaign)
    return parent.delivery_type is DeliveryType.PERIODIC
