"""How commands reach a ledger: over HTTP when a server owns it, in this process when it is free."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import quote

import httpx
import msgspec

from aftersend.app import Parts, open_parts, open_registry
from aftersend.domain.events import Stream
from aftersend.domain.removals import Removal
from aftersend.domain.sources import EventSource
from aftersend.domain.workspaces import OPERATOR
from aftersend.errors import AftersendError, InvalidRequest, NotFound, Overloaded, StoreUnavailable
from aftersend.settings import Settings

_PATHS = {Stream.MESSAGE_EVENTS: "/v1/message-events", Stream.USER_EVENTS: "/v1/user-events"}
_TRIES = 10


class Client(Protocol):
    """What commands ask of a ledger, for one workspace."""

    def ingest(self, stream: Stream, lines: bytes) -> dict[str, Any]:
        """Send events, one JSON object a line, and return the receipt."""
        ...

    def ingest_source(self, source: EventSource, lines: bytes) -> dict[str, Any]:
        """Send events of another source, one a line as they are, and return the receipt."""
        ...

    def stats(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the Stats API and return its answer."""
        ...

    def uplift(self, campaign_id: str, query: dict[str, str]) -> dict[str, Any]:
        """Ask what a campaign changed and return the answer."""
        ...

    def audit(self, query: dict[str, str]) -> dict[str, Any]:
        """Ask whether the numbers add up and return the answer."""
        ...

    def retract(self, event_ids: list[str], reason: str) -> dict[str, Any]:
        """Take events back and return the removal."""
        ...

    def erase(self, user_id: str, reason: str) -> dict[str, Any]:
        """Begin to erase a user and return the removal."""
        ...

    def removal(self, removal_id: str) -> dict[str, Any]:
        """Ask how far a removal has come."""
        ...

    def removals(self, offset: int, limit: int) -> dict[str, Any]:
        """Return a page of removals, the newest first."""
        ...


class Refused(AftersendError):
    """A server answered with an error."""

    code = "refused"


@contextmanager
def open_client(settings: Settings, workspace_id: str, url: str | None, key: str | None) -> Iterator[Client]:
    """Open the workspace's ledger: at the address that was given, at the server that runs, or here."""
    if url is not None:
        if key is None:
            raise InvalidRequest("say with --key which key opens the workspace there", "--key")
        with HttpClient(url, workspace_id, key).open() as client:
            yield client
        return
    # Loading the lock's file must not load the engine.
    from aftersend.store.folder import running_server

    with open_registry(settings) as registry:
        registry.workspaces.get(workspace_id)
    running = running_server(settings.data)
    if running is not None:
        with HttpClient(running.url, workspace_id, running.token).open() as client:
            yield client
        return
    with open_parts(settings) as parts:
        yield LocalClient(parts, workspace_id)


class HttpClient:
    """A ledger behind a server."""

    def __init__(self, url: str, workspace_id: str, secret: str) -> None:
        self._workspace_id = workspace_id
        self._client = httpx.Client(base_url=url, auth=(workspace_id, secret), timeout=120)

    @contextmanager
    def open(self) -> Iterator["HttpClient"]:
        """Keep the connections open for the block."""
        with self._client:
            yield self

    def ingest(self, stream: Stream, lines: bytes) -> dict[str, Any]:
        """Send events and return the receipt."""
        return self._post(_PATHS[stream], lines, {"content-type": "application/x-ndjson"})

    def ingest_source(self, source: EventSource, lines: bytes) -> dict[str, Any]:
        """Send events of another source and return the receipt."""
        return self._post(f"/v1/sources/{source}", lines, {"content-type": "application/x-ndjson"})

    def stats(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the Stats API."""
        headers = {"content-type": "application/json", "MOE-APPKEY": self._workspace_id}
        return self._post("/core-services/v1/campaign-stats", msgspec.json.encode(question), headers)

    def uplift(self, campaign_id: str, query: dict[str, str]) -> dict[str, Any]:
        """Ask what a campaign changed."""
        path = f"/v1/campaigns/{quote(campaign_id, safe='')}/uplift"
        return self._call(self._client.build_request("GET", path, params=query))

    def audit(self, query: dict[str, str]) -> dict[str, Any]:
        """Ask whether the numbers add up, however long that takes."""
        patience = httpx.Timeout(120, read=None)
        return self._call(self._client.build_request("GET", "/v1/audit", params=query, timeout=patience))

    def retract(self, event_ids: list[str], reason: str) -> dict[str, Any]:
        """Take events back, however long that takes."""
        body = msgspec.json.encode({"event_ids": event_ids, "reason": reason})
        patience = httpx.Timeout(120, read=None)
        return self._call(self._client.build_request("POST", "/v1/retractions", content=body, timeout=patience))

    def erase(self, user_id: str, reason: str) -> dict[str, Any]:
        """Begin to erase a user."""
        query = {"reason": reason} if reason else {}
        return self._call(self._client.build_request("DELETE", f"/v1/users/{quote(user_id, safe='')}", params=query))

    def removal(self, removal_id: str) -> dict[str, Any]:
        """Ask how far a removal has come."""
        return self._call(self._client.build_request("GET", f"/v1/removals/{quote(removal_id, safe='')}"))

    def removals(self, offset: int, limit: int) -> dict[str, Any]:
        """Return a page of removals."""
        query = {"offset": offset, "limit": limit}
        return self._call(self._client.build_request("GET", "/v1/removals", params=query))

    def request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Call a path that answers with JSON, or with nothing."""
        return self._call(self._client.build_request(method, path, **options))

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """Lend what a path answers with, piece by piece."""
        with self._client.stream("GET", path) as answer:
            if answer.status_code != 200:
                answer.read()
                raise Refused(f"the server answered {answer.status_code}: {answer.text[:500] or answer.reason_phrase}")
            yield answer.iter_bytes()

    def take_snapshot(self) -> dict[str, Any]:
        """Have a snapshot of everything taken, however long that takes; only an operator may."""
        patience = httpx.Timeout(120, read=None)
        return self._call(self._client.build_request("POST", "/v1/snapshots", timeout=patience))

    def drop_snapshot(self, snapshot_id: str) -> dict[str, Any]:
        """Have a snapshot removed."""
        return self._call(self._client.build_request("DELETE", f"/v1/snapshots/{snapshot_id}"))

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        return self._call(self._client.build_request("POST", path, content=body, headers=headers))

    def _call(self, request: httpx.Request) -> dict[str, Any]:
        """Call, and try again while the server says that it is busy: events have ids, so that is safe."""
        for attempt in range(_TRIES):
            try:
                answer = self._client.send(request)
            except httpx.HTTPError as error:
                raise Refused(f"the server at {self._client.base_url} cannot be reached: {error}") from error
            if answer.status_code in (200, 202, 204):
                result: dict[str, Any] = answer.json() if answer.content else {}
                return result
            if answer.status_code not in (429, 503) or attempt == _TRIES - 1:
                break
            time.sleep(float(answer.headers.get("retry-after", "1")))
        raise Refused(f"the server answered {answer.status_code}: {answer.text[:500] or answer.reason_phrase}")


class LocalClient:
    """A ledger in this process."""

    def __init__(self, parts: Parts, workspace_id: str) -> None:
        self.parts = self._parts = parts
        self._workspace = parts.registry.workspaces.get(workspace_id)

    def ingest(self, stream: Stream, lines: bytes) -> dict[str, Any]:
        """Send events and return the receipt."""
        from aftersend.api.ingest_routes import receipt_body
        from aftersend.intake.receive import Sender

        sender = Sender(self._workspace)
        return _patiently(lambda: receipt_body(self._parts.intake.receive(sender, stream, lines, lines=True)))

    def ingest_source(self, source: EventSource, lines: bytes) -> dict[str, Any]:
        """Send events of another source and return the receipt."""
        from aftersend.api.source_routes import source_receipt
        from aftersend.intake.receive import Sender
        from aftersend.intake.sources.moengage_streams import StreamOptions

        door, sender = self._parts.services.sources, Sender(self._workspace)
        return _patiently(lambda: source_receipt(door.receive(sender, source, lines, StreamOptions())))

    def stats(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the Stats API."""
        from aftersend.domain.profiles import PROFILES
        from aftersend.stats.request import parse_request

        profile = PROFILES[self._workspace.profile]
        return self._parts.stats.answer(self._workspace, parse_request(question), profile)

    def uplift(self, campaign_id: str, query: dict[str, str]) -> dict[str, Any]:
        """Ask what a campaign changed."""
        from aftersend.stats.uplift_request import parse_uplift

        answer = self._parts.services.uplift.answer(self._workspace, parse_uplift(campaign_id, query))
        # As it would come over HTTP: plain JSON, not records.
        shown: dict[str, Any] = msgspec.to_builtins(answer, builtin_types=(Decimal,))
        return shown

    def audit(self, query: dict[str, str]) -> dict[str, Any]:
        """Ask whether the numbers add up."""
        from aftersend.stats.audit_request import parse_audit

        return self._parts.services.audit.answer(self._workspace, parse_audit(query))

    def retract(self, event_ids: list[str], reason: str) -> dict[str, Any]:
        """Take events back."""
        removal, unknown = self._parts.services.remover.retract(self._workspace, event_ids, reason, OPERATOR)
        return _shown(removal) | {"unknown_event_ids": unknown}

    def erase(self, user_id: str, reason: str) -> dict[str, Any]:
        """Begin to erase a user."""
        return _shown(self._parts.services.remover.erase(self._workspace, user_id, reason, OPERATOR))

    def removal(self, removal_id: str) -> dict[str, Any]:
        """Say how far a removal has come."""
        found = self._parts.services.remover.book.find(self._workspace.id, removal_id)
        if found is None:
            raise NotFound(f"the workspace has no removal {removal_id!r}")
        return _shown(found)

    def removals(self, offset: int, limit: int) -> dict[str, Any]:
        """Return a page of removals."""
        page, total = self._parts.services.remover.book.page(self._workspace.id, None, offset, limit)
        return {"removals": [_shown(one) for one in page], "total": total}


def _patiently(ingest: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Try again while too much is under way: events have ids, so that is safe."""
    for _ in range(_TRIES):
        try:
            return ingest()
        except (Overloaded, StoreUnavailable) as error:
            refused = error
            time.sleep(error.retry_after_seconds)
    raise refused


def _shown(removal: Removal) -> dict[str, Any]:
    """Word a removal as it would come over HTTP."""
    from aftersend.api.removal_routes import removal_json

    shown: dict[str, Any] = msgspec.to_builtins(removal_json(removal))
    return shown
