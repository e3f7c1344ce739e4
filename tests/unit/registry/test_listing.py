"""Which campaigns are listed, and in which order."""

from datetime import timedelta

import pytest

from aftersend.domain.campaigns import Campaign, DeliveryType
from aftersend.domain.channels import Channel
from aftersend.registry.registry import Registry
from objects import MOMENT, a_campaign
from unit.registry.opening import opened


def _listed(registry: Registry, offset: int = 0, limit: int = 100) -> tuple[list[str], int]:
    campaigns, total = registry.campaigns.list_for_stats("w1", offset, limit)
    return [campaign.id for campaign in campaigns], total


def _put(registry: Registry, *campaigns: Campaign) -> None:
    for campaign in campaigns:
        registry.campaigns.put("w1", campaign)


def _created(campaign_id: str, hours: int) -> Campaign:
    return a_campaign(campaign_id, created_at=MOMENT + timedelta(hours=hours))


def test_campaigns_are_listed_in_order_of_creation(registry_url: str) -> None:
    """The oldest comes first, whenever it was registered."""
    with opened(registry_url, "w1") as registry:
        _put(registry, _created("b", 2), _created("c", 3), _created("a", 1))

        assert _listed(registry) == (["a", "b", "c"], 3)


def test_equal_times_keep_the_order_of_registration(registry_url: str) -> None:
    """The order is total: what was created at one moment stands as it was registered, and replacing moves nothing."""
    with opened(registry_url, "w1") as registry:
        _put(registry, *(_created(name, 0) for name in ("z", "a", "m")))
        _put(registry, _created("z", 0))

        assert _listed(registry) == (["z", "a", "m"], 3)


@pytest.mark.parametrize("delivery_type", DeliveryType)
def test_which_delivery_types_are_listed(registry_url: str, delivery_type: DeliveryType) -> None:
    """All but API-triggered campaigns are listed."""
    campaign = a_campaign(channel=Channel.PUSH, delivery_type=delivery_type)
    with opened(registry_url, "w1") as registry:
        _put(registry, campaign)

        assert _listed(registry)[1] == (delivery_type is not DeliveryType.API_TRIGGERED)
        assert registry.campaigns.page("w1", 0, 10)[1] == 1


def test_parents_children_and_nodes_of_flows(registry_url: str) -> None:
    """Parents and children are listed, the nodes of a flow are not."""
    with opened(registry_url, "w1") as registry:
        _put(
            registry,
            a_campaign("parent", delivery_type=DeliveryType.PERIODIC),
            a_campaign("node", flow_id="f1"),
            a_campaign("child", parent_campaign_id="parent"),
        )

        assert _listed(registry) == (["parent", "child"], 2)
        assert [campaign.id for campaign in registry.campaigns.page("w1", 0, 10)[0]] == ["parent", "node", "child"]


def test_only_the_workspaces_own_campaigns_are_listed(registry_url: str) -> None:
    """Another workspace's campaigns are neither listed nor counted."""
    with opened(registry_url, "w1", "w2") as registry:
        registry.campaigns.put("w2", a_campaign("theirs"))
        _put(registry, a_campaign("ours"))

        assert _listed(registry) == (["ours"], 1)


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [(0, 2, ["a", "b"]), (2, 2, ["c", "d"]), (4, 2, ["e"]), (5, 2, []), (10**9, 10, []), (1, 1, ["b"])],
)
def test_a_page(registry_url: str, offset: int, limit: int, expected: list[str]) -> None:
    """A page is cut from the order, and tells how many there are in all, also beyond the end."""
    with opened(registry_url, "w1") as registry:
        _put(registry, *(_created(name, hours) for hours, name in enumerate("abcde")))

        assert _listed(registry, offset, limit) == (expected, 5)
