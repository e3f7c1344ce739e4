"""The book of seals: which counts have been made ready, up to which commit, and of which pieces they consist.

Pieces are written before the header that names them, so what a crash leaves is at most a piece that nobody names. A
header is read back only if its pieces are as large as it says and the ledger has the events that it counted.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import Any

import msgspec
import structlog

from aftersend.domain.channels import Channel
from aftersend.store.count_block import Node
from aftersend.store.engine import Engine
from aftersend.store.seal_layout import Combination, Layout
from aftersend.store.seal_pieces import Pieces
from aftersend.store.seniority import senior
from aftersend.store.settled import about
from aftersend.store.touched import Touched

log = structlog.get_logger(__name__)

COUNTS = "counts"
"""The kind of seal that has a campaign's counts; its subject is the campaign."""


class Piece(msgspec.Struct, frozen=True):
    """Some rows of the sealed tables: their number, and what shows that all of them are there."""

    number: int
    event_rows: int
    events: int
    user_rows: int
    users: int


class Seal(msgspec.Struct, frozen=True, dict=True):
    """The counts of a campaign and its family up to a commit."""

    workspace_id: str
    campaign_id: str
    members: tuple[str, ...]
    commit: int
    events: int
    pieces: tuple[Piece, ...]
    channel: Channel
    over_platforms: bool
    combinations: tuple[Combination, ...]
    nodes: tuple[Node, ...]
    measures: tuple[str, ...]

    @cached_property
    def layout(self) -> Layout:
        """Return how its cells are numbered."""
        return Layout(self.channel, self.over_platforms, self.combinations, self.nodes, self.measures)

    def laid_out(self, layout: Layout, commit: int) -> "Seal":
        """Return it with the numbers of a layout that has its own, up to another commit."""
        return msgspec.structs.replace(
            self, commit=commit, combinations=layout.combinations, nodes=layout.nodes, measures=layout.measures
        )

    @property
    def key(self) -> tuple[str, str]:
        """Return what it is about: a campaign of a workspace."""
        return self.workspace_id, self.campaign_id


class SealBook:
    """Every seal that counts. What it says of a campaign is either right or nothing."""

    def __init__(self, engine: Engine, touched: Touched) -> None:
        self._engine = engine
        self.touched = touched
        self.pieces = Pieces(about(engine))  # no event that is pending is in one
        self._lock = Lock()
        self._seals: dict[tuple[str, str], Seal] = {}
        self._removing: dict[str, int] = {}
        self._replaced: set[int] = set()
        self._words: dict[Any, Any] = {}
        self._version = 0
        self._tell_dropped: Callable[[tuple[str, str]], None] = lambda key: None

    def when_dropped(self, tell: Callable[[tuple[str, str]], None]) -> None:
        """Have it told of which campaign a seal counts no more."""
        self._tell_dropped = tell

    def load(self, latest: int) -> None:
        """Read the seals of before the start, and drop those that cannot be right.

        `latest` is the last commit of the ledger: a seal of a later one is of files that have been lost.
        """
        rows = self._engine.select("SELECT body, version FROM seals FINAL WHERE kind = {kind:String}", {"kind": COUNTS})
        self._version = max((version for _, version in rows), default=0)
        seals = [self._shared(seal) for body, _ in rows if body and (seal := _decode(body))]
        whole = _whole_pieces(self._engine)
        events = _events_of(self._engine)
        for seal in seals:
            if seal.commit <= latest and whole.issuperset(seal.pieces) and self._is_of(seal, events):
                with self._lock:
                    self._seals.setdefault(seal.key, seal)
        kept = {piece.number for seal in self._seals.values() for piece in seal.pieces}
        self.sweep(piece.number for piece in whole if piece.number not in kept)

    def _shared(self, seal: Seal) -> Seal:
        """The same seal; what it has in common with others is in memory once."""
        known = self._words
        return msgspec.structs.replace(
            seal,
            combinations=tuple(known.setdefault(row, row) for row in seal.combinations),
            nodes=tuple(known.setdefault(node, node) for node in seal.nodes),
            measures=tuple(known.setdefault(measure, measure) for measure in seal.measures),
        )

    def _is_of(self, seal: Seal, events: dict[tuple[str, str], int]) -> bool:
        """Whether the ledger has what the seal counted."""
        there = sum(events.get((seal.workspace_id, member), 0) for member in seal.members)
        if there == seal.events:
            return True
        statement = """SELECT count() FROM message_events WHERE workspace_id = {workspace:String}
            AND campaign_id IN {campaigns:Array(String)} AND seniority >= {senior:UInt64}"""
        parameters = {"workspace": seal.workspace_id, "campaigns": list(seal.members), "senior": senior(seal.commit)}
        return int(self._engine.select(statement, parameters)[0][0]) == seal.events

    def find(self, workspace_id: str, campaign_id: str) -> Seal | None:
        """Return the seal of a campaign."""
        return self._seals.get((workspace_id, campaign_id))

    def still_holds(self, seals: Iterable[Seal]) -> bool:
        """Return whether the pieces of these seals have not been swept away."""
        with self._lock:
            return all(self._there(seal) for seal in seals)

    def _there(self, seal: Seal) -> bool:
        known = self._seals.get(seal.key)
        return known is seal or self._replaced.union(_numbers(known) if known else ()).issuperset(_numbers(seal))

    def __len__(self) -> int:
        """Return how many seals there are."""
        return len(self._seals)

    def publish(self, seal: Seal, removals: int) -> bool:
        """Let a seal count from now on, unless something was removed while it was made.

        `removals` is what `touched.removals` said before anything was read for it. The pieces that it has no more stay
        until they are swept: somebody may be reading them.
        """
        with self._lock:
            if self._removing.get(seal.workspace_id) or removals != self.touched.removals(seal.workspace_id):
                return False
            self._write(seal.workspace_id, seal.campaign_id, msgspec.json.encode(seal).decode())
            replaced = self._seals.get(seal.key)
            self._seals[seal.key] = self._shared(seal)
            if replaced is not None:
                self._replaced.update(_numbers(replaced))
                self._replaced.difference_update(_numbers(seal))
        return True

    @property
    def replaced(self) -> frozenset[int]:
        """Return the pieces that no seal has any more, and that have not been swept."""
        with self._lock:
            return frozenset(self._replaced)

    def drop(self, workspace_id: str, campaign_ids: Collection[str]) -> list[int]:
        """Let the seals that count any of these campaigns count no more, and return their pieces."""
        with self._lock:
            gone = [
                seal
                for seal in self._seals.values()
                if seal.workspace_id == workspace_id and not set(campaign_ids).isdisjoint(seal.members)
            ]
            for seal in gone:
                # First for this process, whatever becomes of the header.
                del self._seals[seal.key]
            for seal in gone:
                self._write(seal.workspace_id, seal.campaign_id, "")
        for seal in gone:
            self._tell_dropped(seal.key)
        return [piece.number for seal in gone for piece in seal.pieces]

    @contextmanager
    def removing(self, workspace_id: str, campaign_ids: Callable[[], Collection[str]]) -> Iterator[None]:
        """Drop what counts events of these campaigns, and let nothing be sealed in the workspace for the block."""
        with self._lock:
            self._removing[workspace_id] = self._removing.get(workspace_id, 0) + 1
        self.touched.note_removal(workspace_id)
        try:
            self.sweep(self.drop(workspace_id, campaign_ids()))
            yield
        finally:
            self.touched.note_removal(workspace_id)
            with self._lock:
                self._removing[workspace_id] -= 1

    def discard(self, seal: Seal) -> None:
        """Drop a seal that is not right, and whatever is being made of its pieces at this moment."""
        # As for a removal: nothing that was begun before is published, and earlier answers have to be asked for anew.
        with self.removing(seal.workspace_id, lambda: (seal.campaign_id,)):
            pass

    def is_removing(self, workspace_id: str) -> bool:
        """Return whether events of a workspace are being removed at this moment."""
        with self._lock:
            return bool(self._removing.get(workspace_id))

    def sweep(self, pieces: Iterable[int]) -> None:
        """Delete the rows of pieces."""
        if numbers := list(pieces):
            with self._lock:
                self._replaced.difference_update(numbers)
            self.pieces.forget(numbers)
            for table in ("sealed_events", "sealed_users"):
                self._engine.tend(
                    f"DELETE FROM {table} WHERE piece IN {{pieces:Array(UInt64)}}",
                    {"pieces": numbers},
                )

    def _write(self, workspace_id: str, campaign_id: str, body: str) -> None:
        self._version += 1
        self._engine.command(
            "INSERT INTO seals VALUES ({workspace:String}, {kind:String}, {subject:String}, {version:UInt64}, "
            "{body:String})",
            {
                "workspace": workspace_id,
                "kind": COUNTS,
                "subject": campaign_id,
                "version": self._version,
                "body": body,
            },
        )


def _numbers(seal: Seal) -> list[int]:
    return [piece.number for piece in seal.pieces]


def new_piece() -> int:
    """Return the number of a piece that is yet to be written."""
    return secrets.randbits(63)


def _decode(body: str) -> Seal | None:
    try:
        return msgspec.json.decode(body, type=Seal)
    except msgspec.DecodeError as error:
        log.warning("seal_unreadable", reason=str(error)[:200])
        return None


def _whole_pieces(engine: Engine) -> set[Piece]:
    """Every piece as it is in the tables."""
    statement = """
SELECT piece, sum(event_rows), sum(events), sum(user_rows), sum(users) FROM (
    SELECT piece, count() AS event_rows, sum(events) AS events, 0 AS user_rows, 0 AS users FROM sealed_events
    GROUP BY piece
    UNION ALL
    SELECT piece, 0, 0, count(), sum(users) FROM sealed_users GROUP BY piece
) GROUP BY piece"""
    return {Piece(*row) for row in engine.select(statement)}


def _events_of(engine: Engine) -> dict[tuple[str, str], int]:
    """How many events each campaign has."""
    statement = "SELECT workspace_id, campaign_id, count() FROM message_events GROUP BY workspace_id, campaign_id"
    return {(workspace, campaign): events for workspace, campaign, events in engine.select(statement)}
