"""`GET /v1/audit` in the API document."""

from typing import Any

from aftersend.api.document_parts import answers, operation
from aftersend.domain.audit import IdentityName, Severity
from aftersend.stats.audit_request import DEFAULT_VIOLATIONS, MOST_VIOLATIONS
from aftersend.store.read_audit import MOST_EXAMPLES

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer", "minimum": 0}
_INTEGER: Json = {"type": "integer"}


def audit_paths() -> Json:
    """Describe the operation."""
    found = operation(
        "audit", "Check that the numbers add up", "stats", answers("AuditAnswer", 400, 401, 403, 404, 503)
    )
    day: Json = {"in": "query", "schema": {"type": "string", "format": "date"}}
    limit: Json = {"type": "integer", "minimum": 1, "maximum": MOST_VIOLATIONS, "default": DEFAULT_VIOLATIONS}
    found["parameters"] = [
        {"name": "start_date", "description": "Check the days from here on; both days or none.", **day},
        {"name": "end_date", "description": "Check the days up to here.", **day},
        {
            "name": "campaign_ids",
            "in": "query",
            "description": "Ids with commas between them; all campaigns if left out.",
            "schema": {"type": "string", "minLength": 1},
        },
        {"name": "limit", "in": "query", "description": "Show at most so many, the worst first.", "schema": limit},
    ]
    return {"/v1/audit": {"get": found}}


def audit_schemas() -> Json:
    """Describe the answer."""
    violation = _object(
        identity={"type": "string", "enum": list(IdentityName)},
        severity={"type": "string", "enum": list(Severity)},
        campaign_id=_TEXT_OR_NULL | {"description": "Null for user events."},
        day=_TEXT_OR_NULL | {"description": "All days of the campaign where null."},
        platform=_TEXT_OR_NULL | {"description": "Null where the channel has one, or all are meant."},
        expected=_INTEGER,
        found=_INTEGER,
        message=_TEXT | {"description": "What is wrong, and what to do."},
        example_event_ids={"type": "array", "items": _TEXT, "maxItems": MOST_EXAMPLES},
        sources={
            "type": "array",
            "description": "Who sent the events that show it, most of them first.",
            "items": _object(source=_TEXT, key_id=_TEXT, events=_COUNT),
            "maxItems": MOST_EXAMPLES,
        },
    )
    answer = _object(
        workspace_id=_TEXT,
        start_date=_TEXT_OR_NULL,
        end_date=_TEXT_OR_NULL,
        campaigns_checked=_COUNT,
        events_checked=_COUNT,
        clean={"type": "boolean", "description": "There is no error and no warning."},
        violations={"type": "array", "items": {"$ref": "#/components/schemas/Violation"}},
        truncated={"type": "boolean", "description": "There are more violations than the limit shows."},
    )
    return {"Violation": violation, "AuditAnswer": answer}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
