"""How many users scheduled campaigns were estimated to reach: computed, so it is kept apart from what is registered."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from aftersend.domain.campaigns import Reachability
from aftersend.registry import tables
from aftersend.registry.database import Database
from aftersend.registry.times import from_column, to_column

_TABLE = tables.campaigns


class Estimates:
    """The estimates of every workspace's campaigns; each call names the workspace it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, workspace_id: str, campaign_ids: Collection[str], start: datetime) -> dict[str, Reachability]:
        """Return the estimates that were made since a moment, by campaign."""
        with self._database.reading() as connection:
            return _since(connection, workspace_id, campaign_ids, start)

    def keep(
        self, workspace_id: str, counts: Mapping[str, int], start: datetime, now: datetime
    ) -> dict[str, Reachability]:
        """Keep estimates made now, and return what is kept: where another one was made since the start, that one."""
        with self._database.writing() as connection:
            for campaign_id, count in counts.items():
                old = or_(_TABLE.c.estimated_at.is_(None), _TABLE.c.estimated_at < to_column(start))
                mine = (_TABLE.c.workspace_id == workspace_id) & (_TABLE.c.id == campaign_id) & old
                changed = {"estimated_users": count, "estimated_at": to_column(now)}
                connection.execute(update(_TABLE).where(mine).values(changed))
            return _since(connection, workspace_id, list(counts), start)


def _since(
    connection: Connection, workspace_id: str, campaign_ids: Collection[str], start: datetime
) -> dict[str, Reachability]:
    query = select(_TABLE.c.id, _TABLE.c.estimated_users, _TABLE.c.estimated_at).where(
        _TABLE.c.workspace_id == workspace_id,
        _TABLE.c.id.in_(list(campaign_ids)),
        _TABLE.c.estimated_at >= to_column(start),
    )
    return {
        row.id: Reachability(row.estimated_users, from_column(row.estimated_at)) for row in connection.execute(query)
    }
