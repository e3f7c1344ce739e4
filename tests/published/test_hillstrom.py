"""The MineThatData e-mail challenge (Hillstrom, 2008), loaded from its file, against its published tables.

The file is not part of the project. AFTERSEND_HILLSTROM names it; without it these tests are left out.
"""

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from aftersend.cli.client import HttpClient
from aftersend.cli.loading import load
from agreement.histories import ATTRIBUTION_TYPES
from agreement.sending import read
from builders import Asker, Json, campaign, question
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

# Visits, orders and what was spent, by arm and zip code, as published; and both rates in percent of the customers.
CONVERSIONS = {
    ("Mens E-Mail", "Rural"): (736, 44, Decimal("4937.91")),
    ("Mens E-Mail", "Surburban"): (1_647, 118, Decimal("13997.73")),
    ("Mens E-Mail", "Urban"): (1_511, 105, Decimal("11376.05")),
    ("Mens E-Mail", "all"): (3_894, 267, Decimal("30311.69")),
    ("Womens E-Mail", "Rural"): (581, 37, Decimal("4077.97")),
    ("Womens E-Mail", "Surburban"): (1_427, 73, Decimal("8169.82")),
    ("Womens E-Mail", "Urban"): (1_230, 79, Decimal("10790.32")),
    ("Womens E-Mail", "all"): (3_238, 189, Decimal("23038.11")),
    (CONTROL, "all"): (2_262, 122, Decimal("13908.33")),
}
RATES = {
    "Mens E-Mail": (Decimal("18.28"), Decimal("1.25")),
    "Womens E-Mail": (Decimal("15.14"), Decimal("0.88")),
    CONTROL: (Decimal("10.62"), Decimal("0.57")),
}
# What the e-mails added to the rates of the control arm, in percent of them, with the one place that was published.
UPLIFTS = {"Mens E-Mail": ("72.1", "118.8"), "Womens E-Mail": ("42.6", "54.3")}

GOALS = [
    {"name": "Visit", "event": "Visit"},
    {"name": "Order", "event": "Order", "revenue_attribute": "amount", "primary": True},
]
LONG_ENOUGH = 240
"""Hours: visits and orders come three days after the e-mail."""


def _message_events() -> Iterator[Json]:
    """Make of each row what happened to its message: four events for a mailed customer, one for the control.

    Every mailed customer opens, so that all that was published about an arm is credited to its views.
    """
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
        for kind in ("attempted", "sent", "delivered", "opened"):
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
    body = campaign(
        variations=["Mens E-Mail", "Womens E-Mail"],
        control_groups={"campaign_percentage": 100 / 3},
        goals=GOALS,
        attribution_window_hours=LONG_ENOUGH,
    )
    assert asker.put_campaign("hillstrom", body).status_code == 200
    folder = tmp_path_factory.mktemp("hillstrom")
    files: dict[str, Callable[[], Iterator[Json]]] = {"messages": _message_events, "users": _user_events}
    for name, events in files.items():
        text = "".join(json.dumps(event) + "\n" for event in events())
        (folder / f"{name}.ndjson").write_text(text, encoding="utf-8")
    paths = [folder / f"{name}.ndjson" for name in files]
    expected = 4 * 42_694 + 21_306 + VISITS + ORDERS
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


def _goals(asker: Asker, zip_code: str, variation: str, **asked: str) -> tuple[Json, Json]:
    """Return the figures of visits and of orders in one node, with every digit."""
    body = question(campaign_ids=["hillstrom"], **asked)
    tree = read(asker.ask(body).content)["data"]["hillstrom"][0]["platforms"]["EMAIL"]["locales"]
    locale = "all_locales" if zip_code == "all" else zip_code
    goals = tree[locale]["variations"][variation]["conversion_goal_stats"]
    return goals["Visit"], goals["Order"]


@pytest.mark.parametrize("mode", ["TOTAL", "UNIQUE"])
@pytest.mark.parametrize("attribution_type", ["VIEW_THROUGH", "TOTAL_CONVERSIONS"])
@pytest.mark.parametrize(("arm", "zip_code"), [key for key in CONVERSIONS if key[0] != CONTROL])
def test_visits_and_orders(loaded: Asker, arm: str, zip_code: str, attribution_type: str, mode: str) -> None:
    """Every arm has the visits, orders and revenue in every zip code that were published, to the cent."""
    visit, order = _goals(loaded, zip_code, arm, attribution_type=attribution_type, metric_type=mode)

    visits, orders, revenue = CONVERSIONS[arm, zip_code]
    counts = ("total", "unique", "conversions")
    assert [visit[name] for name in counts] == [visits] * 3
    assert [order[name] for name in counts] == [orders] * 3
    assert (visit["revenue"], order["revenue"]) == (0, revenue)
    assert order["average_order_value"] == order["average_revenue_per_user"] == round(revenue / orders, 2)


@pytest.mark.parametrize("attribution_type", ["VIEW_THROUGH", "TOTAL_CONVERSIONS"])
@pytest.mark.parametrize("arm", UPLIFTS)
def test_rates_and_uplifts(loaded: Asker, arm: str, attribution_type: str) -> None:
    """Every arm has the rates that were published, and is above the control arm by as much as was published."""
    goals = _goals(loaded, "all", arm, attribution_type=attribution_type)

    assert tuple(goal["cvr"] for goal in goals) == RATES[arm]
    assert tuple(str(round(goal["uplift"], 1)) for goal in goals) == UPLIFTS[arm]
    assert [goal["gcg_uplift"] for goal in goals] == [0, 0]


@pytest.mark.parametrize("attribution_type", ATTRIBUTION_TYPES)
def test_conversions_of_the_control_arm(loaded: Asker, attribution_type: str) -> None:
    """The control arm has the visits, orders, revenue and rates that were published, by whatever type."""
    visit, order = _goals(loaded, "all", "campaign_control_group", attribution_type=attribution_type)

    visits, orders, revenue = CONVERSIONS[CONTROL, "all"]
    assert (visit["total"], visit["unique"], order["total"], order["unique"]) == (visits, visits, orders, orders)
    assert (visit["cvr"], order["cvr"]) == RATES[CONTROL]
    assert (visit["revenue"], order["revenue"]) == (0, revenue)
    assert {goal[name] for goal in (visit, order) for name in ("uplift", "gcg_uplift")} == {0}


@pytest.mark.parametrize("attribution_type", ["CLICK_THROUGH", "IN_SESSION", "CLICK_CONVERSIONS"])
def test_nobody_clicked(loaded: Asker, attribution_type: str) -> None:
    """Without a click no conversion of a mailed customer is credited by click."""
    for goal in _goals(loaded, "all", "all_variations", attribution_type=attribution_type):
        assert (goal["total"], goal["cvr"], goal["revenue"], goal["uplift"]) == (0, 0, 0, 0)


def test_everything_is_credited_once(loaded: Asker) -> None:
    """Both arms and the control arm together have all visits and orders of the file."""
    mailed, held_out = _goals(loaded, "all", "all_variations"), _goals(loaded, "all", "campaign_control_group")

    totals = [mail["total"] + control["total"] for mail, control in zip(mailed, held_out, strict=True)]

    assert totals == [VISITS, ORDERS]


# By intention to treat, as published: lift in points, z, p; the interval where it was published.
LIFTS = {
    ("Mens E-Mail", "Visit"): ("7.65896", "22.486", None, None),
    ("Womens E-Mail", "Visit"): ("4.52331", "13.949", None, None),
    ("Mens E-Mail", "Order"): ("0.68050", "7.385", "1.52e-13", ("0.50002", "0.86098")),
    ("Womens E-Mail", "Order"): ("0.31111", "3.780", "1.57e-04", ("0.14987", "0.47234")),
}
# Spend for each customer: lift, Welch's t, p, interval.
SPEND = {
    "Mens E-Mail": ("0.769827", "5.300", "1.16e-07", ("0.4851", "1.0545")),
    "Womens E-Mail": ("0.424412", "3.256", "1.13e-03", ("0.1690", "0.6799")),
}


def _uplift(asker: Asker) -> Json:
    answer = asker.request("GET", "/v1/campaigns/hillstrom/uplift")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def _comparison(asker: Asker, arm: str, goal: str) -> Json:
    (found,) = [row for row in _uplift(asker)["goals"] if row["goal_name"] == goal]
    (row,) = [row for row in found["intention_to_treat"]["comparisons"] if row["arm"] == arm]
    comparison: Json = row
    return comparison


@pytest.mark.parametrize(("arm", "goal"), LIFTS)
def test_lifts_of_rates(loaded: Asker, arm: str, goal: str) -> None:
    """The comparison with the control arm has the published lift, z, p and interval, to every published digit."""
    lift, z, p_value, interval = LIFTS[arm, goal]

    found = _comparison(loaded, arm, goal)["conversion_rate"]

    assert (f"{found['absolute_lift'] * 100:.5f}", f"{found['z_test']['z']:.3f}") == (lift, z)
    if p_value is not None:
        assert f"{found['z_test']['p_value']:.2e}" == p_value
    if interval is not None:
        ends = found["z_test"]["absolute_interval"]
        assert (f"{ends['low'] * 100:.5f}", f"{ends['high'] * 100:.5f}") == interval


@pytest.mark.parametrize("arm", SPEND)
def test_lifts_of_spend(loaded: Asker, arm: str) -> None:
    """Spend for each customer has the published lift, t, p and interval."""
    lift, t, p_value, interval = SPEND[arm]

    found = _comparison(loaded, arm, "Order")["revenue_per_user"]

    ends = found["welch"]["absolute_interval"]
    assert (f"{found['absolute_lift']:.6f}", f"{found['welch']['t']:.3f}") == (lift, t)
    assert f"{found['welch']['p_value']:.2e}" == p_value
    assert (f"{ends['low']:.4f}", f"{ends['high']:.4f}") == interval


def test_the_arms_are_as_large_as_they_should_be(loaded: Asker) -> None:
    """The check of the arms' sizes has the published chi-square and p."""
    answer = _uplift(loaded)

    arms = {arm["arm"]: arm["users"] for arm in answer["arms"]}
    assert arms == {
        "all_variations": 42_694,
        "Mens E-Mail": 21_307,
        "Womens E-Mail": 21_387,
        "campaign_control_group": 21_306,
    }
    ratio = answer["sample_ratio"]
    assert (f"{ratio['chi_square']:.4f}", f"{ratio['p_value']:.4f}") == ("0.2025", "0.9037")
    assert not ratio["suspicious"]
