"""How one seal is made: from the beginning, from what came since, or from what has been added to it in memory."""

from collections.abc import Callable

import msgspec
import numpy as np

from aftersend.store.aside import AsideEngine
from aftersend.store.corners import Corners, summed
from aftersend.store.engine import PatientEngine
from aftersend.store.growing_seal import GrowingSeal
from aftersend.store.marks import UserMarks
from aftersend.store.read_marks import read_marks
from aftersend.store.seal_build import Day, Extent, read_corners, read_days, read_keys, shares_of, write_piece
from aftersend.store.seal_layout import Combination, Layout
from aftersend.store.seal_pieces import Pieces
from aftersend.store.seals import Seal
from aftersend.upkeep.seal_subjects import Subject
from aftersend.upkeep.worker import Stopped


class SealMaker:
    """Makes seals; `stopping` says when what is under way is to be given up."""

    def __init__(
        self, engine: PatientEngine, pieces: Pieces, rows_an_event: float, stopping: Callable[[], bool]
    ) -> None:
        self._engine = engine
        self._aside = AsideEngine(engine)
        self._pieces = pieces
        self._rows_an_event = rows_an_event
        self._stopping = stopping

    def made(self, subject: Subject, upto: int) -> Seal | None:
        """Count a campaign from the beginning; nothing is returned where a seal is not worth it."""
        extent = Extent(subject.workspace.id, subject.members, 0, upto)
        days = read_days(self._aside, extent)
        keys = {row.combination: row.key for row in days}
        layout = subject.layout.extended(keys)
        events = sum(row.events for row in days)
        if not layout.fits or len(set(keys.values())) < len(keys):
            return None
        corners = self._corners(extent, layout, keys, events)
        if len(corners.users) > self._rows_an_event * events:
            return None
        piece = write_piece(self._engine, layout, days, corners)
        return Seal(
            subject.workspace.id,
            subject.campaign.id,
            subject.members,
            upto,
            events,
            (piece,),
            layout.channel,
            layout.over_platforms,
            layout.combinations,
            layout.nodes,
            layout.measures,
        )

    def extended(self, seal: Seal, upto: int) -> Seal | None:
        """Count what came to a campaign since it was sealed."""
        extent = Extent(seal.workspace_id, seal.members, seal.commit, upto)
        days = read_days(self._aside, extent)
        if not days:
            return msgspec.structs.replace(seal, commit=upto)
        keys = read_keys(self._aside, extent)
        layout = seal.layout.extended(keys)
        if not layout.fits or len(set(keys.values())) < len(keys):
            return None
        return self._with_piece(seal.laid_out(layout, upto), days, self._corners(extent, layout, keys, seal.events))

    def with_growth(self, growing: GrowingSeal) -> Seal:
        """Write what has been added to a seal in memory, whose lock is held."""
        seal = growing.grown().seal
        days = [Day(day, combination, 0, events) for (day, combination), events in sorted(growing.events.items())]
        return self._with_piece(seal, days, growing.corners) if days else seal

    def compacted(self, seal: Seal) -> Seal:
        """Put the pieces of a seal together to one."""
        numbers = [piece.number for piece in seal.pieces]
        days = [
            Day(day, seal.combinations[cell], 0, events)
            for rows in self._pieces.events(numbers).values()
            for day, cell, events in zip(rows.day.tolist(), rows.cell.tolist(), rows.events.tolist(), strict=True)
        ]
        corners = [
            Corners(*(getattr(rows, name).astype(np.int64) for name in Corners.__slots__))
            for rows in self._pieces.users(numbers).values()
        ]
        piece = write_piece(self._engine, seal.layout, days, summed(corners))
        return msgspec.structs.replace(seal, pieces=(piece,))

    def marks(self, seal: Seal) -> UserMarks:
        """Read what the users of a seal did, up to its commit.

        Raises:
            NotKept: it cannot be kept in memory.
        """
        found = UserMarks(shares_of(seal.events))
        extent = Extent(seal.workspace_id, seal.members, 0, seal.commit)
        for users, marks in read_marks(self._engine, extent, seal.layout):
            if self._stopping():
                raise Stopped
            found.add(users, marks)
        return found

    def _with_piece(self, seal: Seal, days: list[Day], corners: Corners) -> Seal:
        piece = write_piece(self._engine, seal.layout, days, corners)
        return msgspec.structs.replace(seal, events=seal.events + piece.events, pieces=(*seal.pieces, piece))

    def _corners(self, extent: Extent, layout: Layout, keys: dict[Combination, int], events: int) -> Corners:
        found = []
        for corners in read_corners(self._aside, extent, layout, keys, events):
            if self._stopping():
                raise Stopped
            found.append(corners)
        return summed(found)
