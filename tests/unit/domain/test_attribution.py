"""The tables of touches and windows contradict neither themselves nor the kinds of event."""

import pytest

from aftersend.domain.attribution import (
    ATTRIBUTION_TYPES,
    DEPTHS,
    FLOW_WINDOW,
    TOUCHES,
    WINDOWS,
    AttributionType,
    Depth,
    window_of,
)
from aftersend.domain.channels import Channel
from aftersend.domain.kinds import KINDS, Kind


@pytest.mark.parametrize("channel", Channel)
def test_touches_can_happen_on_their_channel(channel: Channel) -> None:
    """Whatever counts as a touch is a kind that the channel has."""
    row = TOUCHES[channel]
    kinds = {row.view, row.click, row.session, row.view_without_receipts, *row.last} - {None}

    assert row.channel is channel
    assert all(channel in KINDS[kind].channels for kind in kinds if kind)


def test_a_kind_is_as_deep_on_every_channel() -> None:
    """The depth of a kind does not depend on the channel, so that channels can compete."""
    assert all(DEPTHS[kind] is depth for row in TOUCHES.values() for kind, depth in row.last.items())
    assert DEPTHS == {
        Kind.CLICKED: Depth.CLICK,
        Kind.IMPRESSION: Depth.VIEW,
        Kind.OPENED: Depth.VIEW,
        Kind.READ: Depth.VIEW,
        Kind.SENT: Depth.SEND,
    }


def test_windows_have_room_for_their_default() -> None:
    """Every channel has bounds, a default within them, and a flow's node has the longest."""
    assert set(WINDOWS) == set(Channel)
    assert all(row.minimum <= row.default <= row.maximum <= FLOW_WINDOW.maximum for row in WINDOWS.values())
    assert window_of(Channel.PUSH, in_flow=True) is FLOW_WINDOW


def test_types_that_clicks_earn() -> None:
    """Three of the five types divide by clicks where a channel has both denominators."""
    assert {row.type for row in ATTRIBUTION_TYPES.values() if row.by_click} == {
        AttributionType.CLICK_THROUGH,
        AttributionType.IN_SESSION,
        AttributionType.CLICK_CONVERSIONS,
    }
