"""Who is held out and who gets what: shares, independence, and the same answer every time."""

import hashlib
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.domain.assignment import Assignment, assign, held_out_event_id, random_members
from aftersend.domain.campaigns import Campaign, ControlGroups, check_campaign
from aftersend.domain.kinds import ControlGroup
from objects import a_campaign

SALT = bytes(range(32))
MANY = 1_000_000
TOLERANCE = 0.002

TESTED = a_campaign(
    variations=("variation_1", "variation_2", "variation_3"),
    variation_percentages=(62.5, 30, 7.5),
    control_groups=ControlGroups(10, include_global=True),
)
GLOBAL_PERCENTAGE = 3.5

Group = str


@cache
def many() -> list[str]:
    """A million users with ids as shops give them."""
    return [f"user-{number}" for number in range(MANY)]


@cache
def global_members() -> frozenset[str]:
    """Those of the million who are in a random global group."""
    return frozenset(random_members(SALT, GLOBAL_PERCENTAGE, many()))


@cache
def groups(campaign: Campaign, send_id: str | None = None) -> list[Group]:
    """Where each of the million goes: the group that holds the user out, or the variation."""
    return [_group(one) for one in assign(campaign, send_id, SALT, many(), ())]


def _group(one: Assignment) -> Group:
    assert (one.held_out is None) != (one.variation is None)
    return str(one.held_out or one.variation)


def test_every_share_is_its_percentage() -> None:
    """Of a million users each gets its share, to 0.2 points, and nobody of the global group gets a variation."""
    assigned = assign(TESTED, None, SALT, many(), global_members())

    counted = Counter(map(_group, assigned))
    left = 1 - GLOBAL_PERCENTAGE / 100
    expected = {
        "global": GLOBAL_PERCENTAGE / 100,
        "campaign": left * 0.1,
        "variation_1": left * 0.9 * 0.625,
        "variation_2": left * 0.9 * 0.3,
        "variation_3": left * 0.9 * 0.075,
    }
    assert {group: number / MANY for group, number in counted.items()} == pytest.approx(expected, abs=TOLERANCE)
    assert {one.user_id for one in assigned if one.held_out is ControlGroup.GLOBAL} == global_members()
    assert not [one for one in assigned if one.user_id in global_members() and one.variation is not None]


@pytest.mark.parametrize("percentage", [0.1, 50, 99.9])
def test_fractions_of_a_percent(percentage: float) -> None:
    """Small and large groups have their share, too."""
    found = len(random_members(SALT, percentage, many())) / MANY

    assert found == pytest.approx(percentage / 100, abs=TOLERANCE)


@pytest.mark.parametrize("other", ["another campaign", "another send"])
def test_two_draws_are_independent(other: str) -> None:
    """Whatever a campaign did with a user, another campaign and another send draw as if it had not been."""
    one = groups(TESTED)
    two = groups(replace(TESTED, id="c2")) if other == "another campaign" else groups(TESTED, "send-2")

    shares_one, shares_two, joint = Counter(one), Counter(two), Counter(zip(one, two, strict=True))

    for (first, second), number in joint.items():
        product = shares_one[first] / MANY * shares_two[second] / MANY
        assert number / MANY == pytest.approx(product, abs=TOLERANCE / 2)
        # The standard deviation of a joint share is that of a draw; five of them are never seen by chance.
        assert abs(number / MANY - product) < 5 * (product / MANY) ** 0.5


def test_the_global_draw_is_independent_of_campaigns() -> None:
    """In the global group the campaign's own draw would hold out as many as elsewhere."""
    drawn = groups(TESTED)
    inside = [group for user, group in zip(many(), drawn, strict=True) if user in global_members()]

    assert inside.count("campaign") / len(inside) == pytest.approx(0.1, abs=5 * (0.1 * 0.9 / len(inside)) ** 0.5)


def test_repeats_agree() -> None:
    """The same question has the same answer, in any order and company."""
    some = many()[:1000]

    once = assign(TESTED, "send-1", SALT, some, global_members())
    again = assign(TESTED, "send-1", SALT, reversed(some), global_members())

    assert once == list(reversed(again))
    assert once[7:8] == assign(TESTED, "send-1", SALT, some[7:8], global_members())
    assert [one.user_id for one in once] == some


def test_answers_outlive_versions() -> None:
    """Groups are drawn by later versions as they were by this one: running campaigns rely on it."""
    drawn = assign(TESTED, "send-1", SALT, ["u1", "u2", "ü", "", "7", "u22"], {"u2"})

    assert [_group(one) for one in drawn] == [
        "campaign",
        "global",
        "campaign",
        "variation_1",
        "variation_1",
        "variation_1",
    ]
    assert random_members(SALT, 40, ["u1", "u2", "u3", "u4", "u5"]) == {"u2", "u3", "u4", "u5"}


def test_another_salt_draws_anew() -> None:
    """Who knows one workspace's groups knows nothing of another's."""
    ours = random_members(SALT, 50, many()[:10_000])
    theirs = random_members(bytes(32), 50, many()[:10_000])

    assert len(ours & theirs) == pytest.approx(2500, abs=250)


def test_a_larger_group_holds_on_to_its_members() -> None:
    """Whoever is held out stays held out when the percentage grows."""
    larger = replace(TESTED, control_groups=ControlGroups(20))

    before, after = (assign(one, None, SALT, many()[:10_000], ()) for one in (TESTED, larger))

    assert all(new.held_out for old, new in zip(before, after, strict=True) if old.held_out)
    assert global_members() < random_members(SALT, 2 * GLOBAL_PERCENTAGE, many())


def test_equal_shares_and_no_variations() -> None:
    """Without percentages variations share alike, and a campaign without variations has one."""
    alike = replace(TESTED, variation_percentages=(), control_groups=ControlGroups())
    explicit = replace(alike, variation_percentages=(100 / 3, 100 / 3, 100 / 3))

    thirds = assign(alike, None, SALT, many()[:10_000], ())

    assert thirds == assign(explicit, None, SALT, many()[:10_000], ())
    assert min(Counter(map(_group, thirds)).values()) > 3_150
    assert assign(a_campaign(), None, SALT, ["u1"], ()) == [Assignment("u1", None, "variation_1")]


_PERCENTAGE = st.floats(0, 100) | st.sampled_from([0, 100, 33.3, 1e-9, 1e-300])


@settings(deadline=None)
@given(_PERCENTAGE, st.lists(st.sampled_from([0, 0, 1, 2, 5, 1 / 3]), min_size=1, max_size=5).filter(any), st.text())
def test_every_user_goes_somewhere(held_out: float, weights: list[float], user: str) -> None:
    """Whatever the percentages are, a user is held out or gets a variation that has a share."""
    shares = tuple(weight / sum(weights) * 100 for weight in weights)
    names = tuple(f"v{number}" for number in range(len(shares)))
    campaign = a_campaign(
        variations=names, variation_percentages=shares, control_groups=ControlGroups(min(100, held_out))
    )
    assert check_campaign(campaign) is None

    (one,) = assign(campaign, None, SALT, [user], ())

    if one.variation is None:
        assert (one.held_out, held_out > 0) == (ControlGroup.CAMPAIGN, True)
    else:
        assert shares[names.index(one.variation)] > 0
        assert held_out < 100


def test_the_id_of_the_event_is_that_of_the_page() -> None:
    """The id of a held-out event is the documented hash, so that others can compute it."""
    documented = b"\0\0\0\7welcome" + b"\0\0\0\0" + b"\0\0\0\7user-42"

    assert held_out_event_id("welcome", None, "user-42") == f"held_out-{hashlib.sha256(documented).hexdigest()}"
    assert len(held_out_event_id("c" * 128, "s" * 256, "ü" * 256)) <= 128


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3)), min_size=2, unique=True))
def test_no_two_sends_share_an_event(sends: list[tuple[str, str, str]]) -> None:
    """Campaign, send and user cannot be mistaken for one another, however they are spelled."""
    assert len({held_out_event_id(*send) for send in sends}) == len(sends)
