"""Campaign reports: what can be asked for, how one is named, and how far it has come. No I/O."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import DeliveryType, is_identifier
from aftersend.domain.channels import Channel
from aftersend.domain.problems import Problem

LONGEST_REPORT_DAYS = 90
"""Calendar days, both ends included."""
LIFETIME = timedelta(days=7)
"""How long a report can be downloaded, counted from when it was asked for."""
NAME_LIMIT = 100
"""Characters in the name of a report."""
MOST_NAMED_CAMPAIGNS = 1_000
"""Campaign ids in one request; a filter can select more."""
MOST_REPORTS = 100
"""Reports that a workspace can have at a time, whatever their status."""
MOST_UNFINISHED = 10
"""Reports of a workspace that can wait or be made at a time."""
MOST_KEYS = 2
"""Report keys of a workspace that are valid at a time: enough to change from one to the next."""
MOST_ATTEMPTS = 3
"""How often a report that was cut off is begun."""


class ReportStatus(StrEnum):
    """How far a report has come."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


REPORT_STATUS_MEANINGS: dict[ReportStatus, str] = {
    ReportStatus.WAITING: "it has been asked for; reports are made one at a time",
    ReportStatus.RUNNING: "it is being made",
    ReportStatus.READY: "it can be downloaded until it expires",
    ReportStatus.FAILED: "it could not be made; `error` says why",
}


class ReportFormat(StrEnum):
    """What the files in the archive are."""

    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "xlsx"


class Granularity(StrEnum):
    """What a row covers."""

    AGGREGATE = "aggregate"  # the whole range
    DAY = "day"


class Split(StrEnum):
    """What gets rows of its own."""

    CHILD_CAMPAIGN = "child_campaign"
    VARIATION = "variation"
    LOCALE = "locale"


DELIMITERS = (",", "|", ":", ";")

LOCALE_CHANNELS = frozenset({Channel.IN_APP, Channel.PUSH, Channel.EMAIL, Channel.SMS, Channel.RCS})
"""The channels whose files can be split by locale."""

DEFAULT_ATTRIBUTION = (AttributionType.VIEW_THROUGH, AttributionType.CLICK_THROUGH, AttributionType.IN_SESSION)


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns a report is about where they are not named; an empty field means any."""

    channels: tuple[Channel, ...] = ()
    delivery_types: tuple[DeliveryType, ...] = ()
    tags: tuple[str, ...] = ()
    created_from: date | None = None
    created_to: date | None = None


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """What a report is asked to be. `campaign_ids` empty means those that the filter selects."""

    name: str
    start: date
    end: date
    campaign_ids: tuple[str, ...] = ()
    campaigns: CampaignFilter = CampaignFilter()
    granularity: Granularity = Granularity.AGGREGATE
    split_by: tuple[Split, ...] = (Split.CHILD_CAMPAIGN,)
    attribution_types: tuple[AttributionType, ...] = DEFAULT_ATTRIBUTION
    format: ReportFormat = ReportFormat.CSV
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one workspace. `file_bytes` and `rows` are those of the finished archive."""

    workspace_id: str
    id: str
    filename: str
    spec: ReportSpec
    status: ReportStatus
    requested_at: datetime
    requested_by: str
    attempts: int = 0
    campaigns: int = 0
    rows: int = 0
    file_bytes: int = 0
    error: str | None = None
    finished_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Return the last moment at which it can be downloaded."""
        return self.requested_at + LIFETIME

    def expired(self, now: datetime) -> bool:
        """Return whether it is too old to be downloaded."""
        return now > self.expires_at


def stem(name: str) -> str:
    """Return the name as it stands in file names."""
    return name.replace(" ", "_")


def report_filename(name: str, created: date) -> str:
    """Return the FILENAME of the download: the name, the day on which it was asked for, `.zip`."""
    return f"{stem(name)}_{created:%Y%m%d}.zip"


def check_spec(spec: ReportSpec) -> Problem | None:
    """Return the first thing that is wrong with what is asked for."""
    return _check_name(spec.name) or _check_range(spec) or _check_campaigns(spec) or _check_lists(spec)


_NAME_RULE = f"use 1 to {NAME_LIMIT} letters, digits, spaces and - _ . ( ), the first one a letter or a digit"


def _check_name(name: str) -> Problem | None:
    fitting = all(letter.isalnum() or letter in " -_.()" for letter in name)
    if not (1 <= len(name) <= NAME_LIMIT and fitting and name[0].isalnum() and name == name.strip()):
        return Problem("name", name, _NAME_RULE)
    return None


def _check_range(spec: ReportSpec) -> Problem | None:
    if spec.end < spec.start:
        return Problem("end_date", spec.end.isoformat(), "the end is before the start")
    if (spec.end - spec.start).days >= LONGEST_REPORT_DAYS:
        longest = f"a report covers up to {LONGEST_REPORT_DAYS} days, both ends included"
        return Problem("end_date", spec.end.isoformat(), longest)
    return None


def _check_campaigns(spec: ReportSpec) -> Problem | None:
    wanted = spec.campaigns
    if spec.campaign_ids and wanted != CampaignFilter():
        return Problem("filter", None, "name campaigns or filter them, not both")
    for place, campaign_id in enumerate(spec.campaign_ids):
        if not is_identifier(campaign_id):
            return Problem(f"campaign_ids[{place}]", campaign_id, "this cannot be the id of a campaign")
    if wanted.created_from and wanted.created_to and wanted.created_to < wanted.created_from:
        return Problem("filter.created_to", wanted.created_to.isoformat(), "this is before created_from")
    return None


def _check_lists(spec: ReportSpec) -> Problem | None:
    lists: dict[str, tuple[str, ...]] = {
        "campaign_ids": spec.campaign_ids,
        "filter.channels": spec.campaigns.channels,
        "filter.delivery_types": spec.campaigns.delivery_types,
        "filter.tags": spec.campaigns.tags,
        "split_by": spec.split_by,
        "attribution_types": spec.attribution_types,
    }
    for field, values in lists.items():
        if len(set(values)) != len(values):
            return Problem(field, list(values), "name each one once")
    if not spec.attribution_types:
        return Problem("attribution_types", [], "name at least one attribution type")
    if spec.delimiter not in DELIMITERS:
        return Problem("delimiter", spec.delimiter, f"use one of {' '.join(DELIMITERS)}")
    if spec.delimiter != "," and spec.format is not ReportFormat.CSV:
        return Problem("delimiter", spec.delimiter, "only CSV has a delimiter")
    return None
