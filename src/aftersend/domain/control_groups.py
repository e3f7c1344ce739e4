"""The two control groups: how their nodes and their counts are spelled."""

from dataclasses import dataclass

from aftersend.domain.formulas import Count, Mode, count
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.reasons import REASONS


@dataclass(frozen=True, slots=True)
class ControlGroupFacts:
    """One row: the group, the key of its node, the count of held-out users with its key, and its distinct members.

    The campaign group's count is misspelt ("campaing") in the contract, and so it stays.
    """

    group: ControlGroup
    node_key: str
    held_out_key: str
    held_out: Count
    members: Count


def _facts(group: ControlGroup) -> ControlGroupFacts:
    (reason,) = [row for row in REASONS if row.name == f"{group.value}_control_group"]
    held_out = count(Kind.HELD_OUT, details=frozenset({group.value}))
    return ControlGroupFacts(
        group,
        node_key=reason.name,
        held_out_key=reason.key,
        held_out=held_out,
        members=Count(held_out.tally, Mode.UNIQUE),
    )


CONTROL_GROUPS: tuple[ControlGroupFacts, ...] = tuple(_facts(group) for group in ControlGroup)
