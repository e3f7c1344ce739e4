"""The sample campaign gives exactly the numbers of the documented answer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from aftersend.demo import sample
from aftersend.demo.messenger import Event
from aftersend.domain.campaigns import DEFAULT_VARIATION
from aftersend.domain.channels import Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.formulas import Mode, Remaining, Tally, value
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.metrics import metrics_of

DAY = date(2024, 12, 22)


@dataclass
class EventCell:
    """Counts straight from a list of events."""

    events: list[Event]

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return the base count."""
        found = [
            event
            for event in self.events
            if event["kind"] in tally.kinds and (tally.details is None or event.get("group") in tally.details)
        ]
        return len(found) if mode is Mode.TOTAL else len({event["user_id"] for event in found})

    def remaining_users(self, remaining: Remaining) -> int:
        """Return the number of users that are left; the sample loses nobody."""
        return self.count(remaining.start, Mode.UNIQUE) - self.count(remaining.losses, Mode.UNIQUE)


def test_the_performance_is_that_of_the_documented_answer() -> None:
    """Every number of `performance_stats` that the sample prints comes out."""
    cell = EventCell(sample.message_events(DAY))

    numbers = {row.key: value(row.formula, Mode.TOTAL, cell) for row in metrics_of(Channel.PUSH) if row.key}

    assert numbers == {
        "attempted": 2,
        "sent": 2,
        "failed": 0,
        "impression": 2,
        "click": 4,
        "ctr": 200,
        "delivery_rate": 100,
        "sent_rate": 100,
        "failure_rate": 0,
    }


def test_every_stage_of_the_funnel_is_two() -> None:
    """The delivery funnel has two users and two devices at each stage."""
    cell = EventCell(sample.message_events(DAY))

    assert {value(stage.formula, Mode.TOTAL, cell) for stage in FUNNELS[Channel.PUSH]} == {2}


def test_each_control_group_holds_out_one_user() -> None:
    """One user is held out by the campaign's control group, and another by the global one."""
    cell = EventCell(sample.message_events(DAY))

    assert [value(row.held_out, Mode.UNIQUE, cell) for row in CONTROL_GROUPS] == [1, 1]


def test_everything_happens_on_the_day_and_on_android() -> None:
    """All events are on the day that was asked for, on Android, in the default locale and variation."""
    events = sample.message_events(DAY)

    assert {datetime.fromtimestamp(int(event["time"]) / 1000, UTC).date() for event in events} == {DAY}
    assert {event["platform"] for event in events} == {"ANDROID"}
    assert all("locale" not in event and event.get("variation", DEFAULT_VARIATION) == "variation_1" for event in events)
    assert len({event["event_id"] for event in events}) == len(events)


def test_the_campaign_has_the_goal_and_both_control_groups() -> None:
    """The campaign is the documented one: push to Android, Goal 1 and two control groups."""
    campaign = sample.campaign(DAY)

    assert campaign["id"] == "66e933029ff25f3322d8279d"
    assert (campaign["channel"], campaign["platforms"]) == ("PUSH", ["ANDROID"])
    assert [(goal["name"], goal["event"]) for goal in campaign["goals"]] == [("Goal 1", "purchase")]
    assert campaign["control_groups"] == {"campaign_percentage": 10, "global": True}
    assert campaign["sent_at"] == "2024-12-22T12:00:00Z"
