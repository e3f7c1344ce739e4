"""A workspace: the tenant that everything belongs to, and what its keys may do."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from aftersend.domain.data_centers import DATA_CENTERS
from aftersend.domain.global_group import NO_GLOBAL_GROUP, GlobalControlGroup, check_global_group
from aftersend.domain.periods import EPOCH
from aftersend.domain.problems import Problem, check_text
from aftersend.domain.profiles import ProfileName


class Scope(StrEnum):
    """What a key may be used for."""

    STATS_READ = "stats:read"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    EVENTS_WRITE = "events:write"
    REPORTS_DOWNLOAD = "reports:download"
    ADMIN = "admin"  # everything above


DEFAULT_SCOPES = (
    Scope.STATS_READ,
    Scope.CAMPAIGNS_READ,
    Scope.CAMPAIGNS_WRITE,
    Scope.EVENTS_WRITE,
    Scope.REPORTS_DOWNLOAD,
)
"""What a workspace's first key may do: everything but administer."""


class Feature(StrEnum):
    """What can be switched off for a workspace."""

    STATS = "stats"
    CAMPAIGNS = "campaigns"
    META = "meta"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """What is gone when a feature is off, and how its routes say no."""

    meaning: str
    refusal: str
    bad_request: bool = False
    """The contract has a 400 for it, where others have a 403."""


FEATURES: dict[Feature, FeatureRow] = {
    Feature.STATS: FeatureRow("statistics, their audit and uplift", "statistics are switched off for the workspace"),
    Feature.CAMPAIGNS: FeatureRow(
        "reading and changing campaigns and the global control group; events are taken in all the same",
        "campaigns are switched off for the workspace",
    ),
    Feature.META: FeatureRow(
        "campaign details and reachability",
        "Campaign metadata API is not enabled for this workspace.",
        bad_request=True,
    ),
    Feature.REPORTS: FeatureRow("reports", "reports are switched off for the workspace"),
}


OPERATOR = "operator"
"""Who acts in the name of the key's id when it is not a key but somebody who has the data folder."""

NAME_LIMIT = 200
"""Characters in the name of a workspace or a key."""

LONGEST_RETENTION_DAYS = 36_525


@dataclass(frozen=True, slots=True)
class Workspace:
    """One tenant. Its days are days in `timezone`, which never changes once it has been created.

    The salt decides with the users' ids who is in a control group. It is a secret of the workspace, made when the
    workspace is created, and says nothing about it. Events are kept for `retention_days` before today, or for ever.
    """

    id: str
    name: str
    timezone: str
    profile: ProfileName
    data_center: str
    features_off: frozenset[Feature]
    created_at: datetime
    global_control_group: GlobalControlGroup = NO_GLOBAL_GROUP
    salt: bytes = field(default=b"", repr=False, compare=False)
    retention_days: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Return the rules of the workspace's time zone."""
        return ZoneInfo(self.timezone)

    def first_day_kept(self, now: datetime) -> int | None:
        """Return the number of the first day whose events are kept, or None where all are."""
        if self.retention_days is None:
            return None
        today = now.astimezone(self.zone).date()
        return max((today - EPOCH).days - self.retention_days, 0)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a workspace, and what the key that was shown may do."""

    workspace: Workspace
    key_id: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Return whether the key carries the scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


@cache
def _zones() -> frozenset[str]:
    # To look through the database takes milliseconds each time.
    return frozenset(available_timezones())


def check_workspace(workspace: Workspace) -> Problem | None:
    """Return the first thing that is wrong with a workspace."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", workspace.id):
        return Problem("id", workspace.id, "use 1 to 64 letters, digits, dots, dashes or underscores")
    if workspace.timezone not in _zones():
        return Problem("timezone", workspace.timezone, "use a zone of the tz database, such as Europe/Berlin or UTC")
    if workspace.data_center not in DATA_CENTERS:
        return Problem("data_center", workspace.data_center, f"use one of {', '.join(DATA_CENTERS)}")
    if workspace.retention_days is not None and not 1 <= workspace.retention_days <= LONGEST_RETENTION_DAYS:
        longest = f"use 1 to {LONGEST_RETENTION_DAYS:,} days, or off to keep events for ever"
        return Problem("retention_days", workspace.retention_days, longest)
    return check_text("name", workspace.name, NAME_LIMIT) or check_global_group(workspace.global_control_group)
