"""Campaigns and their goals in the registry."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update

from aftersend.domain.campaigns import (
    Campaign,
    ControlGroups,
    DeliveryType,
    Reachability,
    Status,
    check_campaign,
)
from aftersend.domain.channels import Channel
from aftersend.domain.goals import Goal, GoalFilter
from aftersend.domain.percentages import tidy
from aftersend.domain.problems import Problem
from aftersend.errors import Conflict, InvalidRequest, NotFound
from aftersend.registry import tables
from aftersend.registry.campaign_trail import note_campaign
from aftersend.registry.database import Database
from aftersend.registry.families import family_problem, one, read_families, register_draft
from aftersend.registry.times import from_column, to_column
from aftersend.registry.trail import Trail

_CHUNK = 500
"""Ids in one statement; SQLite bounds the number of parameters."""


class Campaigns:
    """The campaigns of every workspace; each call names the workspace it is about."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database = database
        self._trail = trail
        self._version: Any = None
        self._known: dict[tuple[str, str], Campaign] = {}
        self._families_version: Any = None
        self._families: dict[tuple[str, str], tuple[str, ...]] = {}

    def version(self) -> Any:
        """Return a value that differs from the last one when anybody has changed the registry."""
        return self._database.version()

    def put(self, workspace_id: str, campaign: Campaign) -> Campaign:
        """Register a campaign, or replace what is registered under its id.

        Raises:
            InvalidRequest: its data contradict themselves or its family.
            Conflict: it would change the channel under events that are already counted.
        """
        if problem := check_campaign(campaign):
            raise InvalidRequest(problem.message, problem.field, problem.value)
        with self._database.writing() as connection:
            if problem := family_problem(connection, workspace_id, campaign):
                raise InvalidRequest(problem.message, problem.field, problem.value)
            known = connection.execute(one(workspace_id, campaign.id)).mappings().first()
            before = _whole(connection, workspace_id, campaign.id)
            if known is None:
                number = connection.scalar(
                    insert(tables.campaigns)
                    .values(workspace_id=workspace_id, **_columns(campaign))
                    .returning(tables.campaigns.c.number)
                )
            else:
                number = known["number"]
                if known["channel"] != campaign.channel:
                    message = f"the campaign is registered as {known['channel']}; a channel cannot change"
                    raise Conflict(message, field="channel")
                table = tables.campaigns
                connection.execute(update(table).where(table.c.number == number).values(_columns(campaign)))
            _write_goals(connection, number, campaign.goals)
            note_campaign(self._trail, connection, workspace_id, before, campaign)
        return campaign

    def register_drafts(self, workspace_id: str, drafts: Iterable[Campaign]) -> dict[tuple[str, str | None], Problem]:
        """Register campaigns that events brought along, unless somebody else was faster.

        A draft that has no parent yet takes the one that it is given here. What cannot be is returned, by campaign and
        parent.
        """
        refused = {}
        with self._database.writing() as connection:
            for draft in drafts:
                before = _whole(connection, workspace_id, draft.id)
                if problem := register_draft(connection, workspace_id, draft, _columns(draft)):
                    refused[draft.id, draft.parent_campaign_id] = problem
                else:
                    note_campaign(
                        self._trail, connection, workspace_id, before, _whole(connection, workspace_id, draft.id)
                    )
        return refused

    def get(self, workspace_id: str, campaign_id: str) -> Campaign:
        """Return one campaign.

        Raises:
            NotFound: the workspace has none of that id.
        """
        found = self.find(workspace_id, [campaign_id])
        if not found:
            raise NotFound(f"the workspace has no campaign {campaign_id!r}")
        return found[campaign_id]

    def find(self, workspace_id: str, campaign_ids: Collection[str]) -> dict[str, Campaign]:
        """Return those of the campaigns that are registered, by id."""
        version = self._database.version()
        if version != self._version:
            self._known = {}
            self._version = version
        known = self._known
        missing = [campaign_id for campaign_id in campaign_ids if (workspace_id, campaign_id) not in known]
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            table = tables.campaigns
            query = select(table).where(table.c.workspace_id == workspace_id, table.c.id.in_(chunk))
            for campaign in self._read(query):
                known[workspace_id, campaign.id] = campaign
        return {
            campaign_id: known[workspace_id, campaign_id]
            for campaign_id in campaign_ids
            if (workspace_id, campaign_id) in known
        }

    def families(self, workspace_id: str, campaign_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return for each of the campaigns that is a parent: itself and its children, and theirs."""
        version = self._database.version()
        if version != self._families_version:
            self._families = {}
            self._families_version = version
        known = self._families
        missing = [campaign_id for campaign_id in campaign_ids if (workspace_id, campaign_id) not in known]
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            known.update(dict.fromkeys([(workspace_id, campaign_id) for campaign_id in chunk], ()))
            with self._database.reading() as connection:
                found = read_families(connection, workspace_id, chunk)
            known.update({(workspace_id, parent): family for parent, family in found.items()})
        return {one: family for one in campaign_ids if (family := known[workspace_id, one])}

    def with_goal_events(self, workspace_id: str, events: Collection[str]) -> list[Campaign]:
        """Return the campaigns of a workspace that have a goal on any of the user events."""
        table, goals = tables.campaigns, tables.goals
        numbers = select(goals.c.campaign_number).where(goals.c.event.in_(list(events)))
        return self._read(select(table).where(table.c.workspace_id == workspace_id, table.c.number.in_(numbers)))

    def page(self, workspace_id: str, offset: int, limit: int) -> tuple[list[Campaign], int]:
        """Return a page of all campaigns in the order of creation, and how many there are."""
        return self._page(tables.campaigns.c.workspace_id == workspace_id, offset, limit)

    def list_for_stats(self, workspace_id: str, offset: int, limit: int) -> tuple[list[Campaign], int]:
        """Return a page of the campaigns that a stats request without ids means, and how many there are.

        Those are parents, children and stand-alone campaigns. The nodes of a flow are answered by id only, and so are
        API-triggered campaigns (api-contract 1.4).
        """
        table = tables.campaigns
        meant = and_(
            table.c.workspace_id == workspace_id,
            table.c.flow_id.is_(None),
            table.c.delivery_type != DeliveryType.API_TRIGGERED.value,
        )
        return self._page(meant, offset, limit)

    def _page(self, condition: Any, offset: int, limit: int) -> tuple[list[Campaign], int]:
        table = tables.campaigns
        with self._database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(table).where(condition)) or 0
        if offset >= total:
            return [], total
        order = (table.c.created_at, table.c.number)
        return self._read(select(table).where(condition).order_by(*order).offset(offset).limit(limit)), total

    def delete(self, workspace_id: str, campaign_id: str) -> None:
        """Forget a campaign. Its events stay in the ledger and count again once it is registered anew."""
        table = tables.campaigns
        with self._database.writing() as connection:
            mine = (table.c.workspace_id == workspace_id) & (table.c.id == campaign_id)
            before = _whole(connection, workspace_id, campaign_id)
            if connection.execute(delete(table).where(mine)).rowcount == 0:
                raise NotFound(f"the workspace has no campaign {campaign_id!r}")
            note_campaign(self._trail, connection, workspace_id, before, None)

    def _read(self, query: Select[Any]) -> list[Campaign]:
        with self._database.reading() as connection:
            return _read(connection, query)


def _read(connection: Connection, query: Select[Any]) -> list[Campaign]:
    rows = connection.execute(query).mappings().all()
    numbers = [row["number"] for row in rows]
    goals: dict[int, list[Goal]] = {number: [] for number in numbers}
    table = tables.goals
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        wanted = select(table).where(table.c.campaign_number.in_(chunk)).order_by(table.c.position)
        for row in connection.execute(wanted).mappings():
            goals[row["campaign_number"]].append(_goal(row))
    return [_campaign(row, goals[row["number"]]) for row in rows]


def _whole(connection: Connection, workspace_id: str, campaign_id: str) -> Campaign | None:
    table = tables.campaigns
    found = _read(connection, select(table).where(table.c.workspace_id == workspace_id, table.c.id == campaign_id))
    return found[0] if found else None


def _write_goals(connection: Connection, number: int, goals: Sequence[Goal]) -> None:
    connection.execute(delete(tables.goals).where(tables.goals.c.campaign_number == number))
    for position, goal in enumerate(goals):
        connection.execute(
            insert(tables.goals).values(
                campaign_number=number,
                position=position,
                name=goal.name,
                event=goal.event,
                filters=[asdict(condition) for condition in goal.filters],
                is_primary=goal.primary,
                revenue_attribute=goal.revenue_attribute,
                currency=goal.currency,
            )
        )


def _stored(moment: datetime | None) -> datetime | None:
    return to_column(moment) if moment else None


def _shown(stored: datetime | None) -> datetime | None:
    return from_column(stored) if stored else None


_SAME = (
    "id",
    "name",
    "parent_campaign_id",
    "flow_id",
    "flow_name",
    "created_by",
    "updated_by",
    "team",
    "attribution_window_hours",
    "drafted",
)
_LISTS = ("platforms", "locales", "variations", "variation_percentages", "tags")


def _columns(campaign: Campaign) -> dict[str, Any]:
    reachability = campaign.reachability
    return {
        **{field: getattr(campaign, field) for field in _SAME},
        **{field: list(getattr(campaign, field)) for field in _LISTS},
        "channel": campaign.channel.value,
        "delivery_type": campaign.delivery_type.value,
        "status": campaign.status.value,
        "created_at": to_column(campaign.created_at),
        "updated_at": to_column(campaign.updated_at),
        "sent_at": _stored(campaign.sent_at),
        "start_time": _stored(campaign.start_time),
        "control_percentage": campaign.control_groups.campaign_percentage,
        "control_global": campaign.control_groups.include_global,
        "reachable_users": reachability.count if reachability else None,
        "reachable_at": _stored(reachability.updated_at) if reachability else None,
    }


def _campaign(row: Any, goals: list[Goal]) -> Campaign:
    reachable = row["reachable_users"]
    same: dict[str, Any] = {field: row[field] for field in _SAME}
    lists: dict[str, Any] = {field: tuple(row[field]) for field in _LISTS}
    return Campaign(
        **same,
        **lists,
        channel=Channel(row["channel"]),
        delivery_type=DeliveryType(row["delivery_type"]),
        status=Status(row["status"]),
        created_at=from_column(row["created_at"]),
        updated_at=from_column(row["updated_at"]),
        sent_at=_shown(row["sent_at"]),
        start_time=_shown(row["start_time"]),
        goals=tuple(goals),
        control_groups=ControlGroups(tidy(row["control_percentage"]), row["control_global"]),
        reachability=None if reachable is None else Reachability(reachable, _shown(row["reachable_at"])),
    )


def _goal(row: Any) -> Goal:
    return Goal(
        name=row["name"],
        event=row["event"],
        filters=tuple(GoalFilter(**condition) for condition in row["filters"]),
        primary=row["is_primary"],
        revenue_attribute=row["revenue_attribute"],
        currency=row["currency"],
    )
