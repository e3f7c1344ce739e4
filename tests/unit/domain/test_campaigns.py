"""What a campaign's own data may not contradict."""

from typing import Any

import pytest

from aftersend.domain.campaigns import (
    PARENT_TYPES,
    RESERVED_NAMES,
    Campaign,
    ControlGroups,
    DeliveryType,
    Reachability,
    check_campaign,
    is_dimension_name,
    is_identifier,
)
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.profiles import ALL_VARIATIONS, BARE_CONTROL_GROUP, PROFILES
from objects import MOMENT, a_campaign, a_goal

PROBLEMS: tuple[tuple[dict[str, Any], str, object], ...] = (
    ({"campaign_id": ""}, "id", ""),
    ({"campaign_id": "a b"}, "id", "a b"),
    ({"campaign_id": "a/b"}, "id", "a/b"),
    ({"campaign_id": "a\u0000b"}, "id", "a\u0000b"),
    ({"campaign_id": "x" * 129}, "id", "x" * 129),
    ({"parent_campaign_id": "c1"}, "parent_campaign_id", "c1"),
    ({"parent_campaign_id": "a b"}, "parent_campaign_id", "a b"),
    ({"platforms": ("EMAIL", "IOS")}, "platforms[1]", "IOS"),
    ({"platforms": ("email",)}, "platforms[0]", "email"),
    ({"platforms": ("EMAIL", "EMAIL")}, "platforms", ["EMAIL", "EMAIL"]),
    ({"locales": ("de", "de")}, "locales", ["de", "de"]),
    ({"locales": ("de", "all_locales")}, "locales[1]", "all_locales"),
    ({"locales": ("",)}, "locales[0]", ""),
    ({"variations": ("a", "b", "a")}, "variations", ["a", "b", "a"]),
    ({"variations": ("control_group",)}, "variations[0]", "control_group"),
    ({"delivery_type": DeliveryType.DEVICE_TRIGGERED}, "delivery_type", "DEVICE_TRIGGERED"),
    ({"delivery_type": DeliveryType.LOCATION_TRIGGERED}, "delivery_type", "LOCATION_TRIGGERED"),
    ({"delivery_type": DeliveryType.BROADCAST_LIVE_ACTIVITY}, "delivery_type", "BROADCAST_LIVE_ACTIVITY"),
    ({"flow_name": "Welcome"}, "flow_name", "Welcome"),
    ({"attribution_window_hours": 0}, "attribution_window_hours", 0),
    ({"attribution_window_hours": 241}, "attribution_window_hours", 241),
    ({"channel": Channel.PUSH, "attribution_window_hours": 37}, "attribution_window_hours", 37),
    ({"control_groups": ControlGroups(-1)}, "control_groups.campaign_percentage", -1),
    ({"control_groups": ControlGroups(100.5)}, "control_groups.campaign_percentage", 100.5),
    ({"variation_percentages": (100,)}, "variation_percentages", [100]),
    ({"variations": ("a", "b"), "variation_percentages": (100,)}, "variation_percentages", [100]),
    ({"variations": ("a", "b"), "variation_percentages": (50, 49.9)}, "variation_percentages", [50, 49.9]),
    ({"variations": ("a", "b"), "variation_percentages": (50, 50.1)}, "variation_percentages", [50, 50.1]),
    ({"variations": ("a", "b"), "variation_percentages": (110, -10)}, "variation_percentages[0]", 110),
    ({"variations": ("a", "b"), "variation_percentages": (100, -1)}, "variation_percentages[1]", -1),
    ({"reachability": Reachability(-1)}, "reachability.count", -1),
    ({"goals": (a_goal(name=" "),)}, "goals[0].name", " "),
    ({"goals": (a_goal(), a_goal("b", event="a\u0000b"))}, "goals[1].event", "a\u0000b"),
    ({"name": "x" * 501}, "name", "x" * 501),
    ({"created_by": "half \ud83d"}, "created_by", "half \ud83d"),
    ({"tags": ("a", "a\u0000b")}, "tags[1]", "a\u0000b"),
)

SOUND: tuple[dict[str, Any], ...] = (
    {},
    {"campaign_id": "x" * 128},
    {"campaign_id": "kampagne-é-€"},
    {"parent_campaign_id": "c0"},
    {"platforms": ("EMAIL",)},
    {"channel": Channel.PUSH, "platforms": ("IOS", "ANDROID")},
    {"locales": ("de", "es-ES", "default"), "variations": ("variation_1", "Men's (A)")},
    {"channel": Channel.PUSH, "delivery_type": DeliveryType.DEVICE_TRIGGERED},
    {"delivery_type": DeliveryType.API_TRIGGERED},
    {"flow_id": "f1", "flow_name": "Welcome"},
    {"name": "x" * 500, "team": "Müller & 💌", "tags": ("line\nbreak",)},
    {"attribution_window_hours": 1},
    {"attribution_window_hours": 240},
    {"channel": Channel.PUSH, "attribution_window_hours": 36},
    {"channel": Channel.PUSH, "attribution_window_hours": 240, "flow_id": "f1"},
    {"control_groups": ControlGroups(0)},
    {"variations": ("a", "b"), "variation_percentages": (100, 0)},
    {"variations": ("a", "b", "c"), "variation_percentages": (33.3, 33.3, 33.4)},
    {"variations": ("a", "b", "c"), "variation_percentages": (100 / 3, 100 / 3, 100 / 3)},
    {"control_groups": ControlGroups(100, include_global=True)},
    {"reachability": Reachability(0, MOMENT)},
    {"goals": (a_goal(), a_goal("Goal 2"))},
)


@pytest.mark.parametrize(("fields", "field", "value"), PROBLEMS, ids=[f"{row[1]}={row[2]!r:.20}" for row in PROBLEMS])
def test_every_contradiction_is_named(fields: dict[str, Any], field: str, value: object) -> None:
    """A contradiction names the field, its value, and what to do about it."""
    problem = check_campaign(a_campaign(**fields))

    assert problem is not None
    assert (problem.field, problem.value) == (field, value)
    assert problem.message


@pytest.mark.parametrize("fields", SOUND, ids=str)
def test_a_sound_campaign_has_no_problem(fields: dict[str, Any]) -> None:
    """What contradicts nothing is let through, the bounds included."""
    assert check_campaign(a_campaign(**fields)) is None


def test_the_first_contradiction_is_reported() -> None:
    """Identity comes before names, names before delivery, delivery before numbers, numbers before goals."""
    wrong: dict[str, Any] = {
        "campaign_id": "a b",
        "locales": ("",),
        "flow_name": "x",
        "attribution_window_hours": 0,
        "goals": (a_goal(name=""),),
    }

    reported = []
    while problem := check_campaign(a_campaign(**wrong)):
        reported.append(problem.field)
        del wrong[next(iter(wrong))]

    assert reported == ["id", "locales[0]", "flow_name", "attribution_window_hours", "goals[0].name"]


@pytest.mark.parametrize("channel", Channel)
def test_a_campaign_can_have_every_platform_of_its_channel(channel: Channel) -> None:
    """The platforms of the channel table are those that a campaign can name."""
    assert check_campaign(a_campaign(channel=channel, platforms=CHANNELS[channel].platforms)) is None


@pytest.mark.parametrize("text", ["a", "x" * 128, "ü", "66e933029ff25f3322d8279d", "a.b_c-d:e"])
def test_what_can_be_an_id(text: str) -> None:
    """Ids are printable, without white space or slashes, and up to 128 characters long."""
    assert is_identifier(text)


@pytest.mark.parametrize("text", ["", " ", "a\tb", "a\u00a0b", "a/b", "a\u200bb", "x" * 129])
def test_what_cannot_be_an_id(text: str) -> None:
    """What cannot stand in a path or cannot be seen is no id."""
    assert not is_identifier(text)


@pytest.mark.parametrize("name", ["a", "x" * 64, "es-ES", "Men's E-Mail", "variation_1", "日本語"])
def test_what_can_name_a_locale_or_a_variation(name: str) -> None:
    """Names are for people: spaces and quotes are welcome."""
    assert is_dimension_name(name)


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", *sorted(RESERVED_NAMES)])
def test_what_cannot_name_a_locale_or_a_variation(name: str) -> None:
    """A name is visible, bounded, and not the key of an aggregate."""
    assert not is_dimension_name(name)


def test_no_name_can_hide_a_key_of_an_answer() -> None:
    """Whatever key an answer uses beside names, in either profile, is reserved."""
    keys = {ALL_VARIATIONS, BARE_CONTROL_GROUP, *(group.node_key for group in CONTROL_GROUPS)}
    for profile in PROFILES.values():
        keys |= {profile.all_locales, profile.all_platforms or ALL_VARIATIONS}

    assert keys <= RESERVED_NAMES


def test_which_campaigns_run_as_children() -> None:
    """Periodic campaigns and those of business events are parents of one child a run."""
    assert {DeliveryType.PERIODIC, DeliveryType.BUSINESS_EVENT_TRIGGERED} == PARENT_TYPES


def test_a_campaign_starts_as_a_draft_that_is_sent_once() -> None:
    """Where nothing is said, a campaign is a one-time draft without groups, goals or a window."""
    campaign = Campaign(id="c1", name="n", channel=Channel.SMS, created_at=MOMENT, updated_at=MOMENT)

    assert (campaign.delivery_type.value, campaign.status.value) == ("ONE_TIME", "DRAFT")
    assert campaign.control_groups == ControlGroups(0, include_global=False)
    assert (campaign.goals, campaign.attribution_window_hours, campaign.reachability) == ((), None, None)
