"""The API document holds: whatever is sent, the answer is one that the document describes, and no fault of ours."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aftersend.api.details_errors import DETAILS_PREFIX
from aftersend.api.document import api_document
from builders import Asker, campaign, message_event
from server import Server

EXAMPLES = 120
"""Requests that are made up for each operation, beside those that try every bound of its schema."""

CALLS_OF_A_WORKSPACE = 60
"""A workspace may ask a hundred times a minute; the calls go to one after the other, so that all are answered."""

CALLS_ABOUT_CAMPAIGNS = 9
"""Details and searches have ten calls a second."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

DOCUMENT = schemathesis.openapi.from_dict(
    api_document(),
    config=SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(
                generation=GenerationConfig(
                    modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
                    with_security_parameters=False,
                    deterministic=True,
                )
            )
        )
    ),
)


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> Any:
    """Send text as it is, and anything else as a line of JSON."""
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.serializer("text/csv")
def _text(_context: Any, value: Any) -> Any:
    """Send text as it is."""
    return str(value).encode(errors="replace")


@dataclass(slots=True)
class Callers:
    """Keys to workspaces that have a campaign with events, and a connection that stays open."""

    server: Server
    connection: requests.Session
    calls: int = 0
    asker: Asker | None = None

    def next(self, calls: int) -> Asker:
        """Return somebody who has called less often than that."""
        if self.asker is None or self.calls % calls == 0:
            self.asker = self.server.create_workspace(f"documented-{self.calls}")
            self.asker.put_campaign("c1", campaign(goals=[{"name": "Order", "event": "purchase"}]))
            self.asker.send(message_event(), message_event("failed", reason="any"), message_event(locale="de"))
        self.calls += 1
        return self.asker


@pytest.fixture(scope="module")
def callers(server: Server) -> Callers:
    """Somebody to call for the whole module."""
    return Callers(server, requests.Session())


def _aim(case: Case[Any]) -> None:
    """Have a request that keeps to the document meet something that is there: a campaign, on its channel."""
    body: Any = case.body
    if "parent_campaign_id" in case.path_parameters:
        case.path_parameters["parent_campaign_id"] = "c1"
    if "campaign_id" in case.path_parameters and case.method != "DELETE":
        case.path_parameters["campaign_id"] = "c1"
    if isinstance(body, dict):
        body.pop("id", None)
        if "channel" in body:
            body |= {"channel": "EMAIL", "platforms": [], "delivery_type": "ONE_TIME"}
        if body.get("campaign_ids"):
            body["campaign_ids"][0] = "c1"
        if "metric_type" in body:
            body |= {"start_date": "2026-01-01", "end_date": "2026-01-31"}


@DOCUMENT.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: Case[Any], callers: Callers) -> None:
    """Whether a request is made by the document or against it, its status and its shape are described there."""
    asker = callers.next(CALLS_ABOUT_CAMPAIGNS if case.path.startswith(DETAILS_PREFIX) else CALLS_OF_A_WORKSPACE)
    callers.connection.auth = (asker.workspace_id, asker.secret)
    if "MOE-APPKEY" in case.headers:
        case.headers["MOE-APPKEY"] = asker.workspace_id
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        _aim(case)

    case.call_and_validate(base_url=asker.url, session=callers.connection, checks=CHECKS)
