"""Asking about campaigns on the paths that clients know."""

from typing import Any

import httpx

from builders import Asker, Json

DETAILS = "/core-services/v1/campaigns/"


def ask(asker: Asker, path: str, body: Any, **options: Any) -> httpx.Response:
    """Send a request with the header that names the workspace again."""
    options.setdefault("headers", {"MOE-APPKEY": asker.workspace_id})
    return asker.request("POST", DETAILS + path, json=body, **options)


def page(**fields: Any) -> Json:
    """Build a request for the first page."""
    return {"request_id": "r", "limit": 15, "page": 1} | fields


def meta(asker: Asker, *, children: bool = True, **filters: Any) -> list[Json]:
    """Ask for the details of the campaigns that pass the filters."""
    return _rows(ask(asker, "meta", page(include_child_campaigns=children, campaign_fields=filters)))


def search(asker: Asker, *, children: bool = True, **filters: Any) -> list[Json]:
    """Search for the campaigns that pass the filters."""
    return _rows(ask(asker, "search", page(include_child_campaigns=children, campaign_fields=filters)))


def ids(rows: list[Json]) -> list[str]:
    """Return the ids of what was answered."""
    return [row["campaign_id"] for row in rows]


def problem(answer: httpx.Response) -> Json:
    """Return the error of an answer, which has nothing beside it."""
    body = answer.json()
    assert set(body) == {"error"}
    found: Json = body["error"]
    assert answer.headers["content-type"] == "application/json"
    return found


def targets(answer: httpx.Response) -> list[str]:
    """Return what the details of a 400 are about; its head is about the first one."""
    found = problem(answer)
    assert (answer.status_code, found["code"]) == (400, "400 Bad Request")
    assert found["target"] == found["details"][0]["target"]
    assert found["message"] == found["details"][0]["message"]
    return [detail["target"] for detail in found["details"]]


def _rows(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    assert isinstance(found, list)
    return found
