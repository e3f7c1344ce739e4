"""The numbers of reports: those of the Stats API for the same question, in every cut and in every format."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import islice
from typing import Any

import pytest

from aftersend.demo.history import month
from aftersend.domain.channels import Channel
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.request import MOST_CAMPAIGNS, parse_request
from builders import Asker, Json, campaign, message_event, question, user_event
from report_files import Table, tables
from server import Server

SPAN = {"start_date": "2025-02-28", "end_date": "2025-03-30"}
TYPES = {"VIEW_THROUGH": "View Through", "CLICK_THROUGH": "Click Through", "IN_SESSION": "In-Session"}
GOAL_FIELDS = {"Converted Users": "unique", "Conversion Events": "total", "Total Revenue": "revenue"}
DAY = 86_400_000

_EMAIL = {
    "Total Sent": ("sent", "TOTAL"),
    "Total Delivered": ("delivered", "TOTAL"),
    "Delivery Rate": ("delivery_rate", "TOTAL"),
    "Total Open": ("open", "TOTAL"),
    "Unique opens": ("open", "UNIQUE"),
    "Total clicks": ("click", "TOTAL"),
    "Unique clicks": ("click", "UNIQUE"),
    "Hard bounces": ("hard_bounce", "UNIQUE"),
    "Hard bounces Total": ("hard_bounce", "TOTAL"),
    "Soft bounces": ("soft_bounce", "UNIQUE"),
    "Soft bounces Total": ("soft_bounce", "TOTAL"),
    "Unsubscribes": ("unsubscribe", "TOTAL"),
    "Complaints": ("complaint", "TOTAL"),
    "Drops": ("failed", "TOTAL"),
}
_PUSH = {
    "Sent": ("sent", "TOTAL"),
    "Sent Rate": ("sent_rate", "TOTAL"),
    "Impressions": ("impression", "TOTAL"),
    "Impression Rate": ("delivery_rate", "TOTAL"),
    "Clicks": ("click", "TOTAL"),
    "CTR": ("ctr", "TOTAL"),
    "Failed": ("failed", "TOTAL"),
}
_SMS = {
    "Sent": ("sent", "TOTAL"),
    "Total Delivered": ("delivered", "TOTAL"),
    "Delivery Rate": ("delivery_rate", "TOTAL"),
    "Clicks": ("click", "TOTAL"),
    "Unique clicks": ("click", "UNIQUE"),
}
_WHATSAPP = {
    "Total Sent": ("sent", "TOTAL"),
    "Total Delivered": ("delivered", "TOTAL"),
    "Delivery Rate": ("delivery_rate", "TOTAL"),
    "Total Read": ("read", "TOTAL"),
    "Read Rate": ("read_rate", "TOTAL"),
    "clicks": ("click", "TOTAL"),
    "CTR": ("ctr", "TOTAL"),
}
PLATFORMS = {"All Platform": "ALL_PLATFORMS", "Android": "ANDROID", "Ios": "IOS", "Web": "WEB"}
SINGLE = {"EMAIL": _EMAIL, "SMS": _SMS, "WHATSAPP": _WHATSAPP}
SHARES = {
    "EMAIL": {
        "Open rate": ("Unique opens", "Total Delivered"),
        "CTR": ("Unique clicks", "Total Delivered"),
        "Hard bounces rate": ("Hard bounces Total", "Total Sent"),
        "Soft bounces rate": ("Soft bounces Total", "Total Sent"),
        "Unsubscribes rate": ("Unsubscribes", "Total Sent"),
        "Complaints rate": ("Complaints", "Total Delivered"),
    },
    "SMS": {"CTR": ("Unique clicks", "Total Delivered")},
}


@pytest.fixture(scope="module")
def shop(server: Server) -> Asker:
    """A workspace with the demo's month, for some users."""
    asker = server.create_workspace("reported-month", "Europe/Berlin")
    found = month(date(2025, 3, 30), users=600)
    for body in found.campaigns:
        asker.put_campaign(body["id"], {name: value for name, value in body.items() if name != "id"})
    for path, events in (("/v1/message-events", found.message_events()), ("/v1/user-events", found.user_events())):
        remaining: Iterator[Any] = iter(events)
        while some := list(islice(remaining, 20_000)):
            assert asker.send(*some, path=path)["rejected"] == []
    return asker


class Answers:
    """What the Stats API answers about a workspace, each question asked once, for all its campaigns together."""

    def __init__(self, server: Server, workspace_id: str, campaign_ids: list[str]) -> None:
        self._stats = server.parts.stats
        self._workspace = server.parts.registry.workspaces.get(workspace_id)
        self._campaign_ids = campaign_ids
        self.trees = cache(self._trees)

    def _trees(self, start: str, end: str, mode: str, attribution: str = "VIEW_THROUGH") -> Json:
        # The limit of calls is that of HTTP; this is the function that the route calls.
        found: Json = {}
        for place in range(0, len(self._campaign_ids), MOST_CAMPAIGNS):
            asked = question(
                campaign_ids=self._campaign_ids[place : place + MOST_CAMPAIGNS],
                start_date=start,
                end_date=end,
                metric_type=mode,
                attribution_type=attribution,
            )
            answer = self._stats.answer(self._workspace, parse_request(asked), PROFILES[ProfileName.LIVE])
            found |= {campaign_id: trees[0]["platforms"] for campaign_id, trees in answer["data"].items()}
        return found

    def node(self, row: dict[str, Any], platform: str, mode: str, attribution: str = "VIEW_THROUGH") -> Json:
        """Return the node that a row of a report is about."""
        day = row.get("Date")
        start, end = (day, day) if day else (SPAN["start_date"], SPAN["end_date"])
        tree = self.trees(start, end, mode, attribution)[row["Campaign ID"]]
        locales = tree.get(platform, {"locales": {}})["locales"]
        variations = locales.get(row.get("Locale", "all_locale"), {"variations": {}})["variations"]
        found: Json = variations.get(row.get("Variation", "all_variations"), {})
        return found


def _number(text: Any) -> Decimal | None:
    return None if text in ("", None) else Decimal(str(text))


def _percent(part: Any, whole: Any) -> Decimal:
    if not Decimal(str(whole)):
        return Decimal(0)
    share = Decimal(str(part)) * 100 / Decimal(str(whole))
    return share.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _check_row(answers: Answers, channel: str, row: dict[str, Any]) -> int:
    """Compare every number of a row with the Stats API's, and return how many were not zero."""
    told = _told(answers, channel, row)
    for name, number in told.items():
        assert _number(row[name]) == number, (row["Campaign ID"], row.get("Date"), name)
    for name, (part, whole) in SHARES.get(channel, {}).items():
        assert _number(row[name]) == _percent(row[part], row[whole]), (row["Campaign ID"], name)
    return sum(bool(number) for number in told.values())


def _told(answers: Answers, channel: str, row: dict[str, Any]) -> dict[str, Decimal | None]:
    told: dict[str, Decimal | None] = {}
    if channel == "PUSH":
        metrics = {
            f"{label} {name}": (platform, metric)
            for label, platform in PLATFORMS.items()
            for name, metric in _PUSH.items()
        }
    else:
        metrics = {name: (channel, metric) for name, metric in SINGLE[channel].items()}
    for name, (platform, (key, mode)) in metrics.items():
        told[name] = Decimal(str(answers.node(row, platform, mode).get("performance_stats", {}).get(key, 0)))
    for attribution, words in TYPES.items():
        for label, platform in PLATFORMS.items() if channel == "PUSH" else [("", channel)]:
            goals = answers.node(row, platform, "TOTAL", attribution).get("conversion_goal_stats", {})
            goal = goals.get(row.get("Conversion Goal 1 Name"), {})
            for number, field in GOAL_FIELDS.items():
                if row.get("Conversion Goal 1 Name"):
                    name = f"Goal 1 {words} {number} {label}".rstrip()
                    told[name] = Decimal(str(goal.get(field, 0)))
    return told


def _compare(server: Server, shop: Asker, found: dict[str, Table], *channels: str) -> None:
    campaign_ids = {row["Campaign ID"] for table in found.values() for row in table}
    answers = Answers(server, shop.workspace_id, sorted(campaign_ids))
    for channel in channels:
        rows = [row for name, table in found.items() if name.endswith(channel) for row in table]
        assert rows, (channel, list(found))
        assert sum(_check_row(answers, channel, row) for row in rows) > 5, channel


def test_an_aggregate_is_what_the_stats_api_answers(server: Server, shop: Asker) -> None:
    """For every campaign, every count, rate, platform and goal."""
    found = tables(shop, name="Aggregate", **SPAN)

    _compare(server, shop, found, "EMAIL", "PUSH", "SMS", "WHATSAPP")
    listed = shop.stats(**SPAN)["total_campaigns"]
    outside = {row["Campaign ID"] for name, table in found.items() if "_FLOWS_" not in name for row in table}
    assert len(outside) == listed


def test_days_and_splits_are_what_the_stats_api_answers(server: Server, shop: Asker) -> None:
    """For single days, variations and locales."""
    few = {"start_date": "2025-03-02", "end_date": "2025-03-12"}
    splits = ["child_campaign", "variation", "locale"]
    channels = ["EMAIL", "PUSH", "SMS"]
    found = tables(shop, name="Days", granularity="day", split_by=splits, filter={"channels": channels}, **few)

    _compare(server, shop, found, *channels)
    rows = found["Days_EMAIL"]
    assert {row["Variation"] for row in rows} >= {"variation_1", "variation_2"}
    assert len({row["Locale"] for row in rows}) > 1
    assert {row["Date"] for row in rows} <= {f"2025-03-{day:02}" for day in range(2, 13)}
    places = [(row["Campaign ID"], row["Date"], row["Variation"], row["Locale"]) for row in rows]
    assert len(set(places)) == len(places)


def test_formats_agree(shop: Asker) -> None:
    """The three formats and all delimiters have the same values."""
    kinds: list[Json] = [{"format": "csv", "delimiter": one} for one in ",|:;"]
    kinds += [{"format": "parquet"}, {"format": "xlsx"}]
    texts = []
    for place, kind in enumerate(kinds):
        found = tables(shop, name=f"Same {place}", filter={"channels": ["EMAIL", "PUSH"]}, **kind, **SPAN)
        texts.append(
            [{name: _comparable(value) for name, value in row.items()} for table in found.values() for row in table]
        )

    assert all(rows == texts[0] for rows in texts)
    assert len(texts[0]) > 12


def _comparable(value: Any) -> Any:
    try:
        return Decimal(str(value)).normalize()
    except ArithmeticError:
        return value or None


def test_ninety_days_are_one_question(asker: Asker) -> None:
    """A range that the Stats API answers in parts only: counts are the sum, users are counted once."""
    goal = {"name": "Order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
    asker.put_campaign("c1", campaign(goals=[goal]))
    noon = 1_767_268_800_000
    for place, day in enumerate((0, 29, 59, 89)):
        asker.send(
            message_event("delivered", event_id=f"d{place}", user_id="u1", time=noon + day * DAY),
            message_event("opened", event_id=f"o{place}", user_id="u1", time=noon + day * DAY),
        )
    bought: Json = {"attributes": {"amount": 0.1}, "user_id": "u1"}
    asker.send(
        *(user_event(event_id=f"p{place}", time=noon + place * 60_000, **bought) for place in (1, 2, 3)),
        path="/v1/user-events",
    )

    (row,) = tables(asker, start_date="2026-01-01", end_date="2026-03-31", format="parquet")["Report_-_test_EMAIL"]

    assert (row["Total Delivered"], row["Total Open"], row["Unique opens"], row["Open rate"]) == (4, 4, 1, 25)
    assert (row["Goal 1 View Through Conversion Events"], row["Goal 1 View Through Converted Users"]) == (3, 1)
    assert row["Goal 1 View Through Total Revenue"] == Decimal("0.3")
    assert row["Goal 1 Click Through Conversion Events"] == 0


def test_one_campaign_of_every_channel_has_its_file(asker: Asker) -> None:
    """Each of the twelve channels has a file with its columns, and those of flows have their own."""
    channels = [channel.value for channel in Channel]
    for channel in channels:
        asker.put_campaign(f"c-{channel}", campaign(channel))
    asker.put_campaign("node", campaign(flow_id="f1", flow_name="Flow", sent_at="2026-01-01T12:00:00+02:00"))
    asker.put_campaign("sent", campaign("SMS", sent_at="2026-01-01T12:00:00+02:00", tags=["a", "Team: red", "b"]))

    found = tables(asker, split_by=["child_campaign", "locale"])

    assert "Locale" not in found["Report_-_test_WHATSAPP"][0]
    assert found["Report_-_test_RCS"][0]["Locale"] == "default"
    assert set(found) == {f"Report_-_test_{channel}" for channel in channels} | {"Report_-_test_FLOWS_EMAIL"}
    (node,) = found["Report_-_test_FLOWS_EMAIL"]
    assert (node["Flows Name"], node["Campaign Sent Time"]) == ("Flow", "2026-01-01 10:00:00")
    sent = found["Report_-_test_SMS"][1]
    assert (sent["Tag Category: Default"], sent["Tag Category: Team"]) == ("a, b", "red")
    assert (sent["Sent"], sent["CTR"], sent["Campaign Message"], sent["Billable Count"]) == ("0", "0", "", "")
