"""The API document (OpenAPI 3.1), computed from the catalogue and from the types that decode requests."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from aftersend.api.audit_document import audit_paths, audit_schemas
from aftersend.api.campaign_json import CampaignBody
from aftersend.api.change_document import change_paths, change_schemas
from aftersend.api.control_group_document import control_group_paths, control_group_schemas
from aftersend.api.data_center_document import data_center_paths, data_center_schemas
from aftersend.api.details_document import details_paths, details_schemas
from aftersend.api.document_access import with_access
from aftersend.api.document_examples import illustrate
from aftersend.api.document_parts import (
    BATCH_HEADERS,
    CAMPAIGN_ID,
    ETAG,
    IF_NONE_MATCH,
    PROFILE,
    RATE_HEADERS,
    WORKSPACE,
    answers,
    batch_body,
    error_schemas,
    json_body,
    operation,
    stats_schemas,
)
from aftersend.api.errors import STATS_PATH
from aftersend.api.page_routes import FILES
from aftersend.api.pages import PAGE_PARAMETERS
from aftersend.api.removal_document import removal_paths, removal_schemas
from aftersend.api.report_document import report_paths, report_schemas
from aftersend.api.snapshot_document import snapshot_paths, snapshot_schemas
from aftersend.api.source_document import source_paths, source_schemas
from aftersend.api.source_routes import KEY_HEADER
from aftersend.api.uplift_document import uplift_schemas
from aftersend.domain.attribution import AttributionType
from aftersend.intake.wire import MessageEvent, UserEvent

Json = dict[str, Any]


@cache
def api_document() -> Json:
    """Return the document of every path, with examples of everything."""
    return illustrate(with_access(_document()))


def _document() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aftersend",
            "version": version("aftersend"),
            "summary": "What happened after a campaign was sent.",
            "description": "Sign in with HTTP Basic: the workspace id as user, a key's secret as password.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}],
        "tags": [
            {"name": "stats", "description": "Campaign statistics, on the path that clients know."},
            {"name": "events", "description": "What happened to messages, and what users did."},
            {"name": "campaigns", "description": "The registered campaigns, their goals, the global control group."},
            {"name": "details", "description": "Campaigns, on the paths that clients know."},
            {"name": "removals", "description": "Taking events back, erasing persons, and who had what removed."},
            {"name": "reports", "description": "Files of statistics for many campaigns, and their signed download."},
            {"name": "server", "description": "The catalogue, health, counters, this document."},
        ],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": KEY_HEADER,
                    "description": "The workspace id, a colon, and a key's secret.",
                },
            },
            "schemas": _schemas(),
        },
    }


def _paths() -> Json:
    return {
        STATS_PATH: {"post": _stats_operation()},
        "/v1/message-events": {
            "post": _ingest_operation("sendMessageEvents", "Take in message events", "MessageEvent")
        },
        "/v1/user-events": {"post": _ingest_operation("sendUserEvents", "Take in user events", "UserEvent")},
        "/v1/campaigns": {"get": _list_operation()},
        "/v1/campaigns/{campaign_id}": {
            "parameters": [CAMPAIGN_ID],
            "put": _write_operation("putCampaign", "Register or replace a campaign", "CampaignBody"),
            "patch": _write_operation("patchCampaign", "Change some fields of a campaign", "CampaignChanges", 404),
            "get": operation("getCampaign", "Show a campaign", "campaigns", answers("Campaign", 401, 403, 404, 503)),
            "delete": operation(
                "deleteCampaign",
                "Forget a campaign; its events stay",
                "campaigns",
                {"204": {"description": "Forgotten."}, **answers(None, 401, 403, 404, 503)},
            ),
        },
        "/v1/campaigns/{campaign_id}/uplift": {"parameters": [CAMPAIGN_ID], "get": _uplift_operation()},
        **audit_paths(),
        **details_paths(),
        **control_group_paths(),
        **change_paths(),
        **data_center_paths(),
        **removal_paths(),
        **report_paths(),
        **snapshot_paths(),
        **source_paths(),
        "/v1/catalogue": {"get": operation("getCatalogue", "Show the catalogue", "server", answers("Catalogue", 401))},
        **{path: {"get": found} for path, found in _open_operations().items()},
    }


def _stats_operation() -> Json:
    found = operation("campaignStats", "Ask for campaign statistics", "stats", answers("StatsAnswer"))
    found["parameters"] = [WORKSPACE, PROFILE, IF_NONE_MATCH]
    found["requestBody"] = json_body("StatsRequest")
    found["responses"]["200"]["headers"] = ETAG
    found["responses"]["304"] = {
        "description": "Nothing has changed since the answer with this tag; no content.",
        "headers": ETAG,
    }
    for status in (400, 401, 403, 500):
        found["responses"][str(status)] = {
            "description": {400: "A field is wrong.", 401: "No valid key.", 403: "Not allowed.", 500: "Our fault."}[
                status
            ],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FlatError"}}},
        }
    found["responses"]["429"] = {"description": "More than 100 calls a minute; no content.", "headers": RATE_HEADERS}
    return found


def _uplift_operation() -> Json:
    found = operation(
        "campaignUplift",
        "Compare a campaign's arms with its control groups",
        "stats",
        answers("UpliftAnswer", 400, 401, 403, 404, 503),
    )
    day: Json = {"in": "query", "schema": {"type": "string", "format": "date"}}
    types: Json = {"type": "string", "enum": list(AttributionType), "default": AttributionType.VIEW_THROUGH.value}
    found["parameters"] = [
        {"name": "start_date", "description": "Users assigned from this day on; both days or none.", **day},
        {"name": "end_date", "description": "Users assigned up to this day.", **day},
        {
            "name": "attribution_type",
            "in": "query",
            "description": "Of which type the figures per reached user are.",
            "schema": types,
        },
    ]
    return found


def _ingest_operation(name: str, summary: str, event: str) -> Json:
    found = operation(name, summary, "events", answers("Receipt", 400, 401, 403, 413, 503))
    found["parameters"] = BATCH_HEADERS
    found["requestBody"] = batch_body(event)
    return found


def _list_operation() -> Json:
    found = operation("listCampaigns", "List campaigns", "campaigns", answers("CampaignPage", 400, 401, 403, 503))
    found["parameters"] = [*PAGE_PARAMETERS]
    return found


def _write_operation(name: str, summary: str, body: str, *also: int) -> Json:
    found = operation(name, summary, "campaigns", answers("Campaign", 400, 401, 403, *also, 409, 413, 503))
    found["requestBody"] = json_body(body)
    return found


def _open_operations() -> Json:
    status = answers("ServerStatus")
    text = {"200": {"description": "Counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    document = {"200": {"description": "This.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    page = {"200": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}}
    return {
        "/healthz": operation("healthz", "Is the process alive?", "server", status),
        "/readyz": operation(
            "readyz",
            "Can events be taken in and questions answered?",
            "server",
            {**status, "503": {**status["200"], "description": "Not now; the body says why."}},
        ),
        "/metrics": operation("metrics", "The server's own counters", "server", text),
        "/openapi.json": operation("openapi", "This document", "server", document),
        "/docs": operation("docs", "This document as a page to try it out", "server", page),
        "/docs/{file}": _page_file(),
    }


def _page_file() -> Json:
    text = {"schema": {"type": "string"}}
    media = sorted(set(FILES.values()))
    answer = {"200": {"description": "The file.", "content": dict.fromkeys(media, text)}, **answers(None, 404)}
    found = operation("docsFile", "What the page is made of", "server", answer)
    found["parameters"] = [
        {"name": "file", "in": "path", "required": True, "schema": {"type": "string", "enum": list(FILES)}}
    ]
    return found


def _schemas() -> Json:
    _, decoded = msgspec.json.schema_components(
        [MessageEvent, UserEvent, CampaignBody], ref_template="#/components/schemas/{name}"
    )
    decoded["UserEvent"]["properties"]["attributes"]["type"] = "object"
    campaign = dict(decoded["CampaignBody"])
    changes = {**campaign, "title": "CampaignChanges", "required": [], "minProperties": 0}
    shown = {
        "type": "object",
        "properties": _shown_fields(campaign["properties"]),
        "required": list(campaign["properties"]),
    }
    return {
        **decoded,
        "CampaignChanges": changes,
        "Campaign": shown,
        "CampaignPage": {
            "type": "object",
            "properties": {
                "campaigns": {"type": "array", "items": {"$ref": "#/components/schemas/Campaign"}},
                **{name: {"type": "integer"} for name in ("total", "offset", "limit")},
            },
            "required": ["campaigns", "total", "offset", "limit"],
        },
        **stats_schemas(),
        **uplift_schemas(),
        **audit_schemas(),
        **details_schemas(),
        **control_group_schemas(),
        **change_schemas(),
        **data_center_schemas(),
        **removal_schemas(),
        **report_schemas(),
        **snapshot_schemas(),
        **source_schemas(),
        **error_schemas(),
    }


def _shown_fields(fields: Json) -> Json:
    """Describe the fields of what is shown: it is whole, so nothing has a default."""
    return {name: {word: part for word, part in field.items() if word != "default"} for name, field in fields.items()}
