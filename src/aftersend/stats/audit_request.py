"""The question whether the numbers add up, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aftersend.domain.periods import Days
from aftersend.stats.request import read_date, refuse

DEFAULT_VIOLATIONS, MOST_VIOLATIONS = 100, 1000


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """Which days (all if None), which campaigns (all if None), and how many violations to show."""

    days: Days | None
    campaign_ids: tuple[str, ...] | None
    limit: int


def parse_audit(query: Mapping[str, str]) -> AuditRequest:
    """Check the words of a query: two dates or none, ids with commas between them, and a limit.

    Raises:
        InvalidRequest: the first that cannot be used.
    """
    fields: dict[str, Any] = dict(query)
    days = None
    if "start_date" in fields or "end_date" in fields:
        days = Days(read_date(fields, "start_date"), read_date(fields, "end_date"))
        if days.end < days.start:
            refuse("end_date", days.end.isoformat(), "the end is before the start")
    campaign_ids = _campaign_ids(fields)
    limit = _limit(fields)
    for unknown, value in fields.items():
        refuse(unknown, value, "there is no such parameter")
    return AuditRequest(days, campaign_ids, limit)


def _campaign_ids(fields: dict[str, Any]) -> tuple[str, ...] | None:
    if "campaign_ids" not in fields:
        return None
    given = fields.pop("campaign_ids")
    ids = tuple(dict.fromkeys(given.split(",")))
    if "" in ids:
        refuse("campaign_ids", given, "name campaigns with a comma between them, or leave it out for all")
    return ids


def _limit(fields: dict[str, Any]) -> int:
    given = fields.pop("limit", str(DEFAULT_VIOLATIONS))
    if not (given.isascii() and given.isdecimal() and len(given) < 6 and 1 <= int(given) <= MOST_VIOLATIONS):
        refuse("limit", given, f"use a whole number from 1 to {MOST_VIOLATIONS}")
    return int(given)
