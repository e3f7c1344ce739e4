"""Children that are registered on the fly: an event names its campaign's parent."""

from typing import Any

import pytest

from builders import Asker, Json, campaign, message_event


def _parent_of(asker: Asker, campaign_id: str) -> str | None:
    found: Json = asker.request("GET", f"/v1/campaigns/{campaign_id}").json()
    parent: str | None = found["parent_campaign_id"]
    return parent


def _told(receipt: Json) -> list[tuple[int, str, str]]:
    return [(row["index"], row["code"], row["field"]) for row in receipt["rejected"]]


@pytest.fixture
def parent(asker: Asker) -> Asker:
    """A workspace with a periodic e-mail campaign."""
    asker.put_campaign("p", campaign(delivery_type="PERIODIC"))
    return asker


def _of(campaign_id: str, **fields: Any) -> Json:
    return message_event(campaign_id=campaign_id, **fields)


def test_a_child_is_registered_by_its_event(parent: Asker) -> None:
    """An event that names a registered parent needs no channel: its campaign is on that of the parent."""
    receipt = parent.send(_of("run", parent_campaign_id="p"))

    found = parent.request("GET", "/v1/campaigns/run").json()
    assert (receipt["accepted"], receipt["rejected"]) == (1, [])
    assert (found["channel"], found["parent_campaign_id"], found["status"]) == ("EMAIL", "p", "DRAFT")
    assert parent.node("EMAIL", campaign_id="p")["performance_stats"]["sent"] == 1


def test_a_parent_that_is_registered_later(asker: Asker) -> None:
    """A child can come first, if its event names the channel; the parent has its numbers as soon as it is there."""
    asker.send(_of("run", parent_campaign_id="p", channel="EMAIL"))
    asker.put_campaign("p", campaign())

    assert asker.node("EMAIL", campaign_id="p")["performance_stats"]["sent"] == 1


def test_parent_and_child_in_one_batch(asker: Asker) -> None:
    """The events of one batch register both, whichever comes first; one of them has to name a channel."""
    receipt = asker.send(_of("run", parent_campaign_id="p"), _of("p", channel="SMS"), _of("run"))
    alone = asker.send(_of("other", parent_campaign_id="q"))

    assert (receipt["accepted"], _parent_of(asker, "run")) == (3, "p")
    assert _told(alone) == [(0, "unknown_campaign", "campaign_id")]


def test_a_draft_without_a_parent_takes_the_one_that_is_named(parent: Asker) -> None:
    """Whether the first event or a later one names the parent makes no difference."""
    parent.send(_of("run", channel="EMAIL"))
    parent.send(_of("run", parent_campaign_id="p"))

    assert _parent_of(parent, "run") == "p"
    assert parent.node("EMAIL", campaign_id="p")["performance_stats"]["sent"] == 2


def test_what_is_registered_is_not_changed_by_events(parent: Asker) -> None:
    """The event of a campaign that somebody has registered, or moved, counts and changes nothing."""
    parent.put_campaign("q", campaign())
    parent.put_campaign("alone", campaign())
    parent.send(_of("run", parent_campaign_id="p"))
    parent.request("PATCH", "/v1/campaigns/run", json={"parent_campaign_id": "q"})

    receipts = [parent.send(_of(one, parent_campaign_id="p")) for one in ("alone", "run")]

    assert [receipt["accepted"] for receipt in receipts] == [1, 1]
    assert (_parent_of(parent, "alone"), _parent_of(parent, "run")) == (None, "q")


def test_a_draft_that_is_taken_out_of_its_family_stays_out(parent: Asker) -> None:
    """Another change of a draft leaves its parent open; taking the parent away is somebody's decision."""
    parent.send(_of("run", channel="EMAIL"))
    parent.request("PATCH", "/v1/campaigns/run", json={"name": "A run"})
    parent.send(_of("run", parent_campaign_id="p"))
    named = _parent_of(parent, "run")
    parent.request("PATCH", "/v1/campaigns/run", json={"parent_campaign_id": None})
    parent.send(_of("run", parent_campaign_id="p"))

    assert (named, _parent_of(parent, "run")) == ("p", None)


@pytest.mark.parametrize("bad", ["run", "has space", "a/b"])
def test_a_parent_that_nobody_can_be(parent: Asker, bad: str) -> None:
    """An event that names its own campaign, or no id at all, is turned away; the others are kept."""
    receipt = parent.send(_of("run", parent_campaign_id=bad, channel="EMAIL"), _of("run", parent_campaign_id="p"))

    assert _told(receipt) == [(0, "invalid_value", "parent_campaign_id")]
    assert receipt["accepted"] == 1


def test_a_parent_on_another_channel(parent: Asker) -> None:
    """Parent and child share one channel. An event of the same campaign that names no parent is kept."""
    receipt = parent.send(
        _of("run", parent_campaign_id="p", channel="SMS"),
        _of("run", channel="SMS"),
        _of("run", parent_campaign_id="p", channel="SMS"),
    )

    assert _told(receipt) == [(0, "invalid_value", "parent_campaign_id"), (2, "invalid_value", "parent_campaign_id")]
    assert "one channel" in receipt["rejected"][0]["message"]
    assert _parent_of(parent, "run") is None


def test_a_child_on_another_channel(asker: Asker) -> None:
    """A campaign that others name as their parent is not registered on another channel than theirs."""
    asker.put_campaign("run", campaign(parent_campaign_id="p"))

    assert _told(asker.send(_of("p", channel="SMS"))) == [(0, "channel_mismatch", "channel")]
    assert asker.send(_of("p", channel="EMAIL"))["accepted"] == 1


def test_a_campaign_among_its_ancestors(asker: Asker) -> None:
    """Parents in a circle are turned away where the circle would close."""
    receipt = asker.send(
        _of("a", parent_campaign_id="b", channel="EMAIL"),
        _of("b", parent_campaign_id="c", channel="EMAIL"),
        _of("c", parent_campaign_id="a", channel="EMAIL"),
    )

    assert _told(receipt) == [(2, "invalid_value", "parent_campaign_id")]
    assert (_parent_of(asker, "a"), _parent_of(asker, "b")) == ("b", "c")
