"""Filters, families and estimates, on every database that a registry can live in."""

from datetime import timedelta
from typing import Any

import pytest

from aftersend.domain.campaign_search import CampaignFilter
from aftersend.domain.campaigns import Campaign, DeliveryType, Reachability, Status
from aftersend.domain.channels import Channel
from aftersend.registry.registry import Registry
from objects import MOMENT, a_campaign
from unit.registry.opening import opened

HOUR = timedelta(hours=1)


def _put(registry: Registry, *campaigns: Campaign) -> None:
    for campaign in campaigns:
        registry.campaigns.put("w1", campaign)


CAMPAIGNS = (
    a_campaign("b", name="Spring 100%_sale", tags=("größe", "a'b"), created_by="x", created_at=MOMENT + HOUR),
    a_campaign("a", channel=Channel.SMS, status=Status.ARCHIVED, tags=("sale",), created_at=MOMENT),
    a_campaign("c", name="Winter", delivery_type=DeliveryType.PERIODIC, created_at=MOMENT + 2 * HOUR),
    a_campaign("d", parent_campaign_id="c", created_at=MOMENT + 3 * HOUR),
    a_campaign("e", flow_id="f", created_at=MOMENT + 4 * HOUR),
)
EVERYTHING: dict[str, Any] = {"children": True}
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abc"),
    (EVERYTHING, "abcde"),
    (EVERYTHING | {"archived": False}, "bcde"),
    (EVERYTHING | {"archived": False, "statuses": (Status.ARCHIVED, Status.DRAFT)}, "abcde"),
    (EVERYTHING | {"statuses": (Status.ARCHIVED,)}, "a"),
    (EVERYTHING | {"id": "d"}, "d"),
    ({"id": "d"}, ""),
    (EVERYTHING | {"channels": (Channel.SMS, Channel.PUSH)}, "a"),
    (EVERYTHING | {"created_by": ("x", "y")}, "b"),
    (EVERYTHING | {"created_from": MOMENT + HOUR, "created_before": MOMENT + 3 * HOUR}, "bc"),
    (EVERYTHING | {"delivery_types": (DeliveryType.PERIODIC,)}, "c"),
    (EVERYTHING | {"name": "spring"}, "b"),
    (EVERYTHING | {"name": "0%_S"}, "b"),
    (EVERYTHING | {"name": "0__"}, ""),
    (EVERYTHING | {"name": "x" * 500}, ""),
    (EVERYTHING | {"tags": ("größe",)}, "b"),
    (EVERYTHING | {"tags": ("a'b", "sale")}, "ab"),
    (EVERYTHING | {"tags": ('"',)}, ""),
]


@pytest.mark.parametrize(("words", "expected"), FILTERS, ids=str)
def test_filters(registry_url: str, words: dict[str, Any], expected: str) -> None:
    """Ids come in the order of creation; all filters have to hold, and of a list any value."""
    with opened(registry_url, "w1", "w2") as registry:
        _put(registry, *CAMPAIGNS)
        registry.campaigns.put("w2", CAMPAIGNS[0])

        assert registry.search.page("w1", CampaignFilter(**words), 0, 100) == list(expected)


def test_pages(registry_url: str) -> None:
    """A page is cut by the database, and there is none beyond every number."""
    with opened(registry_url, "w1") as registry:
        _put(registry, *CAMPAIGNS)
        wanted = CampaignFilter(children=True)

        pages = [registry.search.page("w1", wanted, offset, 2) for offset in (0, 2, 4, 6, 10**30)]

        assert pages == [["a", "b"], ["c", "d"], ["e"], [], []]


def test_families(registry_url: str) -> None:
    """Children are counted, paged, and known as earlier runs of one another, the newest first."""
    with opened(registry_url, "w1", "w2") as registry:
        children = [a_campaign(f"d{n}", parent_campaign_id="c", created_at=MOMENT + n * HOUR) for n in range(3)]
        nodes = [
            a_campaign(name, channel=channel, flow_id="f")
            for name, channel in (("e", Channel.EMAIL), ("s", Channel.SMS))
        ]
        _put(registry, a_campaign("c"), *children, *nodes)
        registry.campaigns.put("w2", a_campaign("other", parent_campaign_id="c"))
        search = registry.search

        assert search.count_children("w1", ["c", "d0", "nobody"]) == {"c": 3}
        assert [search.children("w1", "c", offset, 2) for offset in (0, 2, 4)] == [
            (["d0", "d1"], 3),
            (["d2"], 3),
            ([], 3),
        ]
        assert search.earlier_runs("w1", children[1], 10) == ["d2", "d0"]
        assert search.earlier_runs("w1", a_campaign("c"), 2) == ["d2", "d1"]
        assert search.earlier_runs("w1", a_campaign("new", flow_id="f"), 10) == ["e"]


def test_estimates(registry_url: str) -> None:
    """The first estimate of a day stays; one of the day before is replaced, and registering anew leaves it alone."""
    with opened(registry_url, "w1", "w2") as registry:
        _put(registry, a_campaign("c"), a_campaign("d"))
        registry.campaigns.put("w2", a_campaign("c"))
        estimates, noon, day = registry.estimates, MOMENT + 12 * HOUR, timedelta(days=1)

        assert estimates.since("w1", ["c", "d"], MOMENT) == {}
        assert estimates.keep("w1", {"c": 7, "gone": 1}, MOMENT, noon) == {"c": Reachability(7, noon)}
        assert estimates.keep("w1", {"c": 8, "d": 9}, MOMENT, noon + HOUR) == {
            "c": Reachability(7, noon),
            "d": Reachability(9, noon + HOUR),
        }
        _put(registry, a_campaign("c", name="New"))
        assert estimates.since("w1", ["c"], MOMENT) == {"c": Reachability(7, noon)}
        assert estimates.since("w1", ["c"], MOMENT + day) == {}
        assert estimates.keep("w1", {"c": 3}, MOMENT + day, noon + day) == {"c": Reachability(3, noon + day)}
        assert estimates.since("w2", ["c"], MOMENT) == {}
        assert registry.campaigns.get("w1", "c").reachability is None
