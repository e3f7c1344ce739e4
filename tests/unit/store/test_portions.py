"""A question is read whole, or in portions that have every campaign and user of it once."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
    """Small campaigns stay whole, a large one may take more, and what is as large as what was refused is not tried."""
    tried: list[Portion] = []
    list(in_portions(Portion(CAMPAIGNS), _reading(100, tried)))
    assert [(portion.campaign_ids, portion.shares, portion.alone) for portion in tried] == [
        (CAMPAIGNS, 1, False),
        (("a",), 1, False),
        (("b",), 1, False),
        (("b",), 1, True),
        (("b",), 2, True),
        (("b",), 4, True),
        (("b",), 8, True),
        *[(("b",), 16, True)] * 16,
        (("c",), 1, False),
    ]


def test_one_portion_at_a_time_takes_more_memory() -> None:
    """However many ask at once, and each of them for all that it can get."""
    reading = Counter[bool]()
    together = Counter[bool]()

    def read(portion: Portion) -> Portion:
        reading[portion.alone] += 1
        together[portion.alone] = max(together[portion.alone], reading[portion.alone])
        time.sleep(0.005)
        reading[portion.alone] -= 1
        if portion.shares < 4:
            raise TooMuchMemory
        return portion

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: list(in_portions(WHOLE, read)), range(8)))

    assert found == [[Portion(shares=4, share=share, alone=True) for share in (0, 2, 1, 3)]] * 8
    assert together[True] == 1
    assert together[False] > 1


def test_there_is_an_end_to_dividing() -> None:
    """What can never fit is an error, not a loop."""
    with pytest.raises(StoreUnavailable):
        list(in_portions(WHOLE, _reading(0, [])))
