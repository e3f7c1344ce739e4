"""Who may use which route: every route of the API document with every scope, with none, and with features off."""

import pytest

from aftersend.api.access import ACCESS
from aftersend.domain.workspaces import FEATURES, Feature, Scope
from builders import Asker, campaign
from server import Server
from story import Sending, story

ROUTES = {sending.operation["operationId"]: sending for sending in reversed(story())}
"""One request for each: the first of its examples, which works as it stands."""


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[Scope, Asker]:
    """A workspace with a key for each scope alone."""
    workspace = server.create_workspace("access")
    return {scope: Asker(server.url, "access", server.create_key(workspace.workspace_id, scope)) for scope in Scope}


@pytest.fixture(scope="module")
def without_features(server: Server) -> Asker:
    """A key that may do everything in a workspace where everything is switched off."""
    asker = server.create_workspace("access-off")
    server.parts.registry.workspaces.update("access-off", features_off=frozenset(Feature))
    return asker


def _status(asker: Asker, sending: Sending) -> int:
    path, options = sending.options(asker.workspace_id)
    return asker.request(sending.method.upper(), path, **options).status_code


def test_every_route_has_a_row() -> None:
    """Nobody adds a route without saying in `api/access.py` who may use it."""
    assert {sending.route for sending in ROUTES.values()} == set(ACCESS)


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_lets_in_whom_its_row_names(name: str, keys: dict[Scope, Asker]) -> None:
    """With its scope or as an administrator a request gets through; every other key gets a 403."""
    sending = ROUTES[name]
    access = ACCESS[sending.route]
    keys[Scope.ADMIN].put_campaign("welcome", campaign("EMAIL"))

    statuses = {scope: _status(asker, sending) for scope, asker in keys.items()}

    if access.signed:  # whatever key is shown
        assert set(statuses.values()) == {401}
        return
    allowed = {Scope.ADMIN, access.scope} if access.scope else set(Scope)
    if access.operator:
        allowed = set()
    assert {scope for scope, status in statuses.items() if status != 403} == allowed
    documented = {int(status) for status in sending.operation["responses"]}
    assert {statuses[scope] for scope in allowed if scope} <= documented - {400, 401, 403, 429, 500, 503}


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_asks_who_is_there(name: str, keys: dict[Scope, Asker]) -> None:
    """Without a key, and with a wrong one, everything is a 401 but what is open to all."""
    sending = ROUTES[name]
    stranger = Asker(keys[Scope.ADMIN].url, "access", "wrong")
    path, options = sending.options("access")

    statuses = {
        _status(stranger, sending),
        stranger.request(sending.method.upper(), path, **options, auth=None).status_code,
    }

    if ACCESS[sending.route].open:
        assert statuses <= set(sending.expected)
    else:
        assert statuses == {401}


@pytest.mark.parametrize("name", [name for name, one in ROUTES.items() if not ACCESS[one.route].operator])
def test_a_route_is_off_with_its_feature(name: str, without_features: Asker) -> None:
    """What is switched off answers as its contract says, to administrators too; the rest goes on."""
    sending = ROUTES[name]
    access = ACCESS[sending.route]

    status = _status(without_features, sending)

    if access.signed:
        assert status == 401
    elif access.feature:
        assert status == (400 if FEATURES[access.feature].bad_request else 403)
    else:
        assert status not in (400, 401, 403)


def test_switching_off_says_so(without_features: Asker) -> None:
    """The refusal has a code of its own, and a sentence."""
    answer = without_features.request("GET", "/v1/campaigns")

    assert answer.json()["error"]["code"] == "feature_off"
    assert answer.json()["error"]["message"] == FEATURES[Feature.CAMPAIGNS].refusal
