"""The identities of parts and wholes, on parts made by hand."""

from dataclasses import replace

import pytest

from aftersend.domain.audit import IdentityName, Violation
from aftersend.domain.audit_parts import (
    DIMENSIONS,
    FAMILY,
    WHOLE,
    Part,
    Portion,
    Reached,
    check_held_out,
    check_parts,
    portions,
)

CLEAN = [
    Part("c1", "opened", WHOLE, "", 10, 6),
    Part("c1", "opened", "platform", "EMAIL", 10, 6),
    Part("c1", "opened", "locale", "de", 4, 3),
    Part("c1", "opened", "locale", "en", 6, 4),
    Part("c1", "opened", "day", "20454", 10, 6),
]


def _with(place: int, **fields: int) -> list[Violation]:
    parts = list(CLEAN)
    parts[place] = replace(parts[place], **fields)  # type: ignore[arg-type]
    return list(check_parts(parts))


def _names(violations: list[Violation]) -> set[str]:
    return {violation.identity for violation in violations}


def test_parts_that_make_a_whole() -> None:
    """Totals add up and users do not have to: nothing to say."""
    assert list(check_parts(CLEAN)) == []


def test_more_users_than_events() -> None:
    """Distinct users are no more than events, in any part; the violation names the part's day or platform."""
    assert _names(_with(4, users=11)) == {IdentityName.UNIQUE_WITHIN_TOTAL, IdentityName.UNION_WITHIN_PARTS}
    assert (_with(4, users=11)[0].day, _with(4, users=11)[0].platform) == (20454, None)
    assert _with(1, users=11)[0].platform == "EMAIL"
    assert "locale de" in _with(2, users=5)[0].message


def test_a_family_that_does_not_add_up() -> None:
    """A parent's events are those of its family, and its users no more and no fewer than theirs can be."""
    whole, own, child = (
        Part("p", "opened", WHOLE, "", 10, 6),
        Part("p", "opened", FAMILY, "p", 4, 3),
        Part("p", "opened", FAMILY, "r1", 6, 4),
    )

    assert list(check_parts([whole, own, child])) == []
    lost = list(check_parts([replace(whole, events=9, users=8), own, child]))
    assert _names(lost) == {IdentityName.PARTS_ADD_UP, IdentityName.UNION_WITHIN_PARTS}
    assert all("campaign of the family" in violation.message for violation in lost)


def test_totals_that_do_not_add_up() -> None:
    """A part that has lost or doubled an event is found."""
    (violation,) = _with(2, events=5)

    assert (violation.identity, violation.expected, violation.found) == (IdentityName.PARTS_ADD_UP, 10, 11)
    assert "locale" in violation.message


@pytest.mark.parametrize(("users", "bound"), [(3, 4), (8, 7)])
def test_a_union_lies_between_its_parts(users: int, bound: int) -> None:
    """The users of the whole are no fewer than those of a part, and no more than all of the parts'."""
    found = [one for one in _with(0, users=users) if "locale" in one.message]

    assert [(one.identity, one.expected, one.found) for one in found] == [
        (IdentityName.UNION_WITHIN_PARTS, bound, users)
    ]


@pytest.mark.parametrize(("with_send_id", "severity"), [(True, "error"), (False, "warning")])
def test_users_who_were_not_left_alone(with_send_id: bool, severity: str) -> None:
    """A user who was held out and sent to is an error, and a warning where it may have been another send."""
    violation = check_held_out(Reached("c1", 7, with_send_id, 3))

    assert (violation.severity, violation.day, violation.expected, violation.found) == (severity, 7, 0, 3)


def test_small_campaigns_are_compared_together() -> None:
    """Campaigns that fit share a portion; a larger one goes kind by kind and dimension by dimension."""
    sizes = {"a": {"sent": 4}, "b": {"sent": 5}, "huge": {"sent": 50, "opened": 9}, "c": {"sent": 6}}

    assert list(portions(sizes, 10)) == [
        *(Portion(("huge",), kind, (cut,)) for kind in ("sent", "opened") for cut in DIMENSIONS),
        Portion(("a", "b")),
        Portion(("c",)),
    ]
