"""Which campaigns events bring along."""

from typing import Any

import msgspec
import pytest

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.events import RejectionCode
from aftersend.domain.problems import Problem
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.drafts import brought_by, find_drafts, refusals
from aftersend.intake.wire import MessageEvent
from builders import message_event
from objects import MOMENT, a_campaign

DECODER = BatchDecoder(MessageEvent)


def _found(*events: dict[str, Any], known: tuple[Campaign, ...] = ()) -> list[tuple[str, str | None, str]]:
    decoded = DECODER.decode(msgspec.json.encode([message_event(**event) for event in events]), lines=False)
    drafts = find_drafts(map(brought_by, decoded.events), {campaign.id: campaign for campaign in known}, MOMENT)
    return [(draft.id, draft.parent_campaign_id, draft.channel.value) for draft in drafts]


def test_an_event_without_either_brings_nothing_along() -> None:
    """An unknown campaign needs a channel, or a parent that has one."""
    assert _found({"campaign_id": "a"}, {"campaign_id": "b", "parent_campaign_id": "nobody"}) == []


def test_the_channel_is_the_events_or_the_parents() -> None:
    """A channel comes from any event of the campaign in the batch, or from its parent, registered or brought along."""
    found = _found(
        {"campaign_id": "a", "parent_campaign_id": "known"},
        {"campaign_id": "b", "parent_campaign_id": "c"},
        {"campaign_id": "c", "channel": "SMS"},
        {"campaign_id": "d", "parent_campaign_id": "nobody"},
        {"campaign_id": "d", "channel": "PUSH"},
        known=(a_campaign("known", Channel.RCS),),
    )

    assert found == [
        ("a", "known", "RCS"),
        ("b", "c", "SMS"),
        ("c", None, "SMS"),
        ("d", "nobody", "PUSH"),
        ("d", None, "PUSH"),
    ]


def test_each_parent_is_named_once() -> None:
    """However many events there are, the registry is told of a campaign once for each parent that they name."""
    event = {"campaign_id": "a", "channel": "SMS", "parent_campaign_id": "p"}

    assert _found(event, event, event | {"parent_campaign_id": "q"}) == [("a", "p", "SMS"), ("a", "q", "SMS")]


@pytest.mark.parametrize(
    ("known", "news"),
    [({"drafted": True}, True), ({"drafted": True, "parent_campaign_id": "q"}, False), ({"drafted": False}, False)],
)
def test_a_parent_of_a_known_campaign(known: dict[str, Any], news: bool) -> None:
    """Only a campaign that events registered can still be given a parent, and only its first."""
    found = _found({"campaign_id": "a", "parent_campaign_id": "p"}, known=(a_campaign("a", **known),))

    assert bool(found) is news


def test_what_no_campaign_can_be_called() -> None:
    """Nothing is registered for an id that cannot be one, or under itself; a wrong channel brings no parent along."""
    drafted = a_campaign("d", Channel.SMS, drafted=True)
    events = [
        {"campaign_id": "a b", "channel": "SMS"},
        {"campaign_id": "a", "channel": "SMS", "parent_campaign_id": "a"},
        {"campaign_id": "a", "channel": "SMS", "parent_campaign_id": "p/q"},
        {"campaign_id": "d", "channel": "PUSH", "parent_campaign_id": "p"},
    ]

    assert _found(*events, known=(drafted,)) == []


def test_refusals_name_their_field() -> None:
    """A channel that cannot be is a mismatch; a parent that cannot be is a bad value."""
    problems = {("a", None): Problem("channel", "SMS", "why"), ("a", "p"): Problem("parent_campaign_id", "p", "so")}

    found = {key: (one.code, one.field, one.message) for key, one in refusals(problems).items()}

    assert found == {
        ("a", None): (RejectionCode.CHANNEL_MISMATCH, "channel", "why"),
        ("a", "p"): (RejectionCode.INVALID_VALUE, "parent_campaign_id", "so"),
    }
