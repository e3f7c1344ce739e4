"""THE COLUMNS of campaign reports: one row per column and channel, each with where its number comes from.

Every number is one that the Stats API answers for the same campaigns, days, locale and variation (`Told`), or a
quotient of two of them (`Share`). What the server cannot know has a column, and nothing in it (`Unknown`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.channels import Channel as C
from aftersend.domain.formulas import Mode, text
from aftersend.domain.metrics import metrics_of


class CellType(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    MONEY = "amount"


@dataclass(frozen=True, slots=True)
class Told:
    """A number of a node, as the Stats API answers it."""

    section: str
    key: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class Share:
    """Two numbers of a node as a percentage; `otherwise` divides where `whole` is zero (a channel without receipts)."""

    part: Told
    whole: Told
    otherwise: Told | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the server cannot know."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """The uplift of the campaign's primary goal, or of its first one, by the first attribution type of the report."""


Source = Told | Share | Uplift | Unknown


@dataclass(frozen=True, slots=True)
class Column:
    """One row: the header, where the number comes from, and of which platform (empty: of all)."""

    name: str
    source: Source
    platform: str = ""

    @property
    def type(self) -> CellType:
        """Return what its cells hold."""
        match self.source:
            case Unknown():
                return CellType.TEXT
            case Told(_, key, _) if key not in _RATES:
                return CellType.WHOLE
            case _:
                return CellType.NUMBER


_RATES = frozenset({"ctr", "ctor", "delivery_rate", "sent_rate", "failure_rate", "read_rate", "open_rate"})
PERFORMANCE, FUNNEL = "performance_stats", "delivery_funnel"


def _total(key: str) -> Told:
    return Told(PERFORMANCE, key, Mode.TOTAL)


def _unique(key: str) -> Told:
    return Told(PERFORMANCE, key, Mode.UNIQUE)


def _stage(key: str) -> Told:
    return Told(FUNNEL, key, Mode.TOTAL)


ALL_PLATFORM = ""
PLATFORMS: dict[C, dict[str, str]] = {
    C.PUSH: {ALL_PLATFORM: "All Platform", "ANDROID": "Android", "IOS": "Ios", "WEB": "Web"},
    C.IN_APP: {ALL_PLATFORM: "All Platform", "ANDROID": "Android", "IOS": "Ios", "WEB": "Web"},
    C.ON_SITE: {ALL_PLATFORM: "All Platform", "WEB": "Web", "MWEB": "Mweb"},
    C.WEB_PERSONALIZATION: {ALL_PLATFORM: "All Platform", "WEB": "Web", "MWEB": "Mweb"},
}
"""The platforms that a channel's file has columns of its own for, and their names in headers."""

_Rows = tuple[tuple[str, Source], ...]

_PUSH: _Rows = (
    ("Sent", _total("sent")),
    ("Sent Rate", _total("sent_rate")),
    ("Impressions", _total("impression")),
    ("Impression Rate", _total("delivery_rate")),
    ("Clicks", _total("click")),
    ("CTR", _total("ctr")),
    ("Failed", _total("failed")),
)
_SHOWN: _Rows = (
    ("Impressions", _total("impression")),
    ("Unique Impressions", _unique("impression")),
    ("Clicks", _total("click")),
    ("Unique Clicks", _unique("click")),
    ("CTR", _total("ctr")),
    ("Closed", _total("closed_click")),
)
_BY_PLATFORM: dict[C, _Rows] = {C.PUSH: _PUSH, C.IN_APP: _SHOWN, C.ON_SITE: _SHOWN, C.WEB_PERSONALIZATION: _SHOWN}

_TEXTED: _Rows = (
    ("Sent", _total("sent")),
    ("Total Delivered", _total("delivered")),
    ("Delivery Rate", _total("delivery_rate")),
    ("Clicks", _total("click")),
    ("Unique clicks", _unique("click")),
    ("CTR", Share(_unique("click"), _total("delivered"), otherwise=_total("sent"))),
)
_AUDIENCE: _Rows = (
    ("Eligible Users", _total("eligible_users")),
    ("Attempted", _total("attempted")),
    ("Users Added", _total("successfully_synced")),
)
_WHOLE: dict[C, _Rows] = {
    C.PUSH: (
        ("After FC Removal", _stage("after_fc")),
        ("Installed Users in segment", _stage("segment_after_uninstall")),
        ("FCM Delivery Rate", Unknown()),
        ("Uplift Percentage", Uplift()),
        ("Push Amp Plus Enabled", Unknown()),
        ("Android Message Title (Android, Web), Title (iOS)", Unknown()),
    ),
    C.EMAIL: (
        ("Total Sent", _total("sent")),
        ("Total Delivered", _total("delivered")),
        ("Delivery Rate", _total("delivery_rate")),
        ("Total Open", _total("opened")),
        ("Unique opens", _unique("opened")),
        ("Open rate", Share(_unique("opened"), _total("delivered"))),
        ("Total clicks", _total("click")),
        ("Unique clicks", _unique("click")),
        ("CTR", Share(_unique("click"), _total("delivered"))),
        ("Hard bounces", _unique("hard_bounce")),
        ("Hard bounces Total", _total("hard_bounce")),
        ("Hard bounces rate", Share(_total("hard_bounce"), _total("sent"))),
        ("Soft bounces", _unique("soft_bounce")),
        ("Soft bounces Total", _total("soft_bounce")),
        ("Soft bounces rate", Share(_total("soft_bounce"), _total("sent"))),
        ("Unsubscribes", _total("unsubscribe")),
        ("Unsubscribes rate", Share(_total("unsubscribe"), _total("sent"))),
        ("Complaints", _total("complaint")),
        ("Complaints rate", Share(_total("complaint"), _total("delivered"))),
        ("Drops", _total("failed")),
        ("Email Subject", Unknown()),
    ),
    C.SMS: (
        *_TEXTED,
        ("Campaign Message", Unknown()),
        ("Campaign Connector", Unknown()),
        ("Billable Count", Unknown()),
    ),
    C.RCS: (*_TEXTED, ("Total Read", _total("read")), ("Read Rate", _total("read_rate"))),
    C.WHATSAPP: (
        ("Total Sent", _total("sent")),
        ("Total Delivered", _total("delivered")),
        ("Delivery Rate", _total("delivery_rate")),
        ("Total Read", _total("read")),
        ("Read Rate", _total("read_rate")),
        ("clicks", _total("click")),
        ("CTOR", Share(_unique("click"), _unique("read"))),
        ("CTR", Share(_unique("click"), _total("delivered"))),
        ("Header", Unknown()),
        ("Body", Unknown()),
        ("Whatsapp Button 1 Text", Unknown()),
    ),
    C.CARDS: (
        ("Total Sent", _total("sent")),
        ("Total Delivered", _total("delivered")),
        ("Delivery Rate", _total("delivery_rate")),
        *_SHOWN[:-1],
    ),
    C.CONNECTOR: (
        ("Attempted", _total("attempted")),
        ("Sent", _total("sent")),
        ("Sent Rate", _total("sent_rate")),
        ("Failed", _total("failed")),
        ("Failure Rate", _total("failure_rate")),
    ),
    C.FACEBOOK_AUDIENCE: _AUDIENCE,
    C.GOOGLE_ADS_AUDIENCE: _AUDIENCE,
}


def columns_of(channel: C) -> tuple[Column, ...]:
    """Return the columns of a channel's file that are not those of every file."""
    by_platform = (
        Column(f"{label} {name}", source, platform)
        for platform, label in PLATFORMS.get(channel, {}).items()
        for name, source in _BY_PLATFORM[channel]
    )
    return (*by_platform, *(Column(name, source) for name, source in _WHOLE.get(channel, ())))


def formulas(channel: C) -> Iterator[tuple[str, str]]:
    """Yield each column of a channel with what it counts, for the file beside the numbers."""
    for column in columns_of(channel):
        yield column.name, _formula(channel, column)


def _formula(channel: C, column: Column) -> str:
    match column.source:
        case Unknown():
            return "empty: the server is not told"
        case Uplift():
            return "uplift of the primary goal, or of the first one, by the first attribution type"
        case Told() as told if column.type is CellType.WHOLE:
            found = _counted(told)
        case Told(_, key, _):
            found = text(next(metric.formula for metric in metrics_of(channel) if metric.key == key))
        case Share(part, whole, otherwise):
            instead = f", or {_counted(otherwise)} where there is none" if otherwise else ""
            found = f"{_counted(part)} / ({_counted(whole)}{instead}) x 100"
    return f"{found}, platform {column.platform}" if column.platform else found


def _counted(told: Told) -> str:
    counting = "total" if told.mode is Mode.TOTAL else "unique"
    return f"{counting} {told.key}" + (" of delivery_funnel" if told.section == FUNNEL else "")
