"""After something went wrong: brings the index of identities in step with the tables, and tries whether they work."""

from collections.abc import Callable

import structlog

from aftersend.store.engine import Engine
from aftersend.store.identities import Identities, IndexState
from aftersend.store.read_identities import count_identities, marks_since
from aftersend.store.seniority import commit_of, senior

_TRY_A_WRITE = (
    "CREATE TABLE IF NOT EXISTS write_check (number UInt8) ENGINE = MergeTree ORDER BY number",
    "INSERT INTO write_check VALUES (1)",
    "DROP TABLE write_check SYNC",
)
"""What shows that the engine can keep something, without keeping anything."""

log = structlog.get_logger(__name__)

Progress = Callable[[int], None]
"""Is told how many rows the index covers so far."""


def bring_in_step(engine: Engine, identities: Identities, progress: Progress) -> IndexState:
    """Have the index cover what the tables hold, and return what that is.

    After a clean stop nothing is read but row counts. After a crash, the commits that the index missed
    are read; if the tables hold less than the index covers, the index is built anew.
    """
    state = identities.state
    stored = count_identities(engine)
    if stored < state.rows or (stored and not state.rows):
        log.warning("index_rebuild", stored_rows=stored, indexed_rows=state.rows)
        identities.clear()
        state = IndexState(0, 0)
    known = state.rows
    if stored != state.rows:
        identities.remember([], state)
        state, read = _read_missing(engine, identities, state, stored, progress)
        if read != stored - known:
            # Not what came last: files that had been set aside are back, or a removal was cut off.
            log.warning("index_rebuild", stored_rows=stored, indexed_rows=known)
            identities.clear()
            state, _ = _read_missing(engine, identities, IndexState(0, 0), stored, progress)
    return state


def _read_missing(
    engine: Engine, identities: Identities, state: IndexState, stored: int, progress: Progress
) -> tuple[IndexState, int]:
    commit, read = state.commit, 0
    # Commits are noted only at the end: if this is cut off, it starts again from the same place.
    for block in marks_since(engine, senior(state.commit)):
        commit = max(commit, *(commit_of(row[2]) for row in block))
        identities.remember([(row[0], row[1]) for row in block], state)
        read += len(block)
        progress(state.rows + read)
    result = IndexState(commit, stored)
    identities.remember([], result)
    return result, read


def try_a_write(engine: Engine) -> None:
    """Write something, for good.

    Raises:
        StoreUnavailable: it could not be written.
    """
    for statement in _TRY_A_WRITE:
        engine.command(statement)
