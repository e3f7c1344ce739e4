"""What is left of a life: a list of arrivals and removals in order becomes the plain list of events that count.

It is written for reading, not for speed: every question walks through the whole life again.
"""

from dataclasses import dataclass

from builders import Json


@dataclass(frozen=True, slots=True)
class Arrival:
    """A good event that was sent to a workspace, whether or not it counts."""

    workspace: str
    event: Json


@dataclass(frozen=True, slots=True)
class Retraction:
    """Event ids that a workspace took back, whether or not they had been there."""

    workspace: str
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """A user whom a workspace wanted gone."""

    workspace: str
    user: str


Happening = Arrival | Retraction | Erasure


def survivors(life: list[Happening], workspace: str) -> list[Json]:
    """Return the events of a workspace that count, in order of arrival, as the oracle reads them."""
    return _lived(life, workspace)[0]


def used_up(life: list[Happening], workspace: str) -> set[str]:
    """Return the ids which the workspace takes in no more: they have been received or retracted."""
    return _lived(life, workspace)[1]


def _lived(life: list[Happening], workspace: str) -> tuple[list[Json], set[str]]:
    there: list[Json] = []
    used: set[str] = set()
    for happening in life:
        if happening.workspace != workspace:
            continue
        match happening:
            case Arrival(event=event):
                if event["event_id"] not in used:
                    there.append({"campaign_id": "", **event, "workspace_id": workspace})
                used.add(event["event_id"])
            case Retraction(event_ids=taken_back):
                there = [event for event in there if event["event_id"] not in taken_back]
                used |= set(taken_back)
            case Erasure(user=user):
                # Its ids stay used up, and what arrives for the user later is there again.
                there = [event for event in there if event["user_id"] != user]
    return there, used
