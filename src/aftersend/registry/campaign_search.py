"""Finding campaigns in the registry: filters and pages are the database's work, whatever the number of campaigns."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true

from aftersend.domain.campaign_search import CampaignFilter
from aftersend.domain.campaigns import Campaign, Status
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import to_column

_BEYOND = 2**31
"""No registry has so many campaigns, and every database can count so far."""

_TABLE = tables.campaigns
_ORDER = (_TABLE.c.created_at, _TABLE.c.number)


class CampaignSearch:
    """Ids of campaigns, in the order of their creation; each call names the workspace it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, workspace_id: str, wanted: CampaignFilter, offset: int, limit: int) -> list[str]:
        """Return the ids of a page of the campaigns that pass the filter."""
        if offset >= _BEYOND:
            return []
        with self._database.reading() as connection:
            condition = and_(_TABLE.c.workspace_id == workspace_id, *_conditions(connection, wanted))
            query = select(_TABLE.c.id).where(condition).order_by(*_ORDER).offset(offset).limit(limit)
            return list(connection.scalars(query))

    def count_children(self, workspace_id: str, parents: Collection[str]) -> dict[str, int]:
        """Return how many children each of the campaigns has; one without any is not in the answer."""
        parent = _TABLE.c.parent_campaign_id
        query = (
            select(parent, func.count())
            .where(_TABLE.c.workspace_id == workspace_id, parent.in_(list(parents)))
            .group_by(parent)
        )
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def children(self, workspace_id: str, parent_id: str, offset: int, limit: int) -> tuple[list[str], int]:
        """Return the ids of a page of a campaign's children, and how many there are."""
        mine = and_(_TABLE.c.workspace_id == workspace_id, _TABLE.c.parent_campaign_id == parent_id)
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(_TABLE).where(mine)) or 0
            if offset >= total:
                return [], total
            query = select(_TABLE.c.id).where(mine).order_by(*_ORDER).offset(offset).limit(limit)
            return list(connection.scalars(query)), total

    def earlier_runs(self, workspace_id: str, campaign: Campaign, most: int) -> list[str]:
        """Return the newest campaigns that are runs of the same thing.

        Those are the campaign's own children, the other children of its parent, and the other nodes of its flow on
        the same channel.
        """
        same = [_TABLE.c.parent_campaign_id == campaign.id]
        if campaign.parent_campaign_id is not None:
            same.append(_TABLE.c.parent_campaign_id == campaign.parent_campaign_id)
        if campaign.flow_id is not None:
            same.append(and_(_TABLE.c.flow_id == campaign.flow_id, _TABLE.c.channel == campaign.channel.value))
        query = (
            select(_TABLE.c.id)
            .where(_TABLE.c.workspace_id == workspace_id, _TABLE.c.id != campaign.id, or_(*same))
            .order_by(*(column.desc() for column in _ORDER))
            .limit(most)
        )
        with self._database.reading() as connection:
            return list(connection.scalars(query))


def _conditions(connection: Connection, wanted: CampaignFilter) -> list[ColumnElement[bool]]:
    lists: dict[Any, Collection[str]] = {
        _TABLE.c.channel: wanted.channels,
        _TABLE.c.created_by: wanted.created_by,
        _TABLE.c.delivery_type: wanted.delivery_types,
        _TABLE.c.status: wanted.statuses,
    }
    found: list[ColumnElement[bool]] = [
        column.in_([str(one) for one in values]) for column, values in lists.items() if values
    ]
    if wanted.id is not None:
        found.append(_TABLE.c.id == wanted.id)
    if wanted.name is not None:
        found.append(_TABLE.c.name.icontains(wanted.name, autoescape=True))
    if wanted.created_from is not None:
        found.append(_TABLE.c.created_at >= to_column(wanted.created_from))
    if wanted.created_before is not None:
        found.append(_TABLE.c.created_at < to_column(wanted.created_before))
    if wanted.tags:
        found.append(_has_tag(connection, wanted.tags))
    if not wanted.children:
        found += [_TABLE.c.parent_campaign_id.is_(None), _TABLE.c.flow_id.is_(None)]
    if not wanted.archived and Status.ARCHIVED not in wanted.statuses:
        found.append(_TABLE.c.status != Status.ARCHIVED.value)
    return found


def _has_tag(connection: Connection, tags: Collection[str]) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        unpacked = func.json_each(_TABLE.c.tags).table_valued("value")
    else:
        unpacked = func.json_array_elements_text(_TABLE.c.tags).table_valued("value").render_derived()
    return exists(select(true()).select_from(unpacked).where(unpacked.c.value.in_(list(tags))).correlate(_TABLE))
