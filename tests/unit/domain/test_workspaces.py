"""A workspace's own data, and what its keys may do."""

import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aftersend.domain.data_centers import DATA_CENTERS
from aftersend.domain.global_group import GlobalControlGroup, GlobalMode
from aftersend.domain.workspaces import Principal, Scope, check_workspace
from objects import a_workspace


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"workspace_id": ""}, "id"),
        ({"workspace_id": "a b"}, "id"),
        ({"workspace_id": "a:b"}, "id"),
        ({"workspace_id": "ü"}, "id"),
        ({"workspace_id": "w1\n"}, "id"),
        ({"workspace_id": "x" * 65}, "id"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "../UTC"}, "timezone"),
        ({"timezone": "europe/berlin"}, "timezone"),
        ({"data_center": "07"}, "data_center"),
        ({"data_center": ""}, "data_center"),
        ({"name": "x" * 201}, "name"),
        ({"global_control_group": GlobalControlGroup(GlobalMode.RANDOM, 100.1)}, "percentage"),
        ({"global_control_group": GlobalControlGroup(GlobalMode.RANDOM, -1)}, "percentage"),
        ({"global_control_group": GlobalControlGroup(GlobalMode.RANDOM, math.nan)}, "percentage"),
        ({"global_control_group": GlobalControlGroup(GlobalMode.UPLOADED, 5)}, "percentage"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "half \ud83d"}, "name"),
    ],
)
def test_every_contradiction_is_named(fields: dict[str, Any], field: str) -> None:
    """A contradiction names the field, its value, and what to do about it."""
    problem = check_workspace(a_workspace(**fields))

    assert problem is not None
    assert problem.field == field
    group = fields.get("global_control_group")
    assert problem.value in (group.percentage if group else value for value in fields.values())
    assert problem.message


def test_a_salt_is_not_shown() -> None:
    """What decides on groups is a secret: it is not printed."""
    assert "salt" not in repr(a_workspace(salt=b"secret"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"workspace_id": "x" * 64},
        {"workspace_id": "A.b-c_9"},
        {"global_control_group": GlobalControlGroup(GlobalMode.RANDOM, 12.5)},
        {"global_control_group": GlobalControlGroup(GlobalMode.UPLOADED)},
        {"timezone": "America/St_Johns"},
        *({"data_center": one} for one in DATA_CENTERS),
    ],
    ids=str,
)
def test_a_sound_workspace_has_no_problem(fields: dict[str, Any]) -> None:
    """What contradicts nothing is let through."""
    assert check_workspace(a_workspace(**fields)) is None


@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_do_what_its_scopes_say(scope: Scope) -> None:
    """A key may do what it has a scope for, and nothing else."""
    principal = Principal(a_workspace(), "k1", frozenset({scope}) - {Scope.ADMIN})

    assert [wanted for wanted in Scope if principal.may(wanted)] == [scope] * (scope is not Scope.ADMIN)


@pytest.mark.parametrize("scope", Scope)
def test_an_administrator_may_do_everything(scope: Scope) -> None:
    """The scope admin stands for all of them."""
    assert Principal(a_workspace(), "k1", frozenset({Scope.ADMIN})).may(scope)


def test_the_zone_of_a_workspace() -> None:
    """A workspace knows the rules of its time zone."""
    assert a_workspace(timezone="Asia/Gaza").zone == ZoneInfo("Asia/Gaza")
