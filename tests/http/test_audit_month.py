"""A month of life on every channel is clean, also when its campaigns are too large to be compared in one go."""

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any

import pytest

from aftersend.demo.history import month
from aftersend.stats import audit
from builders import Asker, Json
from server import Server


@pytest.fixture(scope="module")
def shop(server: Server) -> Asker:
    """A workspace with the demo's month, for some users."""
    asker = server.create_workspace("audited-month", "Europe/Berlin")
    found = month(date(2025, 3, 30), users=1500)
    for body in found.campaigns:
        answer = asker.put_campaign(body["id"], {name: value for name, value in body.items() if name != "id"})
        assert answer.status_code == 200, answer.text
    events: Iterable[Any] = iter(found.message_events())
    while some := list(islice(events, 20_000)):
        assert asker.send(*some)["rejected"] == []
    return asker


def _audit(asker: Asker) -> Json:
    found: Json = asker.request("GET", "/v1/audit", params={"limit": "1000"}).json()
    return found


def test_the_month_is_clean(shop: Asker) -> None:
    """Everything adds up; sends past midnight are told as what they are."""
    answer = _audit(shop)

    assert [one for one in answer["violations"] if one["severity"] != "info"] == []
    assert answer["clean"]
    assert answer["campaigns_checked"] > 12
    assert answer["events_checked"] > 10_000


def test_large_campaigns_are_compared_in_parts(shop: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind by kind and dimension by dimension, the answer is the same."""
    together = _audit(shop)
    monkeypatch.setattr(audit, "_EVENTS_AT_A_TIME", 100)

    assert _audit(shop) == together
