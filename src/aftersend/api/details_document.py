"""Details, search and executions of campaigns in the API document."""

from typing import Any

from aftersend.api.details_errors import CODES
from aftersend.api.details_routes import EXECUTIONS_PATH, META_PATH, SEARCH_PATH
from aftersend.api.document_parts import CAMPAIGN_ID, RATE_HEADERS, WORKSPACE, json_body, operation, reference
from aftersend.domain.campaign_search import (
    EXECUTION_STATUS,
    LARGEST_PAGE,
    META_RULES,
    MOST_VALUES,
    PLATFORM_NAMES,
    SEARCH_RULES,
    SearchRules,
)
from aftersend.domain.campaigns import DeliveryType, Status
from aftersend.domain.channels import CLIENT_NAMES
from aftersend.stats.campaign_request import ARCHIVE_SWITCHES, ID_LIMIT, NAME_LIMIT, PERSON_LIMIT, TAG_LIMIT

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_COUNT: Json = {"type": "integer", "minimum": 0}
_FLAG: Json = {"type": "boolean"}

_MEANINGS = {
    400: "Fields are wrong, each with a detail; or the feature is off for the workspace.",
    401: "No valid key, or MOE-APPKEY is missing or names another workspace.",
    403: "The key lacks the scope campaigns:read.",
    404: "There is nothing at this path.",
    429: "More than 10 calls a second, 100 a minute or 6,000 an hour, the three paths together.",
    500: "Our fault, or the registry or the ledger cannot be used now.",
}


def details_paths() -> Json:
    """Describe the operations."""
    executions = _operation("campaignExecutions", "List the runs of a parent", "Executions", reference("Executions"))
    executions["requestBody"] = json_body("ExecutionsRequest")
    executions["parameters"].append(CAMPAIGN_ID | {"name": "parent_campaign_id"})
    meta = _operation("campaignMeta", "Show campaigns, their family and reachability", "Meta", _many("CampaignMeta"))
    meta["requestBody"] = json_body("MetaRequest")
    search = _operation("campaignSearch", "Search for campaigns", "Search", _many("FoundCampaign"))
    search["requestBody"] = json_body("SearchRequest")
    return {META_PATH: {"post": meta}, SEARCH_PATH: {"post": search}, EXECUTIONS_PATH: {"post": executions}}


def _many(schema: str) -> Json:
    return {"type": "array", "items": reference(schema), "maxItems": LARGEST_PAGE}


def _operation(name: str, summary: str, title: str, answer: Json) -> Json:
    content = {"application/json": {"schema": answer}}
    responses: Json = {"200": {"description": f"{title}: a page.", "headers": RATE_HEADERS, "content": content}}
    for status, meaning in _MEANINGS.items():
        content = {"application/json": {"schema": reference("DetailsError")}}
        responses[str(status)] = {"description": meaning, "headers": RATE_HEADERS, "content": content}
    found = operation(name, summary, "details", responses)
    found["parameters"] = [WORKSPACE]
    return found


def details_schemas() -> Json:
    """Describe what is sent and what is answered."""
    return {
        "MetaRequest": _request(META_RULES),
        "SearchRequest": _request(SEARCH_RULES),
        "ExecutionsRequest": _closed(_page_fields(), "request_id", "page", "limit"),
        "CampaignMeta": _meta(),
        "FoundCampaign": _found(),
        "Executions": _executions(),
        "DetailsError": _error(),
    }


def _closed(properties: Json, *required: str) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _page_fields() -> Json:
    return {
        "request_id": _TEXT | {"minLength": 1, "description": "The caller's own id.", "examples": ["abc"]},
        "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
        "page": {"type": "integer", "minimum": 1},
    }


def _request(rules: SearchRules) -> Json:
    switches = {name: _FLAG | {"default": False} for name in ARCHIVE_SWITCHES} if rules.archives else {}
    return _closed(
        {
            **_page_fields(),
            "include_child_campaigns": _FLAG
            | {"default": False, "description": "Whether runs of parents and nodes of flows are listed, too."},
            **switches,
            "campaign_fields": _filters(rules),
        },
        "request_id",
        "limit",
        "page",
    )


def _filters(rules: SearchRules) -> Json:
    day = _TEXT | {"format": "date", "description": "A day of the workspace's zone."}
    dates = _closed({"from_date": day, "to_date": day}, *(("from_date", "to_date") if rules.both_dates else ()))
    statuses = [spelled for status in rules.statuses for spelled in (status.value, status.title())]
    return _closed(
        {
            "id": _short(ID_LIMIT),
            "channels": _list({"enum": list(rules.channels)}),
            "created_by": _list(_short(PERSON_LIMIT)),
            "created_date": dates,
            "delivery_type": _list({"enum": [kind.value for kind in rules.delivery_types]}),
            "name": _short(NAME_LIMIT) | {"description": "A part of the name."},
            "status": _list({"enum": statuses}) | {"description": "In any case."},
            "tags": _list(_short(TAG_LIMIT)),
        }
    ) | {"description": "All of them have to hold; of a list any value."}


def _short(longest: int) -> Json:
    return _TEXT | {"minLength": 1, "maxLength": longest}


def _list(item: Json) -> Json:
    return {"type": "array", "items": item, "maxItems": MOST_VALUES}


def _meta() -> Json:
    reachability = _closed({"count": _COUNT, "last_updated_time": _TEXT}, "count", "last_updated_time")
    return _closed(
        {
            "campaign_id": _TEXT,
            "channel": {"enum": list(CLIENT_NAMES.values())},
            "platform": {"type": "array", "items": {"enum": sorted(set(PLATFORM_NAMES.values()))}},
            "created_by": _TEXT,
            "campaign_delivery_type": {"enum": list(DeliveryType)},
            "campaign_name": _TEXT,
            "campaign_team": _TEXT,
            "campaign_tags": _TEXTS,
            "campaign_status": {"enum": [status.title() for status in Status]},
            "campaign_start_time": _TEXT | {"examples": ["2024-11-18T05:50:00"]},
            "parent_campaign_id": _TEXT | {"description": "Only on a child."},
            "total_child_campaigns": _COUNT | {"description": "Only on a periodic or business-event parent."},
            "flow_id": _TEXT,
            "flow_name": _TEXT,
            "reachability_details": reachability | {"description": "Only where scheduled, and only if it is known."},
        },
        "campaign_id",
        "channel",
        "platform",
        "campaign_delivery_type",
        "campaign_name",
        "campaign_tags",
        "campaign_status",
    )


def _found() -> Json:
    moment = _TEXT | {"examples": ["2024-07-04 08:00:54.847000"]}
    some: Json = {"type": "object"}
    return _closed(
        {
            "campaign_id": _TEXT,
            "status": {"enum": [status.title() for status in Status]},
            "channel": {"enum": list(CLIENT_NAMES.values())},
            "campaign_delivery_type": {"enum": list(DeliveryType)},
            **dict.fromkeys(("created_by", "updated_by", "flow_id", "flow_name"), _TEXT),
            **dict.fromkeys(("created_at", "updated_at", "sent_time"), moment),
            "parent_id": _TEXT | {"description": "Only on a run of a periodic campaign."},
            "basic_details": some,
            "campaign_content": some,
            "scheduling_details": some,
            "conversion_goal_details": some,
            "control_group_details": some,
        },
        "campaign_id",
        "status",
        "channel",
        "campaign_delivery_type",
        "created_at",
        "updated_at",
        "basic_details",
        "campaign_content",
        "control_group_details",
    )


def _executions() -> Json:
    statuses = list(dict.fromkeys(EXECUTION_STATUS.values()))
    run = _closed({"campaign_id": _TEXT, "sent_time": _TEXT, "status": {"enum": statuses}}, "campaign_id", "status")
    runs: Json = {"type": "array", "items": run, "maxItems": LARGEST_PAGE}
    return _closed({"executions": runs, "total_instances": _COUNT}, "executions", "total_instances")


def _error() -> Json:
    either = {"type": ["string", "array"], "description": "A sentence; for a wrong key an array of one more detail."}
    detail = _closed({"code": _TEXT, "target": _TEXT, "message": either}, "target", "message")
    error = _closed(
        {
            "code": {"enum": list(CODES.values())},
            "message": _TEXT,
            "target": _TEXT,
            "details": {"type": "array", "items": detail, "minItems": 1},
            "request_id": _TEXT,
        },
        "code",
        "message",
        "details",
        "request_id",
    )
    return _closed({"error": error}, "error")
