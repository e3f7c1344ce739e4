"""The events of the demo's month add up, speak the vocabulary and show everything there is."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

import pytest

from aftersend.demo.history import Month, month
from aftersend.demo.people import is_in_global_group
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.events import EVENT_ID_LIMIT
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import DETAIL_VALUES, KINDS, Detail, Kind
from aftersend.domain.reasons import REASONS, reason_name
from builders import Json

LAST_DAY = date(2025, 3, 30)
NATIVE_FIELDS = {
    "event_id",
    "kind",
    "campaign_id",
    "user_id",
    "time",
    "platform",
    "locale",
    "variation",
    "send_id",
    "device_id",
    "link",
    "reason",
    "group",
    "bounce_type",
    "machine",
}


@pytest.fixture(scope="module")
def whole() -> Month:
    """Return the month as a demo starts with it."""
    return month(LAST_DAY)


@pytest.fixture(scope="module")
def events(whole: Month) -> list[Json]:
    """Return all message events of the month."""
    return list(whole.message_events())


@pytest.fixture(scope="module")
def channels(whole: Month) -> dict[str, Channel]:
    """Return the channel of each campaign."""
    return {campaign["id"]: Channel(campaign["channel"]) for campaign in whole.campaigns}


def by_campaign(events: Iterable[Json]) -> Iterator[tuple[str, list[Json]]]:
    """Yield the events of each campaign."""
    found: dict[str, list[Json]] = defaultdict(list)
    for event in events:
        found[str(event["campaign_id"])].append(event)
    yield from found.items()


def places(events: Iterable[Json], kind: Kind) -> Counter[tuple[object, ...]]:
    """Count the events of a kind by everything that tells one message from another."""
    fields = ("user_id", "send_id", "platform", "device_id", "locale", "variation")
    return Counter(tuple(event.get(field) for field in fields) for event in events if event["kind"] == kind)


def users(places: Counter[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    """Leave the device out of account, and count each place once."""
    return Counter({(*place[:3], *place[4:]): 1 for place in places})


def test_the_same_arguments_give_the_same_month() -> None:
    """Two months with the same arguments are equal to the byte, and another seed gives another one."""
    first, second, other = (month(LAST_DAY, users=300, seed=seed) for seed in (7, 7, 8))

    for stream in (Month.message_events, Month.user_events):
        assert json.dumps(list(stream(first))) == json.dumps(list(stream(second)))
        assert list(stream(first)) != list(stream(other))
    assert first.campaigns == second.campaigns


def test_a_stream_can_be_read_again(whole: Month, events: list[Json]) -> None:
    """A second reading gives the same events, whatever was read in between."""
    assert list(islice(whole.message_events(), 5_000)) == events[:5_000]


def test_the_month_has_the_size_of_a_month(events: list[Json]) -> None:
    """There are 400,000 to 500,000 message events."""
    assert 400_000 <= len(events) <= 500_000


def test_events_have_native_fields_only(events: list[Json]) -> None:
    """No event has an unknown field, or spells a default out."""
    assert set().union(*events) == NATIVE_FIELDS
    assert not any(event.get("locale") == "default" or event.get("variation") == "variation_1" for event in events)
    assert {event["machine"] for event in events if "machine" in event} == {True}
    assert all(type(event["time"]) is int for event in events)


def test_event_ids_are_unique_over_both_streams(whole: Month, events: list[Json]) -> None:
    """No event id occurs twice, and none is too long."""
    ids = [str(event["event_id"]) for event in (*events, *whole.user_events())]

    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= EVENT_ID_LIMIT


def test_nothing_happens_outside_the_month(whole: Month, events: list[Json]) -> None:
    """The first event is not before the first day, and the last is on the last day before it ends."""
    times = [int(event["time"]) for event in events]

    assert whole.span.opens <= min(times)
    assert whole.span.at(30, 20) < max(times) <= whole.span.at(30, 23) + 59 * 60_000
    assert (whole.span.last_day - whole.span.first_day).days == 30


def test_every_kind_occurs(events: list[Json]) -> None:
    """Every kind of the catalogue occurs somewhere."""
    assert {event["kind"] for event in events} == set(Kind)


def test_all_but_parents_and_the_scheduled_one_have_events(events: list[Json], channels: dict[str, Channel]) -> None:
    """All campaigns have events, except the parents, whose children have them, and the one still to come."""
    silent = set(channels) - {str(event["campaign_id"]) for event in events}

    assert silent == {"digest", "restock", "gift-guide"}
    assert {channels[campaign] for campaign in set(channels) - silent} == set(Channel)


def test_events_occur_on_their_channel_only(events: list[Json], channels: dict[str, Channel]) -> None:
    """Kind and platform are possible on the campaign's channel, and the detail of the kind is there."""
    for event in events:
        channel = channels[str(event["campaign_id"])]
        facts = KINDS[Kind(event["kind"])]
        assert channel in facts.channels
        assert event.get("platform", CHANNELS[channel].unnamed_platform) in CHANNELS[channel].platforms
        assert [detail for detail in Detail if detail in event] == ([facts.detail] if facts.detail else [])


def test_details_are_known_words(events: list[Json], channels: dict[str, Channel]) -> None:
    """Reasons are of the catalogue and in its spelling, or the status of a connector; the rest is a closed list."""
    catalogue = {(channel, reason.name) for reason in REASONS for channel in reason.channels}
    reasons = {(channels[str(e["campaign_id"])], str(e["reason"])) for e in events if "reason" in e}

    for channel, reason in reasons:
        assert reason_name(channel, reason) == reason
        status = channel is Channel.CONNECTOR and re.fullmatch(r"http_\d{3}", reason)
        assert status or (channel, reason) in catalogue
    assert (Channel.CONNECTOR, "http_500") in reasons
    for detail in (Detail.GROUP, Detail.BOUNCE_TYPE):
        assert {event[detail] for event in events if detail in event} == set(DETAIL_VALUES[detail] or ())


def test_every_attempt_ends_as_sent_or_failed(events: list[Json]) -> None:
    """In every campaign and for every single message, attempted is sent plus failed."""
    for _, own in by_campaign(events):
        assert places(own, Kind.ATTEMPTED) == places(own, Kind.SENT) + places(own, Kind.FAILED)


def test_everybody_targeted_is_removed_or_attempted(events: list[Json]) -> None:
    """Every targeted user is removed or attempted, never both, and is not held out at the same time."""
    for _, own in by_campaign(events):
        targeted, removed = users(places(own, Kind.TARGETED)), users(places(own, Kind.REMOVED))
        assert targeted == removed + users(places(own, Kind.ATTEMPTED))
        assert not targeted & users(places(own, Kind.HELD_OUT))


def test_only_what_was_sent_can_arrive(events: list[Json]) -> None:
    """A message meets one fate after the send, and everything else follows what it must follow."""
    for _, own in by_campaign(events):
        sent, delivered = places(own, Kind.SENT), places(own, Kind.DELIVERED)
        assert delivered + places(own, Kind.BOUNCED) + places(own, Kind.UNDELIVERED) <= sent
        assert places(own, Kind.OPENED).keys() | places(own, Kind.READ).keys() <= delivered.keys()
        assert places(own, Kind.CLICKED).keys() | places(own, Kind.CLOSED).keys() <= sent.keys()


def test_push_attempts_addressed_devices(events: list[Json], channels: dict[str, Channel]) -> None:
    """A push is only attempted to a device that was found, and every remaining user has one."""
    for campaign, own in by_campaign(events):
        if channels[campaign] is Channel.PUSH:
            addressed, attempted = places(own, Kind.ADDRESSED), places(own, Kind.ATTEMPTED)
            assert attempted <= addressed
            assert users(attempted) == users(addressed)


def test_audiences_are_synced_with_everybody_who_was_sent(events: list[Json], channels: dict[str, Channel]) -> None:
    """Eligible users are the targeted ones, and each one who was sent to the platform is synced."""
    for campaign, own in by_campaign(events):
        if channels[campaign] in KINDS[Kind.SYNCED].channels:
            assert places(own, Kind.ELIGIBLE) == places(own, Kind.TARGETED)
            assert places(own, Kind.SYNCED) == places(own, Kind.SENT)


def test_every_cut_of_every_funnel_is_used(events: list[Json], channels: dict[str, Channel]) -> None:
    """Each stage of a delivery funnel that reasons can cut loses users by removal."""
    removed = {(channels[str(e["campaign_id"])], e["reason"]) for e in events if e["kind"] == Kind.REMOVED}

    for channel, stages in FUNNELS.items():
        for stage in stages:
            assert not stage.losses or any((channel, reason) in removed for reason in stage.losses), stage.key


def test_every_channel_fails_for_several_reasons(events: list[Json], channels: dict[str, Channel]) -> None:
    """On each channel messages fail, for more than one reason."""
    failed = {(channels[str(e["campaign_id"])], e["reason"]) for e in events if e["kind"] == Kind.FAILED}

    assert all(count > 1 for count in Counter(channel for channel, _ in failed).values())
    assert {channel for channel, _ in failed} == set(Channel)


def test_control_groups_have_their_size(events: list[Json]) -> None:
    """The campaign group is a tenth, and the global group always the same twentieth."""
    held_out = [event for event in events if event["kind"] == Kind.HELD_OUT]
    groups = defaultdict(set)
    for event in held_out:
        groups[event["campaign_id"], event["group"]].add(str(event["user_id"]))
    sale = {event["user_id"] for event in events if event["campaign_id"] == "mid-season-sale"}

    assert set(groups) == {
        ("mid-season-sale", "campaign"),
        ("members-week", "global"),
        ("points-expire", "campaign"),
        ("points-expire", "global"),
    }
    assert 0.09 < len(groups["mid-season-sale", "campaign"]) / len(sale) < 0.11
    for campaign in ("members-week", "points-expire"):
        reached = {str(e["user_id"]) for e in events if e["campaign_id"] == campaign}
        assert groups[campaign, "global"] == {user for user in reached if is_in_global_group(user)}
        assert 0.04 < len(groups[campaign, "global"]) / len(reached) < 0.06


def test_machines_open_a_fifth(events: list[Json]) -> None:
    """About one open in five is a machine's, and nobody clicks because of one."""
    opens = [event for event in events if event["kind"] == Kind.OPENED]
    people = {(event["campaign_id"], event["user_id"]) for event in opens if "machine" not in event}

    assert 0.15 < sum("machine" in event for event in opens) / len(opens) < 0.25
    assert all(
        (event["campaign_id"], event["user_id"]) in people
        for event in events
        if event["kind"] in {Kind.UNSUBSCRIBED, Kind.CLICKED} and str(event["campaign_id"]).startswith("digest")
    )


def test_people_repeat_themselves(events: list[Json]) -> None:
    """Some users open and click more than once."""
    for kind in (Kind.OPENED, Kind.CLICKED, Kind.IMPRESSION):
        assert max(places(events, kind).values()) > 2


def test_the_test_has_a_winner(events: list[Json]) -> None:
    """In the A/B test the second variation is opened and clicked more, by arms of about the same size."""
    rates = {}
    for name in (None, "variation_2"):
        arm = [e for e in events if e["campaign_id"] == "free-shipping-test" and e.get("variation") == name]
        sizes = {kind: len(places(arm, kind)) for kind in (Kind.DELIVERED, Kind.OPENED, Kind.CLICKED)}
        rates[name] = (sizes[Kind.OPENED] / sizes[Kind.DELIVERED], sizes[Kind.CLICKED] / sizes[Kind.DELIVERED])

    assert rates["variation_2"][0] > 1.1 * rates[None][0]
    assert rates["variation_2"][1] > 1.3 * rates[None][1]


def test_locales_and_platforms_are_all_there(events: list[Json]) -> None:
    """The mailing in three languages uses all, and the sale reaches four platforms and users with several devices."""
    sale = [event for event in events if event["campaign_id"] == "mid-season-sale"]
    devices = defaultdict(set)
    for event in sale:
        devices[event["user_id"]].add(event.get("device_id"))

    assert {e.get("locale") for e in events if e["campaign_id"] == "new-arrivals"} == {None, "es-ES", "de-DE"}
    assert {event["platform"] for event in sale} == {"ANDROID", "IOS", "WEB", "MWEB"}
    assert max(map(len, devices.values())) > 2


def test_a_trigger_can_strike_twice(events: list[Json]) -> None:
    """A triggered campaign comes to some users several times, each send with an id of its own."""
    sends = defaultdict(set)
    for event in events:
        if event["campaign_id"] == "price-drop":
            sends[event["user_id"]].add(event["send_id"])

    assert max(map(len, sends.values())) > 2
