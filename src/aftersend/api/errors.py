"""From error to status and body: one table, and one envelope for each family of paths.

The stats path answers with the flat envelope of its contract, the paths about campaigns with their nested one;
everything native has `{"error": {…}}`. Nothing
internal is ever told: what was not expected is logged under the request's id, and answered as a 500.
"""

import secrets
import string
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from aftersend.api.auth import TooManyFailures
from aftersend.api.details_errors import DETAILS_PREFIX, WorkspaceHeaderMissing, details_error, details_status
from aftersend.api.limits import TooManyCalls
from aftersend.errors import (
    AftersendError,
    Conflict,
    FeatureOff,
    InvalidFields,
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    NotEnabled,
    NotFound,
    Overloaded,
    StoreUnavailable,
    TooLarge,
    Unparseable,
    WrongDataCenter,
)

log = structlog.get_logger(__name__)

STATUS: dict[type[AftersendError], int] = {
    InvalidRequest: 400,
    InvalidFields: 400,
    Unparseable: 400,
    NotAuthenticated: 401,
    WrongDataCenter: 401,
    NotEnabled: 400,
    WorkspaceHeaderMissing: 401,
    NotAllowed: 403,
    FeatureOff: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    TooManyFailures: 429,
    TooManyCalls: 429,
    Misconfigured: 500,
    Overloaded: 503,
    StoreUnavailable: 503,
}

REPORTS_PATH = "/campaign_reports/rest_api/"
STATS_PATH = "/core-services/v1/campaign-stats"

STATS_ENVELOPES: dict[int, tuple[str, str | None]] = {
    400: ("Invalid Field Value", None),  # the description names the field
    401: ("Authentication required", "Invalid identity information found."),
    403: ("Forbidden Request", None),
    404: ("Not Found", None),
    405: ("Method Not Allowed", None),
    500: (
        "Server Error",
        "An unexpected error was encountered while processing this request. Please contact MoEngage Team",
    ),
}
"""Title and description of the flat envelope, word for word as clients of the contract know them."""

_LONGEST_VALUE = 200


def render(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a request that failed."""
    status, known = _status(error)
    if status >= 500 and not isinstance(known, Overloaded | StoreUnavailable):
        log.error("unexpected_error", exc_info=error)
    elif status >= 500:
        log.warning("refused", code=known.code if known else None, message=str(error))
    if request.scope["path"].rstrip("/") == STATS_PATH:
        return _flat(status, error)
    if request.scope["path"].startswith(REPORTS_PATH):
        return _of_download(status, error, known, request)
    if request.scope["path"].startswith(DETAILS_PREFIX):
        status = details_status(status)
        request_id = request.state.get("asked_id") or str(request.scope.get("request_id"))
        return json_response(details_error(status, error, request_id), status, _headers(error))
    return _native(status, error, known, request)


def _status(error: Exception) -> tuple[int, AftersendError | None]:
    if isinstance(error, AftersendError):
        return STATUS[type(error)], error
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, None
    return 500, None


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, Overloaded | StoreUnavailable):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, TooManyFailures | TooManyCalls):
        return error.headers
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": 'Basic realm="aftersend", charset="UTF-8"'}
    if isinstance(error, HTTPException):
        return dict(error.headers or {})
    return {}


def _flat(status: int, error: Exception) -> Response[bytes]:
    if status == 429:
        return Response(b"", status_code=429, headers=_headers(error), media_type="application/json")
    # The contract knows no other 5xx, and no other 4xx for a body that cannot be taken.
    status = 500 if status >= 500 else (status if status in STATS_ENVELOPES else 400)
    title, description = STATS_ENVELOPES[status]
    if isinstance(error, InvalidRequest):
        description = field_description(error.field, error.value)
    elif isinstance(error, WrongDataCenter):
        description = error.message
    elif status == 400:
        description = field_description("body", None)
    return json_response({"title": title, "description": description, "code": _reference()}, status, _headers(error))


def _of_download(
    status: int, error: Exception, known: AftersendError | None, request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Word a refused download as the contract does; a missing or bad signature has an empty object."""
    if status == 401:
        return json_response({}, 401)  # it is no sign-in: a browser must not ask for a password
    attribute = error.field if isinstance(error, InvalidRequest) else None
    message = known.message if known is not None else _MESSAGES.get(status, "this should not have happened")
    body = {"attribute": attribute, "message": message, "type": HTTPStatus(status).phrase.upper()}
    return json_response({"error": body | {"request_id": request.scope.get("request_id")}}, status, _headers(error))


def field_description(field: str, value: object) -> str:
    """Word a bad field as the contract does; a missing value prints as Python prints it."""
    shown = str(value)
    if len(shown) > _LONGEST_VALUE:
        shown = shown[:_LONGEST_VALUE] + "…"
    return f"{field} - Some of the field values are invalid: {field} : {shown}"


def _reference() -> str:
    """Eight letters for this occurrence, which the log has too."""
    code = "".join(secrets.choice(string.ascii_letters) for _ in range(8))
    structlog.contextvars.bind_contextvars(reference=code)
    return code


def _native(
    status: int, error: Exception, known: AftersendError | None, request: Request[Any, Any, Any]
) -> Response[bytes]:
    if known is not None:
        body: dict[str, Any] = {"code": known.code, "message": known.message}
        if isinstance(known, InvalidRequest | Conflict):
            body["field"] = known.field
    elif isinstance(error, HTTPException) and status < 500:
        body = {"code": _CODES.get(status, "bad_request"), "message": _MESSAGES.get(status, error.detail)}
    else:
        body = {"code": "internal_error", "message": "this should not have happened; the log has it by the request id"}
    body["request_id"] = request.scope.get("request_id")
    return json_response({"error": body}, status, _headers(error))


_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {404: "there is nothing at this path", 405: "this path does not take this method"}


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Answer with JSON; decimals are numbers with all their digits."""
    return Response(_ENCODER.encode(body), status_code=status, headers=headers or {}, media_type="application/json")
