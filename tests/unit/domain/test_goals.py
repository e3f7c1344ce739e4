"""What the goals of a campaign may not contradict."""

import pytest

from aftersend.domain.goals import GOAL_FIELDS, MAXIMUM_GOALS, Goal, GoalFilter, check_goals
from objects import a_goal

BLANK = GoalFilter(name=" ", condition="is", data_type="STRING")
SOUND = GoalFilter(name="amount", condition="is", data_type="DOUBLE", value=1)


@pytest.mark.parametrize(
    ("goals", "field", "value"),
    [
        (tuple(a_goal(f"Goal {number}") for number in range(6)), "goals", 6),
        ((a_goal("Goal 1"), a_goal("")), "goals[1].name", ""),
        ((a_goal("Goal 1"), a_goal("Goal 1")), "goals[1].name", "Goal 1"),
        ((a_goal(event="  "),), "goals[0].event", "  "),
        ((a_goal(currency="EUR"),), "goals[0].currency", "EUR"),
        ((a_goal(filters=(SOUND, BLANK)),), "goals[0].filters[1].name", " "),
        ((a_goal("Goal 1", primary=True), a_goal("Goal 2", primary=True)), "goals", "primary"),
    ],
)
def test_every_contradiction_is_named(goals: tuple[Goal, ...], field: str, value: object) -> None:
    """A contradiction among goals names the place, the value, and what to do about it."""
    problem = check_goals(goals)

    assert problem is not None
    assert (problem.field, problem.value) == (field, value)
    assert problem.message


@pytest.mark.parametrize(
    "goals",
    [
        (),
        (a_goal(),),
        tuple(a_goal(f"Goal {number}", primary=number == 3) for number in range(MAXIMUM_GOALS)),
        (a_goal(revenue_attribute="amount", currency="EUR", filters=(SOUND,)),),
        (a_goal(revenue_attribute="amount"),),
    ],
    ids=len,
)
def test_sound_goals_have_no_problem(goals: tuple[Goal, ...]) -> None:
    """Up to five goals with names of their own, at most one of them primary, are let through."""
    assert check_goals(goals) is None


def test_a_goal_has_ten_fields_in_an_answer() -> None:
    """The fields of a goal are those of the contract, each with its meaning."""
    assert list(GOAL_FIELDS) == [
        "conversions",
        "cvr",
        "uplift",
        "goal_name",
        "total",
        "unique",
        "revenue",
        "average_order_value",
        "average_revenue_per_user",
        "gcg_uplift",
    ]
    assert all(GOAL_FIELDS.values())
