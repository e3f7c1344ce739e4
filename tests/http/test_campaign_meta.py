"""`POST /core-services/v1/campaigns/meta`: every filter and every field."""

from collections.abc import Callable
from typing import Any

import pytest

from aftersend.api.campaign_json import CampaignBody, convert, to_campaign
from aftersend.domain.campaigns import Status
from aftersend.domain.channels import Channel
from builders import Asker, Json, campaign, message_event
from details import ask, ids, meta, page
from server import Server

Workspaces = Callable[..., Asker]


def put(asker: Asker, campaign_id: str, channel: str = "EMAIL", **fields: Any) -> None:
    """Register a campaign."""
    answer = asker.put_campaign(campaign_id, campaign(channel, **fields))
    assert answer.status_code == 200, answer.text


@pytest.fixture
def family(asker: Asker) -> Asker:
    """A periodic parent with two runs, a business-event parent with one, a flow node, one that stands alone."""
    put(asker, "periodic", delivery_type="PERIODIC", created_at="2026-01-01T00:00:00Z")
    put(asker, "run1", delivery_type="PERIODIC", parent_campaign_id="periodic", created_at="2026-01-02T00:00:00Z")
    put(asker, "run2", delivery_type="PERIODIC", parent_campaign_id="periodic", created_at="2026-01-03T00:00:00Z")
    business = {"channel": "PUSH", "delivery_type": "BUSINESS_EVENT_TRIGGERED"}
    put(asker, "business", **business, created_at="2026-01-04T00:00:00Z")
    put(asker, "happened", **business, parent_campaign_id="business", created_at="2026-01-05T00:00:00Z")
    put(asker, "node", flow_id="f1", flow_name="Welcome", created_at="2026-01-06T00:00:00Z")
    put(asker, "alone", created_at="2026-01-07T00:00:00Z")
    return asker


# The fields.


def test_a_campaign_with_every_field(asker: Asker) -> None:
    """All that is registered is printed under the documented names, times in UTC without a zone."""
    put(
        asker,
        "c1",
        "PUSH",
        name="Promo",
        platforms=["IOS", "WEB", "MWEB", "UNKNOWN"],
        created_by="a@example.com",
        delivery_type="ONE_TIME",
        team="Sales",
        tags=["promo", "x"],
        status="SCHEDULED",
        start_time="2024-11-28T17:48:00+05:30",
        reachability={"count": 18182, "updated_at": "2024-11-27T09:05:42.661Z"},
    )

    assert meta(asker) == [
        {
            "campaign_id": "c1",
            "channel": "PUSH",
            "platform": ["IOS", "WEB"],
            "created_by": "a@example.com",
            "campaign_delivery_type": "ONE_TIME",
            "campaign_name": "Promo",
            "campaign_team": "Sales",
            "campaign_tags": ["promo", "x"],
            "campaign_status": "Scheduled",
            "campaign_start_time": "2024-11-28T12:18:00",
            "reachability_details": {"count": 18182, "last_updated_time": "2024-11-27T09:05:42.661000"},
        }
    ]


def test_what_is_not_known_is_absent(asker: Asker) -> None:
    """A campaign of a name and a channel has no invented fields, and no nulls."""
    put(asker, "c1")

    assert meta(asker) == [
        {
            "campaign_id": "c1",
            "channel": "EMAIL",
            "platform": [],
            "campaign_delivery_type": "ONE_TIME",
            "campaign_name": "A campaign",
            "campaign_tags": [],
            "campaign_status": "Draft",
        }
    ]


@pytest.mark.parametrize("status", Status)
def test_a_status_is_printed_in_title_case(asker: Asker, status: Status) -> None:
    """As the samples print it."""
    put(asker, "c1", status=status.value)

    assert meta(asker)[0]["campaign_status"] == status.value.capitalize()


NAMES = {"FACEBOOK_AUDIENCE": "FACEBOOK", "GOOGLE_ADS_AUDIENCE": "GOOGLE ADS", "CONNECTOR": "CONNECTORS"}


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_is_printed_as_it_is_filtered_by(asker: Asker, channel: Channel) -> None:
    """Every channel has one spelling here, in answers and in the filter; only push has platforms."""
    put(asker, "c1", channel.value)
    put(asker, "c2", "SMS" if channel is not Channel.SMS else "EMAIL")
    spelled = NAMES.get(channel.value, channel.value)

    found = meta(asker, channels=[spelled])

    assert [(row["campaign_id"], row["channel"], row["platform"]) for row in found] == [("c1", spelled, [])]


# Families.


def test_without_children(family: Asker) -> None:
    """Runs and nodes are left out, parents have the number of their runs, and nobody has a parent."""
    rows = meta(family, children=False)

    assert ids(rows) == ["periodic", "business", "alone"]
    assert [row.get("total_child_campaigns") for row in rows] == [2, 1, None]
    assert not any("parent_campaign_id" in row for row in rows)
    assert ids(ask(family, "meta", page()).json()) == ids(rows)  # it is off when it is left out


def test_with_children(family: Asker) -> None:
    """Runs name their parent and nodes their flow; parents name none, and neither runs nor nodes count children."""
    rows = {row["campaign_id"]: row for row in meta(family)}

    assert list(rows) == ["periodic", "run1", "run2", "business", "happened", "node", "alone"]
    parents = {campaign_id: row.get("parent_campaign_id") for campaign_id, row in rows.items()}
    assert {child: parent for child, parent in parents.items() if parent} == {
        "run1": "periodic",
        "run2": "periodic",
        "happened": "business",
    }
    assert all(parent != "" for parent in parents.values())
    assert [campaign_id for campaign_id, row in rows.items() if "total_child_campaigns" in row] == [
        "periodic",
        "business",
    ]
    assert [(row["flow_id"], row["flow_name"]) for row in rows.values() if "flow_id" in row] == [("f1", "Welcome")]


def test_a_parent_without_runs(asker: Asker) -> None:
    """A parent that has not run yet has no children, and says so."""
    put(asker, "p", delivery_type="PERIODIC")

    assert meta(asker)[0]["total_child_campaigns"] == 0


def test_children_are_not_those_of_another_workspace(family: Asker, new_workspace: Workspaces) -> None:
    """Nobody sees or counts the campaigns of others, even where they have the same ids."""
    other = new_workspace()
    put(other, "periodic", delivery_type="PERIODIC")

    assert [(row["campaign_id"], row["total_child_campaigns"]) for row in meta(other)] == [("periodic", 0)]
    assert meta(other, id="run1") == []


# The filters.


@pytest.fixture
def shop(asker: Asker) -> Asker:
    """Four campaigns that differ in everything that can be filtered by."""
    put(
        asker,
        "c1",
        "EMAIL",
        name="Spring Sale",
        created_by="a@example.com",
        tags=["sale", "spring"],
        status="ACTIVE",
        delivery_type="PERIODIC",
        created_at="2026-01-01T23:30:00Z",
    )
    put(
        asker,
        "c2",
        "PUSH",
        name="Winter 100% sale_",
        created_by="b@example.com",
        tags=["sale", "größe"],
        status="SENT",
        created_at="2026-01-02T00:30:00Z",
    )
    put(
        asker,
        "c3",
        "SMS",
        name="Reminder",
        created_by="a@example.com",
        tags=[],
        status="ARCHIVED",
        delivery_type="EVENT_TRIGGERED",
        created_at="2026-01-03T12:00:00Z",
    )
    put(
        asker,
        "c4",
        "EMAIL",
        name="Neuigkeiten Ä",
        status="RETIRED",
        delivery_type="BUSINESS_EVENT_TRIGGERED",
        created_at="2026-01-04T00:00:00Z",
    )
    return asker


FILTERS: list[tuple[Json, list[str]]] = [
    ({}, ["c1", "c2", "c3", "c4"]),
    ({"id": "c2"}, ["c2"]),
    ({"id": "C2"}, []),
    ({"id": "nobody"}, []),
    ({"channels": ["EMAIL"]}, ["c1", "c4"]),
    ({"channels": ["EMAIL", "SMS"]}, ["c1", "c3", "c4"]),
    ({"channels": []}, ["c1", "c2", "c3", "c4"]),
    ({"created_by": ["a@example.com"]}, ["c1", "c3"]),
    ({"created_by": ["b@example.com", "nobody@example.com"]}, ["c2"]),
    ({"created_date": {"from_date": "2026-01-02", "to_date": "2026-01-03"}}, ["c2", "c3"]),
    ({"created_date": {"from_date": "02-01-2026", "to_date": "2026-01-02"}}, ["c2"]),
    ({"created_date": {"from_date": "1999-01-01", "to_date": "2999-12-31"}}, ["c1", "c2", "c3", "c4"]),
    ({"delivery_type": ["ONE_TIME"]}, ["c2"]),
    ({"delivery_type": ["PERIODIC", "EVENT_TRIGGERED", "BUSINESS_EVENT_TRIGGERED"]}, ["c1", "c3", "c4"]),
    ({"name": "sale"}, ["c1", "c2"]),
    ({"name": "100%"}, ["c2"]),
    ({"name": "_"}, ["c2"]),
    ({"name": "Ä"}, ["c4"]),
    ({"name": "no such name"}, []),
    ({"status": ["ACTIVE"]}, ["c1"]),
    ({"status": ["active", "Sent"]}, ["c1", "c2"]),
    ({"status": ["ARCHIVED", "RETIRED"]}, ["c3", "c4"]),
    ({"tags": ["sale"]}, ["c1", "c2"]),
    ({"tags": ["spring", "größe"]}, ["c1", "c2"]),
    ({"tags": ["sal"]}, []),
    ({"tags": ["größe"], "channels": ["EMAIL"]}, []),
    ({"tags": ["sale"], "channels": ["EMAIL"], "status": ["ACTIVE"], "name": "Spring"}, ["c1"]),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=lambda value: str(value)[:60])
def test_filters(shop: Asker, filters: Json, expected: list[str]) -> None:
    """All filters have to hold, and of the values of one any."""
    assert ids(meta(shop, **filters)) == expected


def test_days_are_those_of_the_workspace(new_workspace: Workspaces) -> None:
    """In Berlin a campaign of half past eleven in the evening, UTC, is one of the next day."""
    asker = new_workspace("Europe/Berlin")
    put(asker, "c1", created_at="2026-01-01T23:30:00Z")

    found = [meta(asker, created_date={"from_date": day, "to_date": day}) for day in ("2026-01-01", "2026-01-02")]

    assert [ids(rows) for rows in found] == [[], ["c1"]]


# Pages.


def test_pages(asker: Asker) -> None:
    """Pages neither overlap nor leave a campaign out, in the order of creation; past the end there is nothing."""
    for number in (3, 1, 4, 0, 2):
        put(asker, f"c{number}", created_at=f"2026-01-0{number + 1}T00:00:00Z")

    pages = [ask(asker, "meta", page(limit=2, page=number)).json() for number in (1, 2, 3, 4, 10**30)]

    assert [ids(rows) for rows in pages] == [["c0", "c1"], ["c2", "c3"], ["c4"], [], []]


def test_thousands_of_campaigns(server: Server, asker: Asker) -> None:
    """The last page of five thousand is as whole as the first one."""
    now = server.parts.services.now()
    body = convert(CampaignBody, {"name": "One of many", "channel": "EMAIL", "tags": ["many"]})
    drafts = [to_campaign(body, f"c{number}", now) for number in range(5000)]
    server.parts.registry.campaigns.register_drafts(asker.workspace_id, drafts)

    last = ask(asker, "meta", page(page=334, campaign_fields={"tags": ["many"], "name": "many"}))

    assert ids(last.json()) == [f"c{number}" for number in range(4995, 5000)]


# Reachability.


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("delivery_type", ["ONE_TIME", "PERIODIC", "EVENT_TRIGGERED", "BUSINESS_EVENT_TRIGGERED"])
def test_for_whom_reachability_is_told(asker: Asker, status: Status, delivery_type: str) -> None:
    """Only scheduled campaigns have it, and of those only one-time, event- and business-event-triggered ones."""
    reachability = {"count": 7, "updated_at": "2026-01-01T00:00:00Z"}
    put(asker, "c1", status=status.value, delivery_type=delivery_type, reachability=reachability)

    found = meta(asker)[0].get("reachability_details")

    if status is Status.SCHEDULED and delivery_type != "PERIODIC":
        assert found == {"count": 7, "last_updated_time": "2026-01-01T00:00:00.000000"}
    else:
        assert found is None


def test_reachability_that_was_registered_without_a_time(asker: Asker) -> None:
    """It was told when the campaign was registered."""
    put(asker, "c1", status="SCHEDULED", reachability={"count": 7}, updated_at="2026-01-01T08:00:00Z")

    assert meta(asker)[0]["reachability_details"]["last_updated_time"] == "2026-01-01T08:00:00.000000"


def test_nothing_is_invented(asker: Asker) -> None:
    """Without a registered count and without an earlier run there is no reachability, whatever else has happened."""
    put(asker, "c1", status="SCHEDULED")
    put(asker, "c2", status="SENT")
    asker.send(message_event(campaign_id="c2"), message_event("held_out", campaign_id="c1", group="global"))

    assert not any("reachability_details" in row for row in meta(asker))
