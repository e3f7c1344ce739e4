"""Campaigns that events bring along: registered as drafts, from what the events say of them."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from aftersend.domain.campaigns import Campaign, DeliveryType, check_campaign, is_identifier
from aftersend.domain.channels import Channel
from aftersend.registry.campaigns import Campaigns


class MustWait(Exception):
    """A batch brings campaigns along, and registering them waits for whoever else writes to the registry."""


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What an event says of its campaign."""

    channel: Channel
    name: str = ""
    delivery_type: DeliveryType | None = None
    parent_campaign_id: str | None = None
    flow_id: str | None = None
    flow_name: str | None = None
    tags: tuple[str, ...] = ()


class Drafts:
    """Finds the campaigns that events name, and registers those that nobody has registered."""

    def __init__(self, campaigns: Campaigns, now: Callable[[], datetime]) -> None:
        self._campaigns = campaigns
        self._now = now

    def find(
        self,
        workspace_id: str,
        named: Set[str],
        brought: Iterable[tuple[str, DraftFacts]] = (),
        *,
        may_wait: bool = True,
    ) -> dict[str, Campaign]:
        """Return the campaigns that are named; those that are not registered become drafts where facts are brought.

        Raises:
            MustWait: some have to be registered, and it may not wait for that.
        """
        known = self._campaigns.find(workspace_id, named)
        if len(known) == len(named):
            return known
        drafts: dict[str, Campaign] = {}
        for campaign_id, facts in brought:
            if campaign_id not in known and campaign_id not in drafts and is_identifier(campaign_id):
                drafts[campaign_id] = self._draft(campaign_id, facts)
        if not drafts:
            return known
        if not may_wait:
            raise MustWait
        self._campaigns.register_drafts(workspace_id, drafts.values())
        return self._campaigns.find(workspace_id, named)

    def _draft(self, campaign_id: str, facts: DraftFacts) -> Campaign:
        """Make a draft; what it says of itself is left out where it could not be registered like that."""
        now = self._now()
        plain = Campaign(id=campaign_id, name=campaign_id, channel=facts.channel, created_at=now, updated_at=now)
        told = replace(
            plain,
            name=facts.name[:500] or campaign_id,
            delivery_type=facts.delivery_type or plain.delivery_type,
            parent_campaign_id=facts.parent_campaign_id,
            flow_id=facts.flow_id,
            flow_name=facts.flow_name[:500] if facts.flow_id and facts.flow_name else None,
            tags=facts.tags,
        )
        return told if check_campaign(told) is None else plain
