"""`GET /v1/data-centers`: where workspaces belong. Who asks the wrong server cannot sign in, so nobody has to."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from aftersend.api.errors import json_response
from aftersend.api.services import Services
from aftersend.domain.data_centers import ROWS


@get("/v1/data-centers")
async def list_data_centers(services: NamedDependency[Services]) -> Response[bytes]:
    """List the data centers, and which of them are served here."""
    rows: list[dict[str, Any]] = [
        {
            "id": row.id,
            "region": row.region,
            "host": services.serving.hosts.get(row.id),
            "served_here": row.id in services.serving.served,
            "original_api_host": row.api_host,
            "original_dashboard_host": row.dashboard_host,
        }
        for row in ROWS
    ]
    return json_response({"data_centers": rows})
