"""Snapshots in the API document."""

from typing import Any

from aftersend.api.document_parts import answers, operation

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}


def snapshot_paths() -> Json:
    """Describe the operations."""
    take = operation(
        "takeSnapshot", "Take a snapshot for a backup; no key may", "server", answers("Snapshot", 401, 403, 503)
    )
    drop = operation(
        "dropSnapshot", "Remove a snapshot; no key may", "server", answers("SnapshotGone", 401, 403, 404, 503)
    )
    drop["parameters"] = [{"name": "snapshot_id", "in": "path", "required": True, "schema": _TEXT | {"minLength": 1}}]
    return {"/v1/snapshots": {"post": take}, "/v1/snapshots/{snapshot_id}": {"delete": drop}}


def snapshot_schemas() -> Json:
    """Describe the answers."""
    return {
        "Snapshot": _object(
            id=_TEXT,
            taken_at={"type": "string", "format": "date-time"},
            rows=_by_name({"type": "integer", "minimum": 0}, "How many rows each table has."),
            tables=_by_name(_TEXT, "The folder with the parts of each table, on the server's machine."),
            ledger_steps=_by_name(_TEXT, "The migrations of the ledger and their checksums."),
            registry_step=_TEXT,
            registry=_TEXT | {"description": "The file with the rows of the registry."},
        ),
        "SnapshotGone": _object(id=_TEXT),
    }


def _by_name(values: Json, description: str) -> Json:
    return {"type": "object", "additionalProperties": values, "description": description}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
