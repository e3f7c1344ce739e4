"""The way to the server: one connection that stays open, batches in every form, questions and what differs."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

import httpx
import zstandard

from agreement.histories import Json
from builders import STATS, Asker


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key to a workspace, and a connection that stays open."""

    client: httpx.Client
    workspace_id: str

    def put_campaigns(self, campaigns: list[Json]) -> None:
        """Register campaigns, all but those that their events register."""
        for campaign in campaigns:
            if not campaign.get("unregistered"):
                answer = self.client.put(f"/v1/campaigns/{quote(campaign['id'], safe='')}", json=campaign)
                assert answer.is_success, answer.text

    def move(self, campaign_id: str, parent: str | None) -> None:
        """Give a campaign another parent, or none."""
        changes = {"parent_campaign_id": parent}
        answer = self.client.patch(f"/v1/campaigns/{quote(campaign_id, safe='')}", json=changes)
        assert answer.is_success, answer.text

    def send(self, batch: Json) -> Json:
        """Send a batch in its form and packing and return the receipt."""
        content, headers = packed(batch)
        answer = self.client.post(f"/v1/{batch['stream']}", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        receipt: Json = answer.json()
        return receipt

    def ask(self, request: Json, header: str | None = None) -> bytes:
        """Ask a question and return the body of the answer."""
        headers = {"MOE-APPKEY": self.workspace_id} | ({"X-Stats-Profile": header} if header else {})
        answer = self.client.post(STATS, json=request, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.content


@contextmanager
def calling(asker: Asker) -> Iterator[Caller]:
    """Keep a connection open for the block."""
    with httpx.Client(base_url=asker.url, auth=(asker.workspace_id, asker.secret), timeout=60, verify=False) as client:
        yield Caller(client, asker.workspace_id)


def packed(batch: Json) -> tuple[bytes, dict[str, str]]:
    """Return the body of a batch and the headers that say what it is."""
    form, packing, events = batch["form"], batch["packing"], batch["events"]
    if form == "lines":
        text = "\n".join(json.dumps(event) for event in events)
    else:
        text = json.dumps(events if form == "array" else {"events": events})
    headers = {"Content-Type": "application/x-ndjson" if form == "lines" else "application/json"}
    if packing:
        headers["Content-Encoding"] = packing
    body = text.encode()
    match packing:
        case "gzip":
            body = gzip.compress(body, compresslevel=1)
        case "zstd":
            body = zstandard.ZstdCompressor().compress(body)
    return body, headers


def read(body: bytes) -> Json:
    """Read an answer without losing a digit: numbers with a fraction become decimals."""
    found: Json = json.loads(body, parse_float=Decimal)
    return found


def difference(found: object, expected: object, place: str = "answer") -> str | None:
    """Say where two JSON values first differ, kinds of numbers included, or return None."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in found or key not in expected:
                return f"{place}: {key!r} is only in the {'answer' if key in found else 'expectation'}"
            if told := difference(found[key], expected[key], f"{place}[{key!r}]"):
                return told
        return None
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return next((told for index, both in pairs if (told := difference(*both, f"{place}[{index}]"))), None)
    if isinstance(expected, float):
        # The shortest spelling of a rounded number is the rounded number.
        expected = Decimal(repr(expected))
    if type(found) is type(expected) and found == expected:
        return None
    return f"{place}: {found!r}, but {expected!r} is expected"
