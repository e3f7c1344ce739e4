"""The data centers in the API document."""

from typing import Any

from aftersend.api.document_parts import answers, operation
from aftersend.domain.data_centers import DATA_CENTERS

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}


def data_center_paths() -> Json:
    """Describe the operation."""
    summary = "List the data centers, their hosts, and which of them are served here"
    return {"/v1/data-centers": {"get": operation("listDataCenters", summary, "server", answers("DataCenterList"))}}


def data_center_schemas() -> Json:
    """Describe the answer."""
    row = _object(
        id=_TEXT | {"enum": list(DATA_CENTERS)},
        region=_TEXT,
        host=_TEXT_OR_NULL | {"description": "The host of this installation, where one is set."},
        served_here={"type": "boolean"},
        original_api_host=_TEXT | {"description": "What clients of the original API have in its place."},
        original_dashboard_host=_TEXT_OR_NULL,
    )
    return {"DataCenterList": _object(data_centers={"type": "array", "items": row})}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
