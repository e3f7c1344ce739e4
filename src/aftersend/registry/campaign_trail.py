"""A campaign in the trail of changes: its own fields, and each of its goals as a thing of its own."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from aftersend.domain.campaigns import Campaign
from aftersend.domain.changes import Json, Thing
from aftersend.registry.trail import Trail


def note_campaign(
    trail: Trail, connection: Connection, workspace_id: str, before: Campaign | None, after: Campaign | None
) -> None:
    """Note what differs between two states of a campaign; one of them may be that there was none."""
    was, becomes = _told(before), _told(after)
    for about in {**was, **becomes}:
        trail.note(connection, workspace_id, about, was.get(about), becomes.get(about))


def _told(campaign: Campaign | None) -> dict[tuple[Thing, str], Json]:
    if campaign is None:
        return {}
    fields = asdict(campaign)
    del fields["id"], fields["goals"]
    del fields["updated_at"]  # it changes whenever the campaign is put, also where nothing else does
    found = {(Thing.CAMPAIGN, campaign.id): _plain(fields)}
    for goal in campaign.goals:
        found[Thing.GOAL, f"{campaign.id}/{goal.name}"] = _plain(asdict(goal))
    return found


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
