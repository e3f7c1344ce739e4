"""The table of metrics keeps its own promises, whatever row is added to it."""

import re
from collections import Counter

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Percent, Remaining, needs
from aftersend.domain.kinds import KINDS
from aftersend.domain.metrics import BREAKDOWN, METRICS, Metric, metrics_of

LETTERS = {
    "P": Channel.PUSH,
    "E": Channel.EMAIL,
    "S": Channel.SMS,
    "W": Channel.WHATSAPP,
    "C": Channel.CONNECTOR,
    "I": Channel.IN_APP,
    "O": Channel.ON_SITE,
    "K": Channel.CARDS,
    "X": Channel.WEB_PERSONALIZATION,
    "F": Channel.FACEBOOK_AUDIENCE,
    "G": Channel.GOOGLE_ADS_AUDIENCE,
}

DOCUMENTED = {
    "attempted": "P E C S F G",
    "sent": "P E C S F K W",
    "failed": "E S P C",
    "bounced": "E",
    "hard_bounce": "E",
    "soft_bounce": "E",
    "bounce_rate": "E",
    "impression": "P I O K X",
    "click": "E S I W O K X P",  # the sample prints it for push
    "delivered": "E S K W",
    "closed_click": "I O X",
    "ctr": "X E S I O K C W P",  # likewise
    "delivery_rate": "E S K W P",  # likewise
    "read": "W",
    "read_rate": "W",
    "sent_rate": "C E P S",
    "failure_rate": "C E P S",
    "successfully_synced": "F G",
    "eligible_users": "F G",
    "opened": "E",
    "open_rate": "E",
    "ctor": "E",
    "unsubscribe": "E",
    "unsub_rate": "E",
    "complaint": "E",
    "complaints_rate": "E",
}
"""The documented keys with the channels that have each, by the letters above."""

PAIRS = [(metric, channel) for metric in METRICS for channel in Channel if channel in metric.channels]


def test_a_pair_of_name_and_channel_occurs_once() -> None:
    """No answer would have a key twice: not by name, not as documented, not as spelled live."""
    for spelling in ("name", "key", "live_key"):
        pairs = Counter((getattr(metric, spelling), channel) for metric in METRICS for channel in metric.channels)
        assert [pair for pair, times in pairs.items() if times > 1 and pair[0] is not None] == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_spellings_are_snake_case(metric: Metric) -> None:
    """Every spelling is in snake case, and every metric has at least one."""
    spellings = {metric.name, metric.key or metric.name, metric.live_key or metric.name}

    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", spelling) for spelling in spellings)


@pytest.mark.parametrize(("metric", "channel"), PAIRS, ids=[f"{metric.name}-{channel}" for metric, channel in PAIRS])
@pytest.mark.parametrize("mode", Mode)
def test_what_a_metric_counts_can_happen_on_its_channels(metric: Metric, channel: Channel, mode: Mode) -> None:
    """Every kind that a metric is made of can occur on every channel that prints it."""
    for need in needs(metric.formula, mode):
        assert not isinstance(need, Remaining)
        tally, _ = need
        assert [kind for kind in tally.kinds if channel not in KINDS[kind].channels] == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_of_rates_say_so(metric: Metric) -> None:
    """What is a percentage is called a rate, a click-through rate or a click-to-open rate, and nothing else is."""
    is_named_as_rate = metric.name.endswith("_rate") or metric.name in {"ctr", "ctor", "adjusted_ctor"}

    assert isinstance(metric.formula, Percent) == is_named_as_rate


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.RCS])
def test_the_documented_keys_of_a_channel(channel: Channel) -> None:
    """A channel prints exactly the documented keys that its row of the contract's table has."""
    expected = {key for key, letters in DOCUMENTED.items() if channel in {LETTERS[one] for one in letters.split()}}

    assert {metric.key for metric in metrics_of(channel) if metric.key} == expected


def test_rcs_prints_the_keys_of_sms_and_reads() -> None:
    """RCS is not in the contract's table: it has what SMS has, and read receipts."""
    of_sms = {metric.key for metric in metrics_of(Channel.SMS)}

    assert {metric.key for metric in metrics_of(Channel.RCS)} == of_sms | {"read", "read_rate"}


def test_what_the_live_profile_spells_differently() -> None:
    """The live profile has six keys that are its own, three of them for metrics that only it prints."""
    differing = {(metric.key, metric.live_key) for metric in METRICS if metric.key != metric.live_key}

    assert differing == {
        ("bounced", "bounce"),
        ("opened", "open"),
        ("failure_rate", "failed_rate"),
        (None, "adjusted_open"),
        (None, "adjusted_ctor"),
        (None, "device_start"),
    }


@pytest.mark.parametrize("channel", Channel)
def test_the_metrics_of_a_channel_keep_the_order_of_the_table(channel: Channel) -> None:
    """Answers print a channel's keys in the order of the rows."""
    assert list(metrics_of(channel)) == [metric for metric in METRICS if channel in metric.channels]


def test_the_breakdown_counts_failures_before_and_after_the_send() -> None:
    """`failure_breakdown` is about messages that failed and messages that did not arrive, never about removals."""
    assert BREAKDOWN.kinds == ("failed", "undelivered")
    assert BREAKDOWN.details is None
