"""The days that the demo's month covers, as moments in epoch milliseconds."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from aftersend.domain.periods import DAY_MILLISECONDS

MINUTE = 60_000
DAY = DAY_MILLISECONDS
HOUR = 60 * MINUTE
DAYS = 31
SETTLING = 30 * MINUTE
"""No send starts this close to the end, so that every send of the month is whole."""


def moment(day: date, hour: int = 0, minute: int = 0) -> int:
    """Return the time of day in UTC as epoch milliseconds."""
    return round(datetime.combine(day, time(hour, minute), UTC).timestamp()) * 1000


def timestamp(milliseconds: int) -> str:
    """Spell a moment as campaigns do: RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Span:
    """A month of 31 days in UTC, numbered from 0."""

    last_day: date

    @property
    def first_day(self) -> date:
        """Return the day that is number 0."""
        return self.day(0)

    @cached_property
    def opens(self) -> int:
        """Return the first moment of the month."""
        return moment(self.first_day)

    @cached_property
    def closes(self) -> int:
        """Return the last moment at which anything happens."""
        return moment(self.last_day, 23, 59)

    def day(self, number: int) -> date:
        """Return the date of a day of the month; numbers outside 0 to 30 lie before and after it."""
        return self.last_day - timedelta(days=DAYS - 1 - number)

    def at(self, number: int, hour: int) -> int:
        """Return the moment at which a day of the month reaches the hour in UTC."""
        return moment(self.day(number), hour)
