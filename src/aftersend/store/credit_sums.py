"""Credits as they are added up: of several portions, seals and differences, each node of a tree by itself."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from aftersend.domain.conversions import Conversions

CreditKey = tuple[str, str, int, str, str, str]
"""Campaign, control group (empty for the campaign's own nodes), the goal's place, platform, locale, variation."""

Credits = dict[CreditKey, Conversions]


@dataclass(slots=True)
class _Sum:
    """What one node is credited with so far, and how many of its amounts are in each currency that was named."""

    events: int = 0
    users: int = 0
    revenue: Decimal = Decimal(0)
    named: dict[str, int] = field(default_factory=dict)


class CreditSums:
    """Adds up what nodes are credited with. What was counted of different users adds up, and so do differences."""

    def __init__(self) -> None:
        self._nodes: defaultdict[CreditKey, _Sum] = defaultdict(_Sum)

    def add(self, key: CreditKey, counted: Conversions, named: Mapping[str, int], times: int = 1) -> None:
        """Add what was counted of a node; `named` are the numbers of amounts in each currency. -1 times takes away."""
        node = self._nodes[key]
        node.events += times * counted.events
        node.users += times * counted.users
        node.revenue += times * counted.revenue
        for currency, amounts in named.items():
            node.named[currency] = node.named.get(currency, 0) + times * amounts

    def credits(self) -> Credits:
        """Return the nodes that are credited with anything; amounts of several currencies add up to nothing."""
        return {
            key: Conversions(node.events, node.users, Decimal(0) if _mixed(node.named) else node.revenue)
            for key, node in self._nodes.items()
            if node.events
        }


def _mixed(named: Mapping[str, int]) -> bool:
    return sum(1 for amounts in named.values() if amounts) > 1
