"""Which campaigns a report is about: the rows that a selection goes by, without the rest of the campaigns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.reports import CampaignFilter, ReportSpec, Split
from aftersend.domain.workspaces import Workspace
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import to_column

_CHUNK = 500
"""Ids in one statement; SQLite bounds the number of parameters."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One campaign of a selection: what decides into which file it goes, and which columns that file needs."""

    id: str
    channel: Channel
    in_flow: bool
    tags: tuple[str, ...]
    goals: int


class CampaignSelection:
    """Finds the campaigns that reports are about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def select(self, workspace: Workspace, spec: ReportSpec) -> list[Selected]:
        """Return the campaigns in the order of their creation; unknown ids are left out, as in the Stats API.

        Named campaigns are those and, split by child campaign, their children. A filter selects parents, children and
        nodes of flows; API-triggered campaigns only where it names their delivery type, and children only in a split.
        """
        table = tables.campaigns
        if not spec.campaign_ids:
            return self._read(workspace, [_filtered(workspace, spec)])
        chunks = [spec.campaign_ids[start : start + _CHUNK] for start in range(0, len(spec.campaign_ids), _CHUNK)]
        conditions: list[ColumnElement[bool]] = [table.c.id.in_(chunk) for chunk in chunks]
        if Split.CHILD_CAMPAIGN in spec.split_by:
            conditions += [table.c.parent_campaign_id.in_(chunk) for chunk in chunks]
        return self._read(workspace, conditions)

    def _read(self, workspace: Workspace, conditions: Iterable[ColumnElement[bool]]) -> list[Selected]:
        table, goals = tables.campaigns, tables.goals
        counted = select(func.count()).where(goals.c.campaign_number == table.c.number).scalar_subquery()
        found: dict[tuple[Any, int], Selected] = {}
        with self._database.reading() as connection:
            for condition in conditions:
                query = select(
                    table.c.id, table.c.channel, table.c.flow_id, table.c.tags, table.c.created_at, table.c.number
                ).add_columns(counted.label("goals"))
                wanted = query.where(table.c.workspace_id == workspace.id, condition)
                for row in connection.execute(wanted).mappings():
                    found[row["created_at"], row["number"]] = Selected(
                        row["id"], Channel(row["channel"]), row["flow_id"] is not None, tuple(row["tags"]), row["goals"]
                    )
        return [found[place] for place in sorted(found)]


def _filtered(workspace: Workspace, spec: ReportSpec) -> ColumnElement[bool]:
    table, wanted = tables.campaigns, spec.campaigns
    conditions: list[ColumnElement[bool]] = [_of_types(wanted)]
    if wanted.channels:
        conditions.append(table.c.channel.in_([channel.value for channel in wanted.channels]))
    if wanted.created_from:
        conditions.append(table.c.created_at >= _midnight(wanted.created_from, workspace))
    if wanted.created_to:
        conditions.append(table.c.created_at < _midnight(wanted.created_to + timedelta(days=1), workspace))
    if Split.CHILD_CAMPAIGN not in spec.split_by:
        conditions.append(table.c.parent_campaign_id.is_(None))
    found = conditions[0]
    for condition in conditions[1:]:
        found &= condition
    return found


def _of_types(wanted: CampaignFilter) -> ColumnElement[bool]:
    column = tables.campaigns.c.delivery_type
    if wanted.delivery_types:
        return column.in_([one.value for one in wanted.delivery_types])
    return column != DeliveryType.API_TRIGGERED.value


def _midnight(day: date, workspace: Workspace) -> datetime:
    return to_column(datetime.combine(day, time(), workspace.zone).astimezone(UTC))


def tagged(campaigns: Sequence[Selected], tags: Sequence[str]) -> list[Selected]:
    """Keep the campaigns that have any of the tags; all of them where no tag is named."""
    return [campaign for campaign in campaigns if not tags or set(tags) & set(campaign.tags)]
