"""The rows of a seal: distinct users of any days by the days before, amounts by currency, and what is added later."""

from decimal import Decimal
from itertools import combinations_with_replacement

import pytest

from aftersend.domain.conversions import Conversions
from aftersend.store import seal_credits
from aftersend.store.credit_book import CreditSeal
from aftersend.store.credit_sums import CreditSums
from aftersend.store.seal_credits import SealedCredits, TooManyRows

CELL = ("", 0, "EMAIL", "", "")
KEY = ("c1", *CELL)
DAYS_OF_USERS = ({20_001}, {20_001, 20_003}, {20_002, 20_003, 20_007}, {20_007})


def _counted(days_of_users: tuple[set[int], ...]) -> SealedCredits:
    found = SealedCredits()
    for days in days_of_users:
        before = 0
        for day in sorted(days):
            found.add(CELL, (before, day), ("EUR", 2, Decimal("1.5"), 1), 1)
            before = day
    return found


def _told(counted: SealedCredits, days: tuple[int, int]) -> Conversions | None:
    sums = CreditSums()
    CreditSeal("c1", list(counted.cells), *counted.columns(), until=1, removals=0).add_to(sums, days)
    return sums.credits().get(KEY)


@pytest.mark.parametrize("days", list(combinations_with_replacement(range(20_000, 20_009), 2)))
def test_users_of_any_days_are_counted_once(days: tuple[int, int]) -> None:
    """Between any two days every user with a credit in between counts once, and every event as often as it is."""
    credited = [[day for day in some if days[0] <= day <= days[1]] for some in DAYS_OF_USERS]
    events, users = sum(map(len, credited)), sum(map(bool, credited))

    found = _told(_counted(DAYS_OF_USERS), days)

    assert found == (Conversions(2 * events, users, Decimal("1.5") * events) if events else None)


def test_days_from_the_beginning_are_counted() -> None:
    """A range from the day 0, which also stands for no day before, has all users in it."""
    assert _told(_counted(DAYS_OF_USERS), (0, 65_535)) == Conversions(14, 4, Decimal("10.5"))


def test_currencies_are_of_the_days_that_are_asked_about() -> None:
    """Amounts in two currencies add up to nothing, but only where both are among the days."""
    counted = _counted(({20_001},))
    counted.add(CELL, (20_001, 20_002), ("USD", 1, Decimal(4), 1), 1)

    assert _told(counted, (20_001, 20_001)) == Conversions(2, 1, Decimal("1.5"))
    assert _told(counted, (20_002, 20_002)) == Conversions(1, 1, Decimal(4))
    assert _told(counted, (20_001, 20_002)) == Conversions(3, 1, Decimal(0))


def test_what_is_taken_away_leaves_nothing() -> None:
    """A currency that is named by nobody any more stands in nobody's way, and what comes to nothing takes no row."""
    counted = _counted(({20_001},))
    counted.add(CELL, (20_001, 20_002), ("USD", 1, Decimal(4), 1), 1)
    counted.add(CELL, (20_001, 20_002), ("USD", 1, Decimal(4), 1), -1)

    assert _told(counted, (20_001, 20_002)) == Conversions(2, 1, Decimal("1.5"))
    assert [table.num_rows for table in counted.columns()] == [1, 1]


def test_a_seal_is_read_back() -> None:
    """What is kept in columns is what was counted, so that it can be counted on."""
    counted = _counted(DAYS_OF_USERS)

    again = SealedCredits.of(list(counted.cells), *counted.columns())

    assert again == counted


def test_too_many_rows_are_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: what does not become few rows goes without a seal."""
    monkeypatch.setattr(seal_credits, "MOST_ROWS", 3)

    with pytest.raises(TooManyRows):
        _counted(DAYS_OF_USERS)
