"""Who may use which route: one row each. The routes, the API document and the tests all read this table."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from aftersend.api.auth import allow, allow_operator, require, sign_in
from aftersend.api.services import Services
from aftersend.domain.workspaces import Feature, Principal, Scope


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of who uses it: the scope, and what must not be switched off for the workspace."""

    scope: Scope | None = None
    feature: Feature | None = None
    operator: bool = False
    """No key opens it, only having the data folder does."""
    open: bool = False
    """Nobody has to sign in."""
    signed: bool = False
    """A signature opens it, which the route looks at itself."""


OPEN = Access(open=True)
SIGNED = Access(signed=True)
ANY_KEY = Access()
OPERATOR_ONLY = Access(operator=True)
ADMIN = Access(Scope.ADMIN)
STATS = Access(Scope.STATS_READ, Feature.STATS)
EVENTS = Access(Scope.EVENTS_WRITE)
READ_CAMPAIGNS = Access(Scope.CAMPAIGNS_READ, Feature.CAMPAIGNS)
WRITE_CAMPAIGNS = Access(Scope.CAMPAIGNS_WRITE, Feature.CAMPAIGNS)

DETAILS = Access(Scope.CAMPAIGNS_READ, Feature.META)
REPORTS = Access(Scope.REPORTS_DOWNLOAD, Feature.REPORTS)

ACCESS: dict[str, Access] = {
    "POST /core-services/v1/campaign-stats": STATS,
    "POST /core-services/v1/campaigns/meta": DETAILS,
    "POST /core-services/v1/campaigns/search": DETAILS,
    "POST /core-services/v1/campaigns/{parent_campaign_id}/executions": DETAILS,
    "GET /v1/campaigns/{campaign_id}/uplift": STATS,
    "GET /v1/audit": STATS,
    "POST /v1/message-events": EVENTS,
    "POST /v1/user-events": EVENTS,
    "POST /v1/campaigns/{campaign_id}/assignments": EVENTS,
    "POST /v1/sources/{source}": EVENTS,
    "GET /v1/sources/{source}/rejected": ADMIN,
    "POST /v1/reports": REPORTS,
    "GET /v1/reports": REPORTS,
    "GET /v1/reports/{report_id}": REPORTS,
    "DELETE /v1/reports/{report_id}": REPORTS,
    "GET /v1/reports/{report_id}/file": REPORTS,
    "GET /campaign_reports/rest_api/{APP_ID}/{FILENAME}": SIGNED,
    "GET /v1/campaigns": READ_CAMPAIGNS,
    "GET /v1/campaigns/{campaign_id}": READ_CAMPAIGNS,
    "PUT /v1/campaigns/{campaign_id}": WRITE_CAMPAIGNS,
    "PATCH /v1/campaigns/{campaign_id}": WRITE_CAMPAIGNS,
    "DELETE /v1/campaigns/{campaign_id}": WRITE_CAMPAIGNS,
    "GET /v1/global-control-group": READ_CAMPAIGNS,
    "PUT /v1/global-control-group": WRITE_CAMPAIGNS,
    "PUT /core-services/v1/global-control-group/users": WRITE_CAMPAIGNS,
    "POST /v1/retractions": ADMIN,
    "DELETE /v1/users/{user_id}": ADMIN,
    "GET /v1/removals": ADMIN,
    "GET /v1/removals/{removal_id}": ADMIN,
    "GET /v1/changes": ADMIN,
    "POST /v1/snapshots": OPERATOR_ONLY,
    "DELETE /v1/snapshots/{snapshot_id}": OPERATOR_ONLY,
    "GET /v1/data-centers": OPEN,
    "GET /v1/catalogue": ANY_KEY,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /openapi.json": OPEN,
    "GET /docs": OPEN,
    "GET /docs/{file}": OPEN,
}
"""By method and path, as the API document spells them."""

_ALSO = {"DELETE /v1/users": "DELETE /v1/users/{user_id}"}
"""Where the framework knows a route by a second path."""


def enter(request: Request[Any, Any, Any], services: Services, key_header: str = "") -> Principal:
    """Sign in, perhaps by a header instead of Basic, and let through who may use the route.

    Raises:
        NotAuthenticated: nobody that is known here.
        NotAllowed: the key lacks the scope, or the feature is off.
    """
    principal = sign_in(request, services, key_header)
    permit(request, principal)
    return principal


def permit(request: Request[Any, Any, Any], principal: Principal) -> None:
    """Let through who may use the route.

    Raises:
        NotAllowed: the key lacks the scope, or the feature is off.
    """
    row = access_of(request)
    if row.operator:
        allow_operator(principal)
    if row.scope is not None:
        allow(principal, row.scope)
    if row.feature is not None:
        require(principal, row.feature)


def access_of(request: Request[Any, Any, Any]) -> Access:
    """Return the row of the route that a request goes to."""
    route = f"{request.method} {request.scope['path_template']}"
    return ACCESS[_ALSO.get(route, route)]
