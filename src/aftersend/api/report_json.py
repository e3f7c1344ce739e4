"""A report as JSON: what may be asked for, and how one is shown."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from aftersend.api.errors import REPORTS_PATH
from aftersend.domain.attribution import AttributionType
from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.reports import (
    DEFAULT_ATTRIBUTION,
    DELIMITERS,
    LONGEST_REPORT_DAYS,
    MOST_NAMED_CAMPAIGNS,
    NAME_LIMIT,
    CampaignFilter,
    Granularity,
    Report,
    ReportFormat,
    ReportSpec,
    ReportStatus,
    Split,
)
from aftersend.reports.maker import Progress

Json = dict[str, Any]

_TAG_LIMIT = 100

CampaignId = Annotated[str, Meta(min_length=1, max_length=128)]
Tag = Annotated[str, Meta(min_length=1, max_length=200)]


class ReportFilterBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which campaigns a report is about; a field that is left out means any."""

    channels: Annotated[list[Channel], Meta(description="Their channels.", examples=[["EMAIL"]])] = []
    delivery_types: Annotated[
        list[DeliveryType], Meta(description="Their delivery types; API_TRIGGERED has to be named.")
    ] = []
    tags: Annotated[list[Tag], Meta(max_length=_TAG_LIMIT, description="Tags; one of them is enough.")] = []
    created_from: Annotated[date, Meta(description="Created on this day or later.")] | None = None
    created_to: Annotated[date, Meta(description="Created on this day or before.")] | None = None


class ReportBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a report is to be."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=NAME_LIMIT,
            description="Letters, digits, spaces and - _ . ( ): with the day it begins the name of the file.",
            examples=["Report - test"],
        ),
    ]
    start_date: Annotated[date, Meta(description="The first day.", examples=["2026-01-01"])]
    end_date: Annotated[
        date, Meta(description=f"The last day; up to {LONGEST_REPORT_DAYS} days in all.", examples=["2026-01-31"])
    ]
    campaign_ids: Annotated[
        list[CampaignId],
        Meta(max_length=MOST_NAMED_CAMPAIGNS, description="The campaigns; without them the filter selects."),
    ] = []
    filter: ReportFilterBody = msgspec.field(default_factory=ReportFilterBody)
    granularity: Annotated[Granularity, Meta(description="A row for the whole range, or for each day.")] = (
        Granularity.AGGREGATE
    )
    split_by: Annotated[
        list[Split], Meta(description="What gets rows of its own; child campaigns have none otherwise.")
    ] = msgspec.field(default_factory=lambda: [Split.CHILD_CAMPAIGN])
    attribution_types: Annotated[
        list[AttributionType], Meta(min_length=1, description="By which types goals have columns.")
    ] = msgspec.field(default_factory=lambda: list(DEFAULT_ATTRIBUTION))
    format: Annotated[ReportFormat, Meta(description="What the files in the archive are.")] = ReportFormat.CSV
    delimiter: Annotated[
        str, Meta(min_length=1, max_length=1, description=f"Between the values of CSV: one of {' '.join(DELIMITERS)}")
    ] = ","


def to_spec(body: ReportBody) -> ReportSpec:
    """Return what is asked for; its rules are checked when it is noted."""
    wanted = body.filter
    return ReportSpec(
        name=body.name,
        start=body.start_date,
        end=body.end_date,
        campaign_ids=tuple(body.campaign_ids),
        campaigns=CampaignFilter(
            channels=tuple(wanted.channels),
            delivery_types=tuple(wanted.delivery_types),
            tags=tuple(wanted.tags),
            created_from=wanted.created_from,
            created_to=wanted.created_to,
        ),
        granularity=body.granularity,
        split_by=tuple(body.split_by),
        attribution_types=tuple(body.attribution_types),
        format=body.format,
        delimiter=body.delimiter,
    )


def report_json(report: Report, progress: Progress | None) -> Json:
    """Word a report as it is shown."""
    done = {ReportStatus.READY: 100.0}.get(report.status, 0.0)
    return {
        "id": report.id,
        "name": report.spec.name,
        "filename": report.filename,
        "status": report.status,
        "progress": progress.percent if progress else done,
        "campaigns": progress.campaigns if progress else report.campaigns,
        "rows": progress.rows if progress else report.rows,
        "file_bytes": report.file_bytes,
        "error": report.error,
        "requested_at": report.requested_at,
        "requested_by": report.requested_by,
        "finished_at": report.finished_at,
        "expires_at": report.expires_at,
        "download_path": f"{REPORTS_PATH}{quote(report.workspace_id)}/{quote(report.filename)}",
        "request": _request(report.spec),
    }


def _request(spec: ReportSpec) -> Json:
    wanted = spec.campaigns
    return {
        "name": spec.name,
        "start_date": spec.start,
        "end_date": spec.end,
        "campaign_ids": spec.campaign_ids,
        "filter": {
            "channels": wanted.channels,
            "delivery_types": wanted.delivery_types,
            "tags": wanted.tags,
            "created_from": wanted.created_from,
            "created_to": wanted.created_to,
        },
        "granularity": spec.granularity,
        "split_by": spec.split_by,
        "attribution_types": spec.attribution_types,
        "format": spec.format,
        "delimiter": spec.delimiter,
    }
