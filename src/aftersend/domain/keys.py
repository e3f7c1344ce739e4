"""A key: what opens a workspace, what it may be used for, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aftersend.domain.problems import Problem, check_text
from aftersend.domain.workspaces import NAME_LIMIT, Scope

MOST_LIVE_KEYS = 50
"""Keys of a workspace that open it at the same time."""

LONGEST_OVERLAP_HOURS = 720
"""Hours for which a key that was rotated can still be used."""

LONGEST_LIFE_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown later: without its secret. It opens nothing once it has expired or was revoked."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """Return one word for whether it can be used."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is None:
            return "living"
        return "expired" if self.expires_at <= now else "ending"


def check_key(key: Key) -> Problem | None:
    """Return the first thing that is wrong with a new key."""
    if not key.scopes:
        return Problem("scopes", [], "a key needs at least one scope")
    if key.expires_at is not None:
        life = key.expires_at - key.created_at
        if not timedelta(0) < life <= timedelta(days=LONGEST_LIFE_DAYS):
            return Problem("expires_at", key.expires_at, f"use a time within the next {LONGEST_LIFE_DAYS:,} days")
    return check_text("name", key.name, NAME_LIMIT)
