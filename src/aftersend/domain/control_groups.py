"""The two control groups: how their nodes and their counts are spelled."""

from dataclasses import dataclass

from aftersend.domain.formulas import Count, count
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.reasons import REASONS


@dataclass(frozen=True, slots=True)
class ControlGroupFacts:
    """One row: the group, the key of its node, and the count of held-out users with its key.

    The campaign group's count is misspelt ("campaing") in the contract, and so it stays.
    """

    group: ControlGroup
    node_key: str
    held_out_key: str
    held_out: Count


def _facts(group: ControlGroup) -> ControlGroupFacts:
    (reason,) = [row for row in REASONS if row.name == f"{group.value}_control_group"]
    return ControlGroupFacts(
        group,
        node_key=reason.name,
        held_out_key=reason.key,
        held_out=count(Kind.HELD_OUT, details=frozenset({group.value})),
    )


CONTROL_GROUPS: tuple[ControlGroupFacts, ...] = tuple(_facts(group) for group in ControlGroup)
