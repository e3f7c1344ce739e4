"""The trail of changes in the API document."""

from typing import Any

from aftersend.api.document_parts import answers, operation, reference
from aftersend.api.pages import LARGEST_PAGE, PAGE_PARAMETERS
from aftersend.domain.changes import ACTIONS, THINGS, Thing

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}


def change_paths() -> Json:
    """Describe the operation."""
    found = operation(
        "listChanges",
        "List who changed what is registered, when, from what and to what, the newest first",
        "server",
        answers("ChangePage", 400, 401, 403, 503),
    )
    found["parameters"] = [
        {"name": "thing", "in": "query", "schema": {"type": "string", "enum": list(Thing)}},
        *PAGE_PARAMETERS,
    ]
    return {"/v1/changes": {"get": found}}


def change_schemas() -> Json:
    """Describe the answer."""
    meanings = "; ".join(f"{thing}: {meaning}" for thing, meaning in THINGS.items())
    state: Json = {"type": ["object", "null"]}
    change: Json = {
        "number": _COUNT,
        "at": {"type": "string", "format": "date-time"},
        "by": _TEXT | {"description": "The id of the key, operator for the command line, or server."},
        "thing": {"type": "string", "enum": list(Thing), "description": f"{meanings}."},
        "thing_id": _TEXT,
        "action": {"type": "string", "enum": list(ACTIONS)},
        "before": state | {"description": "The fields that differ, as they were; null where it was created."},
        "after": state | {"description": "The same fields as they became; null where it was removed."},
    }
    page: Json = {
        "changes": {"type": "array", "items": reference("Change"), "maxItems": LARGEST_PAGE},
        **dict.fromkeys(("total", "offset", "limit"), _COUNT),
    }
    return {"Change": _object(change), "ChangePage": _object(page)}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
