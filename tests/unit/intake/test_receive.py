"""The walk of a batch: what is written, what is answered, and what is registered on the way."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aftersend.domain.campaigns import Status
from aftersend.domain.channels import Channel
from aftersend.domain.events import RejectionCode, Stream
from aftersend.errors import Unparseable
from aftersend.intake.commit import Committer
from aftersend.intake.receive import Intake, Sender
from aftersend.registry.database import sqlite_url
from aftersend.registry.registry import Registry
from builders import Json, message_event, user_event
from fakes import FakeClock, FakeLedger
from objects import MOMENT, a_campaign, a_workspace

MESSAGES, USERS = Stream.MESSAGE_EVENTS, Stream.USER_EVENTS


@dataclass
class Desk:
    """An intake with a registry on a throw-away folder and a ledger that takes everything for new."""

    registry: Registry
    ledger: FakeLedger
    intake: Intake

    def send(self, *events: Json, stream: Stream = MESSAGES, timezone: str = "UTC") -> tuple[int, int, list[str]]:
        """Send events and return what became of them: accepted, duplicates, and codes of the others."""
        body = json.dumps(events).encode()
        receipt = self.intake.receive(Sender(a_workspace(timezone=timezone)), stream, body, lines=False)
        return receipt.accepted, receipt.duplicates, [row.rejection.code for row in receipt.rejected]


@contextmanager
def _desk(folder: Path, ledger: FakeLedger | None = None) -> Iterator[Desk]:
    registry = Registry(sqlite_url(folder), lambda: MOMENT)
    registry.database.migrate()
    registry.workspaces.create(a_workspace())
    taking = ledger or FakeLedger()
    committer = Committer(taking)
    committer.start()
    try:
        yield Desk(registry, taking, Intake(registry.campaigns, committer, FakeClock()))
    finally:
        committer.stop()
        registry.close()


class KnowingLedger(FakeLedger):
    """A ledger that knows every event already."""

    def commit(self, batches: object) -> list[int]:
        """Find nothing new in a batch."""
        return [0]


def test_good_events_are_committed_and_the_others_told(tmp_path: Path) -> None:
    """A receipt counts what is in the ledger now, and says what was turned away."""
    with _desk(tmp_path) as desk:
        desk.registry.campaigns.put("w1", a_campaign())

        receipt = desk.send(message_event(), message_event(campaign_id="c2"), message_event())

    assert receipt == (2, 0, [RejectionCode.UNKNOWN_CAMPAIGN])
    assert [batch.rows.num_rows for group in desk.ledger.groups for batch in group] == [2]


def test_user_events_need_no_campaign(tmp_path: Path) -> None:
    """What users do is taken in whatever is registered."""
    with _desk(tmp_path) as desk:
        assert desk.send(user_event(), stream=USERS) == (1, 0, [])
    assert desk.ledger.groups[0][0].stream is USERS


def test_what_was_there_is_a_duplicate(tmp_path: Path) -> None:
    """Events that the ledger does not count as new are duplicates."""
    with _desk(tmp_path, KnowingLedger()) as desk:
        assert desk.send(user_event(), user_event(), stream=USERS) == (0, 2, [])


def test_a_batch_without_good_events_is_not_committed(tmp_path: Path) -> None:
    """The ledger is not asked about nothing."""
    with _desk(tmp_path) as desk:
        assert desk.send() == (0, 0, [])
        assert desk.send(message_event()) == (0, 0, [RejectionCode.UNKNOWN_CAMPAIGN])
    assert desk.ledger.groups == []


def test_a_body_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Nothing of such a body is kept."""
    with _desk(tmp_path) as desk, pytest.raises(Unparseable):
        desk.intake.receive(Sender(a_workspace()), MESSAGES, b"{", lines=False)


def test_an_event_that_names_its_channel_registers_its_campaign(tmp_path: Path) -> None:
    """A campaign that nobody registered becomes a draft on the channel that the event names."""
    with _desk(tmp_path) as desk:
        receipt = desk.send(message_event(campaign_id="c9", channel="SMS"), message_event(campaign_id="c9"))

        draft = desk.registry.campaigns.get("w1", "c9")

    assert receipt == (2, 0, [])
    assert (draft.channel, draft.name, draft.status) == (Channel.SMS, "c9", Status.DRAFT)
    assert draft.created_at == FakeClock().moment


def test_the_first_event_decides_on_the_channel_of_a_draft(tmp_path: Path) -> None:
    """Two events that disagree about an unknown campaign's channel: the first registers it, the second is wrong."""
    with _desk(tmp_path) as desk:
        receipt = desk.send(
            message_event(campaign_id="c9", channel="SMS"), message_event(campaign_id="c9", channel="EMAIL")
        )

    assert receipt == (1, 0, [RejectionCode.CHANNEL_MISMATCH])


def test_a_registered_campaign_is_not_turned_into_a_draft(tmp_path: Path) -> None:
    """A channel in an event changes nothing about a campaign that is registered."""
    with _desk(tmp_path) as desk:
        desk.registry.campaigns.put("w1", a_campaign(name="Mine"))

        receipt = desk.send(message_event(channel="EMAIL"), message_event(campaign_id="c9", channel="EMAIL"))

        assert receipt == (2, 0, [])
        assert desk.registry.campaigns.get("w1", "c1").name == "Mine"


@pytest.mark.parametrize("campaign_id", ["a b", "a/b"])
def test_what_cannot_be_an_id_is_not_registered(tmp_path: Path, campaign_id: str) -> None:
    """A draft's id must be one that a campaign can have."""
    with _desk(tmp_path) as desk:
        receipt = desk.send(message_event(campaign_id=campaign_id, channel="SMS"))

    assert receipt == (0, 0, [RejectionCode.UNKNOWN_CAMPAIGN])


def test_days_are_found_in_the_zone_of_the_workspace(tmp_path: Path) -> None:
    """Each zone has its own days, also after another zone has been used."""
    late = {"time": "2026-01-01T20:00:00Z"}
    with _desk(tmp_path) as desk:
        for timezone in ("UTC", "Asia/Tokyo", "UTC"):
            desk.send(user_event(**late), stream=USERS, timezone=timezone)

    days = [str(batch.rows.column("day")[0]) for group in desk.ledger.groups for batch in group]
    assert days == ["2026-01-01", "2026-01-02", "2026-01-01"]
