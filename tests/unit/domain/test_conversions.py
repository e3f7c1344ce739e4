"""Quotients of money, conversion rates and uplift, rounded once and never from rounded numbers."""

from decimal import Decimal

import pytest

from aftersend.domain.attribution import AttributionType
from aftersend.domain.channels import Channel
from aftersend.domain.conversions import RATE_BASES, Rate, quotient, rate_base, uplift
from aftersend.domain.formulas import text


@pytest.mark.parametrize(
    ("amount", "number", "expected"),
    [
        ("0", 0, "0"),
        ("49.90", 0, "0"),
        ("100", 3, "33.33"),
        ("200", 3, "66.67"),
        ("0.005", 1, "0.01"),
        ("0.015", 3, "0.01"),
        ("-0.005", 1, "-0.01"),
        ("12345678901234567890.129999999", 1, "12345678901234567890.13"),
        ("0.004999999", 1, "0.00"),
    ],
)
def test_money_is_divided_exactly_and_rounded_half_up(amount: str, number: int, expected: str) -> None:
    """An average is rounded once, half up, to two decimals; without a divisor it is 0."""
    assert quotient(Decimal(amount), number) == Decimal(expected)


@pytest.mark.parametrize(
    ("target", "control", "expected"),
    [
        (Rate(1, 10), None, 0),
        (Rate(1, 0), Rate(1, 10), 0),
        (Rate(1, 10), Rate(0, 10), 0),
        (Rate(1, 10), Rate(1, 0), 0),
        (Rate(0, 10), Rate(1, 10), -100),
        (Rate(1, 10), Rate(1, 10), 0),
        (Rate(2, 10), Rate(1, 10), 100),
        (Rate(1, 3), Rate(1, 7), 133.33),
        (Rate(1, 7), Rate(1, 3), -57.14),
    ],
)
def test_uplift_is_the_relative_lift(target: Rate, control: Rate | None, expected: float) -> None:
    """Uplift is (target - control) / control in percent, and 0 where it cannot be computed."""
    assert uplift(target, control) == expected


@pytest.mark.parametrize(
    ("channel", "attribution", "expected"),
    [
        (Channel.PUSH, AttributionType.VIEW_THROUGH, "total impression"),
        (Channel.PUSH, AttributionType.CLICK_CONVERSIONS, "total clicked"),
        (Channel.EMAIL, AttributionType.TOTAL_CONVERSIONS, "unique opened"),
        (Channel.EMAIL, AttributionType.IN_SESSION, "unique clicked"),
        (Channel.SMS, AttributionType.CLICK_THROUGH, "(total delivered, or total sent where there is none)"),
        (Channel.CARDS, AttributionType.VIEW_THROUGH, "total clicked"),
        (Channel.CONNECTOR, AttributionType.VIEW_THROUGH, "total sent"),
    ],
)
def test_denominators(channel: Channel, attribution: AttributionType, expected: str) -> None:
    """What converted users are divided by depends on the channel, and on what earns."""
    assert text(rate_base(channel, attribution)) == expected
    assert set(RATE_BASES) == set(Channel)
