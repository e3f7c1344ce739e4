"""Pieces of the API document that several paths share."""

from typing import Any

from aftersend.domain.attribution import AttributionType
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.events import RejectionCode
from aftersend.domain.formulas import Mode, Percent
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.goals import GOAL_FIELDS
from aftersend.domain.metrics import METRICS
from aftersend.domain.profiles import ProfileName
from aftersend.stats.request import LONGEST_RANGE_DAYS, MOST_CAMPAIGNS

Json = dict[str, Any]

CAMPAIGN_ID: Json = {
    "name": "campaign_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._:-]+$"},
}
PROFILE: Json = {
    "name": "X-Stats-Profile",
    "in": "header",
    "description": "How the answer spells its keys; the workspace's own profile if left out.",
    "schema": {"type": "string", "enum": list(ProfileName)},
}
WORKSPACE: Json = {
    "name": "MOE-APPKEY",
    "in": "header",
    "required": True,
    "description": "The workspace id again.",
    "schema": {"type": "string"},
}
BATCH_HEADERS: list[Json] = [
    {
        "name": "Content-Encoding",
        "in": "header",
        "description": "gzip or zstd, where the body is packed.",
        "schema": {"type": "string", "enum": ["identity"]},
    }
]
ETAG: Json = {
    "ETag": {
        "description": "Differs whenever the answer may; left out while events are on their way in or out.",
        "schema": {"type": "string"},
    }
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Tags of earlier answers to the same question, or *.",
    "schema": {"type": "string"},
}
RATE_HEADERS: Json = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "x-ratelimit-limit": {"description": "Calls a minute.", "schema": {"type": "integer"}},
    "x-ratelimit-remaining": {"description": "Calls left now.", "schema": {"type": "integer"}},
    "x-ratelimit-reset": {
        "description": "When the window is free again, UTC epoch seconds.",
        "schema": {"type": "integer"},
    },
}

_MEANINGS = {
    400: "Something sent is wrong; nothing was kept.",
    401: "No valid key.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    409: "It contradicts what is registered.",
    413: "Larger than the limit.",
    429: "Too many requests without a valid key.",
    503: "Not now; nothing was kept. Send it again after Retry-After seconds.",
}


def reference(name: str) -> Json:
    """Point to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def operation(name: str, summary: str, tag: str, responses: Json) -> Json:
    """Describe an operation."""
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": dict(responses)}


def answers(success: str | None, *failures: int) -> Json:
    """Describe the answers of a native operation; whoever needs a key can show too many that open nothing."""
    found: Json = {}
    if success is not None:
        found["200"] = {"description": "Done.", "content": {"application/json": {"schema": reference(success)}}}
    for status in (*failures, *((429,) if 401 in failures else ())):
        found[str(status)] = {
            "description": _MEANINGS[status],
            "content": {"application/json": {"schema": reference("Error")}},
        }
    return found


def json_body(schema: str) -> Json:
    """Describe a body of JSON."""
    return {"required": True, "content": {"application/json": {"schema": reference(schema)}}}


def batch_body(event: str) -> Json:
    """Describe the three forms of a batch."""
    many = {"type": "array", "items": reference(event), "maxItems": 50_000}
    envelope = {"type": "object", "properties": {"events": many}, "required": ["events"]}
    return {
        "required": True,
        "content": {
            "application/json": {"schema": {"anyOf": [many, envelope]}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line."}},
        },
    }


def stats_schemas() -> Json:
    """Describe the stats request and answer, from the catalogue."""
    return {
        "StatsRequest": _stats_request(),
        "StatsAnswer": {
            "type": "object",
            "properties": {
                "response_id": {"type": "string"},
                "total_campaigns": {"type": "integer", "minimum": 0},
                "current_page": {"type": "integer", "minimum": 1},
                "total_pages": {"type": "integer", "minimum": 0},
                "data": {
                    "type": "object",
                    "description": "By campaign id: an array of one element.",
                    "additionalProperties": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 1,
                        "items": _nested("platforms", "locales", "variations"),
                    },
                },
            },
            "required": ["response_id", "total_campaigns", "current_page", "total_pages", "data"],
        },
        "StatsNode": _stats_node(),
        "GoalStats": {
            "type": "object",
            "properties": {
                name: {"type": "string" if name == "goal_name" else "number", "description": meaning}
                for name, meaning in GOAL_FIELDS.items()
            },
            "required": list(GOAL_FIELDS),
        },
    }


def _stats_request() -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "request_id": {
                "type": "string",
                "minLength": 1,
                "description": "Echoed as response_id.",
                "examples": ["abc"],
            },
            "campaign_ids": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "maxItems": MOST_CAMPAIGNS,
                "uniqueItems": True,
                "description": "All campaigns of the workspace, by page, if left out.",
            },
            "start_date": {"type": "string", "format": "date", "examples": ["2024-12-22"]},
            "end_date": {
                "type": "string",
                "format": "date",
                "description": f"At most {LONGEST_RANGE_DAYS} days after start_date.",
                "examples": ["2024-12-23"],
            },
            "attribution_type": {"type": "string", "enum": list(AttributionType)},
            "metric_type": {"type": "string", "enum": list(Mode)},
            "offset": {"type": "integer", "minimum": 0, "default": 0, "description": "Campaigns to skip."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST_CAMPAIGNS, "default": MOST_CAMPAIGNS},
        },
        "required": ["request_id", "start_date", "end_date", "attribution_type", "metric_type"],
    }


def _nested(level: str, *below: str) -> Json:
    inner = _nested(*below) if below else reference("StatsNode")
    return {
        "type": "object",
        "properties": {level: {"type": "object", "additionalProperties": inner}},
        "required": [level],
    }


def _stats_node() -> Json:
    counts: Json = {"type": "object", "additionalProperties": {"type": "integer"}}
    stages = {stage.key for funnel in FUNNELS.values() for stage in funnel}
    groups = ", ".join(group.node_key for group in CONTROL_GROUPS)
    metrics: dict[str, Json] = {}
    for metric in METRICS:
        kind = "number" if isinstance(metric.formula, Percent) else "integer"
        for key in (metric.key, metric.live_key):
            if key:
                metrics.setdefault(key, {"type": kind, "description": metric.meaning})
    return {
        "type": "object",
        "description": f"The numbers of one node. The control groups ({groups}) have no performance_stats.",
        "properties": {
            "performance_stats": {"type": "object", "properties": metrics, "additionalProperties": False},
            "conversion_goal_stats": {"type": "object", "additionalProperties": reference("GoalStats")},
            "delivery_funnel": {
                "type": "object",
                "properties": {key: {"type": "integer"} for key in sorted(stages)},
                "additionalProperties": False,
            },
            "failure_breakdown": counts,
        },
    }


def error_schemas() -> Json:
    """Describe receipts, errors and the server's status."""
    text = {"type": "string"}
    return {
        "Receipt": _receipt(),
        "Error": {
            "type": "object",
            "properties": {
                "error": {
                    "type": "object",
                    "properties": {"code": text, "message": text, "field": text, "request_id": text},
                    "required": ["code", "message", "request_id"],
                }
            },
            "required": ["error"],
        },
        "FlatError": {
            "type": "object",
            "properties": {
                "title": text,
                "description": {"type": ["string", "null"]},
                "code": {"type": "string", "pattern": "^[A-Za-z]{8}$"},
            },
            "required": ["title", "description", "code"],
            "additionalProperties": False,
        },
        "ServerStatus": {
            "type": "object",
            "properties": {"status": text, "problem": text},
            "required": ["status"],
        },
        "Catalogue": {"type": "object"},
    }


def _receipt() -> Json:
    fields = receipt_fields()
    return {"type": "object", "properties": fields, "required": list(fields)}


def receipt_fields() -> Json:
    """Describe what every receipt has."""
    text = {"type": "string"}
    rejected: Json = {
        "index": {"type": "integer", "minimum": 0},
        "event_id": {"type": ["string", "null"]},
        "code": {"type": "string", "enum": list(RejectionCode)},
        "field": text,
        "message": text,
    }
    return {
        "accepted": {"type": "integer", "minimum": 0, "description": "In the ledger for the first time."},
        "duplicates": {"type": "integer", "minimum": 0, "description": "There already, or twice in the batch."},
        "rejected": {
            "type": "array",
            "items": {"type": "object", "properties": rejected, "required": list(rejected)},
        },
    }
