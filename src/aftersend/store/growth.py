"""Seals that grow in memory: what came later to a campaign is added to its seal when it is asked about.

Whether a user who is there again counts depends on what he did before. So for campaigns that grow while somebody asks
about them, what their users did is kept in memory, within a bound; whatever is not there is counted from the ledger.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock

from aftersend.store.engine import Engine
from aftersend.store.growing_seal import GrowingSeal, Grown
from aftersend.store.marks import NotKept
from aftersend.store.portions import shares_of_users
from aftersend.store.read_marks import LaterEvents, LedgerMarks, read_later
from aftersend.store.seal_build import Extent, shares_of
from aftersend.store.seal_layout import catalogue
from aftersend.store.seals import Seal, SealBook

_MOST_BYTES = 128 * 1024 * 1024
_BYTES_AN_EVENT = 8
"""What an event may take in memory: most take five, and a user twenty."""

_MOST_LATER = 100_000
"""Events. Beyond them a campaign is read from the beginning, in the background."""

_MOST_TOGETHER = 100_000
"""Events that are read at a time: of several campaigns, or of some users of one that is far behind."""

_MOST_WANTED = 100


class Growth:
    """The seals that grow, those asked for last; and those that were asked for and are not there."""

    def __init__(self, book: SealBook, most_bytes: int = _MOST_BYTES) -> None:
        self.book = book
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._growing: OrderedDict[tuple[str, str], GrowingSeal] = OrderedDict()
        self._wanted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.tell_wanted: Callable[[], object] = lambda: None
        # Of a user who is erased nothing stays in memory either.
        book.when_dropped(self._forget_key)

    def __len__(self) -> int:
        """Return how many seals grow."""
        return len(self._growing)

    def find(self, seal: Seal) -> GrowingSeal | None:
        """Return what grows from a seal; what is not there is wanted from now on."""
        with self._lock:
            growing = self._growing.get(seal.key)
            if growing is not None:
                self._growing.move_to_end(seal.key)
            elif seal.events * _BYTES_AN_EVENT <= self._most_bytes and set(catalogue(seal.channel)) <= set(
                seal.measures
            ):
                self._wanted[seal.key] = None
                self._wanted.move_to_end(seal.key)
                self.tell_wanted()
                while len(self._wanted) > _MOST_WANTED:
                    self._wanted.popitem(last=False)
            return growing

    def passing(self, engine: Engine, seal: Seal) -> GrowingSeal:
        """Return what grows from a seal for one question, with what its users did looked up in the ledger."""
        extent = Extent(seal.workspace_id, seal.members, 0, seal.commit)
        return GrowingSeal(seal, LedgerMarks(engine, extent, seal.layout), seal.events)

    def get(self, seal: Seal) -> GrowingSeal | None:
        """Return what grows from a seal, whether or not anybody asks about it."""
        return self._growing.get(seal.key)

    def wanted(self) -> list[tuple[str, str]]:
        """Return what has been asked for since the last time, the longest ago first."""
        with self._lock:
            found = list(self._wanted)
            self._wanted.clear()
            return found

    def keep(self, growing: GrowingSeal, removals: int) -> None:
        """Have a seal grow from now on, unless something was removed since before its marks were read."""
        workspace_id = growing.seal.workspace_id
        with self._lock:
            if self.book.is_removing(workspace_id) or removals != self.book.touched.removals(workspace_id):
                return
            self._growing[growing.seal.key] = growing
            size = sum(one.size for one in self._growing.values())
            while size > self._most_bytes:
                _, gone = self._growing.popitem(last=False)
                size -= gone.size

    def forget(self, growing: GrowingSeal) -> None:
        """Have a seal grow no more."""
        with self._lock:
            if self._growing.get(growing.seal.key) is growing:
                del self._growing[growing.seal.key]

    def as_grown(self, seal: Seal) -> Grown:
        """Return a seal with all that has been added to it, if anything has."""
        growing = self._growing.get(seal.key)
        if growing is None:
            return Grown(seal)
        with growing.lock:
            return growing.grown() if growing.seal.pieces == seal.pieces else Grown(seal)

    def _forget_key(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._growing.pop(key, None)

    def bring_up(self, engine: Engine, growing: GrowingSeal) -> bool:
        """Add whatever has come to a seal that nobody else knows yet, and return whether that could be."""
        with growing.lock:
            return not self._add_later(engine, [growing])

    def catch_up(self, engine: Engine, found: Collection[GrowingSeal]) -> dict[str, Grown]:
        """Add whatever has come to seals of one workspace, and return how they are then; some may be left out.

        Whatever was acknowledged before the call is in what is returned. Those that are not kept are only read from.
        """
        with ExitStack() as held:
            for growing in sorted(found, key=lambda one: one.seal.campaign_id):
                held.enter_context(growing.lock)
            current = [growing for growing in found if self._holds(growing)]
            failed = self._add_later(engine, current)
            return {one.seal.campaign_id: one.grown() for one in current if one not in failed}

    def _holds(self, growing: GrowingSeal) -> bool:
        """Whether a seal is still the one in the book, and has not fallen too far behind."""
        seal, touched = growing.seal, self.book.touched
        known = self.book.find(*seal.key)
        later = touched.events(seal.workspace_id, seal.members) - growing.noted
        is_same = known is not None and known.pieces == seal.pieces
        if is_same and later <= _MOST_LATER and not growing.is_broken:
            return True
        self.forget(growing)
        return False

    def _add_later(self, engine: Engine, current: Sequence[GrowingSeal]) -> list[GrowingSeal]:
        """Add what has come, and return those to which it could not be added."""
        touched = self.book.touched
        upto = touched.finished
        behind: list[_Behind] = []
        for growing in current:
            seal = growing.seal
            noted = touched.events(seal.workspace_id, seal.members)
            if days := touched.days_since(seal.workspace_id, seal.members, growing.commit):
                behind.append(_Behind(growing, noted, days))
        failed: list[GrowingSeal] = []
        for some in _read_together(behind):
            failed += self._take(engine, some, upto)
        return failed

    def _take(self, engine: Engine, behind: Sequence["_Behind"], upto: int) -> list[GrowingSeal]:
        """Add what has come to some of them, and return those to which it could not be added."""
        commits: dict[str, int] = {}
        for one in behind:
            for member in one.growing.seal.members:
                commits[member] = min(one.growing.commit, commits.get(member, one.growing.commit))
        days = {day for one in behind for day in one.days}
        failed: list[GrowingSeal] = []
        try:
            for portion in shares_of_users(shares_of(sum(one.events for one in behind), _MOST_TOGETHER)):
                later = read_later(engine, behind[0].growing.seal.workspace_id, commits, days, upto, portion)
                failed += _taken([one.growing for one in behind if one.growing not in failed], later)
        except BaseException:
            failed = [one.growing for one in behind]
            raise
        finally:
            # Some of it may have been added, so whoever waits for one of them must not go on with it either.
            for growing in failed:
                growing.is_broken = True
                self.forget(growing)
        for one in behind:
            if not one.growing.is_broken:
                one.growing.reach(upto, one.noted)
        return failed


def _taken(some: Iterable[GrowingSeal], later: LaterEvents) -> list[GrowingSeal]:
    """Add what has come to some seals, and return those to which it could not be added."""
    failed = []
    for growing in some:
        try:
            growing.take(later.of(growing.seal.members, growing.commit))
        except NotKept:
            failed.append(growing)
    return failed


@dataclass(frozen=True, slots=True)
class _Behind:
    """A seal to which events came on some days, and how many its campaigns have with them."""

    growing: GrowingSeal
    noted: int
    days: Sequence[int]

    @property
    def events(self) -> int:
        """Return about how many have come."""
        return self.noted - self.growing.noted


def _read_together(behind: Iterable[_Behind]) -> Iterator[list[_Behind]]:
    """Yield the seals of which what has come is read together, in their order."""
    some: list[_Behind] = []
    events = 0
    for one in behind:
        if some and events + one.events > _MOST_TOGETHER:
            yield some
            some, events = [], 0
        some.append(one)
        events += one.events
    if some:
        yield some
