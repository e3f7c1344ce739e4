"""From hand-made counts to the answer's tree, in both profiles."""

from typing import Any

import pytest

from aftersend.domain.campaigns import Campaign, ControlGroups
from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Remaining
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.goals import GOAL_FIELDS
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import metrics_of
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.assemble import assemble
from aftersend.stats.plan import ANYTHING, SERVED
from aftersend.store.levels import ALL
from builders import Json
from fakes import CountCell, a_block, of
from objects import a_campaign, a_goal, a_request

DOCUMENTED, LIVE = ProfileName.DOCUMENTED, ProfileName.LIVE


def _cell(sent: int = 1, users: int = 1, **parts: Any) -> CountCell:
    """A cell in which messages were sent."""
    return CountCell(events={ANYTHING: sent, SERVED: sent, of(Kind.SENT): sent}, users={of(Kind.SENT): users}, **parts)


def _tree(
    campaign: Campaign,
    cells: dict[tuple[str, str, str], CountCell],
    mode: Mode = Mode.TOTAL,
    profile: ProfileName = DOCUMENTED,
) -> Json:
    """The platforms of a campaign that has these cells."""
    found = {campaign.id: a_block(cells)}
    platforms: Json = assemble([campaign], found, {}, a_request(mode), PROFILES[profile])[campaign.id][0]["platforms"]
    return platforms


def _nodes(platform: Json) -> dict[tuple[str, str], Json]:
    """Every node of a platform by locale and variation."""
    return {
        (locale, variation): node
        for locale, inner in platform["locales"].items()
        for variation, node in inner["variations"].items()
    }


def _sent(platform: Json, locale: str, variation: str) -> int:
    sent: int = _nodes(platform)[locale, variation]["performance_stats"]["sent"]
    return sent


def test_each_campaign_has_a_list_of_one_element_in_the_order_asked() -> None:
    """The data object has the campaigns in their order, each as a list of one."""
    data = assemble([a_campaign("b"), a_campaign("a")], {}, {}, a_request(), PROFILES[DOCUMENTED])

    assert list(data) == ["b", "a"]
    assert [len(one) for one in data.values()] == [1, 1]


def test_a_campaign_without_events_has_its_nodes_with_zeros() -> None:
    """Nothing happened, and the tree says so: default locale, first variation, zeros."""
    tree = _tree(a_campaign(), {})

    assert list(tree) == ["EMAIL"]
    assert list(_nodes(tree["EMAIL"])) == [
        ("all_locales", "all_variations"),
        ("all_locales", "variation_1"),
        ("default", "all_variations"),
        ("default", "variation_1"),
    ]
    assert {value for node in _nodes(tree["EMAIL"]).values() for value in node["performance_stats"].values()} == {0}


def test_the_parts_of_a_node() -> None:
    """A node has its numbers, its goals, its funnel and its failures, in this order."""
    node = _tree(a_campaign(), {})["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]

    assert list(node) == ["performance_stats", "conversion_goal_stats", "delivery_funnel", "failure_breakdown"]
    assert (node["conversion_goal_stats"], node["failure_breakdown"]) == ({}, {})


@pytest.mark.parametrize("channel", Channel)
def test_the_keys_of_a_channel_in_both_profiles(channel: Channel) -> None:
    """A node has exactly the keys of its channel, spelled as the profile spells them, in the table's order."""
    campaign = a_campaign(channel=channel, platforms=("WEB",) if channel is Channel.IN_APP else ())
    for profile in PROFILES.values():
        tree = _tree(campaign, {("WEB", ALL, ALL): _cell()}, profile=profile.name)
        node = next(iter(_nodes(next(iter(tree.values()))).values()))
        assert list(node["performance_stats"]) == [
            key for metric in metrics_of(channel) if (key := profile.metric_key(metric)) is not None
        ]
        assert list(node["delivery_funnel"]) == [stage.key for stage in FUNNELS[channel]]


def test_nothing_is_added_up() -> None:
    """Every node prints the counts of its own cell, however those of its parts stand to it."""
    cells = {
        ("EMAIL", ALL, ALL): _cell(100),
        ("EMAIL", "de", ALL): _cell(7),
        ("EMAIL", "es", ALL): _cell(5),
        ("EMAIL", ALL, "a"): _cell(3),
        ("EMAIL", "de", "a"): _cell(2),
    }

    platform = _tree(a_campaign(), cells)["EMAIL"]

    assert _sent(platform, "all_locales", "all_variations") == 100
    assert _sent(platform, "de", "all_variations") == 7
    assert _sent(platform, "es", "all_variations") == 5
    assert _sent(platform, "all_locales", "a") == 3
    assert _sent(platform, "de", "a") == 2
    assert _sent(platform, "es", "a") == 0


def test_unique_prints_users() -> None:
    """In UNIQUE a node prints the users of its cell."""
    platform = _tree(a_campaign(), {("EMAIL", ALL, ALL): _cell(9, users=4)}, Mode.UNIQUE)["EMAIL"]

    assert _sent(platform, "all_locales", "all_variations") == 4


def test_platforms_stand_in_the_channels_order() -> None:
    """A platform has a node when the campaign names it or something happened on it, in the channel's order."""
    cells = {("UNKNOWN", ALL, ALL): _cell(), ("ANDROID", ALL, ALL): _cell(), ("WEB", ALL, ALL): CountCell()}

    tree = _tree(a_campaign(channel=Channel.PUSH, platforms=("MWEB",)), cells)

    assert list(tree) == ["android", "mweb", "unknown"]


def test_a_channel_with_one_platform_always_has_its_node() -> None:
    """A pseudo-platform needs no event to be there."""
    assert list(_tree(a_campaign(channel=Channel.SMS), {})) == ["SMS"]


def test_a_campaign_on_no_platform_yet() -> None:
    """Where neither the campaign nor an event names a platform, there is none."""
    campaign = a_campaign(channel=Channel.ON_SITE)

    assert _tree(campaign, {}) == {}
    assert list(_tree(campaign, {}, profile=LIVE)) == ["ALL_PLATFORMS"]


def test_a_platform_that_the_channel_does_not_know_has_no_node() -> None:
    """What the channel's table does not have is not printed, whatever the ledger says."""
    assert list(_tree(a_campaign(channel=Channel.ON_SITE), {("TV", ALL, ALL): _cell()})) == []


def test_the_live_profile_has_a_node_over_all_platforms() -> None:
    """It stands last, with counts of its own, and platforms are in upper case."""
    cells = {("IOS", ALL, ALL): _cell(2), ("ANDROID", ALL, ALL): _cell(3), (ALL, ALL, ALL): _cell(4)}

    tree = _tree(a_campaign(channel=Channel.PUSH), cells, profile=LIVE)

    assert list(tree) == ["ANDROID", "IOS", "ALL_PLATFORMS"]
    assert [_sent(platform, "all_locale", "all_variations") for platform in tree.values()] == [3, 2, 4]


def test_the_documented_profile_has_none() -> None:
    """The documented tree begins with the platforms."""
    assert list(_tree(a_campaign(channel=Channel.PUSH), {(ALL, ALL, ALL): _cell()})) == []


def test_names_stand_in_order() -> None:
    """Registered locales and variations come first, in their order; others that occurred follow by name."""
    campaign = a_campaign(locales=("fr", "de"), variations=("b", "a"))
    cells = {
        ("EMAIL", "zz", "d"): _cell(),
        ("EMAIL", "es", "c"): _cell(),
        ("EMAIL", "de", "a"): _cell(),
        ("EMAIL", ALL, ALL): _cell(),
    }

    locales = _tree(campaign, cells)["EMAIL"]["locales"]

    assert list(locales) == ["all_locales", "fr", "de", "es", "zz"]
    assert [list(inner["variations"]) for inner in locales.values()] == [["all_variations", "b", "a", "c", "d"]] * 5


def test_every_platform_has_every_name() -> None:
    """A locale that occurred on one platform has its node on all of them, with zeros there."""
    cells = {("IOS", "es", "b"): _cell(3), ("ANDROID", ALL, ALL): _cell()}

    tree = _tree(a_campaign(channel=Channel.PUSH), cells)

    assert (_sent(tree["ios"], "es", "b"), _sent(tree["android"], "es", "b")) == (3, 0)


def test_a_name_that_only_held_out_users_have_makes_no_node() -> None:
    """Where nobody was served there is no locale and no variation to print."""
    held_out = CountCell(events={ANYTHING: 2, of(Kind.HELD_OUT, details=frozenset({"global"})): 2})

    locales = _tree(a_campaign(), {("EMAIL", "es", "b"): held_out})["EMAIL"]["locales"]

    assert list(locales) == ["all_locales", "default"]


def test_failures_are_printed_by_their_keys_in_order() -> None:
    """A reason is printed under its channel's key, an unknown one under its name, and zeros not at all."""
    cell = _cell(events_by_detail={"mailbox_full": 2, "frequency_cap": 3, "duplicate_email": 0, "blocklisted": 1})

    node = _nodes(_tree(a_campaign(), {("EMAIL", ALL, ALL): cell})["EMAIL"])["all_locales", "all_variations"]

    assert list(node["failure_breakdown"].items()) == [("b_u_c_removed", 1), ("f_c_removed", 3), ("mailbox_full", 2)]


def test_failures_in_unique_are_users() -> None:
    """In UNIQUE the breakdown counts the users of each reason."""
    cell = _cell(events_by_detail={"frequency_cap": 3}, users_by_detail={"frequency_cap": 2})

    node = _nodes(_tree(a_campaign(), {("EMAIL", ALL, ALL): cell}, Mode.UNIQUE)["EMAIL"])

    assert node["all_locales", "all_variations"]["failure_breakdown"] == {"f_c_removed": 2}


def test_the_funnel_is_computed_from_the_cell() -> None:
    """A stage in TOTAL is a difference of the cell's events, in UNIQUE the users who started and are not lost."""
    stage = FUNNELS[Channel.SMS][1].formula
    assert isinstance(stage, Remaining)
    cell = CountCell(
        events={ANYTHING: 14, stage.start: 10, stage.losses: 4}, users={stage.start: 9}, lost_users={stage: 2}
    )

    funnels = [
        _nodes(_tree(a_campaign(channel=Channel.SMS), {("SMS", ALL, ALL): cell}, mode)["SMS"])[
            "all_locales", "all_variations"
        ]["delivery_funnel"]
        for mode in Mode
    ]

    assert [funnel["after_fc"] for funnel in funnels] == [6, 7]


@pytest.mark.parametrize(
    ("profile", "own", "spelled"),
    [
        (DOCUMENTED, [], {"goal_name": "Goal 1"}),
        (LIVE, ["name"], {"goal_name": "Goal 1", "name": "Goal 1"}),
    ],
)
def test_goals_have_all_their_fields(profile: ProfileName, own: list[str], spelled: Json) -> None:
    """Each goal of the campaign stands under its name with all ten fields; live spells the name twice."""
    campaign = a_campaign(goals=(a_goal("Goal 1"), a_goal("Goal 2")))

    goals = next(iter(_nodes(_tree(campaign, {}, profile=profile)["EMAIL"]).values()))["conversion_goal_stats"]

    assert list(goals) == ["Goal 1", "Goal 2"]
    assert list(goals["Goal 1"]) == [*GOAL_FIELDS, *own]
    assert goals["Goal 1"] == dict.fromkeys(GOAL_FIELDS, 0) | spelled


def test_a_goal_like_an_empty_campaign_is_still_named() -> None:
    """The goals of a node without a cell are those of the campaign."""
    assert (
        "Goal 1"
        in _nodes(_tree(a_campaign(goals=(a_goal(),)), {})["EMAIL"])["default", "variation_1"]["conversion_goal_stats"]
    )


class TestControlGroups:
    """The nodes of held-out users."""

    CAMPAIGN = of(Kind.HELD_OUT, details=frozenset({"campaign"}))
    GLOBAL = of(Kind.HELD_OUT, details=frozenset({"global"}))

    @pytest.mark.parametrize(
        ("groups", "expected"),
        [
            (ControlGroups(), []),
            (ControlGroups(10), ["campaign_control_group"]),
            (ControlGroups(0, include_global=True), ["global_control_group"]),
            (ControlGroups(0.5, include_global=True), ["campaign_control_group", "global_control_group"]),
        ],
    )
    def test_a_registered_group_has_its_node(self, groups: ControlGroups, expected: list[str]) -> None:
        """A group that the campaign is registered with is there, and no other."""
        variations = _tree(a_campaign(control_groups=groups), {})["EMAIL"]["locales"]["all_locales"]["variations"]

        assert list(variations) == ["all_variations", "variation_1", *expected]

    def test_a_group_that_events_tell_of_has_its_node(self) -> None:
        """Held-out users make the node although nobody registered the group, on every platform."""
        cells = {
            ("IOS", ALL, ALL): CountCell(events={ANYTHING: 2, self.GLOBAL: 2}),
            ("ANDROID", ALL, ALL): _cell(),
        }

        tree = _tree(a_campaign(channel=Channel.PUSH), cells)

        for platform in tree.values():
            assert list(platform["locales"]["all_locales"]["variations"]) == [
                "all_variations",
                "variation_1",
                "global_control_group",
            ]

    def test_a_group_has_three_parts_and_only_beside_the_aggregates(self) -> None:
        """The node has goals, one stage that is 0, and its held-out users; named locales have no such node."""
        cell = CountCell(events={ANYTHING: 3, self.CAMPAIGN: 3, of(Kind.TARGETED): 5}, users={self.CAMPAIGN: 2})
        campaign = a_campaign(goals=(a_goal(),), control_groups=ControlGroups(10))
        for mode, held_out in ((Mode.TOTAL, 3), (Mode.UNIQUE, 2)):
            nodes = _nodes(_tree(campaign, {("EMAIL", ALL, ALL): cell}, mode)["EMAIL"])

            node = nodes["all_locales", "campaign_control_group"]
            assert list(node) == ["conversion_goal_stats", "delivery_funnel", "failure_breakdown"]
            assert list(node["conversion_goal_stats"]) == ["Goal 1"]
            assert node["delivery_funnel"] == {"reachable_users_in_segment": 0}
            assert node["failure_breakdown"] == {"user_removed_due_to_campaing_control_group": held_out}
            assert ("default", "campaign_control_group") not in nodes

    def test_an_empty_group_has_no_failures(self) -> None:
        """A registered group without held-out users has an empty breakdown."""
        tree = _tree(a_campaign(control_groups=ControlGroups(0, include_global=True)), {})

        assert _nodes(tree["EMAIL"])["all_locales", "global_control_group"]["failure_breakdown"] == {}

    def test_the_live_profile_adds_a_bare_group(self) -> None:
        """Live answers carry an empty `control_group` beside the aggregates, whatever the campaign has."""
        for groups in (ControlGroups(), ControlGroups(10)):
            nodes = _nodes(_tree(a_campaign(control_groups=groups), {}, profile=LIVE)["EMAIL"])
            assert nodes["all_locale", "control_group"] == {}
            assert ("default", "control_group") not in nodes
