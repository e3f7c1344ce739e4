"""The sample campaign of the Stats API's documentation, and the events that give exactly its numbers."""

from datetime import date
from typing import Any

from aftersend.demo.messenger import Event
from aftersend.demo.span import DAY, HOUR, moment, timestamp
from aftersend.domain.campaigns import DeliveryType, Status
from aftersend.domain.channels import Channel
from aftersend.domain.kinds import ControlGroup, Kind

CAMPAIGN_ID = "66e933029ff25f3322d8279d"

_STEPS: tuple[tuple[Kind, int, int], ...] = (  # kind, number among those of its kind, seconds after noon
    (Kind.TARGETED, 0, 0),
    (Kind.ADDRESSED, 0, 0),
    (Kind.ATTEMPTED, 0, 1),
    (Kind.SENT, 0, 2),
    (Kind.IMPRESSION, 0, 5),
    (Kind.CLICKED, 0, 600),
    (Kind.CLICKED, 1, 1500),
)
"""What becomes of the message to each user who gets it; the sample counts two clicks on each."""

_RECEIVERS = ("sample-user-1", "sample-user-2")
_HELD_OUT = (("sample-user-3", ControlGroup.CAMPAIGN), ("sample-user-4", ControlGroup.GLOBAL))


def campaign(day: date) -> dict[str, Any]:
    """Return the sample campaign, sent at noon UTC of the day."""
    noon = moment(day, 12)
    return {
        "id": CAMPAIGN_ID,
        "name": "Sample campaign",
        "channel": Channel.PUSH.value,
        "delivery_type": DeliveryType.ONE_TIME.value,
        "platforms": ["ANDROID"],
        "status": Status.SENT.value,
        "created_at": timestamp(noon - DAY),
        "updated_at": timestamp(noon - HOUR),
        "sent_at": timestamp(noon),
        "start_time": timestamp(noon),
        "goals": [{"name": "Goal 1", "event": "purchase"}],
        "control_groups": {"campaign_percentage": 10, "global": True},
    }


def message_events(day: date) -> list[Event]:
    """Return the events behind the sample's numbers, all around noon UTC of the day."""
    noon = moment(day, 12)
    received = [
        {**_event(kind, user, number, noon + seconds * 1000), **_device(kind, user)}
        for user in _RECEIVERS
        for kind, number, seconds in _STEPS
    ]
    held_out = [{**_event(Kind.HELD_OUT, user, 0, noon), "group": group.value} for user, group in _HELD_OUT]
    return received + held_out


def _event(kind: Kind, user: str, number: int, time: int) -> Event:
    return {
        "event_id": f"{CAMPAIGN_ID}-{user}-{kind}-{number}",
        "kind": kind.value,
        "campaign_id": CAMPAIGN_ID,
        "user_id": user,
        "time": time,
        "platform": "ANDROID",
    }


def _device(kind: Kind, user: str) -> Event:
    return {} if kind is Kind.TARGETED else {"device_id": f"{user}-android-1"}
