"""Reads from the tables which identities have ever been received: what the index of identities is derived from."""

from collections.abc import Iterator, Sequence
from typing import Any

from aftersend.domain.events import Stream
from aftersend.domain.removals import UNFINISHED
from aftersend.store.digests import digest_sql
from aftersend.store.engine import Engine
from aftersend.store.identities import IDENTITY_SQL, SPENT


def count_identities(engine: Engine) -> int:
    """Return how many identities were ever received: those of rows, and those that have been used up without one.

    While a removal is under way its identities are used up and still have their rows; they count once.
    """
    tables = (*Stream, "spent")
    counted = sum(int(engine.select(f"SELECT count() FROM {table}")[0][0]) for table in tables)
    return counted - sum(_leaving(engine, *removal) for removal in _unfinished(engine))


def _unfinished(engine: Engine) -> Sequence[Sequence[Any]]:
    statement = "SELECT workspace_id, id FROM removals FINAL WHERE status IN {unfinished:Array(String)}"
    return engine.select(statement, {"unfinished": list(UNFINISHED)})


def _leaving(engine: Engine, workspace_id: str, removal_id: str) -> int:
    """Count the rows that a removal still has to remove."""
    parameters = {"workspace": workspace_id, "removal": removal_id}
    of_removal = "SELECT identity FROM spent WHERE workspace_id = {workspace:String} AND removal_id = {removal:String}"
    return sum(
        int(
            engine.select(
                f"SELECT count() FROM {stream} WHERE workspace_id = {{workspace:String}} "
                f"AND {IDENTITY_SQL} IN ({of_removal})",
                parameters,
            )[0][0]
        )
        for stream in Stream
    )


def marks_since(engine: Engine, seniority: int) -> Iterator[Sequence[tuple[bytes, bytes, int]]]:
    """Yield in blocks the identities that came in later than the rows of a seniority: identity, mark, seniority.

    What has been used up comes last, so that its mark stays.
    """
    parameters = {"senior": seniority}
    for stream in Stream:
        statement = f"SELECT {IDENTITY_SQL}, {digest_sql(stream)}, seniority FROM {stream}"
        yield from engine.stream(f"{statement} WHERE seniority < {{senior:UInt64}}", parameters)  # type: ignore[misc]
    statement = "SELECT identity, seniority FROM spent WHERE seniority < {senior:UInt64}"
    for block in engine.stream(statement, parameters):
        yield [(row[0], SPENT, row[1]) for row in block]
