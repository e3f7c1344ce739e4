"""Whose events count for whom: a parent counts whatever happens in its family.

Campaigns that count for the same askers are one group, so that what a statement looks up by group stays short,
however many children a parent has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Families = Mapping[str, tuple[str, ...]]
"""For each campaign that is asked about: those whose events count for it, itself among them."""


@dataclass(frozen=True)
class Groups:
    """Campaigns, and which of them count for the same ones of those that are asked about."""

    families: Families

    @property
    def plain(self) -> bool:
        """Return whether every campaign counts for itself alone."""
        return all(family == (asked,) for asked, family in self.families.items())

    @cached_property
    def owners(self) -> dict[str, tuple[str, ...]]:
        """Return for each campaign, in order of the ids' bytes, for whom it counts."""
        owners: dict[str, list[str]] = {}
        for asked, family in self.families.items():
            for member in family:
                owners.setdefault(member, []).append(asked)
        return {member: tuple(owners[member]) for member in sorted(owners, key=str.encode)}

    @cached_property
    def groups(self) -> list[tuple[str, ...]]:
        """Return the groups, each by those for whom it counts; they are numbered from 1, as the engine's arrays are."""
        return list(dict.fromkeys(self.owners.values()))

    @property
    def numbers(self) -> list[int]:
        """Return the number of each campaign's group."""
        numbers = {owners: number for number, owners in enumerate(self.groups, 1)}
        return [numbers[owners] for owners in self.owners.values()]

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the values of the places that `GROUP` and `OWNERS` have."""
        if self.plain:
            return {"campaigns": list(self.owners)}
        return {"campaigns": list(self.owners), "groups": self.numbers, "owners": [list(some) for some in self.groups]}

    def members(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Return the campaigns whose events count for any of these."""
        return tuple(dict.fromkeys(member for one in asked for member in self.families.get(one, (one,))))


GROUP = "transform(campaign_id, {campaigns:Array(String)}, {groups:Array(UInt32)}, toUInt32(0))"
"""SQL for the number of a campaign's group."""

OWNERS = "{owners:Array(Array(String))}"
"""SQL for the campaigns for which each group counts."""
