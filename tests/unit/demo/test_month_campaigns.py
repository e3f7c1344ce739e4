"""The campaigns of the demo's month are ones that the registry can keep."""

from datetime import date, datetime
from typing import Any

import pytest

from aftersend.demo.history import month
from aftersend.demo.span import Span, timestamp
from aftersend.domain.campaigns import PARENT_TYPES, DeliveryType, Status, is_dimension_name, is_identifier
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.goals import Goal, check_goals

LAST_DAY = date(2025, 3, 30)
CAMPAIGNS = month(LAST_DAY, users=100).campaigns
BY_ID = {campaign["id"]: campaign for campaign in CAMPAIGNS}
FIELDS = {
    "id",
    "name",
    "channel",
    "delivery_type",
    "platforms",
    "locales",
    "variations",
    "status",
    "parent_campaign_id",
    "flow_id",
    "flow_name",
    "created_by",
    "updated_by",
    "team",
    "tags",
    "created_at",
    "updated_at",
    "sent_at",
    "start_time",
    "attribution_window_hours",
    "goals",
    "control_groups",
    "reachability",
}


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign["id"])
def test_a_campaign_speaks_the_vocabulary(campaign: dict[str, Any]) -> None:
    """Fields, channel, platforms, type, status and goals are ones that the product knows."""
    channel = Channel(campaign["channel"])

    assert set(campaign) <= FIELDS
    assert is_identifier(campaign["id"])
    assert set(campaign.get("platforms", [])) <= set(CHANNELS[channel].platforms)
    assert all(is_dimension_name(name) for name in campaign.get("locales", []) + campaign.get("variations", []))
    assert DeliveryType(campaign["delivery_type"])
    assert Status(campaign["status"])
    assert check_goals(tuple(Goal(**goal) for goal in campaign.get("goals", []))) is None
    assert 1 <= campaign.get("attribution_window_hours", 36) <= 240


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign["id"])
def test_a_campaign_is_created_before_it_starts(campaign: dict[str, Any]) -> None:
    """Creation, the last change and the start follow one another, and no change lies in the future."""
    created, updated, start = (
        datetime.fromisoformat(campaign[name]) for name in ("created_at", "updated_at", "start_time")
    )

    assert created < updated < start
    assert campaign["updated_at"] <= timestamp(Span(LAST_DAY).closes)


def test_every_channel_has_a_campaign() -> None:
    """All twelve channels are there, and no id occurs twice."""
    assert {campaign["channel"] for campaign in CAMPAIGNS} == set(Channel)
    assert len(BY_ID) == len(CAMPAIGNS)


def test_children_belong_to_parents_that_can_have_them() -> None:
    """The periodic e-mail has eight children and the business event two, each like its parent."""
    children = [campaign for campaign in CAMPAIGNS if "parent_campaign_id" in campaign]

    assert [child["parent_campaign_id"] for child in children] == ["digest"] * 8 + ["restock"] * 2
    for child in children:
        parent = BY_ID[child["parent_campaign_id"]]
        assert parent["delivery_type"] == child["delivery_type"]
        assert DeliveryType(parent["delivery_type"]) in PARENT_TYPES
        assert parent["created_at"] <= child["created_at"]


def test_the_flow_has_three_nodes_on_three_channels() -> None:
    """The flow's nodes share its id and name."""
    nodes = [campaign for campaign in CAMPAIGNS if "flow_id" in campaign]

    assert [node["channel"] for node in nodes] == ["EMAIL", "PUSH", "SMS"]
    assert {(node["flow_id"], node["flow_name"]) for node in nodes} == {("abandoned-cart", "Abandoned cart")}


def test_the_special_cases_are_there() -> None:
    """There is a test, a campaign in three locales, one with two goals, each control group, and a scheduled one."""
    groups = [campaign["control_groups"] for campaign in CAMPAIGNS if "control_groups" in campaign]
    scheduled = [campaign for campaign in CAMPAIGNS if campaign["status"] == "SCHEDULED"]

    assert [c["variations"] for c in CAMPAIGNS if "variations" in c] == [["variation_1", "variation_2"]]
    assert [c["locales"] for c in CAMPAIGNS if "locales" in c] == [["default", "es-ES", "de-DE"]]
    assert [c["id"] for c in CAMPAIGNS if len(c.get("goals", [])) == 2] == ["free-shipping-test"]
    assert groups == [
        {"campaign_percentage": 0, "global": True},
        {"campaign_percentage": 10, "global": False},
        {"campaign_percentage": 10, "global": True},
    ]
    assert [c["reachability"] for c in scheduled] == [{"count": 62, "updated_at": "2025-03-30T09:00:00Z"}]
