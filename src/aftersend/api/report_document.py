"""Reports in the API document."""

from typing import Any

import msgspec

from aftersend.api.document_parts import answers, json_body, operation, reference
from aftersend.api.errors import REPORTS_PATH
from aftersend.api.pages import PAGE_PARAMETERS
from aftersend.api.report_download import SIGNATURE
from aftersend.api.report_json import ReportBody
from aftersend.domain.reports import REPORT_STATUS_MEANINGS, ReportStatus

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_REPORT_ID: Json = {"name": "report_id", "in": "path", "required": True, "schema": _TEXT | {"minLength": 1}}
_FILE: Json = {
    "description": "The archive: a file for each channel, and README.txt with the formulas.",
    "headers": {"Content-Disposition": {"schema": _TEXT}},
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in ("application/zip", "application/gzip", "application/octet-stream")
    },
}


def report_paths() -> Json:
    """Describe the operations."""
    ask = operation("askForReport", "Ask for a report", "reports", _begun())
    ask["requestBody"] = json_body("ReportBody")
    show = operation("getReport", "Show how far a report has come", "reports", answers("Report", 401, 403, 404, 503))
    forget = {"204": {"description": "Removed."}, **answers(None, 401, 403, 404, 503)}
    file = operation(
        "downloadReportWithKey",
        "Download a report with a key",
        "reports",
        {"200": _FILE, **answers(None, 401, 403, 404, 503)},
    )
    file["parameters"] = [_REPORT_ID]
    return {
        "/v1/reports": {"post": ask, "get": _listing()},
        "/v1/reports/{report_id}": {
            "parameters": [_REPORT_ID],
            "get": show,
            "delete": operation("deleteReport", "Remove a report and its file", "reports", forget),
        },
        "/v1/reports/{report_id}/file": {"get": file},
        REPORTS_PATH + "{APP_ID}/{FILENAME}": {"get": _download()},
    }


def _begun() -> Json:
    found = answers("Report")["200"] | {
        "description": "It has been noted; Location says where to see how far it has come.",
        "headers": {"Location": {"schema": _TEXT}},
    }
    return {"202": found, **answers(None, 400, 401, 403, 409, 413, 503)}


def _listing() -> Json:
    found = operation(
        "listReports", "List reports, the newest first", "reports", answers("ReportPage", 400, 401, 403, 503)
    )
    found["parameters"] = [*PAGE_PARAMETERS]
    return found


_REFUSALS = {
    400: "No such workspace or report, a report that is not ready, or one older than seven days.",
    403: "Reports are switched off for the workspace.",
    429: "Too many requests without a valid signature.",
    503: "Not now; try again after Retry-After seconds.",
}


def _download() -> Json:
    refusals = {
        str(status): {
            "description": meaning,
            "content": {"application/json": {"schema": reference("DownloadError")}},
        }
        for status, meaning in _REFUSALS.items()
    }
    unsigned: Json = {
        "description": "The signature is missing, or does not fit: an empty object.",
        "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}},
    }
    found = operation(
        "downloadReport", "Download a report by its signed name", "reports", {"200": _FILE, "401": unsigned, **refusals}
    )
    signature = "Lower-case hex SHA-256 of `APP_ID|FILENAME|SECRET`, UTF-8. The header wins over the query."
    found["security"] = []
    found["parameters"] = [
        {"name": "APP_ID", "in": "path", "required": True, "description": "The workspace.", "schema": _TEXT},
        {
            "name": "FILENAME",
            "in": "path",
            "required": True,
            "description": "The name with _ for spaces, _YYYYMMDD of the day it was asked for, .zip.",
            "schema": _TEXT | {"minLength": 1, "examples": ["Report_-_test_20210217.zip"]},
        },
        {"name": SIGNATURE, "in": "header", "description": signature, "schema": _TEXT},
        {"name": SIGNATURE, "in": "query", "description": signature, "schema": _TEXT},
    ]
    return found


def report_schemas() -> Json:
    """Describe what is sent and what is answered."""
    _, decoded = msgspec.json.schema_components([ReportBody], ref_template="#/components/schemas/{name}")
    meanings = "; ".join(f"{status}: {meaning}" for status, meaning in REPORT_STATUS_MEANINGS.items())
    report: Json = {
        "id": _TEXT,
        "name": _TEXT,
        "filename": _TEXT | {"description": "FILENAME of the signed download."},
        "status": {"type": "string", "enum": list(ReportStatus), "description": f"{meanings}."},
        "progress": {"type": "number", "minimum": 0, "maximum": 100, "description": "In percent."},
        "campaigns": _COUNT,
        "rows": _COUNT | {"description": "Rows of all files together, so far."},
        "file_bytes": _COUNT,
        "error": {"type": ["string", "null"], "description": "Why it could not be made."},
        "requested_at": _MOMENT,
        "requested_by": _TEXT | {"description": "The id of the key, or operator."},
        "finished_at": {"type": ["string", "null"], "format": "date-time"},
        "expires_at": _MOMENT,
        "download_path": _TEXT,
        "request": {"type": "object", "description": "What was asked for, with every default."},
    }
    error = {"attribute": {"type": ["string", "null"]}, **dict.fromkeys(("message", "type", "request_id"), _TEXT)}
    return {
        **decoded,
        "Report": _object(report),
        "ReportPage": _object(
            {
                "reports": {"type": "array", "items": reference("Report")},
                **dict.fromkeys(("total", "offset", "limit"), _COUNT),
            }
        ),
        "DownloadError": _object({"error": _object(error)}),
    }


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
