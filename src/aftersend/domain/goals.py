"""Conversion goals: what a campaign wants its users to do, and the fields of its answer."""

from dataclasses import dataclass

from aftersend.domain.filters import GoalFilter, read_filter
from aftersend.domain.problems import Problem

__all__ = ["GOAL_FIELDS", "MAXIMUM_GOALS", "Goal", "GoalFilter", "check_goals"]

MAXIMUM_GOALS = 5

GOAL_FIELDS: dict[str, str] = {
    "conversions": "credited goal events (TOTAL) or converted users (UNIQUE)",
    "cvr": "conversion rate in percent: converted users over the channel's denominator",
    "uplift": "percent change of the conversion rate against the campaign's control group",
    "goal_name": "the goal's display name",
    "total": "credited goal events",
    "unique": "converted users",
    "revenue": "sum of the revenue attribute over credited events",
    "average_order_value": "revenue per credited event",
    "average_revenue_per_user": "revenue per converted user",
    "gcg_uplift": "percent change of the conversion rate against the global control group",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """One conversion goal of a campaign."""

    name: str
    event: str
    filters: tuple[GoalFilter, ...] = ()
    primary: bool = False
    revenue_attribute: str | None = None
    currency: str | None = None


def check_goals(goals: tuple[Goal, ...]) -> Problem | None:
    """Return the first contradiction among a campaign's goals."""
    if len(goals) > MAXIMUM_GOALS:
        return Problem("goals", len(goals), f"a campaign can have up to {MAXIMUM_GOALS} goals")
    names: set[str] = set()
    for index, goal in enumerate(goals):
        where = f"goals[{index}]"
        if not goal.name.strip():
            return Problem(f"{where}.name", goal.name, "a goal needs a display name")
        if goal.name in names:
            return Problem(f"{where}.name", goal.name, "two goals of one campaign cannot have the same name")
        if not goal.event.strip():
            return Problem(f"{where}.event", goal.event, "a goal needs the name of the user event it counts")
        if goal.currency is not None and goal.revenue_attribute is None:
            return Problem(f"{where}.currency", goal.currency, "a currency needs a revenue_attribute beside it")
        for number, given in enumerate(goal.filters):
            read = read_filter(given)
            if isinstance(read, Problem):
                return Problem(f"{where}.filters[{number}].{read.field}", read.value, read.message)
        names.add(goal.name)
    if sum(goal.primary for goal in goals) > 1:
        return Problem("goals", "primary", "only one goal of a campaign can be the primary one")
    return None
