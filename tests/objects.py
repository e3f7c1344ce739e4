"""Builders of the project's own records, with sensible defaults, for tests that send nothing over HTTP."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.events import Stream
from aftersend.domain.formulas import Mode
from aftersend.domain.goals import Goal
from aftersend.domain.periods import DayFinder
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Workspace
from aftersend.intake.accept import Accepted, accept_message_events, accept_user_events
from aftersend.intake.arrival import Arrival
from aftersend.intake.columns import Checked, rows_of
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.placement import Known, PlacementMemory
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.stats.request import StatsRequest, parse_request
from aftersend.store.batches import EventRows
from builders import NOON, Json, question

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""The moment at which everything here was created."""


def a_workspace(workspace_id: str = "w1", **fields: Any) -> Workspace:
    """Build a workspace in UTC."""
    given: Json = {
        "name": "A workspace",
        "timezone": "UTC",
        "profile": ProfileName.DOCUMENTED,
        "data_center": "01",
        "features_off": frozenset(),
        "created_at": MOMENT,
    }
    return Workspace(workspace_id, **(given | fields))


def a_campaign(campaign_id: str = "c1", channel: Channel = Channel.EMAIL, **fields: Any) -> Campaign:
    """Build a campaign without goals."""
    given: Json = {"name": "A campaign", "created_at": MOMENT, "updated_at": MOMENT}
    return Campaign(id=campaign_id, channel=channel, **(given | fields))


def a_goal(name: str = "Goal 1", **fields: Any) -> Goal:
    """Build a goal that counts purchases."""
    return Goal(**({"name": name, "event": "purchase"} | fields))


def a_request(mode: Mode = Mode.TOTAL, **fields: Any) -> StatsRequest:
    """Build a checked question for January 2026."""
    return parse_request(question(metric_type=mode.value, **fields))


def an_arrival(workspace_id: str = "w1", zone: str = "UTC") -> Arrival:
    """Build the arrival of a batch at noon."""
    return Arrival(workspace_id, DayFinder(ZoneInfo(zone)), NOON)


def message_rows(*events: Json, workspace_id: str = "w1", campaign: Campaign | None = None) -> EventRows:
    """Build the rows of message events that all belong to one campaign."""
    return rows_of([checked_messages(*events, workspace_id=workspace_id, campaign=campaign)])


def checked_messages(
    *events: Json, workspace_id: str = "w1", campaign: Campaign | None = None, memory: PlacementMemory | None = None
) -> Checked:
    """Check message events that all belong to one campaign."""
    known = campaign or a_campaign()
    decoded = BatchDecoder(MessageEvent).decode(msgspec.json.encode(events), lines=False)
    accepted = accept_message_events(
        an_arrival(workspace_id), decoded, Known({known.id: known}), memory or PlacementMemory()
    )
    assert not accepted.rejected, accepted.rejected
    assert accepted.checked.stream is Stream.MESSAGE_EVENTS
    return accepted.checked


def made(accepted: Accepted) -> EventRows:
    """Make the rows of a batch by itself."""
    return rows_of([accepted.checked])


def user_rows(*events: Json, workspace_id: str = "w1") -> EventRows:
    """Build the rows of user events."""
    return rows_of([checked_users(*events, workspace_id=workspace_id)])


def checked_users(*events: Json, workspace_id: str = "w1") -> Checked:
    """Check user events."""
    decoded = BatchDecoder(UserEvent).decode(msgspec.json.encode(events), lines=False)
    accepted = accept_user_events(an_arrival(workspace_id), decoded)
    assert not accepted.rejected, accepted.rejected
    return accepted.checked
