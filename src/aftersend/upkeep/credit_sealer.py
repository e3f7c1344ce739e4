"""Credits beforehand what has been asked for, in a thread of its own, between the questions of everybody else."""

import time

from aftersend.store.conversion_query import ConversionQuery
from aftersend.store.engine import Engine
from aftersend.store.read_sealed_credits import SealedReading
from aftersend.store.seal_credits import SealedCredits, TooManyRows, fingerprint, read_since, seal, seal_on
from aftersend.upkeep.worker import Worker

_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 30.0
_REST = 5.0
"""After its work the thread rests for so many times as long as that took."""

_MOST_USERS = 20_000
"""With something new of more users than these a seal is made anew."""

_MOST_REFUSED = 1_000


class CreditSealer:
    """Seals credits, in a thread of its own."""

    def __init__(self, engine: Engine, reading: SealedReading) -> None:
        self._engine = engine
        self._book = reading.book
        self._latest = reading.latest
        self._refused: dict[str, None] = {}
        self.worker = Worker("crediting", self._take_turn, _RETRY_SECONDS)

    def _take_turn(self) -> float:
        begun = time.monotonic()
        self.work()
        return _PAUSE_SECONDS + _REST * (time.monotonic() - begun)

    def work(self) -> None:
        """Seal what has been asked for since the last time."""
        wanted = [query for query in self._book.wanted() if fingerprint(query) not in self._refused]
        if not wanted:
            return
        # All up to the same commit: what comes later is then found for all of them at once.
        now = self._latest()
        for query in wanted:
            if self.worker.stopping:
                return
            self._seal(query, now)

    def _seal(self, query: ConversionQuery, now: int) -> None:
        # Before anything is read: a removal after this makes the seal count for nothing.
        removals = self._book.removals(query)
        try:
            counted = self._counted(query, now)
        except TooManyRows:
            self._refused[fingerprint(query)] = None
            if len(self._refused) > _MOST_REFUSED:
                self._refused.pop(next(iter(self._refused)))
            return
        self._book.keep(query, counted, now, removals)

    def _counted(self, query: ConversionQuery, now: int) -> SealedCredits:
        old = self._book.get(query)
        if old is not None:
            since = read_since(self._engine, query, old.until, now, _MOST_USERS)
            if since is not None:
                return seal_on(self._engine, query, since, old.counted)
        return seal(self._engine, query, now)
