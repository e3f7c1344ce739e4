"""Removals: what takes events out of the ledger for good, and how far it has come.

A removed event counts nowhere any more, and its id stays used up: it is never taken in again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RETRACTED_IDS_LIMIT = 10_000
"""Event ids in one retraction."""
REASON_LIMIT = 500
"""Characters in the reason of a removal."""


class RemovalKind(StrEnum):
    """What is removed."""

    RETRACTION = "retraction"  # events that a sender names
    ERASURE = "erasure"  # all events of a user
    EXPIRY = "expiry"  # all events older than the workspace keeps them


class RemovalStatus(StrEnum):
    """How far a removal has come, in this order."""

    WAITING = "waiting"
    REMOVING = "removing"
    PURGING = "purging"
    DONE = "done"
    ABANDONED = "abandoned"


STATUS_MEANINGS: dict[RemovalStatus, str] = {
    RemovalStatus.WAITING: "it has been asked for, and nothing has been removed yet",
    RemovalStatus.REMOVING: "the ids are used up, and the events are leaving the answers",
    RemovalStatus.PURGING: "no answer has the events any more; the files that had them are written anew",
    RemovalStatus.DONE: "it is finished; an erasure or an expiry leaves nothing in the ledger's files",
    RemovalStatus.ABANDONED: "the server stopped before anything was removed, and nobody was told otherwise; ask again",
}

UNFINISHED = (RemovalStatus.WAITING, RemovalStatus.REMOVING)
"""While a removal is at one of these, answers may still have its events."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: what, who, when, why, and how far it has come.

    `subject` is the user of an erasure, until it is done, and of an expiry the number of the first day that stays.
    Rows received before it have a greater seniority than `seniority`. `event_ids` is how many ids a retraction names,
    `events_removed` how many rows had them.
    """

    workspace_id: str
    id: str
    kind: RemovalKind
    status: RemovalStatus
    requested_at: datetime
    requested_by: str
    reason: str
    subject: str = ""
    seniority: int = 0
    event_ids: int = 0
    events_removed: int = 0
    finished_at: datetime | None = None
