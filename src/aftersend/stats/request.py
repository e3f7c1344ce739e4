"""The stats request: every field checked in the documented order, the first failure reported."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from aftersend.domain.attribution import AttributionType
from aftersend.domain.formulas import Mode
from aftersend.domain.periods import Days
from aftersend.errors import InvalidRequest

MOST_CAMPAIGNS = 10
LONGEST_RANGE_DAYS = 30
"""The greatest difference between the two dates, so at most 31 calendar days."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class StatsRequest:
    """A checked request. `campaign_ids` is None when it means all campaigns of the workspace."""

    request_id: str
    campaign_ids: tuple[str, ...] | None
    days: Days
    attribution_type: AttributionType
    mode: Mode
    offset: int
    limit: int


def parse_request(body: object) -> StatsRequest:
    """Check the decoded body of a request.

    Raises:
        InvalidRequest: the first field, in the order of the contract, that cannot be used.
    """
    if not isinstance(body, dict):
        refuse("body", body, "send a JSON object")
    fields: dict[str, Any] = dict(body)
    request_id = _text(fields, "request_id")
    campaign_ids = _campaign_ids(fields)
    start = read_date(fields, "start_date")
    end = read_date(fields, "end_date")
    _check_range(start, end)
    request = StatsRequest(
        request_id=request_id,
        campaign_ids=campaign_ids,
        days=Days(start, end),
        attribution_type=AttributionType(read_choice(fields, "attribution_type", AttributionType)),
        mode=Mode(read_choice(fields, "metric_type", Mode)),
        offset=_integer(fields, "offset", 0, 0, None),
        limit=_integer(fields, "limit", MOST_CAMPAIGNS, 1, MOST_CAMPAIGNS),
    )
    for unknown, value in fields.items():
        refuse(unknown, value, "the request has no such field")
    return request


def refuse(field: str, value: object, message: str) -> NoReturn:
    """Say which field cannot be used, and what to do."""
    raise InvalidRequest(message, field, value)


def _take(fields: dict[str, Any], field: str) -> object:
    value = fields.pop(field, _ABSENT)
    if value is _ABSENT:
        refuse(field, None, "this field is mandatory")
    return value


def _text(fields: dict[str, Any], field: str) -> str:
    value = _take(fields, field)
    if not isinstance(value, str) or not value:
        refuse(field, value, "use a text that is not empty")
    return value


def _campaign_ids(fields: dict[str, Any]) -> tuple[str, ...] | None:
    field = "campaign_ids"
    if field not in fields:
        return None
    value = fields.pop(field)
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        refuse(field, value, "use an array of campaign ids")
    if len(value) > MOST_CAMPAIGNS:
        refuse(field, value, f"one call answers for up to {MOST_CAMPAIGNS} campaigns")
    if len(set(value)) != len(value):
        refuse(field, value, "name each campaign once")
    return tuple(value) or None


def read_date(fields: dict[str, Any], field: str) -> date:
    """Take a date out of the fields."""
    value = _take(fields, field)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    refuse(field, value, "use a date as YYYY-MM-DD")


def _check_range(start: date, end: date) -> None:
    if end < start:
        refuse("end_date", end.isoformat(), "the end is before the start")
    if (end - start).days > LONGEST_RANGE_DAYS:
        refuse("end_date", end.isoformat(), f"at most {LONGEST_RANGE_DAYS} days after start_date")


def read_choice(fields: dict[str, Any], field: str, choices: type[AttributionType] | type[Mode]) -> str:
    """Take one of a closed list of words out of the fields."""
    value = _take(fields, field)
    if not isinstance(value, str) or value not in set(choices):
        refuse(field, value, f"use one of {', '.join(choices)}")
    return value


def _integer(fields: dict[str, Any], field: str, default: int, least: int, most: int | None) -> int:
    value = fields.pop(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        refuse(field, value, f"use a whole number from {least}" + (f" to {most}" if most is not None else ""))
    return value
