"""Living through a history: everything is sent and asked, and held against what the oracle says."""

from collections.abc import Iterator
from typing import Any

from agreement.histories import Json, as_arrivals
from agreement.sending import Caller, calling, difference, read
from builders import Asker
from oracle import answer, keep_first


def live_through(history: Json, place: int, asker: Asker) -> str | None:
    """Send what happens in one workspace, ask what is asked about it, and tell the first thing that is wrong."""
    workspace = history["workspaces"][place]
    questions = [question for question in history["questions"] if question["workspace"] == place]
    batches = [batch for batch in history["batches"] if batch["workspace"] == place]
    arrived: list[Json] = []
    with calling(asker) as caller:
        # Children are registered before their parents, or after them.
        caller.put_campaigns(workspace["campaigns"][:: 1 if history["seed"] % 2 else -1])
        for number, batch in enumerate(batches, start=1):
            if number == len(batches) and workspace.get("move"):
                workspace = _moved(caller, workspace)
            if told := _send(caller, batch, arrived):
                return told
            early = number == len(batches) // 2
            for question in questions:
                asked_now = question.get("early", False) if early else number == len(batches)
                if asked_now and (told := _compare(caller, workspace, arrived, question)):
                    return f"{told}; after {number} of {len(batches)} batches"
    return None


def _moved(caller: Caller, workspace: Json) -> Json:
    """Give a campaign another parent, or none, and return the workspace as it is then."""
    moved, parent = workspace["move"]["campaign"], workspace["move"]["parent"]
    caller.move(moved, parent)
    campaigns = [
        campaign | {"parent_campaign_id": parent} if campaign["id"] == moved else campaign
        for campaign in workspace["campaigns"]
    ]
    return workspace | {"campaigns": campaigns}


def registered(campaigns: list[Json], arrived: list[Json]) -> list[Json]:
    """Return the campaigns that are registered, some of them by what arrived, with the parents that it named."""
    found = []
    for campaign in campaigns:
        brought = [event for event in arrived if event["campaign_id"] == campaign["id"]]
        if not campaign.get("unregistered"):
            found.append(campaign)
        elif brought:
            named = [event.get("parent_campaign_id") for event in brought]
            found.append(campaign | {"parent_campaign_id": next((one for one in named if one), None)})
    return found


def _send(caller: Caller, batch: Json, arrived: list[Json]) -> str | None:
    """Send a batch, note what arrived, and hold the receipt against what is new."""
    known = len(keep_first(caller.workspace_id, arrived))
    good = as_arrivals(batch, caller.workspace_id)
    arrived.extend(good)
    new = len(keep_first(caller.workspace_id, arrived)) - known

    receipt = caller.send(batch)

    rejected = [row["index"] for row in receipt["rejected"]]
    found = receipt | {"rejected": rejected}
    return difference(found, {"accepted": new, "duplicates": len(good) - new, "rejected": batch["bad"]}, "receipt")


def _compare(caller: Caller, workspace: Json, arrived: list[Json], question: Json) -> str | None:
    """Ask the server and the oracle the same."""
    known = {"id": caller.workspace_id, "timezone": workspace["timezone"]}
    campaigns = registered(workspace["campaigns"], arrived)
    expected = answer(known, campaigns, arrived, question["request"], question["profile"])

    found = read(caller.ask(question["request"], question["header"]))

    told = difference(found, expected) or difference(list(found["data"]), list(expected["data"]), "order")
    return f"{told}; zone: {workspace['timezone']}; question: {question}" if told else None


def goal_figures(found: Any) -> Iterator[Json]:
    """Yield the figures of every goal in every node of an answer."""
    if isinstance(found, dict):
        for key, inner in found.items():
            yield from inner.values() if key == "conversion_goal_stats" else goal_figures(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from goal_figures(inner)
