"""What tells two answers apart without making them: the versions of everything that an answer is made of."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from aftersend.domain.campaigns import Campaign
from aftersend.domain.profiles import Profile
from aftersend.domain.workspaces import Workspace
from aftersend.registry.campaigns import Campaigns
from aftersend.stats.claims import needs_competitors
from aftersend.stats.request import StatsRequest
from aftersend.store.seals import SealBook

_PROCESS = secrets.token_hex(16)
"""Removals are counted from the start of the process, and another version of the program answers in another one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the campaigns of the page that it means, of so many in all."""

    workspace: Workspace
    request: StatsRequest
    profile: Profile
    page: list[Campaign]
    total: int


def tag_of(asked: Asked, campaigns: Campaigns, book: SealBook) -> str | None:
    """Return what differs whenever the answer may, or None while events are on their way in or out.

    It has to be taken before anything is counted: then it is never newer than the answer.
    """
    workspace, request = asked.workspace, asked.request
    families = campaigns.families(workspace.id, [campaign.id for campaign in asked.page])
    goal_events = {goal.event for campaign in asked.page for goal in campaign.goals}
    competing = bool(goal_events) and needs_competitors(request.attribution_type)
    # Others win or lose conversions by their own goals, touches and events: then whatever changes counts.
    registered = campaigns.version() if competing else None
    removals = book.touched.removals(workspace.id)
    members = {member for one in asked.page for member in families.get(one.id, (one.id,))}
    commit = _last_commit(book, workspace.id, None if competing else (members, goal_events))
    if book.is_removing(workspace.id) or not book.touched.is_finished(commit):
        return None
    versions = (
        _PROCESS,
        (workspace.id, workspace.timezone, request, asked.profile.name),
        (asked.page, asked.total, sorted(families.items()), registered),
        (removals, commit),
    )
    return hashlib.blake2b(repr(versions).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _last_commit(book: SealBook, workspace_id: str, meant: tuple[Collection[str], Collection[str]] | None) -> int:
    """The last commit of anything of a workspace, or of these campaigns and user events of these names."""
    if meant is None:
        return book.touched.commit_of_workspace(workspace_id)
    members, names = meant
    return max(book.touched.commit_of(workspace_id, members), book.touched.commit_of_names(workspace_id, names))
