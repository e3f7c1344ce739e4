"""Message events against the catalogue and the registered campaigns: where each counts, or why it does not."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.events import Rejection, RejectionCode
from aftersend.domain.kinds import KINDS, Kind
from aftersend.intake.accept import Accepted, accept_message_events
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.placement import Known, PlacementMemory
from aftersend.intake.wire import MessageEvent
from aftersend.store.batches import EventRows
from aftersend.store.identities import identity
from builders import NOON, Json, message_event
from objects import a_campaign, an_arrival, made

DECODER = BatchDecoder(MessageEvent)

DETAILS: dict[str, Any] = {"reason": "x", "group": "global", "bounce_type": "hard"}
"""A value for every detail that a kind can need."""


MEMORY = PlacementMemory()
"""What all tests of this file have found out, so that each also shows that it holds for the next."""


def _accept(*events: Json, campaigns: tuple[Campaign, ...] = (a_campaign(),), zone: str = "UTC") -> Accepted:
    decoded = DECODER.decode(json.dumps(events).encode(), lines=False)
    known = Known({campaign.id: campaign for campaign in campaigns})
    return accept_message_events(an_arrival(zone=zone), decoded, known, MEMORY)


def _row(event: Json, campaign: Campaign | None = None, zone: str = "UTC") -> Json:
    """The only row that the event becomes."""
    accepted = _accept(event, campaigns=(campaign or a_campaign(),), zone=zone)
    assert accepted.rejected == []
    (row,) = made(accepted).rows.to_pylist()
    found: Json = row
    return found


def _rejection(event: Json, campaign: Campaign | None = None) -> Rejection:
    accepted = _accept(event, campaigns=(campaign or a_campaign(),))
    assert made(accepted).rows.num_rows == 0
    (row,) = accepted.rejected
    assert row.event_id == event["event_id"]
    return row.rejection


def test_a_row_has_every_column_of_the_table() -> None:
    """An event with every field becomes a row with every column but the one that the ledger adds."""
    event = message_event(
        event_id="e-1",
        platform="EMAIL",
        locale="de",
        variation="b",
        send_id="s",
        device_id="d",
        link="https://example.org/?a=1&b='2'",
        machine=True,
        channel="EMAIL",
    )

    assert _row(event) == {
        "workspace_id": "w1",
        "campaign_id": "c1",
        "day": datetime(2026, 1, 1, tzinfo=UTC).date(),
        "kind": "sent",
        "platform": "EMAIL",
        "locale": "de",
        "variation": "b",
        "detail": "",
        "machine": True,
        "user_id": "u1",
        "time": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "event_id": "e-1",
        "send_id": "s",
        "device_id": "d",
        "link": "https://example.org/?a=1&b='2'",
        "received_at": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "source": "native",
        "key_id": "",
    }


def test_what_is_left_out_has_a_default() -> None:
    """An event that says no more than it must goes to the default locale and variation."""
    row = _row(message_event())

    assert (row["platform"], row["locale"], row["variation"]) == ("EMAIL", "default", "variation_1")
    assert (row["machine"], row["send_id"], row["device_id"], row["link"]) == (False, "", "", "")


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_accepted_on_its_channels_only(kind: Kind, channel: Channel) -> None:
    """Every kind on every channel is accepted exactly where the table of kinds has it."""
    campaign = a_campaign(channel=channel, platforms=("WEB",) if channel in _NAMING_PLATFORMS else ())
    accepted = _accept(message_event(kind, **DETAILS), campaigns=(campaign,))

    codes = [row.rejection.code for row in accepted.rejected]

    assert codes == [RejectionCode.KIND_NOT_ON_CHANNEL] * (channel not in KINDS[kind].channels)


_NAMING_PLATFORMS = {Channel.IN_APP, Channel.ON_SITE, Channel.WEB_PERSONALIZATION}
"""The channels on which an event has to name its platform."""


@pytest.mark.parametrize(
    ("channel", "of_campaign", "given", "expected"),
    [
        (Channel.PUSH, (), "ios", "IOS"),
        (Channel.PUSH, (), "Android", "ANDROID"),
        (Channel.PUSH, ("IOS",), None, "UNKNOWN"),
        (Channel.PUSH, ("IOS",), "MWEB", "MWEB"),  # an event may be on a platform that the campaign does not name
        (Channel.IN_APP, ("IOS",), None, "IOS"),
        (Channel.ON_SITE, ("MWEB",), None, "MWEB"),
        (Channel.WEB_PERSONALIZATION, (), "web", "WEB"),
        (Channel.EMAIL, (), None, "EMAIL"),
        (Channel.EMAIL, (), "email", "EMAIL"),
        (Channel.FACEBOOK_AUDIENCE, (), None, "FACEBOOK_AUDIENCE"),
    ],
)
def test_where_an_event_is_placed(
    channel: Channel, of_campaign: tuple[str, ...], given: str | None, expected: str
) -> None:
    """A platform is taken as said, else from the channel, else from a campaign that has only one."""
    campaign = a_campaign(channel=channel, platforms=of_campaign)

    assert _row(message_event(platform=given), campaign)["platform"] == expected


@pytest.mark.parametrize("of_campaign", [(), ("IOS", "ANDROID")])
def test_an_event_must_name_its_platform_where_nothing_else_does(of_campaign: tuple[str, ...]) -> None:
    """In an app with several platforms an event that names none is turned away."""
    rejection = _rejection(message_event(), a_campaign(channel=Channel.IN_APP, platforms=of_campaign))

    assert (rejection.code, rejection.field) == (RejectionCode.MISSING_FIELD, "platform")
    assert "ANDROID, IOS, WEB" in rejection.message


@pytest.mark.parametrize(
    ("channel", "platform"),
    [(Channel.EMAIL, "IOS"), (Channel.ON_SITE, "IOS"), (Channel.IN_APP, "MWEB"), (Channel.PUSH, "TV")],
)
def test_a_platform_that_the_channel_does_not_have(channel: Channel, platform: str) -> None:
    """A platform of another channel is turned away, and those of this one are named."""
    rejection = _rejection(message_event(platform=platform), a_campaign(channel=channel))

    assert (rejection.code, rejection.field) == (RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform")


def test_a_campaign_that_nobody_registered() -> None:
    """An event of an unknown campaign is turned away with the way to register it."""
    rejection = _rejection(message_event(campaign_id="c2"))

    assert (rejection.code, rejection.field) == (RejectionCode.UNKNOWN_CAMPAIGN, "campaign_id")
    assert "PUT /v1/campaigns/c2" in rejection.message


def test_a_channel_that_contradicts_the_registered_one() -> None:
    """An event that names another channel than the campaign's is turned away."""
    rejection = _rejection(message_event(channel="SMS"))

    assert (rejection.code, rejection.field) == (RejectionCode.CHANNEL_MISMATCH, "channel")


@pytest.mark.parametrize("field", ["locale", "variation"])
@pytest.mark.parametrize("name", ["all_locales", "all_locale", "all_variations", "control_group", " ", "a\tb"])
def test_a_name_that_would_hide_an_aggregate(field: str, name: str) -> None:
    """Locales and variations cannot be called like the keys that answers keep, or like nothing."""
    rejection = _rejection(message_event(**{field: name}))

    assert (rejection.code, rejection.field) == (RejectionCode.INVALID_VALUE, field)


@pytest.mark.parametrize("kind", [kind for kind in Kind if KINDS[kind].detail])
def test_a_detail_that_is_missing(kind: Kind) -> None:
    """A loss without a reason, a hold-out without its group and a bounce without its type are turned away."""
    rejection = _rejection(message_event(kind))

    assert (rejection.code, rejection.field) == (RejectionCode.MISSING_FIELD, str(KINDS[kind].detail))


@pytest.mark.parametrize(
    ("channel", "kind", "detail", "expected"),
    [
        (Channel.EMAIL, "failed", {"reason": "Frequency Capping"}, "frequency_cap"),
        (Channel.EMAIL, "removed", {"reason": "duplicate"}, "duplicate_email"),
        (Channel.SMS, "removed", {"reason": "duplicate"}, "duplicate_mobile_number"),
        (Channel.EMAIL, "undelivered", {"reason": "Mailbox Full"}, "mailbox_full"),
        (Channel.CONNECTOR, "failed", {"reason": "503"}, "http_503"),
        (Channel.EMAIL, "held_out", {"group": "campaign"}, "campaign"),
        (Channel.EMAIL, "bounced", {"bounce_type": "soft"}, "soft"),
        (Channel.EMAIL, "sent", {"reason": "Mailbox Full", "bounce_type": "hard"}, ""),
    ],
)
def test_the_detail_of_a_row(channel: Channel, kind: str, detail: Json, expected: str) -> None:
    """A detail is kept as the catalogue names it, and only where the kind needs one."""
    assert _row(message_event(kind, **detail), a_campaign(channel=channel))["detail"] == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (NOON, datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (NOON + 1, datetime(2026, 1, 1, 12, 0, 0, 1000, tzinfo=UTC)),
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T13:00:00+01:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00.123456Z", datetime(2026, 1, 1, 12, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-01-01 12:00:00-00:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (946_684_800_000, datetime(2000, 1, 1, tzinfo=UTC)),
        ("2099-12-31T23:59:59.999Z", datetime(2099, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_times(time: Any, expected: datetime) -> None:
    """A time is kept to the millisecond, whichever way it is written."""
    assert _row(message_event(time=time))["time"] == expected


@pytest.mark.parametrize(
    "time",
    [
        0,
        -1,
        1_767_268_800,  # seconds
        1_767_268_800_000_000,  # microseconds
        946_684_799_999,
        4_102_444_800_000,
        10**30,
        "1999-12-31T23:59:59.999Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_times_out_of_bounds(time: Any) -> None:
    """A time before 2000 or after 2099 is a unit mistake, and is turned away as one."""
    rejection = _rejection(message_event(time=time))

    assert (rejection.code, rejection.field) == (RejectionCode.INVALID_VALUE, "time")
    assert "milliseconds since 1970, not seconds" in rejection.message


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", "2026-01-01"), ("Asia/Tokyo", "2026-01-02"), ("America/St_Johns", "2026-01-01")],
)
def test_the_day_is_the_workspaces(zone: str, expected: str) -> None:
    """An event falls on the day that it is where the workspace is."""
    assert str(_row(message_event(time="2026-01-01T20:00:00Z"), zone=zone)["day"]) == expected


def test_columns_of_few_values_are_dictionaries() -> None:
    """What repeats through a batch is stored once, and each row points to it."""
    events = [message_event(kind, user_id=f"u{number}") for number in range(100) for kind in ("sent", "clicked")]

    rows = made(_accept(*events)).rows

    for column in ("workspace_id", "campaign_id", "kind", "platform", "locale", "variation", "detail"):
        assert str(rows.schema.field(column).type).startswith("dictionary<")
    assert [row["kind"] for row in rows.to_pylist()] == ["sent", "clicked"] * 100
    assert rows.column("kind").combine_chunks().dictionary.to_pylist() == ["sent", "clicked"]


def test_rows_and_rejections_keep_the_order_of_the_batch() -> None:
    """Events of the wrong shape and events that contradict the catalogue are listed together, by their places."""
    accepted = _accept(
        message_event(event_id="a", campaign_id="c2"),
        message_event(event_id="b"),
        message_event("nonsense", event_id="c"),
        message_event(event_id="d", time=0),
        message_event(event_id="e"),
    )

    assert [row["event_id"] for row in made(accepted).rows.to_pylist()] == ["b", "e"]
    assert [(row.index, row.event_id) for row in accepted.rejected] == [(0, "a"), (2, "c"), (3, "d")]


def test_identities_belong_to_the_rows() -> None:
    """Each row has the identity of its event in its workspace, in the order of the rows."""
    accepted = _accept(message_event(event_id="a"), message_event(event_id="b"), message_event(event_id="a"))

    assert made(accepted).identities == [identity("w1", "a"), identity("w1", "b"), identity("w1", "a")]


def test_a_batch_of_nothing_but_mistakes_has_no_rows() -> None:
    """Where every event is turned away there are no rows, and no columns are missing."""
    rows = made(_accept(message_event(campaign_id="c2")))

    assert (rows.identities, rows.rows.num_rows) == ([], 0)
    assert rows.rows.column_names == made(_accept(message_event())).rows.column_names


def test_what_was_found_out_holds_while_a_campaign_stays_as_it_is() -> None:
    """A campaign that has changed is looked at anew, and one of that id elsewhere is another campaign."""
    event = message_event(campaign_id="shown", platform=None)
    one = a_campaign("shown", Channel.IN_APP, platforms=("IOS",))

    places = [_row(event, campaign)["platform"] for campaign in (one, one, replace(one, platforms=("WEB",)))]
    elsewhere = accept_message_events(
        an_arrival("elsewhere"),
        DECODER.decode(json.dumps([event]).encode(), lines=False),
        Known({"shown": a_campaign("shown", Channel.IN_APP)}),
        MEMORY,
    )

    assert places == ["IOS", "IOS", "WEB"]
    assert [row.rejection.code for row in elsewhere.rejected] == [RejectionCode.MISSING_FIELD]


def test_memory_is_bounded() -> None:
    """A sender whose every reason is another one does not fill the memory, and nothing is mistaken on the way."""
    memory = PlacementMemory(most=3)
    known = Known({"c1": a_campaign()})
    kept = memory.numbered("w1", known.campaigns)

    def details(*reasons: str) -> list[str]:
        events = [message_event("failed", event_id=reason, reason=reason) for reason in reasons]
        decoded = DECODER.decode(json.dumps(events).encode(), lines=False)
        rows = made(accept_message_events(an_arrival("w1"), decoded, known, memory)).rows
        return [row["detail"] for row in rows.to_pylist()]

    assert details("one", "two", "three", "two") == ["one", "two", "three", "two"]
    assert memory.numbered("w1", known.campaigns) is kept
    assert details("one", "four", "five", "one") == ["one", "four", "five", "one"]
    assert memory.numbered("w1", known.campaigns) is not kept


def test_a_campaign_that_is_gone_is_not_remembered() -> None:
    """What was found out about a campaign says nothing once it is not registered any more."""
    memory, decoder = PlacementMemory(), BatchDecoder(MessageEvent)
    body = json.dumps([message_event()]).encode()
    campaign = a_campaign()

    first, second = (
        accept_message_events(an_arrival("w1"), decoder.decode(body, lines=False), Known(campaigns), memory)
        for campaigns in ({campaign.id: campaign}, {})
    )

    assert (first.rejected, len(made(first).identities)) == ([], 1)
    assert [row.rejection.code for row in second.rejected] == [RejectionCode.UNKNOWN_CAMPAIGN]


def test_a_small_batch_carries_only_its_own_words() -> None:
    """Where many places are known, a batch of one event is written with one word a column."""
    memory, known = PlacementMemory(), Known({"c1": a_campaign()})
    events = [message_event("failed", event_id=f"e{number}", reason=f"reason {number}") for number in range(10)]

    def rows(batch: list[Json]) -> EventRows:
        decoded = DECODER.decode(json.dumps(batch).encode(), lines=False)
        return made(accept_message_events(an_arrival("w1"), decoded, known, memory))

    many, few = rows(events), rows(events[7:8])

    assert few.rows.to_pylist() == many.rows.slice(7, 1).to_pylist()
    assert few.digests == many.digests[7:8]
    assert [len(few.rows["detail"].chunk(0).dictionary), len(many.rows["detail"].chunk(0).dictionary)] == [1, 10]
