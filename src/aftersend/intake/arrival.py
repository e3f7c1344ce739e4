"""What all events of a batch share: whose they are, when and from whom they came."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from aftersend.domain.events import Rejection, RejectionCode
from aftersend.domain.periods import EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder

NATIVE = "native"
"""The source of events that come in the native format."""

Moments = np.ndarray[Any, np.dtype[np.int64]]
"""Milliseconds since 1970."""

_TIME_OUT_OF_BOUNDS = Rejection(
    RejectionCode.INVALID_VALUE,
    "time",
    "use a time between 2000 and 2100; a number is milliseconds since 1970, not seconds",
)

_EXPIRED = Rejection(
    RejectionCode.EXPIRED, "time", "this is older than the workspace keeps events; raise its retention first"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What all events of a batch share: whose they are, how that workspace's days fall, when and from whom they came.

    Events of before `earliest`, in milliseconds, are older than the workspace keeps them.
    """

    workspace_id: str
    days: DayFinder
    received_at: int
    source: str = NATIVE
    key_id: str = ""
    earliest: int = EARLIEST_MILLISECONDS

    def refusal(self, moment: int) -> Rejection | None:
        """Return why an event of a moment is turned away, or None."""
        if not EARLIEST_MILLISECONDS <= moment < LATEST_MILLISECONDS:
            return _TIME_OUT_OF_BOUNDS
        return _EXPIRED if moment < self.earliest else None

    def admits(self, times: Moments) -> bool:
        """Return whether no event of these moments is turned away."""
        if not times.size:
            return True
        return bool(times.min() >= max(EARLIEST_MILLISECONDS, self.earliest) and times.max() < LATEST_MILLISECONDS)
