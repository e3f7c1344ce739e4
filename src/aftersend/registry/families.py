"""Parents and children in the registry: who belongs to whom, and what cannot."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from aftersend.domain.campaigns import Campaign
from aftersend.domain.problems import Problem
from aftersend.registry import tables

_DEEPEST_FAMILY = 50


def one(workspace_id: str, campaign_id: str) -> Select[Any]:
    """Return the query for what decides about a campaign."""
    table = tables.campaigns
    return select(table.c.number, table.c.channel, table.c.parent_campaign_id, table.c.drafted).where(
        table.c.workspace_id == workspace_id, table.c.id == campaign_id
    )


def read_families(
    connection: Connection, workspace_id: str, campaign_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return the campaigns that have children: each with those, with theirs, and with itself."""
    parents, children = tables.campaigns, tables.campaigns.alias("children")
    roots = select(parents.c.id.label("root"), parents.c.id, parents.c.channel)
    family = roots.where(parents.c.workspace_id == workspace_id, parents.c.id.in_(campaign_ids)).cte(
        "family", recursive=True
    )
    below = select(family.c.root, children.c.id, children.c.channel).where(
        children.c.workspace_id == workspace_id,
        children.c.parent_campaign_id == family.c.id,
        children.c.channel == family.c.channel,
    )
    # A union takes nobody twice, so it ends whatever is registered.
    family = family.union(below)
    found: dict[str, list[str]] = {}
    for root, member in connection.execute(select(family.c.root, family.c.id)):
        found.setdefault(root, []).append(member)
    return {root: tuple(sorted(members)) for root, members in found.items() if len(members) > 1}


def register_draft(
    connection: Connection, workspace_id: str, draft: Campaign, columns: Mapping[str, Any]
) -> Problem | None:
    """Register a campaign that events brought along, or the parent of one that they brought along before.

    Returns why that cannot be.
    """
    table = tables.campaigns
    known = connection.execute(one(workspace_id, draft.id)).mappings().first()
    if known is None:
        problem = family_problem(connection, workspace_id, draft)
        if problem is None:
            connection.execute(insert(table).values(workspace_id=workspace_id, **columns))
        return problem
    unclaimed = known["drafted"] and known["parent_campaign_id"] is None
    if not unclaimed or draft.parent_campaign_id is None or known["channel"] != draft.channel:
        return None
    problem = family_problem(connection, workspace_id, draft)
    if problem is None:
        found = {"parent_campaign_id": draft.parent_campaign_id, "updated_at": columns["updated_at"]}
        connection.execute(update(table).where(table.c.number == known["number"]).values(found))
    return problem


def family_problem(connection: Connection, workspace_id: str, campaign: Campaign) -> Problem | None:
    """Return why a campaign cannot be: a parent or a child on another channel, or itself among its ancestors."""
    table = tables.campaigns
    children = select(table.c.id, table.c.channel).where(
        table.c.workspace_id == workspace_id,
        table.c.parent_campaign_id == campaign.id,
        table.c.channel != campaign.channel,
    )
    if child := connection.execute(children.limit(1)).mappings().first():
        message = f"its child {child['id']} is a {child['channel']} campaign; parent and child share one channel"
        return Problem("channel", campaign.channel.value, message)
    ancestor = campaign.parent_campaign_id
    for _ in range(_DEEPEST_FAMILY):
        if ancestor is None:
            return None
        row = connection.execute(one(workspace_id, ancestor)).mappings().first()
        if row is None:
            return None  # children can be registered before their parent
        if row["channel"] != campaign.channel:
            message = f"the parent is a {row['channel']} campaign; parent and child share one channel"
            return Problem("parent_campaign_id", campaign.parent_campaign_id, message)
        ancestor = row["parent_campaign_id"]
        if ancestor == campaign.id:
            break
    message = "the campaign would be among its own ancestors"
    return Problem("parent_campaign_id", campaign.parent_campaign_id, message)
