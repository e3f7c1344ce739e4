"""The doors of other sources in the API document."""

import json
from typing import Any

from aftersend.api.document_parts import BATCH_HEADERS, answers, operation, receipt_fields, reference
from aftersend.api.pages import PAGE_PARAMETERS
from aftersend.api.source_routes import IOS_IMPRESSIONS
from aftersend.domain.events import RejectionCode
from aftersend.domain.sources import EventSource, Shelf

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer", "minimum": 0}

_EVENT: Json = {
    "event_name": "Email Opened",
    "event_code": "MOE_EMAIL_OPEN",
    "event_uuid": "52b1f0c2-9b7d-4e63-8c1d-2a5b0d9e7f11",
    "event_time": 1767268800,
    "event_type": "CAMPAIGN_EVENT",
    "event_source": "MOENGAGE",
    "email_id": "u@example.com",
    "uid": "u-1",
    "event_attributes": {
        "campaign_id": "66e933029ff25f3322d8279d",
        "campaign_name": "Promo",
        "campaign_type": "General",
        "campaign_channel": "Email",
        "variation_id": "1",
        "locale_name": "Default",
    },
    "user_attributes": {"moengage_user_id": "5e3b7a1c9d"},
    "device_attributes": {"moengage_device_id": "aa11bb22"},
}
_BATCH: Json = {"app_name": "Acme", "source": "MOENGAGE", "moe_request_id": "9f0c1d2e", "events": [_EVENT]}
_LINE: Json = {
    "app_name": "Acme",
    "export_day": "2026-01-01",
    "export_hour": "12",
    "export_doc_id": "d-1",
    "db_name": "Acme",
    "event": _EVENT,
}


def source_paths() -> Json:
    """Describe the operations."""
    source: Json = {
        "name": "source",
        "in": "path",
        "required": True,
        "description": "Who words the events.",
        "schema": {"type": "string", "enum": list(EventSource)},
    }
    return {
        "/v1/sources/{source}": {"parameters": [source], "post": _taking_in()},
        "/v1/sources/{source}/rejected": {"parameters": [source], "get": _listing()},
    }


def _taking_in() -> Json:
    found = operation(
        "postSource",
        "Take in a batch as another system sends it",
        "events",
        answers("SourceReceipt", 400, 401, 403, 404, 413, 503),
    )
    found["description"] = (
        "Whatever is wrong with events, or with the whole body, is set aside and answered 200: sending it again would "
        "not mend it. 503 means that not all of it is durable, and that it has to be sent again."
    )
    impressions: Json = {"type": "string", "enum": list(IOS_IMPRESSIONS), "default": IOS_IMPRESSIONS[0]}
    found["security"] = [{"basic": []}, {"key": []}]
    found["parameters"] = [
        *BATCH_HEADERS,
        {
            "name": "ios_impressions",
            "in": "query",
            "description": "sent: every push that iOS accepted counts as an impression, too.",
            "schema": impressions,
        },
    ]
    found["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {},
                "examples": {
                    "works": {"summary": "A batch of the event stream", "value": _BATCH},
                    "line": {"summary": "A line of an exported file", "value": _LINE},
                },
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One of these on each line."},
                "examples": {"works": {"summary": "A line of an exported file", "value": json.dumps(_LINE) + "\n"}},
            },
        },
    }
    return found


def _listing() -> Json:
    found = operation(
        "listRejected",
        "List the events of a source that could not be used, the newest first",
        "events",
        answers("SetAsidePage", 400, 401, 403, 404, 503),
    )
    found["parameters"] = [
        {
            "name": "code",
            "in": "query",
            "description": "Only those that were set aside for this.",
            "schema": {"type": "string", "enum": list(RejectionCode)},
        },
        *PAGE_PARAMETERS,
    ]
    return found


def source_schemas() -> Json:
    """Describe what is answered."""
    receipt = receipt_fields() | {
        "recognised": _COUNT | {"description": "Events that are known to feed nothing."},
        "unknown": _COUNT | {"description": "Events whose code is not known here; they are set aside."},
    }
    event: Json = {
        "number": _COUNT,
        "arrived_at": {"type": "string", "format": "date-time", "description": "When it first came."},
        "key_id": _TEXT | {"description": "The key that it came by."},
        "code": {"type": "string", "enum": list(RejectionCode)},
        "field": _TEXT,
        "message": _TEXT,
        "event_id": _MAYBE,
        "event_code": _MAYBE,
        "raw": _TEXT | {"description": "The event as it came."},
        "cut": {"type": "boolean", "description": "It was too long; this is its beginning."},
    }
    dropped = _object({shelf.value: _COUNT for shelf in Shelf})
    dropped["description"] = "How many had to make room for newer ones."
    page: Json = {
        "events": {"type": "array", "items": reference("SetAside")},
        **dict.fromkeys(("total", "offset", "limit"), _COUNT),
        "dropped": dropped,
    }
    return {"SourceReceipt": _object(receipt), "SetAside": _object(event), "SetAsidePage": _object(page)}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
