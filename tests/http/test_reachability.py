"""Estimates of reachability: from which runs they come, and that they hold for a day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from aftersend import app
from aftersend.stats.campaign_details import campaign_finder
from builders import NOON, Asker, Json, campaign, message_event
from details import DETAILS, meta, page
from server import Server

SiteWith = Callable[..., Callable[..., httpx.Response]]
DAY = 86_400_000


def put(asker: Asker, campaign_id: str, channel: str = "EMAIL", **fields: Any) -> None:
    """Register a campaign."""
    answer = asker.put_campaign(campaign_id, campaign(channel, **fields))
    assert answer.status_code == 200, answer.text


def reach(asker: Asker, campaign_id: str, users: int, kind: str = "sent", **fields: Any) -> None:
    """Have the campaign reach so many users, each twice."""
    numbers = [number for number in range(users) for _ in range(2)]
    events = [message_event(kind, campaign_id=campaign_id, user_id=f"u{number}", **fields) for number in numbers]
    assert asker.send(*events)["accepted"] == len(events)


def estimate(asker: Asker, campaign_id: str) -> Json | None:
    """Ask for the reachability of a campaign."""
    (row,) = meta(asker, id=campaign_id)
    found: Json | None = row.get("reachability_details")
    return found


def count(asker: Asker, campaign_id: str) -> int | None:
    """Ask how many users a campaign will reach."""
    found = estimate(asker, campaign_id)
    return None if found is None else int(found["count"])


def test_the_last_run_of_the_same_parent(asker: Asker) -> None:
    """The next run will reach as many users as the last one did; who was reached twice is one user."""
    put(asker, "parent", "PUSH", delivery_type="BUSINESS_EVENT_TRIGGERED", status="ACTIVE")
    for number, users in enumerate((5, 3)):
        put(asker, f"run{number}", "PUSH", parent_campaign_id="parent")
        reach(asker, f"run{number}", users, platform="IOS", time=NOON + number * DAY)
    put(asker, "never", "PUSH", parent_campaign_id="parent")
    put(asker, "next", "PUSH", parent_campaign_id="parent", status="SCHEDULED")
    before = app.now()

    found = estimate(asker, "next")

    assert found is not None
    assert found["count"] == 3
    made = datetime.fromisoformat(found["last_updated_time"]).replace(tzinfo=UTC)
    assert before - timedelta(seconds=1) < made <= app.now()
    assert len(found["last_updated_time"]) == len("2024-11-27T09:05:42.661000")


def test_the_runs_of_a_scheduled_parent(asker: Asker) -> None:
    """A parent that is scheduled once more will reach whom its last run reached."""
    put(asker, "parent", delivery_type="BUSINESS_EVENT_TRIGGERED", status="SCHEDULED")
    put(asker, "run", parent_campaign_id="parent")
    reach(asker, "run", 4)

    assert count(asker, "parent") == 4


def test_the_nodes_of_the_same_flow(asker: Asker) -> None:
    """A node will reach whom the last node of its flow on the same channel reached; other channels and flows differ."""
    put(asker, "node", flow_id="f", delivery_type="EVENT_TRIGGERED", status="SCHEDULED")
    for campaign_id, channel, flow, users, day in (
        ("same", "EMAIL", "f", 2, 0),
        ("sms", "SMS", "f", 3, 1),
        ("other", "EMAIL", "g", 4, 2),
    ):
        put(asker, campaign_id, channel, flow_id=flow)
        reach(asker, campaign_id, users, time=NOON + day * DAY)

    assert count(asker, "node") == 2


@pytest.mark.parametrize(
    ("channel", "kind"),
    [("EMAIL", "sent"), ("IN_APP", "impression"), ("FACEBOOK_AUDIENCE", "synced"), ("PUSH", "impression")],
)
def test_what_reaches_a_user(asker: Asker, channel: str, kind: str) -> None:
    """A message that was sent, one that was shown, a user who was added to an audience."""
    platform = {"platform": "IOS"} if channel in ("IN_APP", "PUSH") else {}
    put(asker, "run", channel, parent_campaign_id="p")
    put(asker, "next", channel, parent_campaign_id="p", status="SCHEDULED")
    reach(asker, "run", 2, kind, **platform)

    assert count(asker, "next") == 2


def test_who_was_not_reached(asker: Asker) -> None:
    """Targeted, failed and held-out users were not reached, so nothing is known."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    reach(asker, "run", 1, "targeted")
    reach(asker, "run", 1, "failed", reason="any")
    reach(asker, "run", 1, "held_out", group="global")

    assert estimate(asker, "next") is None


def test_a_run_that_goes_on_for_months(asker: Asker) -> None:
    """Of a run without an end the users of its last 31 days count."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    asker.send(
        *(
            message_event(campaign_id="run", user_id=f"user-{days}", time=NOON + days * DAY)
            for days in (0, 10, 68, 69, 70, 90, 100)
        )
    )

    assert count(asker, "next") == 3  # days 70 to 100


def test_what_is_registered_comes_first(asker: Asker) -> None:
    """A count that was registered is told, also after an estimate had been made."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    reach(asker, "run", 2)
    estimated = count(asker, "next")

    asker.request("PATCH", "/v1/campaigns/next", json={"reachability": {"count": 0}})

    assert (estimated, count(asker, "next")) == (2, 0)


def test_an_estimate_is_not_shown_as_registered(asker: Asker) -> None:
    """What was computed does not become something that somebody said."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    reach(asker, "run", 2)

    assert count(asker, "next") == 2
    assert asker.request("GET", "/v1/campaigns/next").json()["reachability"] is None


def test_an_estimate_holds_for_a_day(server: Server, asker: Asker, site_with: SiteWith) -> None:
    """All answers of a day are the same, whatever happens meanwhile; the next day it is made anew."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    reach(asker, "run", 2)
    first = estimate(asker, "next")
    reach(asker, "run", 6)
    second = estimate(asker, "next")

    services, tomorrow = server.parts.services, app.now() + timedelta(days=1)
    finder = campaign_finder(server.parts.registry, services.finder.reachability.engine, lambda: tomorrow)
    headers = {"MOE-APPKEY": asker.workspace_id}
    body = page(campaign_fields={"id": "next"}, include_child_campaigns=True)
    third = site_with(finder=finder)(asker, "POST", DETAILS + "meta", json=body, headers=headers).json()

    assert first == second
    assert first is not None
    assert first["count"] == 2
    assert third[0]["reachability_details"]["count"] == 6


def test_an_unknown_one_is_found_as_soon_as_it_is_known(asker: Asker) -> None:
    """That nothing is known is not kept for a day."""
    put(asker, "run", parent_campaign_id="p")
    put(asker, "next", parent_campaign_id="p", status="SCHEDULED")
    before = count(asker, "next")
    reach(asker, "run", 2)

    assert (before, count(asker, "next")) == (None, 2)


def test_estimates_stay_in_their_workspace(new_workspace: Callable[..., Asker]) -> None:
    """The runs of another workspace's parent of the same id are not earlier runs."""
    asker, other = new_workspace(), new_workspace()
    put(other, "run", parent_campaign_id="p")
    reach(other, "run", 2)
    for one in (asker, other):
        put(one, "next", parent_campaign_id="p", status="SCHEDULED")

    assert (count(asker, "next"), count(other, "next")) == (None, 2)
