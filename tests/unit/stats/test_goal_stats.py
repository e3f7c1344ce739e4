"""From credits to the ten fields of each goal."""

from decimal import Decimal

import pytest

from aftersend.domain.attribution import AttributionType
from aftersend.domain.channels import Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import Conversions
from aftersend.domain.formulas import Mode
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.goal_stats import GoalNumbers, plain
from aftersend.stats.node_numbers import Spelling, node_numbers
from fakes import CountCell, a_block, of
from objects import a_campaign, a_goal

HELD_OUT = {facts.group: facts.held_out.tally for facts in CONTROL_GROUPS}
CREDITS = {
    ("", 0, "EMAIL", "", ""): Conversions(5, 4, Decimal("100.500000000")),
    ("", 0, "EMAIL", "de", "a"): Conversions(1, 1, Decimal("0.000000000")),
    ("campaign", 0, "EMAIL", "", ""): Conversions(3, 2, Decimal(30)),
    ("global", 0, "EMAIL", "", ""): Conversions(1, 1, Decimal(10)),
}
WHOLE, GERMAN = ("EMAIL", "", ""), ("EMAIL", "de", "a")
BLOCK = a_block(
    {
        WHOLE: CountCell(
            users={of(Kind.OPENED): 10, HELD_OUT[ControlGroup.CAMPAIGN]: 20, HELD_OUT[ControlGroup.GLOBAL]: 50}
        ),
        GERMAN: CountCell(users={of(Kind.OPENED): 2}),
    }
)


def _numbers(mode: Mode = Mode.TOTAL, profile: ProfileName = ProfileName.DOCUMENTED) -> GoalNumbers:
    campaign = a_campaign(goals=(a_goal("Goal 1"), a_goal("Goal 2")))
    numbers = node_numbers([BLOCK], Spelling(Channel.EMAIL, mode, profile), AttributionType.VIEW_THROUGH)
    return GoalNumbers(campaign, CREDITS, numbers, mode, PROFILES[profile])


@pytest.mark.parametrize(("mode", "conversions"), [(Mode.TOTAL, 5), (Mode.UNIQUE, 4)])
def test_the_fields_of_a_goal(mode: Mode, conversions: int) -> None:
    """Only `conversions` follows the metric type; the rate is of users, and both uplifts compare with their group."""
    goals = _numbers(mode).node(0, 0, WHOLE)

    assert goals["Goal 1"] == {
        "conversions": conversions,
        "cvr": 40,  # 4 of 10 openers
        "uplift": 300,  # against 2 of 20
        "goal_name": "Goal 1",
        "total": 5,
        "unique": 4,
        "revenue": Decimal("100.5"),
        "average_order_value": Decimal("20.1"),
        "average_revenue_per_user": Decimal("25.13"),  # 25.125, rounded half up
        "gcg_uplift": 1900,  # against 1 of 50
    }
    assert set(goals["Goal 2"].values()) == {0, "Goal 2"}


def test_a_named_node_is_compared_with_the_platforms_groups() -> None:
    """Groups have no locales: a locale's node stands beside the whole group of its platform."""
    goals = _numbers().node(1, 0, GERMAN)

    assert (goals["Goal 1"]["cvr"], goals["Goal 1"]["uplift"]) == (50, 400)
    assert goals["Goal 1"]["revenue"] == 0


def test_a_groups_own_node() -> None:
    """A group's rate is of its members, and it is compared with nobody."""
    goal = _numbers().group_node(ControlGroup.CAMPAIGN, 0, "EMAIL")["Goal 1"]

    assert (goal["total"], goal["cvr"], goal["uplift"], goal["gcg_uplift"]) == (3, 10, 0, 0)


def test_the_live_profile_names_a_goal_twice() -> None:
    """Clients of the live service look for `name`."""
    assert _numbers(profile=ProfileName.LIVE).node(0, 0, WHOLE)["Goal 2"]["name"] == "Goal 2"


def test_nodes_that_are_credited() -> None:
    """The tree shows a node that is credited, of all groups or of those that are asked for."""
    assert set(_numbers().nodes_credited("")) == {("EMAIL", "", ""), ("EMAIL", "de", "a")}
    assert len(list(_numbers().nodes_credited())) == 4


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("49.900000000", "49.9"),
        ("100.000000000", "100"),
        ("0E-9", "0"),
        ("-0.010000000", "-0.01"),
        ("100000000000000000000.500000000", "100000000000000000000.5"),
    ],
)
def test_amounts_are_printed_plainly(amount: str, expected: str) -> None:
    """An amount has every digit, no trailing zeros, no exponent, and no fraction when it is whole."""
    assert str(plain(Decimal(amount))) == expected
