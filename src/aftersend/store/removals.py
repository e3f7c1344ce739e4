"""The book of removals, and the SQL that removes.

No statement that removes rows names a user or an event, because the engine keeps the text of such statements in files:
they look up what they need in the tables.
"""

from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import UTC
from typing import Any

from aftersend.domain.events import Stream
from aftersend.domain.removals import UNFINISHED, Removal, RemovalKind, RemovalStatus
from aftersend.store.engine import Engine
from aftersend.store.identities import IDENTITY_SQL

_FIELDS = tuple(row.name for row in fields(Removal))
_TYPES = {
    "requested_at": "DateTime64(3, 'UTC')",
    "finished_at": "Nullable(DateTime64(3, 'UTC'))",
    "seniority": "UInt64",
    "event_ids": "UInt64",
    "events_removed": "UInt64",
}
_MINE = "workspace_id = {workspace:String} AND removal_id = {removal:String}"
_OLDER = "workspace_id = {workspace:String} AND seniority > {seniority:UInt64}"

_GONE = {
    RemovalKind.RETRACTION: f"""workspace_id = {{workspace:String}}
        AND event_id IN (SELECT event_id FROM spent WHERE {_MINE})""",
    RemovalKind.ERASURE: f"""{_OLDER} AND user_id IN (
        SELECT subject FROM removals WHERE workspace_id = {{workspace:String}} AND id = {{removal:String}})""",
    RemovalKind.EXPIRY: f"{_OLDER} AND day < toDate({{first_day:UInt16}})",
}
"""Which rows of the streams a removal of each kind removes."""


class Removals:
    """Every removal of every workspace, kept in the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, removal: Removal) -> None:
        """Note how far a removal has come; it is durable on return."""
        values = dict(zip(_FIELDS, astuple(removal), strict=True))
        places = ", ".join(f"{{{name}:{_TYPES.get(name, 'String')}}}" for name in _FIELDS)
        version = list(RemovalStatus).index(removal.status)
        self._engine.command(
            f"INSERT INTO removals (version, {', '.join(_FIELDS)}) VALUES ({version}, {places})", values
        )

    def find(self, workspace_id: str, removal_id: str) -> Removal | None:
        """Return one removal."""
        found = self._read("WHERE workspace_id = {workspace:String} AND id = {id:String}", workspace_id, id=removal_id)
        return found[0] if found else None

    def under_way(self, workspace_id: str, user_id: str) -> Removal | None:
        """Return the erasure of a user that is not done yet."""
        where = "WHERE workspace_id = {workspace:String} AND kind = {kind:String} AND subject = {user:String}"
        found = self._read(where, workspace_id, kind=RemovalKind.ERASURE.value, user=user_id)
        return next((removal for removal in found if removal.status in _GOES_ON), None)

    def page(self, workspace_id: str, kind: RemovalKind | None, offset: int, limit: int) -> tuple[list[Removal], int]:
        """Return removals, the newest first, and how many there are."""
        where = "WHERE workspace_id = {workspace:String}" + ("" if kind is None else " AND kind = {kind:String}")
        words = {} if kind is None else {"kind": kind.value}
        page = f"{where} ORDER BY requested_at DESC, id LIMIT {{limit:UInt32}} OFFSET {{offset:UInt64}}"
        counted = self._engine.select(
            f"SELECT count() FROM removals FINAL {where}", {"workspace": workspace_id, **words}
        )
        return self._read(page, workspace_id, **words, limit=limit, offset=offset), int(counted[0][0])

    def going_on(self) -> list[Removal]:
        """Return the removals of all workspaces that are not at their end, the oldest first."""
        where = "WHERE status IN {statuses:Array(String)} ORDER BY requested_at, id"
        return self._read(where, "", statuses=list(_GOES_ON))

    def retracted_ids(self, removal: Removal) -> list[str]:
        """Return the event ids that a retraction used up."""
        statement = f"SELECT event_id FROM spent WHERE {_MINE} ORDER BY event_id"
        return [row[0] for row in self._engine.select(statement, _parameters(removal))]

    def _read(self, where: str, workspace_id: str, **words: Any) -> list[Removal]:
        statement = f"SELECT {', '.join(_FIELDS)} FROM removals FINAL {where}"
        return [_removal(row) for row in self._engine.select(statement, {"workspace": workspace_id, **words})]


_GOES_ON = (*UNFINISHED, RemovalStatus.PURGING)


def _removal(row: Sequence[Any]) -> Removal:
    values = dict(zip(_FIELDS, row, strict=True))
    # The engine counts in UTC and says so in the column's type alone.
    moments = {name: values[name] and values[name].replace(tzinfo=UTC) for name in ("requested_at", "finished_at")}
    kinds = {"kind": RemovalKind(values["kind"]), "status": RemovalStatus(values["status"])}
    return Removal(**values | kinds | moments)


def spend_rows(engine: Engine, removal: Removal) -> None:
    """Use up the identities of all rows that an erasure or an expiry removes, from the beginning."""
    engine.tend(f"DELETE FROM spent WHERE {_MINE}", _parameters(removal))
    for stream in Stream:
        engine.tend(
            f"""
INSERT INTO spent (workspace_id, removal_id, identity, event_id, seniority)
SELECT workspace_id, {{removal:String}}, {IDENTITY_SQL}, '', {{seniority:UInt64}}
FROM {stream} WHERE {_GONE[removal.kind]}""",
            _parameters(removal),
        )


def count_spent(engine: Engine, removal: Removal) -> int:
    """Return how many identities a removal has used up."""
    return int(engine.select(f"SELECT count() FROM spent WHERE {_MINE}", _parameters(removal))[0][0])


def count_rows(engine: Engine, removal: Removal) -> int:
    """Return how many rows a removal still has to remove."""
    return sum(
        int(engine.select(f"SELECT count() FROM {stream} WHERE {_GONE[removal.kind]}", _parameters(removal))[0][0])
        for stream in Stream
    )


def campaigns_of(engine: Engine, removal: Removal) -> list[str]:
    """Return the campaigns of which a removal still has to remove events."""
    statement = f"SELECT DISTINCT campaign_id FROM message_events WHERE {_GONE[removal.kind]}"
    return [row[0] for row in engine.select(statement, _parameters(removal))]


def expired(engine: Engine, workspace_id: str, first_day: int) -> bool:
    """Return whether there is any event of before a day."""
    where = "workspace_id = {workspace:String} AND day < toDate({first:UInt16})"
    parameters = {"workspace": workspace_id, "first": first_day}
    return any(engine.select(f"SELECT 1 FROM {stream} WHERE {where} LIMIT 1", parameters) for stream in Stream)


def take_out(engine: Engine, removal: Removal) -> None:
    """Take the rows of a removal out of every answer; on return no answer has them. It can be repeated."""
    for stream in Stream:
        engine.tend(f"DELETE FROM {stream} WHERE {_GONE[removal.kind]}", _parameters(removal))
    if removal.kind is not RemovalKind.EXPIRY:
        spent = f"SELECT identity FROM spent WHERE {_MINE}"
        of_subject = "user_id IN (SELECT subject FROM removals WHERE id = {removal:String} AND subject != '')"
        engine.tend(
            f"DELETE FROM conflicts WHERE workspace_id = {{workspace:String}} "
            f"AND ({IDENTITY_SQL} IN ({spent}) OR {of_subject})",
            _parameters(removal),
        )


def spent_identities(engine: Engine, removal: Removal) -> Any:
    """Yield in blocks the identities that a removal has used up."""
    for block in engine.stream(f"SELECT identity FROM spent WHERE {_MINE}", _parameters(removal)):
        yield [row[0] for row in block]


_PURGED = (*Stream, "conflicts", "removals")


def purge(engine: Engine) -> frozenset[str]:
    """Write anew every file that has removed rows in it, and return the names of the files that wait to go."""
    for table in (*Stream, "conflicts"):
        engine.tend(f"ALTER TABLE {table} APPLY DELETED MASK SETTINGS mutations_sync = 2")
    return replaced_files(engine)


def forget_subjects(engine: Engine) -> None:
    """Let no file keep the former versions of removals."""
    engine.tend("OPTIMIZE TABLE removals FINAL")


def replaced_files(engine: Engine) -> frozenset[str]:
    """Return the names of the parts that are replaced and not gone yet."""
    statement = """
SELECT concat(table, ' ', name) FROM system.parts
WHERE database = currentDatabase() AND NOT active AND table IN {tables:Array(String)}"""
    return frozenset(row[0] for row in engine.select(statement, {"tables": list(_PURGED)}))


def _parameters(removal: Removal) -> dict[str, Any]:
    first_day = int(removal.subject) if removal.kind is RemovalKind.EXPIRY else 0
    return {
        "workspace": removal.workspace_id,
        "removal": removal.id,
        "seniority": removal.seniority,
        "first_day": first_day,
    }
