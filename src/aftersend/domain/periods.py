"""Days: which day of a workspace a moment falls on, and the range of days a question is about.

Days are numbered from 1970-01-01 in the workspace's zone, so that a ledger row carries its day as a small
number and a day of 23 or 25 hours is a day like any other.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
DAY_MILLISECONDS = 86_400_000
FIRST_DAY, LAST_DAY = 0, 65_535
"""The days that the ledger's two-byte date can hold: 1970-01-01 to 2149-06-06."""

EARLIEST_MILLISECONDS = 946_684_800_000
"""2000-01-01 UTC. An earlier time is a unit mistake: seconds where milliseconds are asked for."""
LATEST_MILLISECONDS = 4_102_444_800_000
"""2100-01-01 UTC."""


class DayFinder:
    """Finds the day of a moment in one zone.

    On most UTC days the zone's offset is the same from end to end, and is looked up once. On the days of
    a clock change (which some zones make at a minute past midnight) every moment is looked up by itself.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._steady_offsets: dict[int, int | None] = {}

    def day(self, milliseconds: int) -> int:
        """Return the number of the local day on which the UTC moment falls."""
        offset = self.steady_offset(milliseconds // DAY_MILLISECONDS)
        if offset is None:
            offset = self._offset(milliseconds)
        return (milliseconds + offset) // DAY_MILLISECONDS

    def steady_offset(self, utc_day: int) -> int | None:
        """Return the zone's offset in milliseconds on a UTC day, if it is the same from end to end."""
        try:
            return self._steady_offsets[utc_day]
        except KeyError:
            start = utc_day * DAY_MILLISECONDS
            first, last = self._offset(start), self._offset(start + DAY_MILLISECONDS)
            offset = self._steady_offsets[utc_day] = first if first == last else None
            return offset

    def _offset(self, milliseconds: int) -> int:
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
        return (moment.astimezone(self._zone).utcoffset() or timedelta()) // timedelta(milliseconds=1)


def first_moment(day: int, zone: ZoneInfo) -> int:
    """Return the first moment of a local day, in milliseconds: where its midnight is skipped, the first one after."""
    midnight = datetime.combine(EPOCH + timedelta(days=day), time(), zone)
    return int(midnight.timestamp()) * 1000


NO_DAYS = (FIRST_DAY + 1, FIRST_DAY)
"""A range without a day in it, in numbers that the ledger can hold."""


@dataclass(frozen=True, slots=True)
class Days:
    """A range of local days, both ends included."""

    start: date
    end: date

    @classmethod
    def ever(cls) -> "Days":
        """Return all days that the ledger can hold."""
        return cls(EPOCH + timedelta(days=FIRST_DAY), EPOCH + timedelta(days=LAST_DAY))

    @property
    def numbers(self) -> tuple[int, int]:
        """Return the first and last day as numbers, within what the ledger can hold; no day where all are outside."""
        first = max((self.start - EPOCH).days, FIRST_DAY)
        last = min((self.end - EPOCH).days, LAST_DAY)
        return (first, last) if first <= last else NO_DAYS
