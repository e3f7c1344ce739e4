"""From the Stats API's answers to the rows of a file. Pure, and it counts nothing: every number was answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import CLIENT_NAMES
from aftersend.domain.formulas import Mode, percent
from aftersend.domain.periods import Days
from aftersend.domain.profiles import ALL_VARIATIONS, Profile, ProfileName
from aftersend.domain.report_columns import (
    ALL_PLATFORM,
    PLATFORMS,
    CellType,
    Column,
    Share,
    Source,
    Told,
    Unknown,
    Uplift,
    columns_of,
)
from aftersend.domain.reports import Granularity, ReportSpec
from aftersend.domain.workspaces import Workspace
from aftersend.reports.plan import (
    ATTRIBUTION_NAMES,
    COMMON,
    DEFAULT_CATEGORY,
    GOAL_NUMBERS,
    Header,
    ReportFile,
    category_of,
)
from aftersend.stats.request import StatsRequest

Json = Mapping[str, Any]
Value = str | int | float | Decimal | None
Row = list[Value]

_ALL_LOCALES, _ALL_PLATFORMS = "all_locales", "ALL_PLATFORMS"


def profile_of(file: ReportFile) -> Profile:
    """Return how answers are to be spelled for a file: with a node over all platforms where there are several."""
    over = _ALL_PLATFORMS if file.channel in PLATFORMS else None
    return Profile(
        ProfileName.DOCUMENTED,
        lower_case_platforms=False,
        all_platforms=over,
        all_locales=_ALL_LOCALES,
        bare_control_group=False,
        goal_name_twice=False,
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """A question about a batch, and its answer: the tree of each campaign."""

    request: StatsRequest
    trees: Json


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes the rows of one file."""

    file: ReportFile
    spec: ReportSpec
    workspace: Workspace

    def headers(self) -> list[Header]:
        """Return the columns of the file."""
        file = self.file
        heads = [Header(name) for name in COMMON]
        heads += [Header("Variation")] * file.by_variation + [Header("Locale")] * file.by_locale
        heads += [Header("Date")] * self._daily
        heads += [Header(f"Tag Category: {category}") for category in file.categories]
        for number in range(1, file.goals + 1):
            heads += [Header(f"Conversion Goal {number} Name"), Header(f"Conversion Goal {number} Event")]
        heads += [Header(column.name, column.type) for column in columns_of(file.channel)]
        heads += [Header(name, kind) for name, kind, *_ in self._goal_columns()]
        return heads

    def rows(self, campaign: Campaign, days: Days, answers: Sequence[Answered]) -> Iterator[Row]:
        """Yield the campaign's rows for a range of days; on days without anything there is none."""
        trees = _Trees(self.file, campaign, answers)
        for variation in trees.variations() if self.file.by_variation else [ALL_VARIATIONS]:
            for locale in trees.locales() if self.file.by_locale else [_ALL_LOCALES]:
                numbers, something = self._numbers(trees, locale, variation)
                if something or not self._daily:
                    yield [*self._facts(campaign, locale, variation, days), *numbers]

    @property
    def _daily(self) -> bool:
        return self.spec.granularity is Granularity.DAY

    def _facts(self, campaign: Campaign, locale: str, variation: str, days: Days) -> Row:
        zone: tzinfo = UTC if self.file.in_flow else self.workspace.zone
        sent = campaign.sent_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if campaign.sent_at else None
        facts: Row = [campaign.id, campaign.name, campaign.flow_name or campaign.flow_id, campaign.parent_campaign_id]
        facts += [None, campaign.delivery_type.value, campaign.channel.value, campaign.status.value, sent, None]
        facts += [variation] * self.file.by_variation + [locale] * self.file.by_locale
        facts += [days.start.isoformat()] * self._daily
        facts += [_tags(campaign, category, self.file.categories) for category in self.file.categories]
        for place in range(self.file.goals):
            goal = campaign.goals[place] if place < len(campaign.goals) else None
            facts += [goal.name, goal.event] if goal else [None, None]
        return facts

    def _numbers(self, trees: "_Trees", locale: str, variation: str) -> tuple[Row, bool]:
        columns = columns_of(self.file.channel)
        row: Row = [trees.value(column, locale, variation) for column in columns]
        something = any(number for column, number in zip(columns, row, strict=True) if column.type is CellType.WHOLE)
        for _, _, place, attribution, field, platform in self._goal_columns():
            credited = trees.credited(place, attribution, field, (platform, locale, variation))
            something = something or bool(credited)
            row.append(credited)
        return row, something

    def _goal_columns(self) -> Iterator[tuple[str, CellType, int, AttributionType, str, str]]:
        """Header, type, the goal's place, attribution type, field of the answer, platform."""
        platforms = PLATFORMS.get(self.file.channel, {ALL_PLATFORM: ""})
        for place in range(self.file.goals):
            for attribution in self.spec.attribution_types:
                for number, (field, kind) in GOAL_NUMBERS.items():
                    for platform, label in platforms.items():
                        name = f"Goal {place + 1} {ATTRIBUTION_NAMES[attribution]} {number} {label}".rstrip()
                        yield name, kind, place, attribution, field, platform


def _tags(campaign: Campaign, category: str, known: Sequence[str]) -> str | None:
    """The campaign's tags of a category; the default one has those of every category without a column, too."""
    if category == DEFAULT_CATEGORY:
        others = set(known) - {DEFAULT_CATEGORY}
        tags = [tag for tag in campaign.tags if category_of(tag) not in others]
    else:
        tags = [tag.partition(":")[2].strip() for tag in campaign.tags if category_of(tag) == category]
    return ", ".join(tags) or None


class _Trees:
    """One campaign's answers to all questions about a range of days."""

    def __init__(self, file: ReportFile, campaign: Campaign, answers: Sequence[Answered]) -> None:
        self._campaign = campaign
        self._whole = _ALL_PLATFORMS if file.channel in PLATFORMS else CLIENT_NAMES[file.channel]
        self._trees = [answered.trees[campaign.id][0]["platforms"] for answered in answers]
        self._first = answers[0].request.attribution_type
        self._modes: dict[Mode, Json] = {}
        self._types: dict[AttributionType, Json] = {}
        for answered, tree in zip(answers, self._trees, strict=True):
            self._modes.setdefault(answered.request.mode, tree)
            self._types.setdefault(answered.request.attribution_type, tree)

    def variations(self) -> list[str]:
        """Return the named variations that any answer has, in its order."""
        found = (tree[self._whole]["locales"][_ALL_LOCALES]["variations"] for tree in self._trees)
        return [name for name in dict.fromkeys(key for nodes in found for key in nodes) if name not in _AGGREGATES]

    def locales(self) -> list[str]:
        """Return the named locales that any answer has, in its order."""
        found = (tree[self._whole]["locales"] for tree in self._trees)
        return [name for name in dict.fromkeys(key for nodes in found for key in nodes) if name != _ALL_LOCALES]

    def value(self, column: Column, locale: str, variation: str) -> Value:
        """Return the number of a column, 0 where nothing happened."""
        return self._value(column.source, (column.platform, locale, variation))

    def credited(self, place: int, attribution: AttributionType, field: str, node: tuple[str, str, str]) -> Value:
        """Return a number of one of the campaign's goals, or nothing where it has no such goal."""
        if place >= len(self._campaign.goals):
            return None
        stats = self._node(self._types.get(attribution, {}), node).get("conversion_goal_stats", {})
        found: Value = stats.get(self._campaign.goals[place].name, {}).get(field, 0)
        return found

    def _value(self, source: Source, node: tuple[str, str, str]) -> Value:
        match source:
            case Told():
                return self._told(source, node)
            case Share(part, whole, otherwise):
                divisor = self._told(whole, node) or (self._told(otherwise, node) if otherwise else 0)
                return percent(self._told(part, node), divisor)
            case Uplift():
                goals = self._campaign.goals
                primary = next((place for place, goal in enumerate(goals) if goal.primary), 0)
                return self.credited(primary, self._first, "uplift", node)
            case Unknown():
                return None

    def _told(self, told: Told, node: tuple[str, str, str]) -> int:
        # Rates are told, too; only counts are divided.
        found: int = self._node(self._modes[told.mode], node).get(told.section, {}).get(told.key, 0)
        return found

    def _node(self, tree: Json, node: tuple[str, str, str]) -> Json:
        platform, locale, variation = node
        locales = tree.get(platform or self._whole, {}).get("locales", {})
        found: Json = locales.get(locale, {}).get("variations", {}).get(variation, {})
        return found


_AGGREGATES = frozenset({ALL_VARIATIONS, "campaign_control_group", "global_control_group"})
