"""Reachability: for which campaigns it is told, and what "reached" means in an estimate."""

from aftersend.domain.campaigns import Campaign, DeliveryType, Status
from aftersend.domain.kinds import Kind

REACHABLE_TYPES = frozenset(
    {DeliveryType.ONE_TIME, DeliveryType.BUSINESS_EVENT_TRIGGERED, DeliveryType.EVENT_TRIGGERED}
)
"""The delivery types of which the answer tells it, while the campaign is scheduled."""

REACHING_KINDS = (Kind.SENT, Kind.IMPRESSION, Kind.SYNCED)
"""What reaches a user: a message that went out, one that was shown without having been sent, a synced audience."""

ESTIMATE_DAYS = 31
"""An earlier run counts with the users whom it reached on so many days up to its last one."""

MOST_EARLIER_RUNS = 20
"""The newest runs that are looked at for one campaign."""


def has_reachability(campaign: Campaign) -> bool:
    """Return whether answers tell how many users the campaign will reach."""
    return campaign.status is Status.SCHEDULED and campaign.delivery_type in REACHABLE_TYPES
