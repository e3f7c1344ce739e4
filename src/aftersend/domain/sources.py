"""Where events can come from besides the native format, and what becomes of those that cannot be used."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aftersend.domain.events import RejectedEvent, RejectionCode


class EventSource(StrEnum):
    """The sources that are read as they are, spelled as in the path of their door."""

    MOENGAGE_STREAMS = "moengage-streams"


class Shelf(StrEnum):
    """The two kinds of events that are set aside; one cannot push the other out."""

    REJECTED = "rejected"
    UNKNOWN_CODE = "unknown_code"


KEPT_EVENTS = 10_000
KEPT_BYTES = 16 * 2**20
"""How much of each kind is kept for a workspace and a source; the oldest go first."""

KEPT_TEXT = 32 * 1024
"""Characters of one event that are kept."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that could not be used: why, and how it came. It is cut where it was too long to keep."""

    code: RejectionCode
    field: str
    message: str
    event_id: str | None
    event_code: str | None
    raw: str
    cut: bool = False

    @property
    def shelf(self) -> Shelf:
        """Return which kind it is of."""
        return Shelf.UNKNOWN_CODE if self.code is RejectionCode.UNKNOWN_CODE else Shelf.REJECTED


@dataclass(frozen=True, slots=True)
class KeptAside:
    """An event as it was set aside: its number, when it first came, and by which key."""

    number: int
    arrived_at: datetime
    key_id: str
    event: SetAside


@dataclass(frozen=True, slots=True)
class SourceReceipt:
    """What became of a batch of a source, once it is durable.

    `accepted` and `duplicates` count events of the ledger, of which one event of the source can become several.
    `recognised` events feed nothing, `unknown` ones have a code that is not known here; both are no rejections.
    """

    accepted: int
    duplicates: int
    recognised: int
    unknown: int
    rejected: tuple[RejectedEvent, ...]
