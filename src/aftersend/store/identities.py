"""The index of event identities: has (workspace, event id) been received before? Without a window.

It is derived from the ledger and can be deleted at any time: it is then built again. It is written right after
the ledger, together with the number of the commit it covers, so that after a crash only what came later has
to be read again. RocksDB answers for a thousand new ids in about a millisecond, however many there are.
"""

import hashlib
import shutil
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from aftersend.errors import StoreUnavailable
from aftersend.store.refusals import unavailable

log = structlog.get_logger(__name__)

IDENTITY_BYTES = 16
IDENTITY_SQL = (
    f"toFixedString(substring(SHA256(concat(workspace_id, '\\0', event_id)), 1, {IDENTITY_BYTES}), {IDENTITY_BYTES})"
)
"""SQL for the identity of a row."""

SPENT = b""
"""The mark of an identity that no row of the ledger has any more; others have the digest of what their event says."""

_STATE_KEY = b"state of 2"  # shorter than an identity, so it can never be one; the layout's number is part of it
_STATE = struct.Struct("<QQ")


def identity(workspace_id: str, event_id: str) -> bytes:
    """Return the 16 bytes that stand for an event's identity.

    The first 128 bits of SHA-256, which the engine can compute too: among 10^10 events the chance that any two share
    them is below 10^-18, and to make two that do takes 2^64 tries.
    """
    return identities_of(workspace_id, (event_id,))[0]


def identities_of(workspace_id: str, event_ids: Iterable[str]) -> list[bytes]:
    """Return the identities of events of one workspace."""
    begun = hashlib.sha256(f"{workspace_id}\0".encode())
    found = []
    for event_id in event_ids:
        digest = begun.copy()
        digest.update(event_id.encode())
        found.append(digest.digest()[:IDENTITY_BYTES])
    return found


def _order(identities: list[bytes]) -> list[int]:
    """Return the places of identities in the order of their first half; where two are equal the first one's is first.

    It is the order of the index, but for the odd collision: each finds its place near that of the one before.
    """
    halves = np.frombuffer(b"".join(identities), ">u8").astype(np.uint64)[::2]
    order = halves.argsort()
    found = halves[order]
    if (found[1:] == found[:-1]).any():
        order = halves.argsort(kind="stable")  # six times as slow
    places: list[int] = order.tolist()
    return places


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the index covers: the ledger's commits up to `commit`, which hold `rows` rows."""

    commit: int
    rows: int


class Identities:
    """The index, on a folder that only this process has open.

    A database that failed to write once refuses every later write, even when the disk has room again. So whatever goes
    wrong, it is let go and opened anew for the next call; what it had lost by then its state does not cover.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database: Rdict | None = None
        self._opened()

    def _opened(self) -> Rdict:
        if self._database is None:
            with _translated("opened"):
                self._database = self._open()
        return self._database

    def _open(self) -> Rdict:
        try:
            return _opened_at(self._folder)
        except Exception as error:
            if "Corruption" not in str(error):
                raise
            log.warning("index_damaged", reason=str(error)[:500])
        # It holds nothing that the ledger does not: an empty one is built again from there.
        damaged = self._folder.with_name(f"{self._folder.name}-damaged")
        shutil.rmtree(damaged, ignore_errors=True)
        self._folder.rename(damaged)
        shutil.rmtree(damaged)
        return _opened_at(self._folder)

    @contextmanager
    def _using(self, action: str) -> Iterator[Rdict]:
        database = self._opened()
        try:
            with _translated(action):
                yield database
        except StoreUnavailable:
            self._let_go()
            raise

    def _let_go(self) -> None:
        database, self._database = self._database, None
        if database is None:
            return
        try:
            database.close()
        except Exception as error:  # noqa: BLE001 - what could not be written is read from the ledger again
            log.warning("index_closed_badly", reason=str(error)[:500])

    @property
    def state(self) -> IndexState:
        """Return what the index covers."""
        with self._using("read") as database:
            packed = database.get(_STATE_KEY)
        return IndexState(*_STATE.unpack(packed)) if packed else IndexState(0, 0)

    def known(self, identities: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return those of the identities that have been received before, each with its mark."""
        named = list(identities)
        ordered: list[Any] = [named[place] for place in _order(named)]  # neighbours share blocks: three times faster
        with self._using("read") as database:
            found: Any = database.get(ordered)
        if found.count(None) == len(found):
            return {}
        return {key: mark for key, mark in zip(ordered, found, strict=True) if mark is not None}

    def remember(self, marks: Iterable[tuple[bytes, bytes]], state: IndexState) -> None:
        """Note identities with their marks, and what the index covers with them, in one step.

        Of an identity that is there more than once the last mark holds.
        """
        batch = WriteBatch(raw_mode=True)
        put = batch.put
        noted = list(marks)
        for place in _order([key for key, _ in noted]):
            put(*noted[place])
        put(_STATE_KEY, _STATE.pack(state.commit, state.rows))
        with self._using("written") as database:
            database.write(batch)

    def clear(self) -> None:
        """Forget everything, to build the index anew."""
        self._let_go()
        with _translated("cleared"):
            Rdict.destroy(str(self._folder), _options())
        self._opened()

    def close(self) -> None:
        """Write what is in memory and let the folder go."""
        self._let_go()


@contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # The binding has no narrower class than Exception.
        log.error("index_refused", action=action, reason=str(error)[:500])
        raise unavailable(f"the index of event ids cannot be {action}", str(error)) from error


def _opened_at(folder: Path) -> Rdict:
    # The keys of an existing folder would have the options that are written down in it, and no filters: those are
    # written in a way that cannot be read back. So they are told again.
    return Rdict(str(folder), _options(), column_families={"default": _options()})


def _options() -> Options:
    table = BlockBasedOptions()
    table.set_bloom_filter(12, False)
    table.set_block_cache(Cache(8 * 1024 * 1024))
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    # A small one is in the processor's cache when a thousand keys find their places in it, and Python waits for them.
    # Many become one file, and as many are in memory while they are written out.
    options.set_write_buffer_size(2 * 1024 * 1024)
    options.set_min_write_buffer_number_to_merge(16)
    options.set_max_write_buffer_number(32)
    options.set_allow_concurrent_memtable_write(False)  # there is one writer
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.2)
    options.set_keep_log_file_num(2)
    return options
