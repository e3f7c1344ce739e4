"""From credited goal events to the fields of a goal: the denominators of every channel, quotients of money, uplift."""

from dataclasses import dataclass
from decimal import Decimal

from aftersend.domain.attribution import ATTRIBUTION_TYPES, AttributionType
from aftersend.domain.channels import Channel as C
from aftersend.domain.formulas import FirstNonZero, Number, percent, total, unique
from aftersend.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class Conversions:
    """What one node is credited with for one goal: events, distinct users, and the sum of their amounts."""

    events: int = 0
    users: int = 0
    revenue: Decimal = Decimal(0)


NO_CONVERSIONS = Conversions()


@dataclass(frozen=True, slots=True)
class RateBases:
    """One row: what converted users are divided by, where views earn, and where clicks do."""

    by_view: Number
    by_click: Number


_SHOWN, _CLICKED, _SYNCED = total(Kind.IMPRESSION), total(Kind.CLICKED), total(Kind.SYNCED)
_RECEIVED = FirstNonZero(total(Kind.DELIVERED), total(Kind.SENT))


def _same(base: Number) -> RateBases:
    return RateBases(base, base)


RATE_BASES: dict[C, RateBases] = {
    C.PUSH: RateBases(_SHOWN, _CLICKED),
    C.EMAIL: RateBases(unique(Kind.OPENED), unique(Kind.CLICKED)),
    C.SMS: _same(_RECEIVED),
    C.WHATSAPP: _same(_RECEIVED),
    C.RCS: _same(_RECEIVED),
    C.IN_APP: _same(_SHOWN),
    C.ON_SITE: _same(_SHOWN),
    C.CARDS: _same(_CLICKED),
    C.WEB_PERSONALIZATION: _same(_SHOWN),
    C.CONNECTOR: _same(total(Kind.SENT)),
    C.FACEBOOK_AUDIENCE: _same(_SYNCED),
    C.GOOGLE_ADS_AUDIENCE: _same(_SYNCED),
}
"""The denominators of the conversion rate. Source: metric-semantics 9; a control group's is its held-out users."""


def rate_base(channel: C, attribution: AttributionType) -> Number:
    """Return what a campaign's converted users are divided by."""
    bases = RATE_BASES[channel]
    return bases.by_click if ATTRIBUTION_TYPES[attribution].by_click else bases.by_view


@dataclass(frozen=True, slots=True)
class Rate:
    """A conversion rate as its two counts, so that what follows from it is rounded once."""

    converted: int
    base: int

    def percent(self) -> int | float:
        """Return the rate in percent, as it is printed."""
        return percent(self.converted, self.base)


def uplift(target: Rate, control: Rate | None) -> int | float:
    """Return by how many percent the target's rate is above the control's, or 0 where that cannot be said.

    (t/T - c/C) / (c/C) = (t*C - c*T) / (c*T). Source: metric-semantics 4.6.
    """
    if control is None or target.base == 0 or control.base == 0 or control.converted == 0:
        return 0
    return percent(target.converted * control.base - control.converted * target.base, control.converted * target.base)


def quotient(amount: Decimal, number: int) -> Decimal:
    """Return an amount per event or user, rounded half-up to two decimals; 0 without any."""
    if number == 0:
        return Decimal(0)
    # In whole numbers, so that nothing is rounded but the result.
    numerator, denominator = amount.as_integer_ratio()
    sign = -1 if numerator < 0 else 1
    cents = (abs(numerator) * 200 + denominator * number) // (2 * denominator * number)
    return Decimal(sign * cents).scaleb(-2)
