"""Finds out whether what the engine wrote is on the disk, which it does not say itself, and puts it right.

The embedded engine takes a write that the system refuses (no room, a quota, a limit) for one that was done: the
statement succeeds, and its part has files that are empty or cut off. It does count such writes. So the count is looked
at after every statement that writes and once a second, and when it has grown every part is measured.

A part that an insert brought is taken out again: whoever inserted it is told, and has its rows. One that took the place
of others, merged or with rows removed, is replaced by them: the engine deletes them within seconds, so they are kept.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

import structlog
from clickhouse_connect.driver.client import Client

from aftersend.errors import StoreUnavailable
from aftersend.store.parts import Part, is_whole, keep, kept_under, parts_being_kept, parts_kept, read_parts
from aftersend.store.refusals import check_disk, unavailable

log = structlog.get_logger(__name__)

_REFUSED = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"


class Written:
    """What is known of the writes of an engine on a folder. Connections share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._refused = 0
        self._cut_off: set[Part] = set()
        self._lost: set[Part] = set()
        self._exchanging = False

    @property
    def is_trusted(self) -> bool:
        """Return whether all that is known to be cut off, and can be put right, has been."""
        return not self._cut_off and not self._exchanging

    def check_whole(self) -> None:
        """Raise StoreUnavailable while parts were taken out that are not back yet."""
        if self._exchanging:
            raise self._reason()

    def check(self, client: Client) -> None:
        """Look whether anything that was written since the last time is not on the disk.

        Raises:
            StoreUnavailable: it is not; `mend` puts it right when writes are done again.
        """
        with self._lock:
            refused = _number(client)
            if refused == self._refused:
                return
            there = read_parts(client)
            for part in {part for part in there if part.is_active and not is_whole(part)} - self._cut_off - self._lost:
                self._note(part, there)
            self._refused = refused
        raise self._reason()

    def _note(self, part: Part, there: Iterable[Part]) -> None:
        """Note a part that is cut off; one that cannot be put right is left, so that whoever reads it gets an error."""
        is_kept = part.is_inserted or _keep_sources(part, there)
        (self._cut_off if is_kept else self._lost).add(part)
        log.error("part_cut_off" if is_kept else "part_lost", part=f"{part.table}/{part.name}")

    def mend(self, client: Client) -> None:
        """Put right what was cut off, if anything was. No question may begin meanwhile.

        Raises:
            StoreUnavailable: writes are still refused.
        """
        with self._lock:
            if self.is_trusted:
                return
            check_disk("the ledger", self._folder)
            before = _number(client)
            there = {(part.table, part.name) for part in read_parts(client) if part.is_active}
            self._exchanging = True
            for part in sorted(self._cut_off, key=lambda part: (part.table, part.name)):
                if (part.table, part.name) in there:
                    # To drop a part writes another one, which is empty and takes its place.
                    client.command(f"ALTER TABLE {part.table} DROP PART '{part.name}'")
                self._cut_off.discard(part)
            _attach_kept(client)
            if _number(client) != before:
                raise self._reason()
            self._exchanging = False
            log.warning("parts_put_right")

    def resume(self, client: Client) -> None:
        """Put right, before anybody reads, what the last process did not come to."""
        _attach_kept(client)

    def _reason(self) -> StoreUnavailable:
        try:
            check_disk("the ledger", self._folder)
        except StoreUnavailable as error:
            return error
        return unavailable("the ledger cannot be written to", "a write was refused")


def _number(client: Client) -> int:
    rows = client.query(_REFUSED).result_rows
    return int(rows[0][0]) if rows else 0


def _keep_sources(part: Part, there: Iterable[Part]) -> bool:
    """Keep the newest whole parts in whose place another one came, and return whether they have all of its rows."""
    within = [one for one in there if not one.is_active and part.covers(one) and is_whole(one)]
    kept: list[Part] = []
    for one in sorted(within, key=lambda one: (one.first - one.last, -one.level, -one.version)):
        if not any(other.covers(one) for other in kept):
            kept.append(one)
    if sum(one.rows for one in kept) < part.rows:
        return False
    try:
        keep(kept)
    except OSError as error:
        log.error("parts_not_kept", part=f"{part.table}/{part.name}", reason=str(error)[:500])
        return False
    return True


def _attach_kept(client: Client) -> None:
    """Bring back the parts that were kept, but for those that the engine has found again itself."""
    kept = parts_kept(client)
    active = [part for part in read_parts(client) if part.is_active and part.rows and is_whole(part)] if kept else []
    for part in kept:
        if any(other.covers(part) for other in active):
            shutil.rmtree(part.path)
            continue
        name = kept_under(part)
        client.command(f"ALTER TABLE {part.table} ATTACH PART '{name}'")
        log.warning("part_brought_back", part=f"{part.table}/{name}")
    for part in _replaced(client, kept):
        shutil.rmtree(part.path)


def _replaced(client: Client, kept: list[Part]) -> Iterator[Part]:
    """Yield the parts that were set aside as broken and of which all rows have been brought back."""
    missing = parts_being_kept(client)
    for part in parts_kept(client, "broken"):
        if any(part.covers(one) for one in kept) and not any(part.covers(one) for one in missing):
            yield part
