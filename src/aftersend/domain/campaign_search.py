"""Searching for campaigns: what can be asked for, and the words of the details and search paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aftersend.domain.campaigns import DeliveryType, Status
from aftersend.domain.channels import CLIENT_NAMES, Channel

LARGEST_PAGE = 15
"""Campaigns in one answer."""

MOST_VALUES = 100
"""Values in one filter."""

PLATFORM_NAMES: dict[str, str] = {"ANDROID": "ANDROID", "IOS": "IOS", "WEB": "WEB", "MWEB": "WEB"}
"""How they spell the platforms of push: browsers are one platform, and what is not known is none."""

EXECUTION_STATUS: dict[Status, str] = {
    Status.DRAFT: "Scheduled",
    Status.SCHEDULED: "Scheduled",
    Status.ACTIVE: "Sending",
    Status.SENDING: "Sending",
    Status.PAUSED: "Sending",
    Status.STOPPED: "Failed",
    Status.SENT: "Sent",
    Status.RETIRED: "Sent",
    Status.ARCHIVED: "Sent",
}
"""The four words that executions have for where one run of a parent is."""


@dataclass(frozen=True, slots=True)
class SearchRules:
    """What one of the paths takes: the values of its filters, and whether a range of dates needs both ends.

    `archives` is set where archived campaigns are left out unless a switch of the request includes them.
    """

    channels: Mapping[str, Channel]
    delivery_types: tuple[DeliveryType, ...]
    statuses: tuple[Status, ...]
    both_dates: bool
    archives: bool


_STATUSES = (Status.SCHEDULED, Status.ACTIVE, Status.PAUSED, Status.SENT, Status.STOPPED)
_USUAL_TYPES = (
    DeliveryType.ONE_TIME,
    DeliveryType.PERIODIC,
    DeliveryType.EVENT_TRIGGERED,
    DeliveryType.BUSINESS_EVENT_TRIGGERED,
)

META_RULES = SearchRules(
    channels={name: channel for channel, name in CLIENT_NAMES.items()},
    delivery_types=_USUAL_TYPES,
    statuses=(*_STATUSES, Status.RETIRED, Status.ARCHIVED),
    both_dates=True,
    archives=False,
)
SEARCH_RULES = SearchRules(
    channels={channel.value: channel for channel in (Channel.PUSH, Channel.EMAIL, Channel.SMS)},
    delivery_types=(
        *_USUAL_TYPES,
        DeliveryType.DEVICE_TRIGGERED,
        DeliveryType.LOCATION_TRIGGERED,
        DeliveryType.BROADCAST_LIVE_ACTIVITY,
    ),
    statuses=(*_STATUSES, Status.ARCHIVED),
    both_dates=False,
    archives=True,
)


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns are meant: those that pass every filter that is set, and of a list any value.

    Without `children` neither runs of a parent nor nodes of a flow are meant.
    """

    id: str | None = None
    channels: tuple[Channel, ...] = ()
    created_by: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    delivery_types: tuple[DeliveryType, ...] = ()
    name: str | None = None
    statuses: tuple[Status, ...] = ()
    tags: tuple[str, ...] = ()
    children: bool = False
    archived: bool = True
