"""Days of a workspace: agreed with the tz database in every zone, and numbered within what the ledger holds."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aftersend.domain.periods import (
    DAY_MILLISECONDS,
    EARLIEST_MILLISECONDS,
    EPOCH,
    FIRST_DAY,
    LAST_DAY,
    LATEST_MILLISECONDS,
    DayFinder,
    Days,
)

HOUR = 3_600_000
MINUTE = 60_000


def _expected(zone: ZoneInfo, milliseconds: int) -> int:
    """The day that the tz database gives, moment by moment."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).astimezone(zone)
    return (local.date() - EPOCH).days


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[int]:
    """The moments, in milliseconds, at which the zone's clocks changed in the years."""
    step = 6 * HOUR
    start = _milliseconds(datetime(first, 1, 1, tzinfo=UTC))
    for before in range(start, _milliseconds(datetime(last, 1, 1, tzinfo=UTC)), step):
        low, high = before, before + step
        if _offset(zone, low) == _offset(zone, high):
            continue
        while high - low > 1000:
            middle = (low + high) // 2 // 1000 * 1000
            low, high = (middle, high) if _offset(zone, middle) == _offset(zone, before) else (low, middle)
        yield high


def _offset(zone: ZoneInfo, milliseconds: int) -> timedelta | None:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(zone).utcoffset()


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(sorted(available_timezones())),
    st.lists(st.integers(EARLIEST_MILLISECONDS, LATEST_MILLISECONDS - 1), min_size=1, max_size=20),
)
@example("America/St_Johns", [_milliseconds(datetime(2007, 3, 11, 3, 30, 59, tzinfo=UTC)) + 999])
@example("Asia/Gaza", [_milliseconds(datetime(2011, 4, 1, 21, 59, 30, tzinfo=UTC))])
@example("Pacific/Apia", [_milliseconds(datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC))])
def test_the_day_is_that_of_the_tz_database(zone_name: str, moments: list[int]) -> None:
    """In every zone and at every moment of the century, the day is the one that the zone's clocks show."""
    zone = ZoneInfo(zone_name)
    finder = DayFinder(zone)

    assert [finder.day(moment) for moment in moments] == [_expected(zone, moment) for moment in moments]


@pytest.mark.parametrize(
    ("zone_name", "first", "last"),
    [
        ("America/St_Johns", 2005, 2013),  # changed at a minute past midnight until 2011
        ("Asia/Gaza", 2008, 2016),  # changed at a minute past midnight, and at a minute before it
        ("Europe/Berlin", 2024, 2028),
        ("Australia/Lord_Howe", 2024, 2027),  # changes by half an hour
        ("Africa/Casablanca", 2024, 2027),  # changes around Ramadan
        ("America/Sao_Paulo", 2015, 2019),  # changed at midnight, so that a day began at one o'clock
        ("Asia/Pyongyang", 2014, 2019),  # changed its standard time
        ("Pacific/Apia", 2010, 2013),  # left a day out
    ],
)
def test_days_around_every_change_of_the_clocks(zone_name: str, first: int, last: int) -> None:
    """Around each change, and around the midnights beside it, every moment falls on the right day."""
    zone = ZoneInfo(zone_name)
    finder = DayFinder(zone)
    changes = list(_changes(zone, first, last))

    assert changes
    for change in changes:
        for hours in range(-26, 27):
            for offset in (-MINUTE, -1, 0, 1, MINUTE):
                moment = change + hours * HOUR + offset
                assert finder.day(moment) == _expected(zone, moment), moment


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24), (date(2026, 1, 1), 24)],
)
def test_days_of_23_and_25_hours(day: date, hours: int) -> None:
    """A day on which the clocks change is one day, an hour shorter or longer than others."""
    finder = DayFinder(ZoneInfo("Europe/Berlin"))
    start = _milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC)) - 12 * HOUR

    days = Counter(finder.day(start + hour * HOUR) for hour in range(48))

    assert days[(day - EPOCH).days] == hours


def test_a_zone_that_leaves_a_day_out() -> None:
    """Where a day was skipped, no moment falls on it."""
    finder = DayFinder(ZoneInfo("Pacific/Apia"))
    start = _milliseconds(datetime(2011, 12, 29, tzinfo=UTC))

    days = {EPOCH + timedelta(finder.day(start + hour * HOUR)) for hour in range(72)}

    assert date(2011, 12, 30) not in days
    assert {date(2011, 12, 29), date(2011, 12, 31)} <= days


def test_an_instant_decides_between_two_days() -> None:
    """The last millisecond of a day is on it, the next one is not."""
    finder = DayFinder(ZoneInfo("Asia/Kathmandu"))
    midnight = _milliseconds(datetime(2026, 1, 15, 18, 15, tzinfo=UTC))  # 5:45 ahead of UTC

    assert [finder.day(midnight - 1), finder.day(midnight)] == [
        (date(2026, 1, 15) - EPOCH).days,
        (date(2026, 1, 16) - EPOCH).days,
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(1970, 1, 1), date(1970, 1, 1), (0, 0)),
        (date(2026, 1, 1), date(2026, 1, 31), (20_454, 20_484)),
        (date(1, 1, 1), date(1970, 1, 2), (FIRST_DAY, 1)),
        (date(2149, 6, 6), date(9999, 12, 31), (LAST_DAY, LAST_DAY)),
        (date(1900, 1, 1), date(1900, 1, 2), (FIRST_DAY + 1, FIRST_DAY)),
        (date(2200, 1, 1), date(2200, 1, 2), (FIRST_DAY + 1, FIRST_DAY)),
    ],
)
def test_the_numbers_of_a_range(start: date, end: date, expected: tuple[int, int]) -> None:
    """A range is cut to the days that the ledger can hold; one that lies outside is empty: it ends before it starts."""
    assert Days(start, end).numbers == expected


def test_every_time_that_is_accepted_has_a_day_that_the_ledger_can_hold() -> None:
    """The bounds of times lie well within the bounds of days."""
    assert FIRST_DAY + 1 < EARLIEST_MILLISECONDS // DAY_MILLISECONDS
    assert LATEST_MILLISECONDS // DAY_MILLISECONDS < LAST_DAY - 1
    assert EPOCH + timedelta(LAST_DAY) == date(2149, 6, 6)
