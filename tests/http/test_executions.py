"""`POST /core-services/v1/campaigns/{parent_campaign_id}/executions`: the runs of a parent."""

from collections.abc import Callable
from typing import Any

import pytest

from aftersend.domain.campaigns import Status
from builders import Asker, Json, campaign
from details import ask, page, problem

Workspaces = Callable[..., Asker]


def put(asker: Asker, campaign_id: str, channel: str = "EMAIL", **fields: Any) -> None:
    """Register a campaign."""
    answer = asker.put_campaign(campaign_id, campaign(channel, **fields))
    assert answer.status_code == 200, answer.text


def executions(asker: Asker, parent: str, **fields: Any) -> Json:
    """Ask for the runs of a parent."""
    answer = ask(asker, f"{parent}/executions", page(**fields))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_runs_of_a_parent(asker: Asker) -> None:
    """Each run has its id, when it was sent and where it is; a run that was not sent has no time."""
    put(asker, "p", delivery_type="PERIODIC", status="ACTIVE")
    put(asker, "run1", parent_campaign_id="p", status="SENT", sent_at="2024-06-24T20:00:18.908+05:30")
    put(asker, "run2", parent_campaign_id="p", status="SENDING", sent_at="2024-06-25T14:30:00Z")
    put(asker, "run3", parent_campaign_id="p", status="SCHEDULED")
    put(asker, "elsewhere", parent_campaign_id="q", status="SENT")

    assert executions(asker, "p") == {
        "executions": [
            {"campaign_id": "run1", "sent_time": "2024-06-24T14:30:18.908000", "status": "Sent"},
            {"campaign_id": "run2", "sent_time": "2024-06-25T14:30:00.000000", "status": "Sending"},
            {"campaign_id": "run3", "status": "Scheduled"},
        ],
        "total_instances": 3,
    }


STATUSES = {
    "DRAFT": "Scheduled",
    "SCHEDULED": "Scheduled",
    "ACTIVE": "Sending",
    "SENDING": "Sending",
    "PAUSED": "Sending",
    "STOPPED": "Failed",
    "SENT": "Sent",
    "RETIRED": "Sent",
    "ARCHIVED": "Sent",
}


@pytest.mark.parametrize("status", Status)
def test_the_four_words(asker: Asker, status: Status) -> None:
    """Every status is one of the four that executions have."""
    put(asker, "run", parent_campaign_id="p", status=status.value)

    assert executions(asker, "p")["executions"][0]["status"] == STATUSES[status.value]


def test_pages(asker: Asker) -> None:
    """Runs come in the order of their creation, in pages; the total is that of all pages, also past the end."""
    for number in (2, 0, 1):
        put(asker, f"run{number}", parent_campaign_id="p", created_at=f"2026-01-0{number + 1}T00:00:00Z")

    pages = [executions(asker, "p", limit=2, page=number) for number in (1, 2, 3, 10**30)]

    assert [[run["campaign_id"] for run in found["executions"]] for found in pages] == [
        ["run0", "run1"],
        ["run2"],
        [],
        [],
    ]
    assert [found["total_instances"] for found in pages] == [3, 3, 3, 3]


@pytest.mark.parametrize("delivery_type", ["PERIODIC", "BUSINESS_EVENT_TRIGGERED", "ONE_TIME"])
def test_a_campaign_that_has_not_run(asker: Asker, delivery_type: str) -> None:
    """A known campaign without children has no executions."""
    put(asker, "p", delivery_type=delivery_type)

    assert executions(asker, "p") == {"executions": [], "total_instances": 0}


def test_an_unknown_parent(new_workspace: Workspaces) -> None:
    """An id that nobody registered here is a 400 about the parent, also where another workspace has it."""
    asker, other = new_workspace(), new_workspace()
    put(other, "p", delivery_type="PERIODIC")
    put(other, "run", parent_campaign_id="p")

    answer = ask(asker, "p/executions", page(request_id="11"))

    message = "parent_campaign_id is not the id of a campaign of this workspace"
    assert answer.status_code == 400
    assert problem(answer) == {
        "code": "400 Bad Request",
        "message": message,
        "target": "parent_campaign_id",
        "details": [{"target": "parent_campaign_id", "message": message}],
        "request_id": "11",
    }


@pytest.mark.parametrize("parent", ["%00", "a%20b", "x" * 129, "%E2%80%8B"])
def test_a_parent_that_cannot_be(asker: Asker, parent: str) -> None:
    """An id that no campaign can have is one that nobody has registered."""
    answer = ask(asker, f"{parent}/executions", page())

    assert (answer.status_code, problem(answer)["target"]) == (400, "parent_campaign_id")


def test_a_parent_with_an_odd_id(asker: Asker) -> None:
    """Ids are what campaigns can have, percent-encoded in the path."""
    put(asker, "%C3%BC%3F", delivery_type="PERIODIC")
    put(asker, "run", parent_campaign_id="ü?")

    assert executions(asker, "%C3%BC%3F")["total_instances"] == 1
