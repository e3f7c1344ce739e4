"""The columns of reports: the headers that clients know, each with a number that the Stats API answers."""

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.metrics import metrics_of
from aftersend.domain.report_columns import (
    PERFORMANCE,
    CellType,
    Share,
    Source,
    Told,
    columns_of,
    formulas,
)

PUSH = "Sent, Sent Rate, Impressions, Impression Rate, Clicks, CTR, Failed"
KNOWN = {
    Channel.PUSH: [
        *(f"{platform} {name}" for platform in ("All Platform", "Android", "Ios", "Web") for name in PUSH.split(", ")),
        "After FC Removal",
        "Installed Users in segment",
        "FCM Delivery Rate",
        "Uplift Percentage",
        "Push Amp Plus Enabled",
        "Android Message Title (Android, Web), Title (iOS)",
    ],
    Channel.EMAIL: [
        "Total Sent",
        "Total Delivered",
        "Delivery Rate",
        "Total Open",
        "Unique opens",
        "Open rate",
        "Total clicks",
        "Unique clicks",
        "CTR",
        "Hard bounces",
        "Hard bounces Total",
        "Hard bounces rate",
        "Soft bounces",
        "Soft bounces Total",
        "Soft bounces rate",
        "Unsubscribes",
        "Unsubscribes rate",
        "Complaints",
        "Complaints rate",
        "Drops",
        "Email Subject",
    ],
    Channel.SMS: [
        "Sent",
        "Total Delivered",
        "Delivery Rate",
        "Clicks",
        "Unique clicks",
        "CTR",
        "Campaign Message",
        "Campaign Connector",
        "Billable Count",
    ],
    Channel.WHATSAPP: [
        "Total Sent",
        "Total Delivered",
        "Delivery Rate",
        "Total Read",
        "Read Rate",
        "clicks",
        "CTOR",
        "CTR",
        "Header",
        "Body",
        "Whatsapp Button 1 Text",
    ],
}


@pytest.mark.parametrize("channel", KNOWN)
def test_the_headers_are_those_that_clients_know(channel: Channel) -> None:
    """To the letter, and in their order."""
    assert [column.name for column in columns_of(channel)] == KNOWN[channel]


@pytest.mark.parametrize("channel", Channel)
def test_every_number_is_one_that_the_stats_api_answers(channel: Channel) -> None:
    """No column asks for a key that its channel does not have, and no two columns have one name."""
    known = {(PERFORMANCE, metric.key) for metric in metrics_of(channel)}
    known |= {("delivery_funnel", stage.key) for stage in FUNNELS[channel]}
    columns = columns_of(channel)

    asked = [told for column in columns for told in _told(column.source)]

    assert asked
    assert [told for told in asked if (told.section, told.key) not in known] == []
    assert len({column.name for column in columns}) == len(columns)


def _told(source: Source) -> list[Told]:
    if isinstance(source, Share):
        return [source.part, source.whole, *([source.otherwise] if source.otherwise else [])]
    return [source] if isinstance(source, Told) else []


def test_formulas_are_named() -> None:
    """Every column has a formula; what the server cannot know says so."""
    found = dict(formulas(Channel.EMAIL))

    assert found["Unsubscribes rate"] == "total unsubscribe / (total sent) x 100"
    assert found["Delivery Rate"] == "delivered / sent x 100"
    assert found["Email Subject"] == "empty: the server is not told"
    assert dict(formulas(Channel.SMS))["CTR"].startswith("unique click / (total delivered, or total sent where")
    assert dict(formulas(Channel.PUSH))["Ios Clicks"] == "total click, platform IOS"


def test_rates_are_no_whole_numbers() -> None:
    """A rate that the Stats API answers keeps its decimals."""
    types = {column.name: column.type for column in columns_of(Channel.PUSH)}

    assert types["All Platform CTR"] is CellType.NUMBER
    assert types["All Platform Clicks"] is CellType.WHOLE
    assert types["FCM Delivery Rate"] is CellType.TEXT
