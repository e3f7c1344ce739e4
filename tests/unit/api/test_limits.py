"""Call limits: moving windows in memory and in Redis."""

import os
import time
import uuid

import pytest
from limits import RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond

from aftersend.api.limits import (
    CAMPAIGNS_CALLS_PER_HOUR,
    CAMPAIGNS_CALLS_PER_MINUTE,
    CAMPAIGNS_CALLS_PER_SECOND,
    STATS_CALLS_PER_MINUTE,
    CallLimits,
)

REDIS = os.environ.get("AFTERSEND_TEST_REDIS")


@pytest.fixture(params=["memory", "redis"])
def limits(request: pytest.FixtureRequest) -> CallLimits:
    """Call limits on each kind of storage; on a build server Redis must be there."""
    if request.param == "memory":
        return CallLimits("memory://", 5, time.time)  # noqa: TID251 - the storage reads the real clock, too
    if REDIS is None:
        if os.environ.get("CI") == "true":
            pytest.fail("AFTERSEND_TEST_REDIS must name a Redis on a build server")
        pytest.skip("AFTERSEND_TEST_REDIS names no Redis")
    return CallLimits(REDIS, 5, time.time)  # noqa: TID251 - the storage reads the real clock, too


def _name() -> str:
    return uuid.uuid4().hex


def test_a_hundred_calls_are_allowed(limits: CallLimits) -> None:
    """A workspace has a hundred calls, each telling what is left, and the next is refused."""
    workspace = _name()

    allowances = [limits.stats_call(workspace) for _ in range(STATS_CALLS_PER_MINUTE + 1)]

    assert [row.remaining for row in allowances[:3]] == [99, 98, 97]
    assert [row.allowed for row in allowances] == [True] * STATS_CALLS_PER_MINUTE + [False]


def test_a_refusal_says_how_long_to_wait(limits: CallLimits) -> None:
    """A refused caller is told whole seconds to wait and the moment when the window is free."""
    workspace = _name()
    for _ in range(STATS_CALLS_PER_MINUTE):
        limits.stats_call(workspace)

    headers = limits.stats_call(workspace).headers()

    assert 1 <= int(headers["Retry-After"]) <= 60
    assert headers["x-ratelimit-limit"] == "100"
    assert headers["x-ratelimit-remaining"] == "0"
    assert 0 < int(headers["x-ratelimit-reset"]) - time.time() <= 61  # noqa: TID251 - compared with the real clock


def test_workspaces_do_not_share_calls(limits: CallLimits) -> None:
    """What one workspace uses up is not missing in another."""
    first, second = _name(), _name()
    for _ in range(STATS_CALLS_PER_MINUTE + 1):
        limits.stats_call(first)

    assert limits.stats_call(second).remaining == STATS_CALLS_PER_MINUTE - 1


def test_ten_uploads_are_allowed(limits: CallLimits) -> None:
    """A workspace can upload ten times a minute, whatever it has asked for otherwise."""
    workspace = _name()
    limits.stats_call(workspace)

    assert [limits.upload(workspace).allowed for _ in range(11)] == [True] * 10 + [False]


def test_failed_sign_ins_have_a_limit_of_their_own(limits: CallLimits) -> None:
    """An address is refused after as many failures as the setting allows."""
    address = _name()

    allowed = [limits.failed_sign_in(address).allowed for _ in range(6)]

    assert allowed == [True] * 5 + [False]


def test_calls_about_campaigns_have_three_windows(limits: CallLimits) -> None:
    """Ten a second are allowed, and the window with the least left is told of."""
    workspace = _name()

    allowances = [limits.campaigns_call(workspace) for _ in range(11)]

    assert [row.allowed for row in allowances] == [True] * 10 + [False]
    assert [(row.limit, row.remaining) for row in allowances[:2]] == [(10, 9), (10, 8)]
    assert (allowances[-1].limit, allowances[-1].wait) == (10, 1)


def test_the_longer_windows_of_calls_about_campaigns(limits: CallLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that is full refuses, however much the shorter ones have left; the last hour counts, not the clock's."""
    monkeypatch.setattr(limits, "_campaigns", (RateLimitItemPerSecond(10), RateLimitItemPerMinute(3)))
    workspace = _name()
    minute = [limits.campaigns_call(workspace) for _ in range(4)]
    monkeypatch.setattr(limits, "_campaigns", (RateLimitItemPerMinute(100), RateLimitItemPerHour(2)))
    hour = [limits.campaigns_call(_name()), *(limits.campaigns_call(workspace) for _ in range(3))]

    assert [row.allowed for row in minute] == [True, True, True, False]
    assert (minute[-1].limit, minute[-1].remaining) == (3, 0)
    assert 1 <= minute[-1].wait <= 60
    assert [row.allowed for row in hour] == [True, True, True, False]
    assert (hour[-1].limit, hour[-1].remaining) == (2, 0)
    assert 3540 < hour[-1].wait <= 3600


def test_the_documented_windows() -> None:
    """Ten a second, a hundred a minute, six thousand an hour."""
    assert (CAMPAIGNS_CALLS_PER_SECOND, CAMPAIGNS_CALLS_PER_MINUTE, CAMPAIGNS_CALLS_PER_HOUR) == (10, 100, 6000)
