"""The attribution types a request can name, and the bounds of an attribution window."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class AttributionFacts:
    """One row: the type, its model and what it counts."""

    type: AttributionType
    model: AttributionModel
    meaning: str


ATTRIBUTION_TYPES: dict[AttributionType, AttributionFacts] = {
    row.type: row
    for row in (
        AttributionFacts(
            AttributionType.VIEW_THROUGH,
            AttributionModel.ALL_INTERACTIONS,
            "goal events within the window after the user received or saw the message",
        ),
        AttributionFacts(
            AttributionType.CLICK_THROUGH,
            AttributionModel.ALL_INTERACTIONS,
            "goal events within the window after the click",
        ),
        AttributionFacts(
            AttributionType.IN_SESSION,
            AttributionModel.ALL_INTERACTIONS,
            "goal events within 30 minutes after the click (in-app and on-site: after the view)",
        ),
        AttributionFacts(
            AttributionType.TOTAL_CONVERSIONS,
            AttributionModel.LAST_INTERACTION,
            "goal events whose winning touch belongs to this campaign",
        ),
        AttributionFacts(
            AttributionType.CLICK_CONVERSIONS,
            AttributionModel.LAST_INTERACTION,
            "goal events whose winning touch is a click on this campaign",
        ),
    )
}

MINIMUM_WINDOW_HOURS = 1
MAXIMUM_WINDOW_HOURS = 240
DEFAULT_WINDOW_HOURS = 36
