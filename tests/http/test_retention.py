"""Retention: what is older than the workspace keeps events is removed, and is turned away at the door."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from aftersend import app
from builders import Asker, campaign, message_event, question, user_event
from server import Server

ZONE = "Pacific/Auckland"
DAYS = 10


def _noon(days_ago: int) -> str:
    """Return noon of a day where the workspace is."""
    moment = app.now().astimezone(ZoneInfo(ZONE)) - timedelta(days=days_ago)
    return moment.replace(hour=12, minute=0, second=0, microsecond=0).isoformat()


def _sent(asker: Asker) -> int:
    today = app.now().astimezone(ZoneInfo(ZONE)).date()
    span = {"start_date": (today - timedelta(days=30)).isoformat(), "end_date": today.isoformat()}
    tree = asker.ask(question(campaign_ids=["c1"], **span)).json()["data"]["c1"][0]["platforms"]["EMAIL"]
    found: int = tree["locales"]["all_locales"]["variations"]["all_variations"]["performance_stats"]["sent"]
    return found


def test_what_is_too_old_goes_and_stays_away(server: Server) -> None:
    """From the edge on events leave the answers for good, a day younger stays, and none of them is taken in again."""
    asker = server.create_workspace("keeps-ten-days", ZONE)
    asker.put_campaign("c1", campaign())
    messages = [message_event(event_id=f"m{days}", time=_noon(days)) for days in (0, DAYS - 1, DAYS, DAYS + 1, 25)]
    users = [user_event(event_id=f"u{days}", time=_noon(days)) for days in (DAYS, DAYS + 1)]
    asker.send(*messages)
    asker.send(*users, path="/v1/user-events")
    assert _sent(asker) == 5

    workspace = server.parts.registry.workspaces.update("keeps-ten-days", retention_days=DAYS)
    server.parts.services.remover.expire(workspace)

    assert _sent(asker) == 3
    (removal,) = asker.request("GET", "/v1/removals").json()["removals"]
    assert (removal["kind"], removal["events_removed"], removal["requested_by"]) == ("expiry", 3, "retention")
    assert removal["reason"] == f"older than {DAYS} days"
    receipt = asker.send(*messages)
    assert (receipt["accepted"], receipt["duplicates"]) == (0, 3)
    assert [(row["index"], row["code"], row["field"]) for row in receipt["rejected"]] == [
        (3, "expired", "time"),
        (4, "expired", "time"),
    ]
    again = asker.send(*users, path="/v1/user-events")
    assert (again["duplicates"], [row["code"] for row in again["rejected"]]) == (1, ["expired"])

    longer = server.parts.registry.workspaces.update("keeps-ten-days", retention_days=None)
    server.parts.services.remover.expire(longer)
    assert asker.send(*messages)["duplicates"] == 5
    assert asker.request("GET", "/v1/removals").json()["total"] == 1
