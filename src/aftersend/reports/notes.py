"""The file beside the numbers: what they are about, and the formula of every column. Pure."""

from collections.abc import Sequence
from datetime import datetime

from aftersend.domain.report_columns import formulas
from aftersend.domain.reports import Granularity, Report, Split
from aftersend.domain.workspaces import Workspace
from aftersend.reports.plan import ATTRIBUTION_NAMES, ReportFile

NOTES_NAME = "README.txt"

_GOALS = """\
Goals
  Goal n <attribution> Converted Users      distinct users who were credited to the campaign
  Goal n <attribution> Conversion Events    credited goal events
  Goal n <attribution> Total Revenue        sum of the goal's revenue attribute over credited events
"""


def notes(report: Report, workspace: Workspace, files: Sequence[ReportFile], now: datetime) -> str:
    """Write the text."""
    spec = report.spec
    daily = spec.granularity is Granularity.DAY
    splits = [split for split in Split if split in spec.split_by]
    lines = [
        f"Report       {spec.name}",
        f"Workspace    {workspace.id}",
        f"Days         {spec.start} to {spec.end}, both included, in {workspace.timezone}",
        f"Rows         {'a day' if daily else 'the whole range'}"
        + (f"; split by {', '.join(splits)}" if splits else ""),
        f"Attribution  {', '.join(ATTRIBUTION_NAMES[one] for one in spec.attribution_types)}",
        f"Made         {now:%Y-%m-%d %H:%M:%S} UTC, asked for {report.requested_at:%Y-%m-%d %H:%M:%S} UTC",
        "",
        "Every number is the one that the Stats API answers for the same campaign, days, locale and variation.",
        "total counts every occurrence, unique distinct users; uniques of parts cannot be added up.",
        "Rates are percentages, rounded half-up to two decimals, and 0 where there is nothing to divide by.",
        f"Campaign Sent Time is in {workspace.timezone}, in files of flows in GMT.",
    ]
    if daily:
        lines.append("A day on which nothing happened has no row.")
    if Split.CHILD_CAMPAIGN not in spec.split_by:
        lines.append(
            "Child campaigns have no rows unless they were named, and their numbers are not in their parent's."
        )
    lines += ["", _GOALS]
    for channel in dict.fromkeys(file.channel for file in files):
        lines.append(f"Columns of {channel}")
        width = max(len(name) for name, _ in formulas(channel)) + 2
        lines += [f"  {name:<{width}}{formula}" for name, formula in formulas(channel)]
        lines.append("")
    return "\n".join(lines)
