"""The question what a campaign changed, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aftersend.domain.attribution import AttributionType
from aftersend.domain.periods import Days
from aftersend.stats.request import read_choice, read_date, refuse


@dataclass(frozen=True, slots=True)
class UpliftRequest:
    """Which campaign, users assigned on which days (all if None), and of which type the documented uplift is."""

    campaign_id: str
    days: Days | None
    attribution_type: AttributionType


def parse_uplift(campaign_id: str, query: Mapping[str, str]) -> UpliftRequest:
    """Check the words of a query: two dates or none, and an attribution type.

    Raises:
        InvalidRequest: the first that cannot be used.
    """
    fields: dict[str, Any] = {"attribution_type": AttributionType.VIEW_THROUGH.value, **query}
    days = None
    if "start_date" in fields or "end_date" in fields:
        days = Days(read_date(fields, "start_date"), read_date(fields, "end_date"))
        if days.end < days.start:
            refuse("end_date", days.end.isoformat(), "the end is before the start")
    attribution = AttributionType(read_choice(fields, "attribution_type", AttributionType))
    for unknown, value in fields.items():
        refuse(unknown, value, "there is no such parameter")
    return UpliftRequest(campaign_id, days, attribution)
