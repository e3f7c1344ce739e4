"""Events that are taken: once each, for campaigns that are known or brought along, in every form of a field."""

import pytest

from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.kinds import KINDS, Detail
from builders import NOON, Asker, campaign, message_event, user_event
from server import Server

USERS = "/v1/user-events"


@pytest.fixture(scope="module")
def place(server: Server) -> Asker:
    """A workspace with one campaign a channel, for tests that only look at receipts."""
    asker = server.create_workspace("events-one-by-one")
    for channel in Channel:
        asker.put_campaign(channel.lower(), campaign(channel))
    asker.put_campaign("c1", campaign())
    return asker


# Known already.


def test_an_id_twice_in_a_batch(asker: Asker) -> None:
    """Within a batch the first event of an id counts, whatever the second one says."""
    asker.put_campaign("c1", campaign())
    event = message_event()

    receipt = asker.send(event, event | {"kind": "clicked", "user_id": "u2"}, event)

    assert receipt == {"accepted": 1, "duplicates": 2, "rejected": []}
    assert asker.node("EMAIL")["performance_stats"]["click"] == 0


def test_an_id_twice_in_two_batches(asker: Asker) -> None:
    """A later event of a known id changes no figure, on whatever day, campaign and form it comes."""
    for campaign_id in ("c1", "c2"):
        asker.put_campaign(campaign_id, campaign())
    event = message_event()
    later = event | {"kind": "clicked", "campaign_id": "c2", "time": NOON + 86_400_000 * 400}

    receipts = [asker.send(event), asker.send(later), asker.send_lines(event, later)]

    assert [(row["accepted"], row["duplicates"]) for row in receipts] == [(1, 0), (0, 1), (0, 2)]
    assert asker.node("EMAIL")["performance_stats"]["sent"] == 1


def test_message_and_user_events_share_their_ids(asker: Asker) -> None:
    """An id that a message event has used is known to user events, and the other way round."""
    asker.put_campaign("c1", campaign())
    first, second = message_event(event_id="a"), user_event(event_id="b")
    asker.send(first)
    asker.send(second, path=USERS)

    crossed = [asker.send(user_event(event_id="a"), path=USERS), asker.send(message_event(event_id="b"))]

    assert [row["duplicates"] for row in crossed] == [1, 1]
    assert asker.node("EMAIL")["performance_stats"]["sent"] == 1


@pytest.mark.parametrize("pair", [("E1", "e1"), ("e1", "e1 "), ("é", "e\u0301"), ("a\0", "a"), ("a", "a\0b")], ids=repr)
def test_ids_are_compared_character_by_character(asker: Asker, pair: tuple[str, str]) -> None:
    """Ids that differ in anything at all are two ids."""
    asker.put_campaign("c1", campaign())

    receipt = asker.send(*[message_event(event_id=event_id) for event_id in pair])

    assert receipt["accepted"] == 2
    assert asker.node("EMAIL")["performance_stats"]["sent"] == 2


# Campaigns that events bring along.


def test_a_campaign_that_is_registered_later(asker: Asker) -> None:
    """Events of an unknown campaign are turned away, and taken once it is registered."""
    event = message_event()

    before = asker.send(event)["accepted"]
    asker.put_campaign("c1", campaign())
    after = asker.send(event)["accepted"]

    assert (before, after) == (0, 1)


def test_an_event_that_names_the_channel(asker: Asker) -> None:
    """An event that names the channel has its unknown campaign registered as a draft, and is counted."""
    receipts = [asker.send(message_event(channel="SMS")), asker.send(message_event())]

    registered = asker.request("GET", "/v1/campaigns/c1").json()
    assert [receipt["accepted"] for receipt in receipts] == [1, 1]
    assert (registered["channel"], registered["status"], registered["name"]) == ("SMS", "DRAFT", "c1")
    assert asker.node("SMS")["performance_stats"]["sent"] == 2


def test_events_that_disagree_about_the_channel(asker: Asker) -> None:
    """The first event that names a channel decides it, and one with another channel is turned away."""
    receipt = asker.send(message_event(channel="SMS"), message_event(channel="EMAIL"))

    assert receipt["accepted"] == 1
    assert [(row["index"], row["code"]) for row in receipt["rejected"]] == [(1, "channel_mismatch")]


def test_a_draft_can_be_completed(asker: Asker) -> None:
    """A campaign that events brought along can be registered properly, and keeps its events."""
    asker.send(message_event(channel="SMS"))

    answer = asker.put_campaign("c1", campaign("SMS", name="Proper", status="SENT"))

    assert (answer.status_code, answer.json()["name"]) == (200, "Proper")
    assert asker.node("SMS")["performance_stats"]["sent"] == 1


# What is taken.


@pytest.mark.parametrize("channel", Channel)
def test_every_kind_of_a_channel(place: Asker, channel: Channel) -> None:
    """Every kind that the catalogue lists for a channel is taken there with its detail, and every other one is not."""
    details = {Detail.REASON: "anything at all", Detail.GROUP: "global", Detail.BOUNCE_TYPE: "hard"}
    common = {"campaign_id": channel.lower(), "platform": CHANNELS[channel].platforms[0]}
    events = [
        message_event(kind, **common, **({row.detail.value: details[row.detail]} if row.detail else {}))
        for kind, row in KINDS.items()
    ]

    receipt = place.send(*events)

    refused = {events[row["index"]]["kind"] for row in receipt["rejected"]}
    assert refused == {kind for kind, row in KINDS.items() if channel not in row.channels}
    assert receipt["accepted"] == len(events) - len(refused)


TIMES = [
    NOON,
    "2026-01-01T12:00:00Z",
    "2026-01-01t12:00:00z",
    "2026-01-01T12:00:00+00:00",
    "2026-01-01T12:00:00-00:00",
    "2026-01-01T17:30:00+05:30",
    "2025-12-31T23:00:00-13:00",
    "2026-01-01T12:00:00.1Z",
    "2026-01-01T12:00:00.123456Z",
    "2026-01-01T12:00:00.123456789Z",
]


@pytest.mark.parametrize("moment", TIMES)
def test_the_forms_of_a_time(asker: Asker, moment: object) -> None:
    """Epoch milliseconds and RFC 3339 with any offset and any fraction name the same moment."""
    asker.put_campaign("c1", campaign())

    asker.send(message_event(time=moment))

    assert asker.node("EMAIL", start_date="2026-01-01", end_date="2026-01-01")["performance_stats"]["sent"] == 1


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (946_684_800_000, "2000-01-01"),
        ("2000-01-01T00:00:00Z", "2000-01-01"),
        (4_102_444_799_999, "2099-12-31"),
        ("2099-12-31T23:59:59.999Z", "2099-12-31"),
        ("2024-02-29T12:00:00Z", "2024-02-29"),
    ],
)
def test_the_bounds_of_a_time(asker: Asker, moment: object, day: str) -> None:
    """Times from the first moment of 2000 to the last of 2099 are taken and counted on their day."""
    asker.put_campaign("c1", campaign())

    asker.send(message_event(time=moment))

    assert asker.node("EMAIL", start_date=day, end_date=day)["performance_stats"]["sent"] == 1


def test_platforms_in_any_case(asker: Asker) -> None:
    """A platform is the same however it is capitalised, also a channel's own name."""
    asker.put_campaign("c1", campaign("PUSH"))
    asker.put_campaign("c2", campaign("SMS"))
    asker.send(*[message_event(platform=platform) for platform in ("ios", "IOS", "iOS")])
    asker.send(*[message_event(platform=platform, campaign_id="c2") for platform in ("sms", "SMS", None)])

    sent = [asker.node("ios"), asker.node("SMS", campaign_id="c2")]

    assert [node["performance_stats"]["sent"] for node in sent] == [3, 3]


def test_an_event_without_a_platform(asker: Asker) -> None:
    """Without a platform a push event is of an unknown one; in-app it is of the campaign's only one."""
    asker.put_campaign("c1", campaign("PUSH"))
    asker.put_campaign("c2", campaign("IN_APP", platforms=["IOS"]))
    asker.send(message_event("impression"), message_event("impression", campaign_id="c2"))

    shown = [asker.node("unknown"), asker.node("ios", campaign_id="c2")]

    assert [node["performance_stats"]["impression"] for node in shown] == [1, 1]


OPTIONAL = (
    "platform",
    "locale",
    "variation",
    "send_id",
    "device_id",
    "link",
    "reason",
    "group",
    "bounce_type",
    "channel",
)


def test_optional_fields_that_are_null(asker: Asker) -> None:
    """An optional field that is null is as if it were not there."""
    asker.put_campaign("c1", campaign())

    receipts = [
        asker.send(message_event() | dict.fromkeys(OPTIONAL)),
        asker.send(user_event(platform=None, attributes=None), path=USERS),
    ]

    assert [receipt["accepted"] for receipt in receipts] == [1, 1]
    assert asker.node("EMAIL", locale="default", variation="variation_1")["performance_stats"]["sent"] == 1


def test_fields_of_the_greatest_length(place: Asker) -> None:
    """Every text may be as long as its limit says, in characters and not in bytes."""
    longest = message_event(
        user_id="é" * 256,
        event_id=message_event()["event_id"].ljust(128, "é"),
        locale="é" * 64,
        variation="é" * 64,
        send_id="é" * 256,
        device_id="é" * 256,
        link="é" * 2048,
        reason="é" * 256,
    )

    assert place.send(longest) == {"accepted": 1, "duplicates": 0, "rejected": []}


ATTRIBUTES: list[object] = [
    {},
    {"amount": 10**400, "tiny": -1e-300},
    {"text": "é\u0000\U0001f600", "": None, "yes": True},
    {"list": [1, [2, {"three": 3}]], "object": {"object": {}}},
    {"text": "x" * 32_000},
]


@pytest.mark.parametrize("attributes", ATTRIBUTES, ids=lambda value: repr(value)[:40])
def test_attributes_of_any_kind(place: Asker, attributes: object) -> None:
    """The attributes of a user event can be any JSON object up to their limit."""
    receipt = place.send(user_event(attributes=attributes), path=USERS)

    assert receipt == {"accepted": 1, "duplicates": 0, "rejected": []}
