"""Campaigns that events bring along: registered as drafts, from what the events say of them."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime

from aftersend.domain.campaigns import Campaign, DeliveryType, Status, check_campaign, is_identifier
from aftersend.domain.channels import Channel
from aftersend.domain.events import Rejection, RejectionCode
from aftersend.domain.problems import Problem
from aftersend.intake.placement import Known, Refused, can_be_parent
from aftersend.intake.wire import MessageEvent
from aftersend.registry.campaigns import Campaigns


class MustWait(Exception):
    """A batch brings campaigns along, and registering them waits for whoever else writes to the registry."""


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What an event says of its campaign: the channel, or the parent, whose channel it is then, and perhaps more."""

    channel: Channel | None
    name: str = ""
    delivery_type: DeliveryType | None = None
    parent_campaign_id: str | None = None
    flow_id: str | None = None
    flow_name: str | None = None
    tags: tuple[str, ...] = ()


Brought = tuple[str, DraftFacts]
"""The id of a campaign, and what an event says of it."""


def brought_by(event: MessageEvent) -> Brought:
    """Return what a native event says of its campaign."""
    return event.campaign_id, DraftFacts(event.channel, parent_campaign_id=event.parent_campaign_id)


class Drafts:
    """Finds the campaigns that events name, and registers those that nobody has registered."""

    def __init__(self, campaigns: Campaigns, now: Callable[[], datetime]) -> None:
        self._campaigns = campaigns
        self._now = now

    def find(
        self,
        workspace_id: str,
        named: Set[str],
        brought: Iterable[Brought] = (),
        *,
        may_wait: bool = True,
        forgiving: bool = False,
    ) -> Known:
        """Return the campaigns that are named; those that are not registered become drafts where facts are brought.

        With `forgiving`, what cannot have the parent that it is given is registered without one.

        Raises:
            MustWait: some have to be registered, and it may not wait for that.
        """
        known = self._campaigns.find(workspace_id, named)
        lacks_parent = any(one.drafted and one.parent_campaign_id is None for one in known.values())
        if len(known) == len(named) and not lacks_parent:
            return Known(known)
        facts = [_forgiven(one) for one in brought] if forgiving else list(brought)
        parents = {one.parent_campaign_id for _, one in facts if one.parent_campaign_id is not None}
        drafts = find_drafts(facts, known | self._campaigns.find(workspace_id, parents), self._now())
        if not drafts:
            return Known(known)
        if not may_wait:
            raise MustWait
        refused = self._campaigns.register_drafts(workspace_id, drafts)
        if refused and forgiving:
            orphans = (draft for draft in drafts if (draft.id, draft.parent_campaign_id) in refused)
            refused = self._campaigns.register_drafts(
                workspace_id, (replace(draft, parent_campaign_id=None) for draft in orphans)
            )
        return Known(self._campaigns.find(workspace_id, named), refusals(refused))


def find_drafts(brought: Iterable[Brought], registered: Mapping[str, Campaign], now: datetime) -> list[Campaign]:
    """Return the campaigns that events bring along, and those that were brought along before and now get a parent."""
    found = list(brought)
    drafts: dict[tuple[str, str | None], Campaign] = {}
    channels = {campaign.id: campaign.channel for campaign in registered.values()}
    for campaign_id, facts in found:
        if facts.channel is not None:
            channels.setdefault(campaign_id, facts.channel)
    for campaign_id, facts in found:
        parent = facts.parent_campaign_id
        if (facts.channel is None and parent is None) or (campaign_id, parent) in drafts:
            continue
        known = registered.get(campaign_id)
        if known is not None and not _lacks_parent(known, facts):
            continue
        channel = channels.get(campaign_id) or channels.get(parent or campaign_id)
        if channel is None or not is_identifier(campaign_id) or not can_be_parent(parent, campaign_id):
            continue
        channels[campaign_id] = channel
        drafts[campaign_id, parent] = _draft(campaign_id, facts, channel, now)
    return list(drafts.values())


def refusals(problems: Mapping[tuple[str, str | None], Problem]) -> Refused:
    """Return how events are turned away whose campaign or parent cannot be registered."""
    return {
        key: Rejection(
            RejectionCode.CHANNEL_MISMATCH if problem.field == "channel" else RejectionCode.INVALID_VALUE,
            problem.field,
            problem.message,
        )
        for key, problem in problems.items()
    }


def _forgiven(one: Brought) -> Brought:
    campaign_id, facts = one
    if can_be_parent(facts.parent_campaign_id, campaign_id):
        return one
    return campaign_id, replace(facts, parent_campaign_id=None)


def _lacks_parent(known: Campaign, facts: DraftFacts) -> bool:
    """Whether a campaign that its events registered is named a parent for the first time."""
    unclaimed = known.drafted and known.parent_campaign_id is None
    return unclaimed and facts.parent_campaign_id is not None and facts.channel in (None, known.channel)


def _draft(campaign_id: str, facts: DraftFacts, channel: Channel, now: datetime) -> Campaign:
    """Make a draft; what it says of itself is left out where it could not be registered like that."""
    plain = Campaign(
        id=campaign_id,
        name=campaign_id,
        channel=channel,
        created_at=now,
        updated_at=now,
        delivery_type=DeliveryType.ONE_TIME,
        status=Status.DRAFT,
        parent_campaign_id=facts.parent_campaign_id,
        drafted=True,
    )
    told = replace(
        plain,
        name=facts.name[:500] or campaign_id,
        delivery_type=facts.delivery_type or plain.delivery_type,
        flow_id=facts.flow_id,
        flow_name=facts.flow_name[:500] if facts.flow_id and facts.flow_name else None,
        tags=facts.tags,
    )
    return told if check_campaign(told) is None else plain
