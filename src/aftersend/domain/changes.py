"""Changes of what is registered: which things are watched, and how two states of one are compared. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Thing(StrEnum):
    """What a change is about."""

    WORKSPACE = "workspace"
    SETTINGS = "settings"
    FEATURES = "features"
    GLOBAL_CONTROL_GROUP = "global_control_group"
    KEY = "key"
    CAMPAIGN = "campaign"
    GOAL = "goal"


THINGS: dict[Thing, str] = {
    Thing.WORKSPACE: "a workspace as a whole: created, renamed",
    Thing.SETTINGS: "a workspace's profile, data center or retention",
    Thing.FEATURES: "what is switched off for a workspace",
    Thing.GLOBAL_CONTROL_GROUP: "how the global control group is chosen, or the uploaded list of its users",
    Thing.KEY: "a key: created, rotated, revoked; never its secret",
    Thing.CAMPAIGN: "a campaign without its goals",
    Thing.GOAL: "a goal of a campaign, by the campaign's id and the goal's name",
}

SERVER = "server"
"""Who acts where nobody asked for it, such as retention."""

LONGEST_VALUE = 1_000
"""Characters of one value, as JSON, that the trail keeps."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `before` is missing where the thing was created, `after` where it was removed."""

    number: int
    at: datetime
    by: str
    thing: Thing
    thing_id: str
    before: Json | None
    after: Json | None

    @property
    def action(self) -> str:
        """Return what was done."""
        if self.before is None:
            return "created"
        return "removed" if self.after is None else "changed"


ACTIONS = ("created", "changed", "removed")


def differences(before: Json | None, after: Json | None) -> tuple[Json | None, Json | None]:
    """Return the fields that differ, as they were and as they are; everything of what is new or gone."""
    if before is None or after is None:
        return _short(before), _short(after)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return _short({name: before.get(name) for name in names}), _short({name: after.get(name) for name in names})


def _short(fields: Json | None) -> Json | None:
    """The fields, those that are very long as the beginning of their JSON."""
    if fields is None:
        return None
    return {name: _beginning(value) for name, value in fields.items()}


def _beginning(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
