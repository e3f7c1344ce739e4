"""Call limits: moving windows in memory and in Redis."""

import os
import time
import uuid

import pytest

from aftersend.api.limits import STATS_CALLS_PER_MINUTE, CallLimits

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
