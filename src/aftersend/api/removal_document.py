"""Removals in the API document."""

from typing import Any

import msgspec

from aftersend.api.document_parts import answers, json_body, operation, reference
from aftersend.api.pages import PAGE_PARAMETERS
from aftersend.api.removal_routes import USERS, RetractionBody
from aftersend.domain.events import USER_ID_LIMIT
from aftersend.domain.removals import REASON_LIMIT, STATUS_MEANINGS, RemovalKind, RemovalStatus

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_IDS: Json = {"type": "array", "items": _TEXT}


def removal_paths() -> Json:
    """Describe the operations."""
    retract = operation("retractEvents", "Take events back", "removals", answers("Retraction", 400, 401, 403, 413, 503))
    retract["requestBody"] = json_body("RetractionBody")
    show = operation(
        "getRemoval", "Show how far a removal has come", "removals", answers("Removal", 401, 403, 404, 503)
    )
    show["parameters"] = [{"name": "removal_id", "in": "path", "required": True, "schema": _TEXT | {"minLength": 1}}]
    return {
        "/v1/retractions": {"post": retract},
        USERS + "{user_id}": {"delete": _erasure()},
        "/v1/removals": {"get": _listing()},
        "/v1/removals/{removal_id}": {"get": show},
    }


def _erasure() -> Json:
    begun = answers("Removal")["200"] | {
        "description": "It has begun; Location says where to see how far it has come.",
        "headers": {"Location": {"schema": _TEXT}},
    }
    found = operation(
        "eraseUser",
        "Erase a person: every event of the user that has been received",
        "removals",
        {"202": begun, **answers(None, 400, 401, 403, 503)},
    )
    found["parameters"] = [
        {
            "name": "user_id",
            "in": "path",
            "required": True,
            "description": "The user's id, percent-encoded.",
            "schema": {"type": "string", "minLength": 1, "maxLength": USER_ID_LIMIT},
        },
        {
            "name": "reason",
            "in": "query",
            "description": "Why, for the audit trail; do not name the person.",
            "schema": {"type": "string", "maxLength": REASON_LIMIT},
        },
    ]
    return found


def _listing() -> Json:
    found = operation(
        "listRemovals",
        "List what was removed, by whom, when and why, the newest first",
        "removals",
        answers("RemovalPage", 400, 401, 403, 503),
    )
    found["parameters"] = [
        {"name": "kind", "in": "query", "schema": {"type": "string", "enum": list(RemovalKind)}},
        *PAGE_PARAMETERS,
    ]
    return found


def removal_schemas() -> Json:
    """Describe what is sent and what is answered."""
    _, decoded = msgspec.json.schema_components([RetractionBody], ref_template="#/components/schemas/{name}")
    meanings = "; ".join(f"{status}: {meaning}" for status, meaning in STATUS_MEANINGS.items())
    removal: Json = {
        "id": _TEXT,
        "kind": {"type": "string", "enum": list(RemovalKind)},
        "status": {"type": "string", "enum": list(RemovalStatus), "description": f"{meanings}."},
        "requested_at": _MOMENT,
        "requested_by": _TEXT | {"description": "The id of the key, operator, or retention."},
        "reason": _TEXT,
        "event_ids": {"type": ["integer", "null"], "description": "How many ids a retraction names."},
        "events_removed": _COUNT,
        "finished_at": {"type": ["string", "null"], "format": "date-time"},
    }
    unknown = _IDS | {"description": "Ids that were never received; from now on they never will be."}
    retracted = _IDS | {"description": "Of a retraction: the ids that it used up."}
    return {
        **decoded,
        "Removal": _object(removal) | {"properties": removal | {"retracted_event_ids": retracted}},
        "Retraction": _object(removal | {"unknown_event_ids": unknown}),
        "RemovalPage": _object(
            {
                "removals": {"type": "array", "items": reference("Removal")},
                **dict.fromkeys(("total", "offset", "limit"), _COUNT),
            }
        ),
    }


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
