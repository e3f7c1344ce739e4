"""Every rule of the stats request, and the order in which the fields are checked."""

from datetime import date
from typing import Any

import pytest

from aftersend.domain.attribution import AttributionType
from aftersend.domain.formulas import Mode
from aftersend.domain.periods import Days
from aftersend.errors import InvalidRequest
from aftersend.stats.request import StatsRequest, parse_request
from builders import Json, question

ORDER = (
    "request_id",
    "campaign_ids",
    "start_date",
    "end_date",
    "attribution_type",
    "metric_type",
    "offset",
    "limit",
    "unknown",
)
"""The fields in the order in which a request is read; what is not a field comes last."""


def _without(field: str) -> Json:
    body = question()
    del body[field]
    return body


def _refused(body: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(body)
    return caught.value


def test_a_request_with_every_field() -> None:
    """What is asked for is what is read."""
    body = question(
        campaign_ids=["b", "a"], attribution_type="CLICK_CONVERSIONS", metric_type="UNIQUE", offset=7, limit=3
    )

    assert parse_request(body) == StatsRequest(
        request_id="abc",
        campaign_ids=("b", "a"),
        days=Days(date(2026, 1, 1), date(2026, 1, 31)),
        attribution_type=AttributionType.CLICK_CONVERSIONS,
        mode=Mode.UNIQUE,
        offset=7,
        limit=3,
    )


def test_what_may_be_left_out() -> None:
    """Without ids all campaigns are meant; a page is the first ten."""
    request = parse_request(question())

    assert (request.campaign_ids, request.offset, request.limit) == (None, 0, 10)


def test_a_request_is_not_changed_by_reading_it() -> None:
    """The body is the caller's."""
    body = question(campaign_ids=["c1"])

    parse_request(body)

    assert body == question(campaign_ids=["c1"])


def test_an_empty_list_of_ids_means_all() -> None:
    """No ids are as good as none named."""
    assert parse_request(question(campaign_ids=[])).campaign_ids is None


@pytest.mark.parametrize("field", ["request_id", "start_date", "end_date", "attribution_type", "metric_type"])
def test_a_field_that_is_missing(field: str) -> None:
    """A mandatory field that is not there is named, and its value told as None."""
    error = _refused(_without(field))

    assert (error.field, error.value, error.message) == (field, None, "this field is mandatory")


@pytest.mark.parametrize("body", [None, 3, "text", [], [question()], True], ids=repr)
def test_a_body_that_is_no_object(body: object) -> None:
    """A request is an object."""
    assert _refused(body).field == "body"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request_id", ""),
        ("request_id", 7),
        ("request_id", None),
        ("campaign_ids", None),
        ("campaign_ids", "c1"),
        ("campaign_ids", {"c1": 1}),
        ("campaign_ids", [7]),
        ("campaign_ids", ["c1", ""]),
        ("campaign_ids", ["c1", "c2", "c1"]),
        ("campaign_ids", [f"c{number}" for number in range(11)]),
        ("start_date", None),
        ("start_date", 20260101),
        ("start_date", ""),
        ("start_date", "2026-1-1"),
        ("start_date", "20260101"),
        ("start_date", "2026-W01-1"),
        ("start_date", "2026-01-01T00:00:00"),
        ("start_date", " 2026-01-01"),
        ("start_date", "2026-01-01\n"),
        ("start_date", "2026-02-29"),
        ("start_date", "0000-01-01"),
        ("start_date", "２０２６-01-01"),
        ("end_date", "31-01-2026"),
        ("end_date", "2026-01-32"),
        ("end_date", "2025-12-31"),  # before the start
        ("end_date", "2026-02-01"),  # 31 days after the start
        ("attribution_type", "view_through"),
        ("attribution_type", "VIEW"),
        ("attribution_type", ""),
        ("attribution_type", None),
        ("attribution_type", ["VIEW_THROUGH"]),
        ("metric_type", "total"),
        ("metric_type", "AVERAGE"),
        ("metric_type", 1),
        ("offset", -1),
        ("offset", "0"),
        ("offset", 1.0),
        ("offset", True),
        ("offset", None),
        ("limit", 0),
        ("limit", 11),
        ("limit", -1),
        ("limit", "10"),
        ("limit", 10.0),
        ("limit", True),
        ("limit", None),
        ("campaign_id", "c1"),
        ("", 1),
    ],
    ids=repr,
)
def test_a_value_that_cannot_be_used(field: str, value: Any) -> None:
    """A bad value is told with its field, as it was sent."""
    error = _refused(question() | {field: value})

    assert (error.field, error.value) == (field, value)
    assert error.message


@pytest.mark.parametrize("attribution_type", AttributionType)
@pytest.mark.parametrize("mode", Mode)
def test_every_type_in_every_mode(attribution_type: AttributionType, mode: Mode) -> None:
    """All five attribution types go with both counting modes."""
    request = parse_request(question(attribution_type=attribution_type.value, metric_type=mode.value))

    assert (request.attribution_type, request.mode) == (attribution_type, mode)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01", "2026-01-31"),
        ("2024-02-01", "2024-03-02"),
        ("2024-02-29", "2024-02-29"),
        ("0001-01-01", "0001-01-31"),
        ("9999-12-01", "9999-12-31"),
    ],
)
def test_ranges_of_up_to_thirty_one_days(start: str, end: str) -> None:
    """Both ends count, the difference is up to thirty days, and no year is too far away."""
    days = parse_request(question(start_date=start, end_date=end)).days

    assert (days.start.isoformat(), days.end.isoformat()) == (start, end)


def test_ten_campaigns_are_allowed() -> None:
    """The limit itself is allowed, and the order is kept."""
    ids = [f"c{number}" for number in range(9, -1, -1)]

    assert parse_request(question(campaign_ids=ids)).campaign_ids == tuple(ids)


@pytest.mark.parametrize("value", [0, 10**12])
def test_an_offset_has_no_upper_bound(value: int) -> None:
    """A page beyond the last one is asked for in vain, but not wrongly."""
    assert parse_request(question(offset=value)).offset == value


def test_the_first_mistake_in_the_documented_order_is_reported() -> None:
    """Of several mistakes the one is told that comes first in the contract, not in the body."""
    wrong: Json = {field: ["not", ["this"]] for field in reversed(ORDER)}
    right = question(campaign_ids=["c1"], offset=0, limit=10)

    reported = []
    for field in ORDER:
        reported.append(_refused(wrong).field)
        wrong = {name: value for name, value in wrong.items() if name != field}
        wrong |= {field: right[field]} if field in right else {}

    assert tuple(reported) == ORDER


def test_the_range_is_checked_before_what_follows_the_dates() -> None:
    """Two good dates that make a bad range are told before a bad attribution type."""
    error = _refused(question(start_date="2026-01-02", end_date="2026-01-01", attribution_type="nothing"))

    assert (error.field, error.value) == ("end_date", "2026-01-01")
