"""Who is asking: HTTP Basic, the workspace as user and a key's secret as password."""

import base64
import hmac
from typing import Any

from litestar import Request

from aftersend.api.services import Services
from aftersend.domain.workspaces import FEATURES, OPERATOR, Feature, Principal, Scope
from aftersend.errors import (
    AftersendError,
    FeatureOff,
    NotAllowed,
    NotAuthenticated,
    NotEnabled,
    NotFound,
    WrongDataCenter,
)
from aftersend.registry.actor import act_as

SIGN_IN = "sign in with HTTP Basic: the workspace id as user, a key's secret as password"


class TooManyFailures(AftersendError):
    """An address keeps showing keys that open nothing."""

    code = "too_many_failed_sign_ins"

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__("too many requests without a valid key; wait before the next one")
        self.headers = headers


def sign_in(request: Request[Any, Any, Any], services: Services, key_header: str = "") -> Principal:
    """Return who is asking; `key_header` is the one that may stand in for HTTP Basic.

    Raises:
        NotAuthenticated: nobody that is known here.
        WrongDataCenter: somebody who is known, and whose workspace is served elsewhere.
        TooManyFailures: an unknown caller that asked too often from one address.
    """
    shown = _credentials(request.headers.get("authorization", ""))
    if shown is None and key_header:
        shown = _pair(request.headers.get(key_header, "").strip())
    principal = _principal(services, *shown) if shown else None
    if principal is None:
        address = request.client.host if request.client else "unknown"
        allowance = services.limits.failed_sign_in(address)
        if not allowance.allowed:
            raise TooManyFailures(allowance.headers())
        raise NotAuthenticated(SIGN_IN)
    if principal.key_id != OPERATOR and principal.workspace.data_center not in services.serving.served:
        raise WrongDataCenter(services.serving.advice(principal.workspace.data_center))
    act_as(principal.key_id)
    services.key_uses.note(principal.key_id)
    return principal


def _principal(services: Services, workspace_id: str, secret: str) -> Principal | None:
    if hmac.compare_digest(secret.encode(), services.operator_token.encode()):
        try:
            return Principal(services.registry.workspaces.get(workspace_id), OPERATOR, frozenset({Scope.ADMIN}))
        except NotFound:
            return None
    return services.registry.keys.authenticate(workspace_id, secret)


def allow(principal: Principal, scope: Scope) -> None:
    """Let a principal through that has the scope.

    Raises:
        NotAllowed: the key lacks it.
    """
    if not principal.may(scope):
        raise NotAllowed(f"the key lacks the scope {scope.value}; 'aftersend key create' makes one that has it")


def allow_operator(principal: Principal) -> None:
    """Let a principal through that has the data folder.

    Raises:
        NotAllowed: it is a key, and none may do this.
    """
    if principal.key_id != OPERATOR:
        raise NotAllowed("no key may do this; run 'aftersend backup' where the data folder is")


def require(principal: Principal, feature: Feature) -> None:
    """Let a principal through whose workspace has a feature.

    Raises:
        FeatureOff: it is switched off for the workspace.
        NotEnabled: the same, where the contract calls that a bad request.
    """
    if feature in principal.workspace.features_off:
        row = FEATURES[feature]
        raise NotEnabled(row.refusal) if row.bad_request else FeatureOff(row.refusal)


def _credentials(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    return _pair(decoded)


def _pair(text: str) -> tuple[str, str] | None:
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
