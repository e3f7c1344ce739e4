"""How often may be called: moving windows, in memory or in Redis."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from aftersend.errors import AftersendError

STATS_CALLS_PER_MINUTE = 100
UPLOADS_PER_MINUTE = 10
CAMPAIGNS_CALLS_PER_SECOND = 10
CAMPAIGNS_CALLS_PER_MINUTE = 100
CAMPAIGNS_CALLS_PER_HOUR = 6_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after a call. `reset` is in UTC epoch seconds, `wait` in whole seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    wait: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the caller."""
        told = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }
        if not self.allowed:
            told["Retry-After"] = str(self.wait)
        return told


class TooManyCalls(AftersendError):
    """A workspace has used up a limit of its own."""

    code = "too_many_calls"

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(f"this can be called {allowance.limit} times a minute; wait before the next call")
        self.headers = allowance.headers()


class CallLimits:
    """Counts calls by workspace, and failed sign-ins by address."""

    def __init__(self, storage: str, failed_sign_ins_per_minute: int, now: Callable[[], float]) -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage))
        self._stats = RateLimitItemPerMinute(STATS_CALLS_PER_MINUTE)
        self._uploads = RateLimitItemPerMinute(UPLOADS_PER_MINUTE)
        # The shortest window first: what a longer one refuses has then only used up what is free again in a moment.
        self._campaigns = (
            RateLimitItemPerSecond(CAMPAIGNS_CALLS_PER_SECOND),
            RateLimitItemPerMinute(CAMPAIGNS_CALLS_PER_MINUTE),
            RateLimitItemPerHour(CAMPAIGNS_CALLS_PER_HOUR),
        )
        self._sign_ins = RateLimitItemPerMinute(failed_sign_ins_per_minute)
        self._now = now

    def stats_call(self, workspace_id: str) -> Allowance:
        """Count a stats call, unless the workspace has none left."""
        return self._count(self._stats, "stats", workspace_id)

    def upload(self, workspace_id: str) -> Allowance:
        """Count an upload of users, unless the workspace has none left."""
        return self._count(self._uploads, "upload", workspace_id)

    def campaigns_call(self, workspace_id: str) -> Allowance:
        """Count a question about campaigns, unless a window has none left; the window with the least left is told."""
        told: Allowance | None = None
        for limit in self._campaigns:
            allowance = self._count(limit, "campaigns", workspace_id)
            if told is None or not allowance.allowed or allowance.remaining < told.remaining:
                told = allowance
            if not allowance.allowed:
                break
        assert told is not None
        return told

    def failed_sign_in(self, address: str) -> Allowance:
        """Count a request that showed no valid key."""
        return self._count(self._sign_ins, "sign-in", address)

    def _count(self, limit: RateLimitItem, *names: str) -> Allowance:
        allowed = self._limiter.hit(limit, *names)
        window = self._limiter.get_window_stats(limit, *names)
        wait = max(1, math.ceil(window.reset_time - self._now()))
        return Allowance(allowed, limit.amount, window.remaining, math.ceil(window.reset_time), wait)
