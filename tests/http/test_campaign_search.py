"""`POST /core-services/v1/campaigns/search`: every filter and every field."""

from collections.abc import Callable
from typing import Any

import pytest

from aftersend.domain.campaigns import Status
from builders import Asker, Json, campaign
from details import ask, ids, page, search, targets

Workspaces = Callable[..., Asker]


def put(asker: Asker, campaign_id: str, channel: str = "EMAIL", **fields: Any) -> None:
    """Register a campaign."""
    answer = asker.put_campaign(campaign_id, campaign(channel, **fields))
    assert answer.status_code == 200, answer.text


def test_a_campaign_with_everything(asker: Asker) -> None:
    """All that is registered is printed under the documented names, moments in UTC with a space in the middle."""
    condition = {"condition": "is", "data_type": "STRING", "name": "city", "value": "Pune", "negate": True}
    put(
        asker,
        "c1",
        "PUSH",
        name="Promo",
        platforms=["ANDROID", "MWEB"],
        created_by="a@example.com",
        updated_by="b@example.com",
        created_at="2024-07-04T13:30:54.847+05:30",
        updated_at="2024-07-05T08:00:00Z",
        sent_at="2024-07-04T20:32:00Z",
        start_time="2024-07-04T20:30:00Z",
        status="SENT",
        team="Sales",
        tags=["promo"],
        locales=["de", "en-GB"],
        variations=["variation_1", "variation_2"],
        variation_percentages=[62.5, 37.5],
        control_groups={"campaign_percentage": 20, "global": True},
        attribution_window_hours=24,
        goals=[
            {
                "name": "Goal 1",
                "event": "purchase",
                "filters": [condition],
                "primary": True,
                "revenue_attribute": "amount",
                "currency": "EUR",
            }
        ],
    )

    assert search(asker) == [
        {
            "campaign_id": "c1",
            "status": "Sent",
            "channel": "PUSH",
            "campaign_delivery_type": "ONE_TIME",
            "created_by": "a@example.com",
            "updated_by": "b@example.com",
            "created_at": "2024-07-04 08:00:54.847000",
            "updated_at": "2024-07-05 08:00:00",
            "sent_time": "2024-07-04 20:32:00",
            "basic_details": {"name": "Promo", "tags": ["promo"], "team": "Sales", "platforms": ["ANDROID", "WEB"]},
            "campaign_content": {
                "locales": ["de", "en-GB"],
                "variation_details": {
                    "distribution_type": "MANUAL",
                    "no_of_variations": 2,
                    "manual_distribution_percentage": {"variation_1": "50", "variation_2": "30"},
                },
            },
            "scheduling_details": {"start_time": "2024-07-04T20:30:00"},
            "conversion_goal_details": {
                "attribution_window_in_hours": 24,
                "goals": [
                    {
                        "goal_name": "Goal 1",
                        "goal_event_name": "purchase",
                        "goal_event_attribute": condition | {"is_case_sensitive": False},
                        "is_primary_goal": True,
                        "revenue_attribute": "amount",
                        "revenue_currency": "EUR",
                    }
                ],
            },
            "control_group_details": {
                "is_campaign_control_group_enabled": True,
                "campaign_control_group_percentage": 20,
                "is_global_control_group_enabled": True,
            },
        }
    ]


def test_what_is_not_known_is_absent(asker: Asker) -> None:
    """A campaign of a name and a channel has its defaults, no invented fields, and no nulls."""
    put(asker, "c1", created_at="2026-01-01T00:00:00Z", updated_at="2026-01-01T00:00:00Z")

    assert search(asker) == [
        {
            "campaign_id": "c1",
            "status": "Draft",
            "channel": "EMAIL",
            "campaign_delivery_type": "ONE_TIME",
            "created_at": "2026-01-01 00:00:00",
            "updated_at": "2026-01-01 00:00:00",
            "basic_details": {"name": "A campaign", "tags": []},
            "campaign_content": {"locales": ["default"], "variation_details": {"no_of_variations": 1}},
            "control_group_details": {
                "is_campaign_control_group_enabled": False,
                "campaign_control_group_percentage": 0,
                "is_global_control_group_enabled": False,
            },
        }
    ]


def test_goals_with_several_conditions_or_none(asker: Asker) -> None:
    """Several conditions stand in `filters`; without any there is no attribute. The window is the one that is used."""
    conditions: list[Json] = [
        {"condition": "between", "data_type": "DOUBLE", "name": "amount", "value": 1, "value1": 2.5},
        {"condition": "exists", "data_type": "STRING", "name": "city"},
    ]
    put(
        asker,
        "c1",
        goals=[{"name": "Two", "event": "buy", "filters": conditions}, {"name": "None", "event": "visit"}],
    )

    details = search(asker)[0]["conversion_goal_details"]

    also = {"negate": False, "is_case_sensitive": False}
    assert details == {
        "attribution_window_in_hours": 36,
        "goals": [
            {
                "goal_name": "Two",
                "goal_event_name": "buy",
                "goal_event_attribute": {"filters": [condition | also for condition in conditions]},
                "is_primary_goal": False,
            },
            {"goal_name": "None", "goal_event_name": "visit", "is_primary_goal": False},
        ],
    }


def test_the_live_profile_names_goals_twice(new_workspace: Workspaces) -> None:
    """As integrations see it in production, a goal also has a `name`."""
    asker = new_workspace(profile="live")
    put(asker, "c1", goals=[{"name": "Goal 1", "event": "purchase"}])

    (goal,) = search(asker)[0]["conversion_goal_details"]["goals"]

    assert (goal["goal_name"], goal["name"]) == ("Goal 1", "Goal 1")


def test_shares_of_variations_leave_room_for_the_control_group(asker: Asker) -> None:
    """Percentages are of all users there, in texts, without needless digits."""
    put(
        asker,
        "c1",
        variations=["a", "b", "c"],
        variation_percentages=[33.4, 33.3, 33.3],
        control_groups={"campaign_percentage": 2.5},
    )

    details = search(asker)[0]["campaign_content"]["variation_details"]

    assert details["manual_distribution_percentage"] == {"a": "32.565", "b": "32.4675", "c": "32.4675"}


# Families.


def test_children(asker: Asker) -> None:
    """Runs of periodic campaigns name their parent, those of business events do not; nodes name their flow."""
    put(asker, "periodic", delivery_type="PERIODIC")
    put(asker, "run", parent_campaign_id="periodic")
    put(asker, "orphan", delivery_type="PERIODIC", parent_campaign_id="unregistered")
    put(asker, "business", delivery_type="BUSINESS_EVENT_TRIGGERED")
    put(asker, "happened", delivery_type="BUSINESS_EVENT_TRIGGERED", parent_campaign_id="business")
    put(asker, "node", flow_id="f1", flow_name="Welcome")

    rows = search(asker)

    assert ids(rows) == ["periodic", "run", "orphan", "business", "happened", "node"]
    assert [row.get("parent_id") for row in rows] == [None, "periodic", "unregistered", None, None, None]
    assert not any("parent_campaign_id" in row for row in rows)
    assert [(row["flow_id"], row["flow_name"]) for row in rows if "flow_id" in row] == [("f1", "Welcome")]
    assert ids(search(asker, children=False)) == ["periodic", "business"]
    assert ids(ask(asker, "search", page()).json()) == ["periodic", "business"]


# The filters that differ from those of the details.


@pytest.fixture
def shop(asker: Asker) -> Asker:
    """One campaign of each of some channels and types, and an archived one."""
    put(asker, "c1", "EMAIL", created_at="2026-01-01T00:00:00Z")
    put(asker, "c2", "SMS", created_at="2026-01-02T00:00:00Z", status="ACTIVE")
    put(asker, "c3", "WHATSAPP", created_at="2026-01-03T00:00:00Z", tags=["x"])
    put(asker, "c4", "PUSH", created_at="2026-01-04T00:00:00Z", delivery_type="LOCATION_TRIGGERED")
    put(asker, "c5", "EMAIL", created_at="2026-01-05T00:00:00Z", status="ARCHIVED", name="Old")
    return asker


FILTERS: list[tuple[Json, list[str]]] = [
    ({}, ["c1", "c2", "c3", "c4"]),
    ({"channels": ["PUSH", "EMAIL", "SMS"]}, ["c1", "c2", "c4"]),
    ({"delivery_type": ["LOCATION_TRIGGERED", "DEVICE_TRIGGERED", "BROADCAST_LIVE_ACTIVITY"]}, ["c4"]),
    ({"delivery_type": ["ONE_TIME", "PERIODIC", "EVENT_TRIGGERED", "BUSINESS_EVENT_TRIGGERED"]}, ["c1", "c2", "c3"]),
    ({"status": ["ACTIVE", "SCHEDULED", "PAUSED", "SENT", "STOPPED"]}, ["c2"]),
    ({"status": ["ARCHIVED"]}, ["c5"]),
    ({"status": ["archived", "active"]}, ["c2", "c5"]),
    ({"created_date": {"from_date": "2026-01-03"}}, ["c3", "c4"]),
    ({"created_date": {"to_date": "02-01-2026"}}, ["c1", "c2"]),
    ({"created_date": {"from_date": "2026-01-02", "to_date": "2026-01-03"}}, ["c2", "c3"]),
    ({"created_date": {}}, ["c1", "c2", "c3", "c4"]),
    ({"id": "c3"}, ["c3"]),
    ({"tags": ["x"]}, ["c3"]),
    ({"name": "camp"}, ["c1", "c2", "c3", "c4"]),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS, ids=lambda value: str(value)[:60])
def test_filters(shop: Asker, filters: Json, expected: list[str]) -> None:
    """All filters have to hold; archived campaigns are left out unless their status is asked for."""
    assert ids(search(shop, **filters)) == expected


@pytest.mark.parametrize("switch", ["include_archive_campaigns", "include_archived_campaigns"])
def test_archived_campaigns(shop: Asker, switch: str) -> None:
    """Both spellings of the switch bring archived campaigns in."""
    answers = [ask(shop, "search", page(**{switch: value})).json() for value in (True, False)]

    assert [len(rows) for rows in answers] == [5, 4]
    assert answers[0][-1]["status"] == "Archived"


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", status.value) for status in (Status.RETIRED, Status.DRAFT, Status.SENDING)]
    + [("channels", "WHATSAPP"), ("channels", "FACEBOOK"), ("delivery_type", "API_TRIGGERED")],
)
def test_values_that_only_others_take(asker: Asker, field: str, value: str) -> None:
    """The search knows fewer statuses and channels than the registry."""
    answer = ask(asker, "search", page(campaign_fields={field: [value]}))

    assert targets(answer) == [f"campaign_fields.{field}[0]"]


def test_pages(asker: Asker) -> None:
    """Pages neither overlap nor leave a campaign out, and past the end there is nothing."""
    for number in range(3):
        put(asker, f"c{number}")

    pages = [ask(asker, "search", page(limit=2, page=number)).json() for number in (1, 2, 3)]

    assert [ids(rows) for rows in pages] == [["c0", "c1"], ["c2"], []]


def test_a_search_stays_in_its_workspace(new_workspace: Workspaces) -> None:
    """Nobody finds the campaigns of others."""
    put(new_workspace(), "c1")

    assert search(new_workspace(), id="c1") == []
