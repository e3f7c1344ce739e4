"""Times and numbers as the oracles read them, and as an answer prints them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, trunc
from zoneinfo import ZoneInfo

Number = int | float

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
"""A number as JSON writes it."""

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{3})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
"""The accepted forms of a date, or of a date and time, in an attribute or a filter."""

AFTER_2199 = 7_258_118_400_000
"""The first millisecond of 2200: the years of moments in attributes are 1970 to 2199."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(time: int | str) -> int:
    """Return the moment of an event since 1970: it is epoch milliseconds, or RFC 3339 with an offset."""
    if isinstance(time, int):
        return time
    return (datetime.fromisoformat(time.upper()) - _EPOCH) // timedelta(milliseconds=1)


def local_day(time: int | str, timezone: str) -> date:
    """Return the calendar day of a moment in a time zone."""
    # Adding whole milliseconds stays exact; dividing to get seconds would pass through a float.
    moment = _EPOCH + timedelta(milliseconds=milliseconds(time))
    return moment.astimezone(ZoneInfo(timezone)).date()


def moment_of(value: object, timezone: str) -> int | None:
    """Read an attribute or the value of a filter as a moment in milliseconds, or tell that it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < AFTER_2199 else None
    if not isinstance(value, str) or not MOMENT.fullmatch(value) or not 1970 <= int(value[:4]) <= 2199:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        # A midnight that the clock skips is read with the offset before the change, which is the first moment after it.
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def number_of(value: object) -> Fraction | None:
    """Read a JSON number, or a string that is written as one, with nine places; tell that it is none, or too large."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = value if isinstance(value, str) else repr(value)
    if not NUMBER.fullmatch(written):
        return None
    decimal = Decimal(written)
    if decimal != 0 and decimal.adjusted() >= 15:
        return None
    if decimal.adjusted() < -9:
        return Fraction(0)
    return Fraction(trunc(Fraction(decimal) * 10**9), 10**9)


def rounded(value: Fraction) -> Number:
    """Return a number with two decimals, rounded half away from zero; an integer when it is whole."""
    hundredths = _hundredths(value)
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def cents(value: Fraction) -> int | Decimal:
    """Return an amount with two decimals, rounded half away from zero: money is never a floating-point number."""
    return exact(Fraction(_hundredths(value), 100))


def _hundredths(value: Fraction) -> int:
    rounded_up = floor(abs(value) * 100 + Fraction(1, 2))
    return -rounded_up if value < 0 else rounded_up


def percent(part: int, whole: int) -> Number:
    """Return a rate in percent, rounded half away from zero to two decimals; 0 when there is no whole."""
    return rounded(Fraction(part * 100, whole)) if whole else 0


def exact(value: Fraction) -> int | Decimal:
    """Return a sum of money with all its nine places; an integer when it is whole."""
    if value.denominator == 1:
        return value.numerator
    return Decimal(f"{int(value * 10**9)}e-9")
