"""Damaged files of the ledger: what a statement met, and what the engine set aside when it opened the tables."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from aftersend.domain.events import Stream
from aftersend.errors import StoreUnavailable
from aftersend.store.engine import Engine
from aftersend.store.refusals import DAMAGED

log = structlog.get_logger(__name__)

_CHECK_SECONDS = 30.0
"""How often all files are read again while some are known to be damaged; with many events that takes a while."""


class Damage:
    """Remembers that a statement met a damaged file, until the files have been found whole again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._met: StoreUnavailable | None = None
        self._next_check = 0.0
        self._checking = threading.Lock()

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Remember what the block meets."""
        try:
            yield
        except StoreUnavailable as error:
            if DAMAGED in error.message:
                self._met = error
            raise

    def check(self, engine: Engine) -> None:
        """Find out whether all events can be read.

        Raises:
            StoreUnavailable: some cannot, or are missing because files were set aside; the message says what to do.
        """
        check_set_aside(engine)
        if self._met is None:
            return
        with self._checking:
            if self._met is not None and self._clock() >= self._next_check:
                self._met = None if all(_is_whole(engine, stream) for stream in Stream) else self._met
                self._next_check = self._clock() + _CHECK_SECONDS
            if self._met is not None:
                raise self._met


def _is_whole(engine: Engine, stream: Stream) -> bool:
    try:
        found = engine.select(f"CHECK TABLE {stream} SETTINGS check_query_single_value_result = 1")
    except StoreUnavailable:
        return False
    return str(found[0][0]).strip() == "1"


def check_set_aside(engine: Engine) -> None:
    """Find out whether files of events were too damaged to be opened.

    Raises:
        StoreUnavailable: some were, and their events are missing until they are brought back.
    """
    statement = """
SELECT concat(table, '/detached/', name) FROM system.detached_parts
WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND startsWith(ifNull(reason, ''), 'broken')"""
    found = [row[0] for row in engine.select(statement, {"tables": [*Stream, "spent"]})]
    if found:
        log.error("parts_set_aside", parts=found)
        raise StoreUnavailable(
            "the ledger is not complete: a damaged file was set aside, and its events are missing. Restore a backup; "
            "or send them again, and then remove what was set aside, which the log names"
        )
