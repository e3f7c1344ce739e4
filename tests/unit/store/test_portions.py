"""A question is read whole, or in portions that have every campaign and user of it once."""

from collections import Counter
from collections.abc import Callable

import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.portions import WHOLE, Portion, in_portions
from aftersend.store.refusals import TooMuchMemory

CAMPAIGNS = ("a", "b", "c")
SIZES = {"a": 10, "b": 1_000, "c": 70}


def _reading(most: int, tried: list[Portion]) -> Callable[[Portion], Counter[tuple[str, int]]]:
    """Return what reads the pairs of campaign and user of a portion, and refuses more than `most` of them."""

    def read(portion: Portion) -> Counter[tuple[str, int]]:
        tried.append(portion)
        pairs = [
            (campaign, user)
            for campaign in portion.campaign_ids or CAMPAIGNS
            for user in range(SIZES[campaign])
            if user % portion.shares == portion.share
        ]
        if len(pairs) > most:
            raise TooMuchMemory
        return Counter(pairs)

    return read


EVERYTHING = Counter((campaign, user) for campaign, size in SIZES.items() for user in range(size))


@pytest.mark.parametrize("most", [2_000, 1_000, 500, 100, 7, 3])
@pytest.mark.parametrize("whole", [WHOLE, Portion(CAMPAIGNS)])
def test_every_pair_is_read_once(most: int, whole: Portion) -> None:
    """However little may be read at once, nothing is read twice or left out."""
    found = sum(in_portions(whole, _reading(most, [])), Counter[tuple[str, int]]())
    assert found == EVERYTHING


def test_what_fits_is_read_at_once() -> None:
    """Nothing is divided without need."""
    tried: list[Portion] = []
    list(in_portions(Portion(CAMPAIGNS), _reading(2_000, tried)))
    assert tried == [Portion(CAMPAIGNS)]


def test_only_campaigns_that_are_too_large_are_divided_and_their_shares_at_once() -> None:
    """Small campaigns stay whole, and what is as large as what was refused is not tried."""
    tried: list[Portion] = []
    list(in_portions(Portion(CAMPAIGNS), _reading(100, tried)))
    assert [(portion.campaign_ids, portion.shares) for portion in tried] == [
        (CAMPAIGNS, 1),
        (("a",), 1),
        (("b",), 1),
        (("b",), 2),
        (("b",), 4),
        (("b",), 8),
        *[(("b",), 16)] * 16,
        (("c",), 1),
    ]


def test_there_is_an_end_to_dividing() -> None:
    """What can never fit is an error, not a loop."""
    with pytest.raises(StoreUnavailable):
        list(in_portions(WHOLE, _reading(0, [])))
