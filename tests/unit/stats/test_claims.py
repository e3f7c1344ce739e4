"""Whose touches of which kinds claim which events, for each attribution type."""

import pytest

from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.filters import GoalFilter
from aftersend.domain.kinds import Kind
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.claims import Surroundings, claim, needs_competitors, needs_receipts
from aftersend.store.conversion_query import Claimant, ConversionQuery, Money
from objects import a_campaign, a_goal, a_request, a_workspace

HOUR = 3_600_000
T = AttributionType


def _claim(
    *asked: Campaign,
    attribution: AttributionType = T.VIEW_THROUGH,
    competitors: tuple[Campaign, ...] = (),
    receipts: frozenset[str] = frozenset(),
) -> ConversionQuery:
    request = a_request(attribution_type=attribution.value)
    surroundings = Surroundings(competitors, with_receipts=receipts)
    return claim(a_workspace(), asked, request, PROFILES[ProfileName.DOCUMENTED], surroundings)


def _claimant(channel: Channel, attribution: AttributionType, receipts: frozenset[str] = frozenset()) -> Claimant:
    campaign = a_campaign(channel=channel, goals=(a_goal(),))
    (found,) = _claim(campaign, attribution=attribution, receipts=receipts).claimants
    return found


@pytest.mark.parametrize(
    ("channel", "attribution", "kinds", "window"),
    [
        (Channel.PUSH, T.VIEW_THROUGH, {Kind.IMPRESSION}, 36 * HOUR),
        (Channel.EMAIL, T.VIEW_THROUGH, {Kind.OPENED}, 36 * HOUR),
        (Channel.EMAIL, T.CLICK_THROUGH, {Kind.CLICKED}, 36 * HOUR),
        (Channel.EMAIL, T.IN_SESSION, {Kind.CLICKED}, HOUR // 2),
        (Channel.IN_APP, T.IN_SESSION, {Kind.IMPRESSION}, HOUR // 2),
        (Channel.CONNECTOR, T.CLICK_THROUGH, set(), 36 * HOUR),
        (Channel.CONNECTOR, T.TOTAL_CONVERSIONS, {Kind.SENT}, 36 * HOUR),
        (Channel.SMS, T.TOTAL_CONVERSIONS, {Kind.CLICKED, Kind.SENT}, 36 * HOUR),
        (Channel.WHATSAPP, T.CLICK_CONVERSIONS, {Kind.CLICKED, Kind.READ, Kind.SENT}, 36 * HOUR),
    ],
)
def test_touches_of_each_type(channel: Channel, attribution: AttributionType, kinds: set[Kind], window: int) -> None:
    """A type takes the channel's touches, for the campaign's window or for a session."""
    found = _claimant(channel, attribution)

    assert (set(found.kinds), found.window) == (kinds, window)
    assert found.held_out_window == 36 * HOUR


def test_receipts_decide_what_a_view_is() -> None:
    """A text message is seen when it is delivered, or when it is sent where no receipt has ever come."""
    with_receipts = _claimant(Channel.SMS, T.VIEW_THROUGH, frozenset({"c1"}))

    assert with_receipts.kinds == (Kind.DELIVERED,)
    assert _claimant(Channel.SMS, T.VIEW_THROUGH).kinds == (Kind.SENT,)


def test_receipts_are_asked_for_where_they_matter() -> None:
    """Only view-through of text channels depends on receipts, and only where there is a goal."""
    goals = (a_goal(),)

    assert needs_receipts(a_campaign(channel=Channel.RCS, goals=goals), T.VIEW_THROUGH)
    assert not needs_receipts(a_campaign(channel=Channel.RCS), T.VIEW_THROUGH)
    assert not needs_receipts(a_campaign(channel=Channel.RCS, goals=goals), T.CLICK_THROUGH)
    assert not needs_receipts(a_campaign(channel=Channel.EMAIL, goals=goals), T.VIEW_THROUGH)


def test_competitors_claim_but_are_not_asked() -> None:
    """Others with such goals compete, campaigns without goals do not, and only those asked are answered for."""
    query = _claim(
        a_campaign("asked", goals=(a_goal(),)),
        a_campaign("plain"),
        attribution=T.CLICK_CONVERSIONS,
        competitors=(a_campaign("asked", goals=(a_goal(),)), a_campaign("other", goals=(a_goal(),))),
    )

    assert {claimant.campaign_id for claimant in query.claimants} == {"asked", "other"}
    assert query.asked == {"asked", "plain"}
    assert (query.one_winner, query.clicks_only) == (True, True)


def test_competitors_bring_only_what_competes() -> None:
    """A competitor's goals on events that nobody asked about are left out, and so are their events."""
    other = a_campaign("other", goals=(a_goal("Seen", event="page_viewed"), a_goal("Bought")))

    query = _claim(a_campaign("asked", goals=(a_goal(),)), attribution=T.TOTAL_CONVERSIONS, competitors=(other,))

    events = {claimant.campaign_id: [goal.definition.event for goal in claimant.goals] for claimant in query.claimants}
    assert events == {"asked": ["purchase"], "other": ["purchase"]}


def test_types_with_one_winner_need_competitors() -> None:
    """Two types credit one campaign for each event."""
    assert {one for one in AttributionType if needs_competitors(one)} == {T.TOTAL_CONVERSIONS, T.CLICK_CONVERSIONS}


def test_goals_become_definitions_and_money() -> None:
    """A goal is the events of its name that meet its filters, and where their amount is."""
    condition = GoalFilter("size", "is", "STRING", "XL")
    goals = (a_goal("A", filters=(condition,), revenue_attribute="amount", currency="EUR"), a_goal("B"))
    (found,) = _claim(a_campaign(goals=goals)).claimants
    first, second = found.goals

    assert (first.definition.event, [one.name for one in first.definition.conditions]) == ("purchase", ["size"])
    assert (first.money, second.money) == (Money("amount", "EUR"), None)
    assert second.definition.conditions == ()
