"""Answers what campaigns are credited with from their seals, from what came after those, and from the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.credit_book import CreditBook, CreditSeal
from aftersend.store.credit_sums import Credits, CreditSums
from aftersend.store.engine import Engine
from aftersend.store.read_conversions import start_conversions, start_counting
from aftersend.store.seal_credits import Since, apart, difference, read_since

MOST_USERS = 5_000
"""With something new of more users than these everything is credited from the ledger."""


@dataclass(frozen=True, slots=True)
class SealedReading:
    """Where seals are, and how to ask for the last commit that is whole."""

    book: CreditBook
    latest: Callable[[], int]
    most_users: int = MOST_USERS

    def start(self, engine: Engine, query: ConversionQuery) -> Callable[[], Credits]:
        """Begin to read what the campaigns of a query are credited with, and return what waits for it."""
        found = [(one, self.book.find(one)) for one in apart(query)]
        waiting = self._start(engine, query, found)

        def credited() -> Credits:
            try:
                return waiting()
            finally:
                # Not before: whoever seals them would take half of the machine from the question.
                for one, _ in found:
                    self.book.want(one)

        return credited

    def _start(
        self, engine: Engine, query: ConversionQuery, found: Sequence[tuple[ConversionQuery, CreditSeal | None]]
    ) -> Callable[[], Credits]:
        seals = {one: seal for one, seal in found if seal is not None}
        first, last = query.days
        if not seals or first > last:
            return start_conversions(engine, query, few=self.book.is_small(query))
        unsealed = [one for one, seal in found if seal is None]
        parts: list[tuple[ConversionQuery, int]] = []
        for since, some in self._since(engine, query, seals):
            if since is None:
                unsealed += some
                seals = {one: seal for one, seal in seals.items() if one not in some}
            else:
                parts += difference(query.about(_campaigns(some)), since)
        if unsealed:
            parts.append((query.about(_campaigns(unsealed)), 1))
        counting = [(start_counting(engine, part), times) for part, times in parts]

        def credited() -> Credits:
            sums = CreditSums()
            for seal in seals.values():
                seal.add_to(sums, query.days)
            for add, times in counting:
                add(sums, times)
            return sums.credits()

        return credited

    def _since(
        self, engine: Engine, query: ConversionQuery, seals: Mapping[ConversionQuery, CreditSeal]
    ) -> Iterator[tuple[Since | None, list[ConversionQuery]]]:
        """What came after the seals that are behind, those up to the same commit together."""
        behind = defaultdict[int, list[ConversionQuery]](list)
        for one, seal in seals.items():
            if self.book.is_behind(one, seal):
                behind[seal.until].append(one)
        # Whatever was acknowledged before the question is of this commit or an earlier one.
        now = self.latest() if behind else 0
        for until, some in behind.items():
            yield read_since(engine, query.about(_campaigns(some)), until, now, self.most_users), some


def _campaigns(some: Iterable[ConversionQuery]) -> frozenset[str]:
    """The campaigns that are asked about by queries of one each."""
    return frozenset(chain.from_iterable(one.asked for one in some))
