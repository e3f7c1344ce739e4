"""Attribution: which touches earn a conversion, for how long, by which rule. Rows, not code paths.

Sources: metric-semantics 4.1 to 4.4 for types, touches and crediting, 4.3 for windows. What they leave open is decided
in docs/conversions.md.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from aftersend.domain.channels import Channel as C
from aftersend.domain.kinds import Kind


class AttributionType(StrEnum):
    """Which conversions a campaign is credited with, spelled as in `attribution_type`."""

    VIEW_THROUGH = "VIEW_THROUGH"
    CLICK_THROUGH = "CLICK_THROUGH"
    IN_SESSION = "IN_SESSION"
    TOTAL_CONVERSIONS = "TOTAL_CONVERSIONS"
    CLICK_CONVERSIONS = "CLICK_CONVERSIONS"


class AttributionModel(StrEnum):
    """Who is credited where several campaigns reached the same user."""

    ALL_INTERACTIONS = "all_interactions"  # every campaign whose window is open, in full
    LAST_INTERACTION = "last_interaction"  # one winner: the deepest touch, then the latest


class Depth(IntEnum):
    """How deep a touch is; the deeper one wins."""

    NONE = 0
    SEND = 1
    VIEW = 2
    CLICK = 3


@dataclass(frozen=True, slots=True)
class AttributionFacts:
    """One row: the type, its model and what it counts. `by_click` is set where only clicks earn."""

    type: AttributionType
    model: AttributionModel
    by_click: bool
    meaning: str


ATTRIBUTION_TYPES: dict[AttributionType, AttributionFacts] = {
    row.type: row
    for row in (
        AttributionFacts(
            AttributionType.VIEW_THROUGH,
            AttributionModel.ALL_INTERACTIONS,
            False,
            "goal events within the window after the user received or saw the message",
        ),
        AttributionFacts(
            AttributionType.CLICK_THROUGH,
            AttributionModel.ALL_INTERACTIONS,
            True,
            "goal events within the window after the click",
        ),
        AttributionFacts(
            AttributionType.IN_SESSION,
            AttributionModel.ALL_INTERACTIONS,
            True,
            "goal events within 30 minutes after the click (in-app and on-site: after the view)",
        ),
        AttributionFacts(
            AttributionType.TOTAL_CONVERSIONS,
            AttributionModel.LAST_INTERACTION,
            False,
            "goal events whose winning touch belongs to this campaign",
        ),
        AttributionFacts(
            AttributionType.CLICK_CONVERSIONS,
            AttributionModel.LAST_INTERACTION,
            True,
            "goal events whose winning touch is a click on this campaign",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class TouchFacts:
    """One row: what counts as a touch on a channel; None where the channel has no such touch.

    `view`, `click` and `session` are those of the all-interactions types. `view_without_receipts` takes the place of
    `view` in a campaign for which no receipt has ever come. `last` are the touches that compete for the last
    interaction, each with its depth.
    """

    channel: C
    view: Kind
    click: Kind | None
    session: Kind | None
    last: dict[Kind, Depth]
    view_without_receipts: Kind | None = None


_CLICK, _SEND = {Kind.CLICKED: Depth.CLICK}, {Kind.SENT: Depth.SEND}


def _row(channel: C, view: Kind, last_view: Kind | None, *, send: bool, without: Kind | None = None) -> TouchFacts:
    seen = {last_view: Depth.VIEW} if last_view else {}
    last = _CLICK | seen | (_SEND if send else {})
    session = view if channel in (C.IN_APP, C.ON_SITE) else Kind.CLICKED
    return TouchFacts(channel, view, Kind.CLICKED, session, last, without)


TOUCHES: dict[C, TouchFacts] = {
    row.channel: row
    for row in (
        _row(C.PUSH, Kind.IMPRESSION, Kind.IMPRESSION, send=True),
        _row(C.EMAIL, Kind.OPENED, Kind.OPENED, send=True),
        _row(C.SMS, Kind.DELIVERED, None, send=True, without=Kind.SENT),
        _row(C.WHATSAPP, Kind.DELIVERED, Kind.READ, send=True, without=Kind.SENT),
        _row(C.RCS, Kind.DELIVERED, Kind.READ, send=True, without=Kind.SENT),
        _row(C.IN_APP, Kind.IMPRESSION, Kind.IMPRESSION, send=False),
        _row(C.ON_SITE, Kind.IMPRESSION, Kind.IMPRESSION, send=False),
        _row(C.CARDS, Kind.IMPRESSION, Kind.IMPRESSION, send=True),
        _row(C.WEB_PERSONALIZATION, Kind.IMPRESSION, Kind.IMPRESSION, send=False),
        TouchFacts(C.CONNECTOR, Kind.SENT, None, None, _SEND),
        TouchFacts(C.FACEBOOK_AUDIENCE, Kind.SYNCED, None, None, {}),
        TouchFacts(C.GOOGLE_ADS_AUDIENCE, Kind.SYNCED, None, None, {}),
    )
}

DEPTHS: dict[Kind, Depth] = {kind: depth for row in TOUCHES.values() for kind, depth in row.last.items()}
"""The depth of each kind of touch; it is the same on every channel."""

SESSION_MINUTES = 30


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """One row: the bounds of a channel's attribution window, and what it is when a campaign names none, in hours."""

    minimum: int
    maximum: int
    default: int


_SHORT, _LONG = WindowFacts(1, 36, 36), WindowFacts(1, 240, 36)
_LONG_CHANNELS = frozenset({C.EMAIL, C.SMS, C.WHATSAPP, C.RCS, C.FACEBOOK_AUDIENCE, C.GOOGLE_ADS_AUDIENCE})

WINDOWS: dict[C, WindowFacts] = {channel: _LONG if channel in _LONG_CHANNELS else _SHORT for channel in C}
FLOW_WINDOW = _LONG
"""The bounds of a flow's node, whatever its channel."""

MINIMUM_WINDOW_HOURS = min(row.minimum for row in WINDOWS.values())
MAXIMUM_WINDOW_HOURS = max(row.maximum for row in WINDOWS.values())


def window_of(channel: C, *, in_flow: bool) -> WindowFacts:
    """Return the bounds that hold for a campaign of the channel."""
    return FLOW_WINDOW if in_flow else WINDOWS[channel]
