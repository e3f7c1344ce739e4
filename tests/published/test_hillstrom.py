"""The MineThatData e-mail challenge (Hillstrom, 2008), loaded from its file, against its published tables.

The file is not part of the project. AFTERSEND_HILLSTROM names it; without it these tests are left out.
"""

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aftersend.cli.client import HttpClient
from aftersend.cli.loading import load
from builders import Asker, Json, campaign
from server import Server

_BESIDE = Path(__file__).parents[3] / "shared" / "data" / "hillstrom.csv"
FILE = Path(os.environ.get("AFTERSEND_HILLSTROM", _BESIDE))
SHA_256 = "0e5893329d8b93cefecc571777672028290ab69865718020c78c7284f291aece"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="AFTERSEND_HILLSTROM does not name hillstrom.csv")

SENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
CONTROL = "No E-Mail"

# Customers by arm and zip code, as published.
PUBLISHED = {
    "Mens E-Mail": {"Rural": 3_243, "Surburban": 9_501, "Urban": 8_563, "all": 21_307},
    "Womens E-Mail": {"Rural": 3_181, "Surburban": 9_650, "Urban": 8_556, "all": 21_387},
    CONTROL: {"all": 21_306},
}
VISITS, ORDERS = 9_394, 578


def _message_events() -> Iterator[Json]:
    """Make of each row what happened to its message: three events for a mailed customer, one for the control."""
    for number, row in enumerate(_rows()):
        common = {
            "campaign_id": "hillstrom",
            "user_id": f"customer-{number}",
            "time": SENT.isoformat(),
            "variation": row["segment"],
            "locale": row["zip_code"],
        }
        if row["segment"] == CONTROL:
            del common["variation"], common["locale"]
            yield {"event_id": f"{number}-held-out", "kind": "held_out", "group": "campaign", **common}
            continue
        for kind in ("attempted", "sent", "delivered"):
            yield {"event_id": f"{number}-{kind}", "kind": kind, **common}


def _user_events() -> Iterator[Json]:
    later = (SENT + timedelta(days=3)).isoformat()
    for number, row in enumerate(_rows()):
        common = {"user_id": f"customer-{number}", "time": later}
        if row["visit"] == "1":
            yield {"event_id": f"{number}-visit", "name": "Visit", **common}
        if row["conversion"] == "1":
            yield {
                "event_id": f"{number}-order",
                "name": "Order",
                "attributes": {"amount": float(row["spend"])},
                **common,
            }


def _rows() -> Iterator[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def loaded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Asker:
    """A workspace into which the challenge was loaded, twice."""
    asker = server.create_workspace("hillstrom")
    body = campaign(variations=["Mens E-Mail", "Womens E-Mail"], control_groups={"campaign_percentage": 33})
    assert asker.put_campaign("hillstrom", body).status_code == 200
    folder = tmp_path_factory.mktemp("hillstrom")
    files: dict[str, Callable[[], Iterator[Json]]] = {"messages": _message_events, "users": _user_events}
    for name, events in files.items():
        text = "".join(json.dumps(event) + "\n" for event in events())
        (folder / f"{name}.ndjson").write_text(text, encoding="utf-8")
    paths = [folder / f"{name}.ndjson" for name in files]
    expected = 3 * 42_694 + 21_306 + VISITS + ORDERS
    with HttpClient(asker.url, asker.workspace_id, asker.secret).open() as client:
        first, second = load(client, paths, None, None), load(client, paths, None, None)
    assert (first.accepted, first.duplicates, first.rejected) == (expected, 0, 0)
    assert (second.accepted, second.duplicates, second.rejected) == (0, expected, 0)
    return asker


def test_the_file_is_the_published_one() -> None:
    """The file has the published checksum, so that the tables are about it."""
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == SHA_256


@pytest.mark.parametrize("mode", ["TOTAL", "UNIQUE"])
@pytest.mark.parametrize("arm", ["Mens E-Mail", "Womens E-Mail"])
@pytest.mark.parametrize("zip_code", ["Rural", "Surburban", "Urban", "all"])
def test_customers_of_each_arm_and_zip_code(loaded: Asker, arm: str, zip_code: str, mode: str) -> None:
    """Every arm has as many customers in every zip code as published, counted either way."""
    locale = "all_locales" if zip_code == "all" else zip_code

    node = loaded.node("EMAIL", campaign_id="hillstrom", locale=locale, variation=arm, metric_type=mode)

    published = PUBLISHED[arm][zip_code]
    stats = node["performance_stats"]
    assert {name: stats[name] for name in ("attempted", "sent", "delivered")} == dict.fromkeys(
        ("attempted", "sent", "delivered"), published
    )
    assert (stats["sent_rate"], stats["delivery_rate"], stats["failure_rate"]) == (100, 100, 0)


@pytest.mark.parametrize("mode", ["TOTAL", "UNIQUE"])
def test_the_control_arm_is_held_out(loaded: Asker, mode: str) -> None:
    """The control arm is in its own node, with as many customers as published, and in no other."""
    held_out = loaded.node("EMAIL", campaign_id="hillstrom", variation="campaign_control_group", metric_type=mode)
    everyone = loaded.node("EMAIL", campaign_id="hillstrom", metric_type=mode)

    assert held_out["failure_breakdown"] == {"user_removed_due_to_campaing_control_group": PUBLISHED[CONTROL]["all"]}
    assert everyone["performance_stats"]["sent"] == 42_694
    assert everyone["failure_breakdown"] == {}
