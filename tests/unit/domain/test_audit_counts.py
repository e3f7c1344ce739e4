"""The identities of a campaign's totals, on counts made by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersend.domain import audit_counts
from aftersend.domain.audit import IDENTITIES, IdentityName, Severity, Violation
from aftersend.domain.audit_counts import CampaignCounts, Span, check_counts
from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import Kind

SPAN = Span(0, 1000, open_from=98)
"""All days; the hundredth is today."""

Row = tuple[int, str, int]
"""Day, kind with its detail after a blank, events."""


def _counts(*rows: Row, channel: Channel = Channel.EMAIL, platform: str | None = None) -> CampaignCounts:
    counts = CampaignCounts("c1", channel)
    for day, words, events in rows:
        kind, _, detail = words.partition(" ")
        counts.add(day, platform or channel.value, kind, detail, events)
    return counts


def _found(counts: CampaignCounts, span: Span = SPAN) -> list[Violation]:
    return sorted(check_counts(counts, span), key=lambda violation: violation.order)


def _short(violations: list[Violation]) -> list[tuple[str, str, int | None, int, int]]:
    return [(one.identity, one.severity, one.day, one.expected, one.found) for one in violations]


def test_a_whole_send_is_clean() -> None:
    """Every stage is the one before minus its reasons, and every attempt ends: nothing to say."""
    counts = _counts(
        (1, "targeted", 10),
        (1, "removed no_email_address", 2),
        (1, "removed frequency_cap", 1),
        (1, "attempted", 7),
        (1, "failed personalization_failed", 3),
        (1, "sent", 4),
        (2, "delivered", 4),
        (3, "undelivered in_transit", 9),
    )

    assert _found(counts) == []


def test_a_missing_outcome() -> None:
    """An attempt without an outcome is an error on its day and over all days, and says which events show it."""
    found = _found(
        _counts((1, "attempted", 5), (1, "sent", 3), (1, "failed any", 1), (2, "attempted", 1), (2, "sent", 1))
    )

    assert _short(found) == [
        ("attempted_has_outcome", "error", None, 6, 5),
        ("attempted_has_outcome", "error", 1, 5, 4),
    ]
    evidence = found[0].evidence
    assert evidence is not None
    assert (evidence.kinds, evidence.more_than) == ((Kind.ATTEMPTED,), (Kind.SENT, Kind.FAILED))


def test_too_many_outcomes() -> None:
    """More outcomes than attempts is an error, whatever the day, and the outcomes show it."""
    found = _found(_counts((100, "attempted", 1), (100, "sent", 1), (100, "failed any", 1)))

    assert [row[:2] for row in _short(found)] == [("attempted_has_outcome", "error")] * 2
    assert found[0].evidence is not None
    assert found[0].evidence.kinds == (Kind.SENT, Kind.FAILED)


@pytest.mark.parametrize(("day", "severity"), [(97, "error"), (98, "info"), (100, "info"), (101, "info")])
def test_outcomes_may_be_on_their_way(day: int, severity: str) -> None:
    """On the last three days an outcome that is missing is information, before them an error."""
    found = _found(_counts((1, "attempted", 1), (1, "sent", 1), (day, "attempted", 2), (day, "sent", 1)))

    assert [(one.severity, one.day) for one in found] == [(severity, None), (severity, day)]


def test_an_old_gap_is_no_excuse_for_a_new_one() -> None:
    """With a gap of long ago and one of today, the old one is an error and so is the whole; today's is information."""
    found = _found(_counts((1, "attempted", 2), (1, "sent", 1), (100, "attempted", 2), (100, "sent", 1)))

    assert [(one.severity, one.day) for one in found] == [
        ("error", None),
        ("error", 1),
        ("info", 100),
    ]


def test_a_send_past_midnight_is_information() -> None:
    """Where other days make up for a day, nothing is missing."""
    found = _found(_counts((1, "attempted", 5), (1, "sent", 3), (2, "sent", 2)))

    assert _short(found) == [
        ("attempted_has_outcome", "info", 1, 5, 3),
        ("attempted_has_outcome", "info", 2, 0, 2),
    ]


def test_only_the_asked_days_are_told() -> None:
    """What is wrong on other days is not told, but other days do make up for the asked ones."""
    wrong = _counts((1, "attempted", 1), (5, "attempted", 1), (5, "sent", 1))
    midnight = _counts((1, "attempted", 1), (2, "sent", 1))

    assert _found(wrong, Span(2, 9, 98)) == []
    assert _short(_found(midnight, Span(2, 9, 98))) == [("attempted_has_outcome", "info", 2, 0, 1)]


def test_platforms_are_checked_one_by_one() -> None:
    """On a channel with several platforms an attempt ends on its own platform."""
    counts = _counts((1, "attempted", 1), channel=Channel.PUSH, platform="IOS")
    counts.add(1, "UNKNOWN", "sent", "", 1)

    assert {one.platform for one in _found(counts)} == {"IOS", "UNKNOWN"}
    assert {one.platform for one in _found(_counts((1, "attempted", 1)))} == {None}


@pytest.mark.parametrize(
    ("channel", "severity"), [(Channel.EMAIL, "warning"), (Channel.PUSH, "warning"), (Channel.WHATSAPP, "info")]
)
def test_a_sender_without_attempts_is_named_as_such(channel: Channel, severity: str) -> None:
    """Sent without any attempted is no gap in attempts; it is told, as a warning where attempts are printed."""
    found = _found(_counts((1, "sent", 4), (2, "sent", 3), (2, "failed any", 1), channel=channel))

    assert _short(found) == [("attempts_are_reported", severity, None, 7, 0)]
    assert _found(_counts((1, "sent", 4), channel=channel), Span(2, 3, 98)) == []


def test_shown_messages_need_no_attempts() -> None:
    """A campaign that is only shown has neither attempts nor sends to compare."""
    assert _found(_counts((1, "impression", 4), (1, "clicked", 9), channel=Channel.IN_APP, platform="WEB")) == []


@pytest.mark.parametrize("outcome", ["synced", "sent"])
def test_ad_audiences_end_as_synced(outcome: str) -> None:
    """Where nothing is sent, being added to the audience is the outcome."""
    counts = _counts((1, "attempted", 4), (1, "failed any", 1), channel=Channel.FACEBOOK_AUDIENCE)
    counts.add(1, "FACEBOOK_AUDIENCE", outcome, "", 3)
    assert _found(counts) == []

    counts.add(1, "FACEBOOK_AUDIENCE", "synced", "", 1)
    assert ([one.identity for one in _found(counts)] == []) is (outcome == "sent")


def test_failures_without_a_reason() -> None:
    """Failed is the sum of its reasons: a failure without one is an error of its day."""
    found = _found(_counts((1, "attempted", 3), (1, "failed any", 1), (1, "failed", 2)))

    assert _short(found) == [("failed_has_reason", "error", 1, 3, 1)]


def test_failures_after_the_send() -> None:
    """What strikes after the send is not a failure before it; undelivered with any reason is as it should be."""
    found = _found(_counts((1, "attempted", 3), (1, "failed in_transit", 2), (1, "failed any", 1)))

    assert _short(found) == [("failed_before_send", "warning", 1, 3, 1)]
    assert "in_transit" in found[0].message
    assert _found(_counts((1, "undelivered frequency_cap", 2))) == []


def test_a_stage_below_zero() -> None:
    """More lost than targeted is an error of the first stage that goes below zero, on its day and over all days."""
    found = _found(_counts((1, "targeted", 1), (1, "removed no_email_address", 2), (1, "removed invalid_email", 1)))

    assert _short(found) == [
        ("stage_not_negative", "error", None, 0, -1),
        ("stage_not_negative", "error", 1, 0, -1),
    ]
    assert found[0].message.startswith("user_with_email is -1")
    assert found[0].evidence is not None
    assert found[0].evidence.details == ("no_email_address",)


def test_a_stage_below_zero_on_one_day_only() -> None:
    """Users who were targeted on the day before are made up for by it."""
    found = _found(_counts((1, "targeted", 2), (2, "removed frequency_cap", 1)))

    assert _short(found) == [("stage_not_negative", "info", 2, 0, -1)]


def test_a_stage_is_the_rest_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that loses other reasons than its stage says is found."""
    first, second, *rest = FUNNELS[Channel.SMS]
    assert isinstance(second.formula, Remaining)
    wrong = replace(second, formula=Remaining(second.formula.start, Tally((Kind.REMOVED,), frozenset({"any"}))))
    monkeypatch.setitem(FUNNELS, Channel.SMS, (first, wrong, *rest))

    found = _found(_counts((1, "targeted", 5), (1, "removed frequency_cap", 1), channel=Channel.SMS))

    assert ("stage_is_rest", "error", 1, 4, 5) in _short(found)


def test_every_sentence_says_what_to_do() -> None:
    """What is wrong is followed by the advice of its identity."""
    (violation,) = _found(_counts((1, "sent", 1)))

    assert violation.message.endswith(IDENTITIES[IdentityName.ATTEMPTS_ARE_REPORTED].advice)


def test_the_worst_come_first() -> None:
    """Errors stand before warnings and information, whatever the campaign."""
    errors = _found(_counts((1, "attempted", 1)))
    infos = _found(_counts((100, "attempted", 1)))

    assert min([*infos, *errors], key=lambda one: one.order).severity is Severity.ERROR


def test_users_are_not_counted_here() -> None:
    """A formula over users is refused rather than answered with something else."""
    tally = Tally((Kind.SENT,))
    counts = audit_counts.Counts()

    with pytest.raises(NotImplementedError):
        counts.count(tally, Mode.UNIQUE)
    with pytest.raises(NotImplementedError):
        counts.remaining_users(Remaining(tally, Tally((Kind.FAILED,), frozenset({"any"}))))


def test_the_catalogue_has_a_row_for_every_identity() -> None:
    """Each identity says what holds and what to do."""
    assert list(IDENTITIES) == list(IdentityName)
    assert all(row.holds and row.advice for row in IDENTITIES.values())


_PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=6)


@given(_PAIRS, st.integers(0, 7))
def test_any_days(pairs: list[tuple[int, int]], open_from: int) -> None:
    """Every day that is off is told, the whole if and only if it is off, and an error is never on an open day alone."""
    rows = [
        row for day, (tried, ended) in enumerate(pairs) for row in ((day, "attempted", tried), (day, "failed x", ended))
    ]
    found = {one.day: one for one in _found(_counts(*rows), Span(0, 9, open_from))}
    gaps = {day: tried - ended for day, (tried, ended) in enumerate(pairs)}
    gap = sum(gaps.values())

    assert {day for day in found if day is not None} == {day for day, missing in gaps.items() if missing}
    assert (None in found) is (gap != 0)
    errors = {day for day, one in found.items() if one.severity is Severity.ERROR}
    assert (None in errors) is bool(errors)
    if gap == 0:
        assert not errors
    elif gap < 0:
        assert errors - {None} == {day for day, missing in gaps.items() if missing < 0}
    else:
        assert all(gaps[day] > 0 and day < open_from for day in errors if day is not None)
