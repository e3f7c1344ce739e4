"""Campaigns in the registry: kept field by field, replaced as a whole, and at peace with their families."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text

from aftersend.domain.campaigns import Campaign, ControlGroups, DeliveryType, Reachability, Status
from aftersend.domain.channels import Channel
from aftersend.domain.goals import Goal, GoalFilter
from aftersend.errors import Conflict, InvalidRequest, NotFound
from aftersend.registry.registry import Registry
from objects import MOMENT, a_campaign, a_goal
from unit.registry.opening import opened

ABROAD = timezone(timedelta(hours=-3, minutes=-30))

FULL = Campaign(
    id="spring:2026",
    name="Spring “sale” 🌷",
    channel=Channel.PUSH,
    created_at=datetime(2026, 1, 1, 9, 0, 0, 123_456, tzinfo=ABROAD),
    updated_at=datetime(2026, 1, 2, tzinfo=UTC),
    delivery_type=DeliveryType.PERIODIC,
    status=Status.SENT,
    platforms=("IOS", "ANDROID"),
    locales=("es-ES", "default"),
    variations=("variation_2", "variation_1"),
    variation_percentages=(12.5, 87.5),
    parent_campaign_id="parent",
    flow_id="flow-1",
    flow_name="Welcome",
    created_by="ann@example.org",
    updated_by="b@example.com",
    team="CRM",
    tags=("z", "a", "z"),
    sent_at=datetime(2026, 1, 3, 23, 59, 59, tzinfo=ABROAD),
    start_time=datetime(2026, 1, 3, 8, tzinfo=UTC),
    attribution_window_hours=72,
    goals=(
        Goal(
            name="Zweites Ziel",
            event="purchase",
            filters=(
                GoalFilter("size", "between", "DOUBLE", 1.5, 10**14, negate=True),
                GoalFilter("brand", "in", "STRING", ["a", "b"], case_sensitive=True),
                GoalFilter("any", "exists", "BOOL"),
            ),
            revenue_attribute="amount",
            currency="EUR",
        ),
        Goal(name="First", event="sign up", primary=True),
    ),
    control_groups=ControlGroups(12.5, include_global=True),
    reachability=Reachability(2**31 - 1, datetime(2026, 1, 1, tzinfo=UTC)),
)
"""A campaign in which no field has its default."""


def _put(registry: Registry, *campaigns: Campaign) -> None:
    for campaign in campaigns:
        registry.campaigns.put("w1", campaign)


def test_the_example_has_every_field() -> None:
    """No field of the full example has its default, so that a round trip says something of each."""
    plain = a_campaign()

    assert [one.name for one in fields(Campaign) if getattr(FULL, one.name) == getattr(plain, one.name)] == [
        "drafted"  # never of a campaign that somebody put
    ]


@pytest.mark.parametrize("campaign", [FULL, a_campaign()], ids=["full", "plain"])
def test_a_campaign_comes_back_as_it_was_put(registry_url: str, campaign: Campaign) -> None:
    """Every field is kept, goals and filters in their order, and times as the same moments in UTC."""
    with opened(registry_url, "w1") as registry:
        assert registry.campaigns.put("w1", campaign) == campaign

        found = registry.campaigns.get("w1", campaign.id)

    assert found == campaign
    assert found.created_at.tzinfo is UTC


@pytest.mark.parametrize("percentage", [0, 10, 100, 0.5, 33.3])
def test_a_whole_percentage_comes_back_whole(registry_url: str, percentage: float) -> None:
    """A percentage without a fraction is an integer again."""
    with opened(registry_url, "w1") as registry:
        _put(registry, a_campaign(control_groups=ControlGroups(percentage)))

        found = registry.campaigns.get("w1", "c1").control_groups.campaign_percentage

    assert (found, type(found)) == (percentage, type(percentage))


def test_a_reachability_without_a_time(registry_url: str) -> None:
    """An estimate of nobody at no time is still an estimate."""
    with opened(registry_url, "w1") as registry:
        _put(registry, a_campaign(reachability=Reachability(0)))

        assert registry.campaigns.get("w1", "c1").reachability == Reachability(0)


def test_putting_again_replaces_the_whole(registry_url: str) -> None:
    """Nothing of the first version is left, neither fields nor goals."""
    plain = replace(a_campaign(FULL.id, Channel.PUSH), goals=(a_goal("Only"),))
    with opened(registry_url, "w1") as registry:
        _put(registry, FULL, plain)
        with registry.database.reading() as connection:
            goals = connection.scalar(text("SELECT count(*) FROM goals"))

        assert registry.campaigns.page("w1", 0, 10) == ([plain], 1)
    assert goals == 1


def test_a_channel_cannot_change(registry_url: str) -> None:
    """A campaign stays on its channel: events may be counted there already."""
    with opened(registry_url, "w1") as registry:
        _put(registry, a_campaign())

        with pytest.raises(Conflict, match="registered as EMAIL; a channel cannot change") as caught:
            _put(registry, a_campaign(channel=Channel.SMS, name="New"))

        assert caught.value.field == "channel"
        assert registry.campaigns.get("w1", "c1") == a_campaign()


def test_a_contradiction_is_not_stored(registry_url: str) -> None:
    """What the rules refuse never reaches the tables."""
    with opened(registry_url, "w1") as registry:
        with pytest.raises(InvalidRequest) as caught:
            _put(registry, a_campaign(goals=(a_goal(), a_goal())))

        assert caught.value.field == "goals[1].name"
        assert registry.campaigns.page("w1", 0, 10) == ([], 0)


def test_one_id_in_two_workspaces(registry_url: str) -> None:
    """Ids belong to workspaces: the same one elsewhere is another campaign."""
    with opened(registry_url, "w1", "w2") as registry:
        registry.campaigns.put("w1", a_campaign(name="Ours"))
        registry.campaigns.put("w2", a_campaign(name="Theirs", channel=Channel.SMS))

        assert [registry.campaigns.get(one, "c1").name for one in ("w1", "w2")] == ["Ours", "Theirs"]


class TestFamilies:
    """Parents and children."""

    def test_a_child_can_come_before_its_parent(self, registry_url: str) -> None:
        """A parent that is not registered yet contradicts nothing."""
        with opened(registry_url, "w1") as registry:
            _put(registry, a_campaign("child", parent_campaign_id="parent"), a_campaign("parent"))

            assert registry.campaigns.get("w1", "child").parent_campaign_id == "parent"

    def test_a_parent_on_another_channel(self, registry_url: str) -> None:
        """Parent and child share one channel."""
        with opened(registry_url, "w1") as registry:
            _put(registry, a_campaign("parent", Channel.SMS))

            with pytest.raises(InvalidRequest, match="the parent is a SMS campaign") as caught:
                _put(registry, a_campaign("child", parent_campaign_id="parent"))

        assert (caught.value.field, caught.value.value) == ("parent_campaign_id", "parent")

    def test_a_parent_that_comes_later_on_another_channel(self, registry_url: str) -> None:
        """The order of registration does not matter: parent and child share one channel."""
        with opened(registry_url, "w1") as registry:
            _put(registry, a_campaign("child", parent_campaign_id="parent"))

            with pytest.raises((InvalidRequest, Conflict)):
                _put(registry, a_campaign("parent", Channel.SMS))

    @pytest.mark.parametrize("length", [2, 3, 10])
    def test_nobody_is_among_his_own_ancestors(self, registry_url: str, length: int) -> None:
        """A circle of parents is refused where it would close."""
        with opened(registry_url, "w1") as registry:
            for number in range(1, length):
                _put(registry, a_campaign(f"c{number}", parent_campaign_id=f"c{number + 1}"))

            with pytest.raises(InvalidRequest, match="among its own ancestors") as caught:
                _put(registry, a_campaign(f"c{length}", parent_campaign_id="c1"))

        assert caught.value.field == "parent_campaign_id"

    def test_a_parent_in_another_workspace_is_nobody(self, registry_url: str) -> None:
        """Families live in one workspace."""
        with opened(registry_url, "w1", "w2") as registry:
            registry.campaigns.put("w2", a_campaign("parent", Channel.SMS))

            _put(registry, a_campaign("child", parent_campaign_id="parent"))


class TestFinding:
    """Looking campaigns up."""

    def test_a_campaign_that_is_not_there(self, registry_url: str) -> None:
        """Who asks for nobody is told so; a list of ids gives those that are there."""
        with opened(registry_url, "w1", "w2") as registry:
            registry.campaigns.put("w2", a_campaign())

            assert registry.campaigns.find("w1", ["c1"]) == {}
            with pytest.raises(NotFound, match="the workspace has no campaign 'c1'"):
                registry.campaigns.get("w1", "c1")

    def test_the_order_is_the_askers(self, registry_url: str) -> None:
        """Campaigns come in the order in which they were asked for, from memory or not."""
        with opened(registry_url, "w1") as registry:
            _put(registry, a_campaign("a"), a_campaign("b"), a_campaign("c"))

            for asked in (["b"], ["c", "nobody", "b", "a"], ["a", "b", "c"]):
                assert list(registry.campaigns.find("w1", asked)) == [one for one in asked if one != "nobody"]

    def test_many_campaigns_with_goals(self, registry_url: str) -> None:
        """More ids than one statement takes are found, each with its own goals."""
        ids = [f"c{number}" for number in range(503)]
        drafts = [a_campaign(campaign_id) for campaign_id in ids]
        with opened(registry_url, "w1") as registry:
            registry.campaigns.register_drafts("w1", drafts)
            _put(registry, replace(drafts[501], goals=(a_goal("Late"),)))

            found = registry.campaigns.find("w1", ids)
            listed, total = registry.campaigns.page("w1", 0, 10_000)

        assert (list(found), total) == (ids, 503)
        assert [campaign.goals for campaign in listed if campaign.goals] == [(a_goal("Late"),)]


class TestForgetting:
    """Deleting campaigns."""

    def test_a_campaign_is_forgotten_with_its_goals(self, registry_url: str) -> None:
        """Nothing of it is left, and it cannot be forgotten twice."""
        with opened(registry_url, "w1") as registry:
            _put(registry, FULL, a_campaign())
            registry.campaigns.delete("w1", FULL.id)
            with registry.database.reading() as connection:
                goals = connection.scalar(text("SELECT count(*) FROM goals"))

            assert (registry.campaigns.page("w1", 0, 10), goals) == (([a_campaign()], 1), 0)
            with pytest.raises(NotFound):
                registry.campaigns.delete("w1", FULL.id)

    def test_a_forgotten_campaign_can_come_back_on_another_channel(self, registry_url: str) -> None:
        """What is registered anew has no past."""
        with opened(registry_url, "w1") as registry:
            _put(registry, a_campaign())
            registry.campaigns.delete("w1", "c1")
            _put(registry, a_campaign(channel=Channel.SMS))

            assert registry.campaigns.page("w1", 0, 10)[0][0].channel is Channel.SMS

    def test_nobody_forgets_a_strangers_campaign(self, registry_url: str) -> None:
        """A campaign of another workspace is not there."""
        with opened(registry_url, "w1", "w2") as registry:
            registry.campaigns.put("w2", a_campaign())

            with pytest.raises(NotFound):
                registry.campaigns.delete("w1", "c1")
            assert registry.campaigns.page("w2", 0, 10)[1] == 1


@pytest.mark.parametrize("field", ["name", "created_by", "team", "flow_name"])
def test_a_text_that_a_database_cannot_hold(registry_url: str, field: str) -> None:
    """A text with a NUL is kept, or refused as the caller's mistake; on no database does it look like an outage."""
    changes: dict[str, Any] = {"flow_id": "f1", field: "a\u0000b"}
    with opened(registry_url, "w1") as registry:
        try:
            _put(registry, a_campaign(**changes))
        except InvalidRequest:
            return

        assert getattr(registry.campaigns.get("w1", "c1"), field) == "a\u0000b"


def test_times_are_kept_to_the_microsecond(registry_url: str) -> None:
    """A creation time orders the listing, so none of it is lost."""
    created_at = MOMENT + timedelta(microseconds=1)
    with opened(registry_url, "w1") as registry:
        _put(registry, a_campaign(created_at=created_at))

        assert registry.campaigns.get("w1", "c1").created_at == created_at
