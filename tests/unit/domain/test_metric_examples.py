"""Every metric on every channel, with numbers that were worked out by hand."""

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, value
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import metrics_of
from fakes import FakeCell, of

Example = tuple[FakeCell, dict[str, tuple[float, float]]]
"""A node, and what each metric is worth in it: TOTAL first, UNIQUE second."""

EMAIL: Example = (
    FakeCell(
        {
            of(Kind.ATTEMPTED): (10, 9),
            of(Kind.SENT): (8, 7),
            of(Kind.FAILED): (2, 2),
            of(Kind.BOUNCED): (3, 2),
            of(Kind.BOUNCED, details=frozenset({"hard"})): (1, 1),
            of(Kind.BOUNCED, details=frozenset({"soft"})): (2, 1),
            of(Kind.OPENED): (9, 4),
            of(Kind.OPENED, human=True): (7, 3),
            of(Kind.DELIVERED): (6, 5),
            of(Kind.CLICKED): (3, 2),
            of(Kind.UNSUBSCRIBED): (2, 1),
            of(Kind.COMPLAINED): (1, 1),
        }
    ),
    {
        "attempted": (10, 9),
        "sent": (8, 7),
        "failed": (2, 2),
        "bounced": (3, 2),
        "click": (3, 2),
        "opened": (9, 4),
        "adjusted_open": (7, 3),
        "delivered": (6, 5),
        "unsubscribe": (2, 1),
        "complaint": (1, 1),
        "hard_bounce": (1, 1),
        "soft_bounce": (2, 1),
        "ctr": (50, 50),  # 3 clicks on 6 delivered, whatever is asked for
        "delivery_rate": (75, 71.43),  # 6 of 8, 5 of 7
        "sent_rate": (80, 77.78),  # 8 of 10, 7 of 9
        "failure_rate": (20, 22.22),  # 2 of 10, 2 of 9
        "open_rate": (66.67, 66.67),  # 4 openers for 6 delivered
        "ctor": (50, 50),  # 2 clickers of 4 openers
        "adjusted_ctor": (66.67, 66.67),  # of 3 who opened themselves
        "unsub_rate": (33.33, 20),  # 2 of 6, 1 of 5
        "bounce_rate": (37.5, 28.57),  # 3 of 8, 2 of 7
        "complaints_rate": (16.67, 20),  # 1 of 6, 1 of 5
    },
)

PUSH: Example = (
    FakeCell(
        {
            of(Kind.ATTEMPTED): (8, 5),
            of(Kind.SENT): (6, 4),
            of(Kind.FAILED): (2, 1),
            of(Kind.IMPRESSION): (5, 3),
            of(Kind.CLICKED): (7, 2),
            of(Kind.DEVICE_STARTED): (3, 2),
        }
    ),
    {
        "attempted": (8, 5),
        "sent": (6, 4),
        "failed": (2, 1),
        "impression": (5, 3),
        "click": (7, 2),
        "device_start": (3, 2),
        "ctr": (140, 140),  # 7 clicks on 5 impressions
        "delivery_rate": (83.33, 75),  # 5 of 6, 3 of 4
        "sent_rate": (75, 80),  # 6 of 8, 4 of 5
        "failure_rate": (25, 20),  # 2 of 8, 1 of 5
    },
)

_TEXT = {
    of(Kind.ATTEMPTED): (5, 4),
    of(Kind.SENT): (4, 3),
    of(Kind.FAILED): (1, 1),
    of(Kind.DELIVERED): (3, 2),
    of(Kind.CLICKED): (2, 1),
}

_TEXT_NUMBERS: dict[str, tuple[float, float]] = {
    "attempted": (5, 4),
    "sent": (4, 3),
    "failed": (1, 1),
    "click": (2, 1),
    "delivered": (3, 2),
    "ctr": (66.67, 66.67),  # 2 clicks on 3 delivered
    "delivery_rate": (75, 66.67),  # 3 of 4, 2 of 3
    "sent_rate": (80, 75),  # 4 of 5, 3 of 4
    "failure_rate": (20, 25),  # 1 of 5, 1 of 4
}

SMS: Example = (FakeCell(_TEXT), _TEXT_NUMBERS)

RCS: Example = (
    FakeCell(_TEXT | {of(Kind.READ): (2, 1)}),
    _TEXT_NUMBERS | {"read": (2, 1), "read_rate": (50, 50)},  # 1 reader of 2 receivers
)

WHATSAPP: Example = (
    FakeCell(
        {of(Kind.SENT): (10, 8), of(Kind.DELIVERED): (8, 5), of(Kind.READ): (6, 4), of(Kind.CLICKED): (4, 3)},
    ),
    {
        "sent": (10, 8),
        "click": (4, 3),
        "delivered": (8, 5),
        "read": (6, 4),
        "ctr": (37.5, 37.5),  # 3 clickers for 8 delivered
        "delivery_rate": (80, 62.5),  # 8 of 10, 5 of 8
        "read_rate": (80, 80),  # 4 readers of 5 receivers
    },
)

CONNECTOR: Example = (
    FakeCell(
        {of(Kind.ATTEMPTED): (4, 2), of(Kind.SENT): (3, 1), of(Kind.FAILED): (1, 1), of(Kind.CLICKED): (1, 1)},
    ),
    {
        "attempted": (4, 2),
        "sent": (3, 1),
        "failed": (1, 1),
        "ctr": (33.33, 33.33),  # 1 click on 3 sent
        "sent_rate": (75, 50),  # 3 of 4, 1 of 2
        "failure_rate": (25, 50),  # 1 of 4, 1 of 2
    },
)

CARDS: Example = (
    FakeCell(
        {of(Kind.SENT): (5, 4), of(Kind.DELIVERED): (4, 3), of(Kind.IMPRESSION): (8, 3), of(Kind.CLICKED): (2, 1)},
    ),
    {
        "sent": (5, 4),
        "impression": (8, 3),
        "click": (2, 1),
        "delivered": (4, 3),
        "ctr": (25, 25),  # 2 clicks on 8 impressions
        "delivery_rate": (80, 75),  # 4 of 5, 3 of 4
    },
)

SHOWN: Example = (
    FakeCell({of(Kind.IMPRESSION): (8, 4), of(Kind.CLICKED): (2, 1), of(Kind.CLOSED): (3, 2)}),
    {
        "impression": (8, 4),
        "click": (2, 1),
        "closed_click": (3, 2),
        "ctr": (25, 25),  # 2 clicks on 8 impressions
    },
)

_AUDIENCE = FakeCell({of(Kind.ATTEMPTED): (6, 5), of(Kind.SYNCED): (4, 3), of(Kind.ELIGIBLE): (7, 6)})

GOOGLE: Example = (_AUDIENCE, {"attempted": (6, 5), "successfully_synced": (4, 3), "eligible_users": (7, 6)})

FACEBOOK: Example = (_AUDIENCE, GOOGLE[1] | {"sent": (4, 3)})

EXAMPLES: dict[Channel, Example] = {
    Channel.EMAIL: EMAIL,
    Channel.PUSH: PUSH,
    Channel.SMS: SMS,
    Channel.RCS: RCS,
    Channel.WHATSAPP: WHATSAPP,
    Channel.CONNECTOR: CONNECTOR,
    Channel.CARDS: CARDS,
    Channel.IN_APP: SHOWN,
    Channel.ON_SITE: SHOWN,
    Channel.WEB_PERSONALIZATION: SHOWN,
    Channel.FACEBOOK_AUDIENCE: FACEBOOK,
    Channel.GOOGLE_ADS_AUDIENCE: GOOGLE,
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("channel", Channel)
def test_every_metric_of_a_channel(channel: Channel, mode: Mode) -> None:
    """Each metric has the number that was worked out by hand, and none is without one."""
    cell, expected = EXAMPLES[channel]

    found = {metric.name: value(metric.formula, mode, cell) for metric in metrics_of(channel)}

    assert found == {name: numbers[mode is Mode.UNIQUE] for name, numbers in expected.items()}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.RCS])
def test_without_receipts_clicks_are_shared_over_what_was_sent(channel: Channel) -> None:
    """A text channel that gets no receipts at all divides its clicks by the messages sent: 2 of 4."""
    cell = FakeCell({of(Kind.SENT): (4, 4), of(Kind.CLICKED): (2, 2)})
    (ctr,) = [metric.formula for metric in metrics_of(channel) if metric.key == "ctr"]

    assert value(ctr, Mode.TOTAL, cell) == 50


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("channel", Channel)
def test_where_nothing_happened_everything_is_zero(channel: Channel, mode: Mode) -> None:
    """An empty node has a 0 for every metric, rates included."""
    assert {value(metric.formula, mode, FakeCell()) for metric in metrics_of(channel)} == {0}
