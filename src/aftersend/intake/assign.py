"""The walk of an assignment: who is held out, who gets which variation, and the events that say so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from aftersend.domain.assignment import Assignment, assign, held_out_event_id, random_members
from aftersend.domain.campaigns import Campaign
from aftersend.domain.global_group import GlobalMode
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.workspaces import Workspace
from aftersend.errors import InvalidRequest
from aftersend.intake.accept import rejection_of
from aftersend.intake.arrival import Arrival
from aftersend.intake.decode import Decoded
from aftersend.intake.placement import Known
from aftersend.intake.receive import Intake, Sender, Underway
from aftersend.intake.wire import MessageEvent
from aftersend.registry.campaigns import Campaigns
from aftersend.registry.global_group import UploadedUsers

SOURCE = "assignments"
"""The source of the events that are made here."""


@dataclass(frozen=True, slots=True)
class AssignmentRequest:
    """The users of one send of a campaign, each named once, and when and where it takes place."""

    campaign_id: str
    users: Sequence[str]
    send_id: str | None
    time: int | datetime
    platform: str | None


@dataclass(frozen=True, slots=True)
class Assigner:
    """Assigns users to control groups and variations, and has the ledger know who is held out."""

    campaigns: Campaigns
    uploaded: UploadedUsers
    intake: Intake

    def begin(self, workspace: Workspace, key_id: str, request: AssignmentRequest) -> tuple[list[Assignment], Underway]:
        """Decide for every user, and queue an event for each who is held out.

        Raises:
            NotFound: the workspace has no such campaign.
            InvalidRequest: being held out then and there could not be recorded.
            Overloaded, StoreUnavailable: nothing was kept.
        """
        campaign = self.campaigns.get(workspace.id, request.campaign_id)
        sender = Sender(workspace, key_id, SOURCE)
        _check(self.intake.arrival(sender), request, campaign)
        members = self._global_members(workspace, campaign, request.users)
        decided = assign(campaign, request.send_id, workspace.salt, request.users, members)
        events = [_event(request, one.user_id, one.held_out) for one in decided if one.held_out is not None]
        decoded = Decoded(events, range(len(events)), [], sum(map(len, request.users)))
        return decided, self.intake.begin_message_events(sender, decoded, Known({campaign.id: campaign}))

    def _global_members(self, workspace: Workspace, campaign: Campaign, users: Sequence[str]) -> Collection[str]:
        group = workspace.global_control_group
        if not campaign.control_groups.include_global or group.mode is GlobalMode.OFF:
            return ()
        if group.mode is GlobalMode.UPLOADED:
            return self.uploaded.among(workspace.id, users)
        return random_members(workspace.salt, group.percentage, users)


def _check(arrival: Arrival, request: AssignmentRequest, campaign: Campaign) -> None:
    """Refuse what could not be recorded, also when nobody happens to be held out: callers learn of it at once."""
    rejection = rejection_of(arrival, _event(request, "anybody", ControlGroup.CAMPAIGN), campaign)
    if rejection is not None:
        value = request.platform if rejection.field == "platform" else None
        raise InvalidRequest(rejection.message, rejection.field, value)


def _event(request: AssignmentRequest, user_id: str, group: ControlGroup) -> MessageEvent:
    return MessageEvent(
        event_id=held_out_event_id(request.campaign_id, request.send_id, user_id),
        kind=Kind.HELD_OUT,
        campaign_id=request.campaign_id,
        user_id=user_id,
        time=request.time,
        platform=request.platform,
        send_id=request.send_id,
        group=group,
    )
