"""Campaigns that events bring along: which are to be registered, and what becomes of events whose draft cannot be."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aftersend.domain.campaigns import Campaign, DeliveryType, Status, is_identifier
from aftersend.domain.channels import Channel
from aftersend.domain.events import Rejection, RejectionCode
from aftersend.domain.problems import Problem
from aftersend.intake.placement import Refused, can_be_parent
from aftersend.intake.wire import MessageEvent


def find_drafts(events: Sequence[MessageEvent], registered: Mapping[str, Campaign], now: datetime) -> list[Campaign]:
    """Return the campaigns that events bring along, and those that were brought along before and now get a parent.

    An event names the channel of its campaign, or its parent, whose channel it is then.
    """
    drafts: dict[tuple[str, str | None], Campaign] = {}
    channels = {campaign.id: campaign.channel for campaign in registered.values()}
    for event in events:
        if event.channel is not None:
            channels.setdefault(event.campaign_id, event.channel)
    for event in events:
        campaign_id, parent = event.campaign_id, event.parent_campaign_id
        if (event.channel is None and parent is None) or (campaign_id, parent) in drafts:
            continue
        known = registered.get(campaign_id)
        if known is not None and not _lacks_parent(known, event):
            continue
        channel = channels.get(campaign_id) or channels.get(parent or campaign_id)
        if channel is None or not is_identifier(campaign_id) or not can_be_parent(parent, campaign_id):
            continue
        channels[campaign_id] = channel
        drafts[campaign_id, parent] = _draft(campaign_id, parent, channel, now)
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


def _lacks_parent(known: Campaign, event: MessageEvent) -> bool:
    """Whether a campaign that its events registered is named a parent for the first time."""
    unclaimed = known.drafted and known.parent_campaign_id is None
    return unclaimed and event.parent_campaign_id is not None and event.channel in (None, known.channel)


def _draft(campaign_id: str, parent: str | None, channel: Channel, now: datetime) -> Campaign:
    return Campaign(
        id=campaign_id,
        name=campaign_id,
        channel=channel,
        created_at=now,
        updated_at=now,
        delivery_type=DeliveryType.ONE_TIME,
        status=Status.DRAFT,
        parent_campaign_id=parent,
        drafted=True,
    )
