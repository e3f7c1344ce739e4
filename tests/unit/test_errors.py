"""The error tree: every error has a code of its own, and every one that a route can raise has a status."""

import importlib
import pkgutil
import re

import pytest

import aftersend
from aftersend.api.errors import STATS_ENVELOPES, STATUS, field_description
from aftersend.errors import (
    AftersendError,
    Conflict,
    InvalidRequest,
    NotFound,
    Overloaded,
    StoreUnavailable,
    Unparseable,
)


def _all(error: type[AftersendError] = AftersendError) -> list[type[AftersendError]]:
    """Every error below one, wherever it is defined."""
    for module in pkgutil.walk_packages(aftersend.__path__, "aftersend."):
        if not module.name.startswith(("aftersend.registry.migrations", "aftersend.__main__")):
            importlib.import_module(module.name)
    below = error.__subclasses__()
    return below + [deeper for one in below for deeper in _below(one)]


def _below(error: type[AftersendError]) -> list[type[AftersendError]]:
    return [deeper for one in error.__subclasses__() for deeper in (one, *_below(one))]


ERRORS = sorted(set(_all()), key=lambda error: error.__name__)
OF_COMMANDS = [error for error in ERRORS if error.__module__.startswith(("aftersend.cli.", "aftersend.reports."))]
"""Errors that only the command line raises and shows, or the thread that makes reports, which notes them."""


def test_codes_are_unique() -> None:
    """A code tells an error from every other."""
    codes = [error.code for error in ERRORS]

    assert sorted(set(codes)) == sorted(codes)
    assert AftersendError.code not in codes
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_error_of_a_route_has_a_status() -> None:
    """Nothing that a route can raise is missing from the table, and nothing else is in it."""
    assert set(STATUS) == set(ERRORS) - set(OF_COMMANDS)


def test_statuses_say_whose_fault_it_is() -> None:
    """A caller's mistake is a 4xx, an operator's or the machine's a 5xx; what may pass is a 503."""
    assert set(STATUS.values()) <= set(range(400, 600))
    assert {error for error, status in STATUS.items() if status == 503} == {Overloaded, StoreUnavailable}


@pytest.mark.parametrize("status", sorted({400, 401, 403, 404, 405, 500}))
def test_the_flat_envelope_knows_the_statuses_of_its_contract(status: int) -> None:
    """Each documented status of the stats path has its title."""
    assert STATS_ENVELOPES[status][0]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_says_what_it_is(error: type[AftersendError]) -> None:
    """Every error has a sentence on when it is raised."""
    assert error.__doc__


def test_what_errors_carry() -> None:
    """An error carries its sentence, and where it belongs to a field, the field and its value."""
    invalid = InvalidRequest("use a date", "end_date", "x")

    assert (str(invalid), invalid.message, invalid.field, invalid.value) == (
        "use a date",
        "use a date",
        "end_date",
        "x",
    )
    assert (Unparseable("no JSON").field, Unparseable("no JSON").value) == ("body", None)
    assert Conflict("taken", field="id").field == "id"
    assert str(NotFound("nobody")) == "nobody"


def test_when_to_come_back() -> None:
    """Who is refused for now is told when to try again."""
    assert (Overloaded("busy").retry_after_seconds, StoreUnavailable("away").retry_after_seconds) == (1, 5)
    assert StoreUnavailable("stopping", 1).retry_after_seconds == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026-1-1", "2026-1-1"),
        (None, "None"),
        (True, "True"),
        (["a", 1], "['a', 1]"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_a_bad_field_is_described_as_the_contract_does(value: object, shown: str) -> None:
    """The field stands twice, with its value as Python prints it, cut where it is long."""
    assert field_description("end_date", value) == (
        f"end_date - Some of the field values are invalid: end_date : {shown}"
    )
