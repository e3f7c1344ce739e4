"""The API document tells the truth: every route is in it, and requests made from it get the answers it promises."""

import re

from aftersend.api.document import api_document
from aftersend.api.site import ROUTES

METHODS = {"get", "put", "post", "patch", "delete"}


def test_every_route_is_described_and_nothing_else() -> None:
    """The routes of the application and the operations of the document are the same."""
    routed = {
        (method.lower(), re.sub(r":(str|path)}", "}", path))
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
    }
    described = {(method, path) for path, item in api_document()["paths"].items() for method in METHODS & set(item)}

    # A user who is called "/" is at this path once the framework has tidied it up.
    routed -= {("delete", "/v1/users")}
    # A download without a name is refused like one with a wrong name.
    routed -= {("get", "/campaign_reports/rest_api/{APP_ID}")}

    assert routed - {("options", path) for _, path in routed} == described
