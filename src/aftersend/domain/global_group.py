"""The global control group of a workspace: the users that campaigns leave alone, to see what all of them change."""

from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.percentages import Percentage, check_percentage
from aftersend.domain.problems import Problem

UPLOADED_USERS_LIMIT = 1_000_000
"""Users in an uploaded group."""


class GlobalMode(StrEnum):
    """How the members of the group are chosen."""

    OFF = "off"  # there are none
    RANDOM = "random"  # a percentage of all users, new ones included
    UPLOADED = "uploaded"  # the users of a list


@dataclass(frozen=True, slots=True)
class GlobalControlGroup:
    """How a workspace's group is chosen; only a random one has a percentage."""

    mode: GlobalMode = GlobalMode.OFF
    percentage: Percentage = 0


NO_GLOBAL_GROUP = GlobalControlGroup()


def check_global_group(group: GlobalControlGroup) -> Problem | None:
    """Return what is wrong with a group."""
    if group.mode is not GlobalMode.RANDOM and group.percentage:
        return Problem("percentage", group.percentage, "only a random group has a percentage")
    return check_percentage("percentage", group.percentage)
