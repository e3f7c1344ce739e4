"""From a report's campaigns to its files, their columns, and the questions that each needs. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest

from aftersend.domain.attribution import AttributionType
from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode
from aftersend.domain.periods import Days
from aftersend.domain.report_columns import CellType, Share, Told, columns_of
from aftersend.domain.reports import LOCALE_CHANNELS, Granularity, ReportSpec, Split, stem
from aftersend.registry.campaign_selection import Selected
from aftersend.stats.request import MOST_CAMPAIGNS, StatsRequest

DEFAULT_CATEGORY = "Default"
"""The category of tags that name none: a tag can be spelled `category:tag`."""
_MOST_CATEGORIES = 50
"""Categories with columns of their own in one file; tags of others are in the default one, spelled whole."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file: the campaigns of one channel, those in flows apart from the others."""

    name: str
    channel: Channel
    in_flow: bool
    campaigns: tuple[Selected, ...]
    goals: int
    categories: tuple[str, ...]
    by_variation: bool
    by_locale: bool

    @property
    def batches(self) -> Iterator[tuple[Selected, ...]]:
        """Yield the campaigns, as many at a time as one question is about."""
        for start in range(0, len(self.campaigns), MOST_CAMPAIGNS):
            yield self.campaigns[start : start + MOST_CAMPAIGNS]


def plan_files(spec: ReportSpec, campaigns: Sequence[Selected]) -> list[ReportFile]:
    """Return the files in the order of the channels, those of flows last."""
    files = []
    for in_flow in (False, True):
        for channel in Channel:
            mine = tuple(one for one in campaigns if one.channel is channel and one.in_flow is in_flow)
            if mine:
                name = f"{stem(spec.name)}_{'FLOWS_' if in_flow else ''}{channel}"
                files.append(
                    ReportFile(
                        name=name,
                        channel=channel,
                        in_flow=in_flow,
                        campaigns=mine,
                        goals=max(one.goals for one in mine),
                        categories=_categories(mine),
                        by_variation=Split.VARIATION in spec.split_by,
                        by_locale=Split.LOCALE in spec.split_by and channel in LOCALE_CHANNELS,
                    )
                )
    return files


def _categories(campaigns: Sequence[Selected]) -> tuple[str, ...]:
    named = {category_of(tag) for campaign in campaigns for tag in campaign.tags} - {DEFAULT_CATEGORY}
    return (DEFAULT_CATEGORY, *sorted(named)[:_MOST_CATEGORIES])


def category_of(tag: str) -> str:
    """Return the category that a tag names."""
    category, colon, rest = tag.partition(":")
    return category.strip() if colon and category.strip() and rest.strip() else DEFAULT_CATEGORY


def periods(spec: ReportSpec) -> Iterator[Days]:
    """Yield the ranges that rows are about: the whole one, or each of its days."""
    if spec.granularity is Granularity.AGGREGATE:
        yield Days(spec.start, spec.end)
        return
    for place in range((spec.end - spec.start).days + 1):
        day = spec.start + timedelta(days=place)
        yield Days(day, day)


def questions(file: ReportFile, spec: ReportSpec, batch: Sequence[Selected], days: Days) -> list[StatsRequest]:
    """Return what to ask about a batch: every counting mode and every attribution type that its columns need."""
    modes = _modes(file.channel)
    types = spec.attribution_types if any(campaign.goals for campaign in batch) else spec.attribution_types[:1]
    ids = tuple(campaign.id for campaign in batch)
    pairs = zip_longest(modes, types)
    return [_question(ids, days, kind or types[0], mode or modes[0]) for mode, kind in pairs]


def _modes(channel: Channel) -> list[Mode]:
    used = set()
    for column in columns_of(channel):
        match column.source:
            case Told(_, _, mode):
                used.add(mode)
            case Share(part, whole, _):
                used |= {part.mode, whole.mode}
    return [mode for mode in Mode if mode in used]


def _question(ids: tuple[str, ...], days: Days, attribution: AttributionType, mode: Mode) -> StatsRequest:
    return StatsRequest("report", ids, days, attribution, mode, 0, MOST_CAMPAIGNS)


@dataclass(frozen=True, slots=True)
class Header:
    """The head of one column of a file, and what its cells hold."""

    name: str
    type: CellType = CellType.TEXT


COMMON = (
    "Campaign ID",
    "Campaign Name",
    "Flows Name",
    "Parent Campaign ID",
    "Campaign Type",
    "Campaign Delivery Type",
    "Campaign Channel",
    "Campaign Status",
    "Campaign Sent Time",
    "Campaign Version Name",
)

ATTRIBUTION_NAMES: dict[AttributionType, str] = {
    AttributionType.VIEW_THROUGH: "View Through",
    AttributionType.CLICK_THROUGH: "Click Through",
    AttributionType.IN_SESSION: "In-Session",
    AttributionType.TOTAL_CONVERSIONS: "Total Conversions",
    AttributionType.CLICK_CONVERSIONS: "Click Conversions",
}

GOAL_NUMBERS: dict[str, tuple[str, CellType]] = {
    "Converted Users": ("unique", CellType.WHOLE),
    "Conversion Events": ("total", CellType.WHOLE),
    "Total Revenue": ("revenue", CellType.MONEY),
}
"""The numbers of a goal: by header, the field of the Stats API's answer."""
