"""Tell parents from children in an answer of the Stats API.

    python parents_and_children.py http://127.0.0.1:8600 WORKSPACE KEY

It asks for the statistics of the last 31 days without naming a campaign, and then for the details of the campaigns
that came back: the one without a parent id is the parent. It needs nothing but Python.
"""

import base64
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]


class Client:
    """Asks one workspace's questions, and waits where it has asked too often."""

    def __init__(self, url: str, workspace: str, key: str) -> None:
        signed_in = base64.b64encode(f"{workspace}:{key}".encode()).decode()
        self._url = url.rstrip("/") + "/core-services/v1/"
        self._headers = {
            "Authorization": f"Basic {signed_in}",
            "MOE-APPKEY": workspace,
            "Content-Type": "application/json",
        }

    def post(self, path: str, body: Json) -> Any:
        """Send a question and return the answer."""
        while True:
            request = urllib.request.Request(self._url + path, json.dumps(body).encode(), self._headers)
            try:
                with urllib.request.urlopen(request) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 429:
                    raise SystemExit(f"{error.code}: {error.read().decode()}") from error
                time.sleep(int(error.headers["Retry-After"]))


def statistics(client: Client) -> Iterator[tuple[str, list[Json]]]:
    """Yield every campaign with its statistics: parents, children, and those that stand alone."""
    today = datetime.now(UTC).date()
    question = {
        "request_id": "statistics",
        "start_date": str(today - timedelta(days=30)),
        "end_date": str(today),
        "attribution_type": "VIEW_THROUGH",
        "metric_type": "TOTAL",
        "limit": 10,
    }
    offset, total = 0, 1
    while offset < total:
        answer = client.post("campaign-stats", question | {"offset": offset})
        yield from answer["data"].items()
        offset, total = offset + 10, answer["total_campaigns"]


def details(client: Client) -> Iterator[Json]:
    """Yield the details of every campaign. A page with fewer than fifteen is the last one."""
    page = 1
    while True:
        question = {"request_id": "details", "include_child_campaigns": True, "limit": 15, "page": page}
        campaigns = client.post("campaigns/meta", question)
        yield from campaigns
        if len(campaigns) < 15:
            return
        page += 1


def sent(stats: list[Json]) -> int:
    """Add up what a campaign sent, over its platforms."""
    nodes = (found["locales"]["all_locales"]["variations"] for found in stats[0]["platforms"].values())
    return sum(node["all_variations"]["performance_stats"].get("sent", 0) for node in nodes)


def main() -> None:
    """Print the families."""
    client = Client(*sys.argv[1:4])
    stats = dict(statistics(client))
    known = {row["campaign_id"]: row for row in details(client) if row["campaign_id"] in stats}
    families: dict[str | None, list[str]] = {}
    for campaign_id, row in known.items():
        families.setdefault(row.get("parent_campaign_id"), []).append(campaign_id)
    for campaign_id in families.pop(None, []):
        row = known[campaign_id]
        role = "parent" if "total_child_campaigns" in row else "alone"
        print(f"{role:6} {campaign_id}: {row['campaign_name']}, sent {sent(stats[campaign_id])}")
        for child in families.pop(campaign_id, []):
            print(f" child {child}: {known[child]['campaign_name']}, sent {sent(stats[child])}")
    for parent, children in families.items():
        print(f"parent {parent}: not in the answer; its children are {', '.join(children)}")


if __name__ == "__main__":
    main()
