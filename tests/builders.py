"""Builders of what tests send, with sensible defaults, and somebody to send it."""

import itertools
import json
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

NOON = 1_767_268_800_000
"""2026-01-01 12:00 UTC, in milliseconds."""

STATS = "/core-services/v1/campaign-stats"

_numbers = itertools.count(1)


def message_event(kind: str = "sent", **fields: Any) -> Json:
    """Build a message event of campaign c1 and user u1 at noon, with an id of its own."""
    given = {"event_id": f"e{next(_numbers)}", "kind": kind, "campaign_id": "c1", "user_id": "u1", "time": NOON}
    return given | fields


def user_event(name: str = "purchase", **fields: Any) -> Json:
    """Build a user event of user u1 at noon, with an id of its own."""
    return {"event_id": f"e{next(_numbers)}", "name": name, "user_id": "u1", "time": NOON} | fields


def campaign(channel: str = "EMAIL", **fields: Any) -> Json:
    """Build the body of a campaign."""
    return {"name": "A campaign", "channel": channel} | fields


def question(**fields: Any) -> Json:
    """Build a stats request for January 2026."""
    return {
        "request_id": "abc",
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "attribution_type": "VIEW_THROUGH",
        "metric_type": "TOTAL",
    } | fields


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with a key to a workspace."""

    url: str
    workspace_id: str
    secret: str

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request with the key."""
        options.setdefault("auth", (self.workspace_id, self.secret))
        return httpx.request(method, self.url + path, timeout=60, **options)

    def put_campaign(self, campaign_id: str, body: Json) -> httpx.Response:
        """Register a campaign."""
        return self.request("PUT", f"/v1/campaigns/{campaign_id}", json=body)

    def send(self, *events: Json, path: str = "/v1/message-events") -> Json:
        """Send events as an array and return the receipt."""
        answer = self.request("POST", path, json=list(events))
        assert answer.status_code == 200, answer.text
        receipt: Json = answer.json()
        return receipt

    def send_lines(self, *events: Json, path: str = "/v1/message-events") -> Json:
        """Send events one a line and return the receipt."""
        body = "\n".join(json.dumps(event) for event in events)
        answer = self.request("POST", path, content=body, headers={"content-type": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text
        receipt: Json = answer.json()
        return receipt

    def ask(self, body: Any, **headers: str) -> httpx.Response:
        """Ask for statistics; header names are given with underscores."""
        named = {"MOE-APPKEY": self.workspace_id} | {name.replace("_", "-"): text for name, text in headers.items()}
        return self.request("POST", STATS, json=body, headers=named)

    def stats(self, **fields: Any) -> Json:
        """Ask for January 2026, or what the fields say, and return the answer."""
        answer = self.ask(question(**fields))
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def node(
        self, platform: str, *, locale: str = "all_locales", variation: str = "all_variations", **fields: Any
    ) -> Json:
        """Ask for one campaign (c1 if none is named) and return one node of its tree."""
        campaign_id = fields.pop("campaign_id", "c1")
        tree = self.stats(campaign_ids=[campaign_id], **fields)["data"][campaign_id][0]
        found: Json = tree["platforms"][platform]["locales"][locale]["variations"][variation]
        return found
