"""Assignments and the global control group in the API document."""

from typing import Any

import msgspec

from aftersend.api.assignment_routes import AssignmentsBody
from aftersend.api.document_parts import (
    BATCH_HEADERS,
    CAMPAIGN_ID,
    RATE_HEADERS,
    answers,
    json_body,
    operation,
    reference,
)
from aftersend.api.global_group_routes import GROUP_PATH, UPLOAD_PATH, GlobalControlGroupBody
from aftersend.domain.global_group import UPLOADED_USERS_LIMIT, GlobalMode
from aftersend.domain.kinds import ControlGroup
from aftersend.intake.user_lists import UserListBody

Json = dict[str, Any]


def control_group_paths() -> Json:
    """Describe the operations."""
    failures = (401, 403, 503)
    assign = operation(
        "assignUsers",
        "Say who is held out and who gets which variation, and record who is held out",
        "events",
        answers("Assignments", 400, *failures, 404, 413),
    )
    assign["requestBody"] = json_body("AssignmentsBody")
    show = operation(
        "getGlobalControlGroup",
        "Show how the global control group is chosen",
        "campaigns",
        answers("GlobalControlGroup", *failures),
    )
    change = operation(
        "putGlobalControlGroup",
        "Set how the global control group is chosen",
        "campaigns",
        answers("GlobalControlGroup", 400, *failures, 413),
    )
    change["requestBody"] = json_body("GlobalControlGroupBody")
    return {
        "/v1/campaigns/{campaign_id}/assignments": {"parameters": [CAMPAIGN_ID], "post": assign},
        GROUP_PATH: {"get": show, "put": change},
        UPLOAD_PATH: {"put": _upload()},
    }


def _upload() -> Json:
    found = operation(
        "putGlobalControlGroupUsers",
        "Replace the list of users of an uploaded global control group",
        "campaigns",
        answers("UploadedUsers", 400, 401, 403, 413, 503),
    )
    limited = {"description": "More than 10 calls a minute, or too many without a valid key.", "headers": RATE_HEADERS}
    found["responses"]["429"] |= limited
    found["parameters"] = BATCH_HEADERS
    found["requestBody"] = json_body("UserListBody")
    found["requestBody"]["content"]["text/csv"] = {
        "schema": {"type": "string", "description": "One user id a line, without a heading."}
    }
    return found


def control_group_schemas() -> Json:
    """Describe what is sent and what is answered."""
    _, decoded = msgspec.json.schema_components(
        [AssignmentsBody, GlobalControlGroupBody, UserListBody], ref_template="#/components/schemas/{name}"
    )
    decoded["UserListBody"]["properties"]["users"]["maxItems"] = UPLOADED_USERS_LIMIT
    users: Json = {"type": "integer", "minimum": 0, "maximum": UPLOADED_USERS_LIMIT}
    mode: Json = {"type": "string", "enum": list(GlobalMode)}
    return {
        **decoded,
        "Assignments": _object(
            assignments={
                "type": "array",
                "description": "In the order of the request.",
                "items": reference("Assignment"),
            }
        ),
        "Assignment": _object(
            user_id={"type": "string"},
            held_out={
                "enum": [*ControlGroup, None],
                "description": "The group that holds the user out: send nothing, it is recorded.",
            },
            variation={
                "type": ["string", "null"],
                "description": "What to send, and to name in the events of the message; null when held out.",
            },
        ),
        "GlobalControlGroup": _object(
            mode=mode, percentage={"type": ["number", "null"], "minimum": 0, "maximum": 100}, uploaded_users=users
        ),
        "UploadedUsers": _object(users=users, mode=mode),
    }


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
