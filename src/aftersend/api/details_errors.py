"""The nested envelope of errors about campaigns, as clients of the contract know it."""

from typing import Any

from aftersend.errors import (
    AftersendError,
    InvalidFields,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    WrongDataCenter,
)

Json = dict[str, Any]

DETAILS_PREFIX = "/core-services/v1/campaigns/"

WORKSPACE_HEADER = "MOE-APPKEY"

CODES: dict[int, str] = {
    400: "400 Bad Request",
    401: "401 Authentication error",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    429: "429 conflict",
    500: "500 Internal Server Error",
}
"""403, 404 and 405 are ours: the contract names none."""


class WorkspaceHeaderMissing(NotAuthenticated):
    """The request does not say again which workspace it is about."""

    code = "workspace_header_missing"

    def __init__(self) -> None:
        super().__init__(f"{WORKSPACE_HEADER} missing in Authentication Header")


def details_status(status: int) -> int:
    """Return the status that these paths have for it: there is one 5xx, and no other 4xx for a body."""
    return 500 if status >= 500 else (status if status in CODES else 400)


def details_error(status: int, error: Exception, request_id: str) -> Json:
    """Word an error; `request_id` is the caller's own, or the server's where that has not been read."""
    body = {"code": CODES[status]} | _body(status, error)
    return {"error": body | {"request_id": "" if status == 401 else request_id}}


def _body(status: int, error: Exception) -> Json:
    if isinstance(error, WorkspaceHeaderMissing):
        return _about([(WORKSPACE_HEADER, error.message)])
    if isinstance(error, WrongDataCenter):
        return _about([("workspace", error.message)])
    if status == 401:
        invalid = {"code": "InvalidValue", "target": "APP_SECRET_KEY"}
        inner = invalid | {"message": "Invalid APP_SECRET_KEY is provided."}
        return {"message": "Authentication required", "details": [invalid | {"message": [inner]}]}
    if status == 429:
        breached = {"target": "rate_limit", "message": "Rate limiting breached"}
        return {"message": "rate_limit", "target": "", "details": [breached]}
    if status == 500:
        message = "Something went wrong. Please contact Moengage team"
        return {"message": message, "target": "", "details": [{"target": "", "message": message}]}
    if isinstance(error, InvalidFields):
        return _about(error.problems)
    if isinstance(error, InvalidRequest):
        return _about([(error.field, error.message)])
    if isinstance(error, NotAllowed):
        return _about([("scope", error.message)])
    if isinstance(error, AftersendError):
        return _about([("body", error.message)])
    return _about([("path" if status == 404 else "method", CODES[status][4:])])


def _about(problems: "tuple[tuple[str, str], ...] | list[tuple[str, str]]") -> Json:
    details = [{"target": target, "message": message} for target, message in problems]
    return {"message": details[0]["message"], "target": details[0]["target"], "details": details}
