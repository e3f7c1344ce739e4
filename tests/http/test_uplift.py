"""`GET /v1/campaigns/{id}/uplift`: everybody counts in the arm of the first assignment, whatever came of it."""

from typing import Any

import pytest

from aftersend.domain.workspaces import Feature, Scope
from builders import NOON, Asker, Json, campaign, message_event, user_event
from server import Server

HOUR = 3_600_000
GOAL: Json = {"name": "Order", "event": "purchase", "revenue_attribute": "amount"}


@pytest.fixture
def experiment(asker: Asker) -> Asker:
    """A campaign with two variations of forty users each and forty held out, of whom 20, 10 and 5 buy for 10."""
    body = campaign(variations=["a", "b"], control_groups={"campaign_percentage": 33.3}, goals=[GOAL])
    assert asker.put_campaign("c1", body).status_code == 200
    arms: dict[str, Json] = {
        "a": {"kind": "attempted", "variation": "a"},
        "b": {"kind": "attempted", "variation": "b"},
        "control": {"kind": "held_out", "group": "campaign"},
    }
    asker.send(
        *(message_event(user_id=f"{arm}-{n}", **fields) for arm, fields in arms.items() for n in range(40)),
    )
    _buy(asker, *(f"{arm}-{n}" for arm, buyers in {"a": 20, "b": 10, "control": 5}.items() for n in range(buyers)))
    return asker


def _buy(asker: Asker, *users: str, **fields: Any) -> None:
    given: Json = {"time": NOON + HOUR, "attributes": {"amount": 10}} | fields
    asker.send(*(user_event(user_id=user, **given) for user in users), path="/v1/user-events")


def _uplift(asker: Asker, **query: str) -> Json:
    answer = asker.request("GET", "/v1/campaigns/c1/uplift", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def _arms(answer: Json) -> dict[str, tuple[int, int]]:
    """Users and converted users of each arm, for the first goal."""
    return {arm["arm"]: (arm["users"], arm["converted"]) for arm in answer["goals"][0]["intention_to_treat"]["arms"]}


def test_arms_and_comparisons(experiment: Asker) -> None:
    """Each variation and all of them are compared with the group, with lifts, interval, p-value and a sentence."""
    answer = _uplift(experiment)

    assert _arms(answer) == {
        "all_variations": (80, 30),
        "a": (40, 20),
        "b": (40, 10),
        "campaign_control_group": (40, 5),
    }
    assert (answer["assigned_by"], answer["window_hours"]) == ("attempted", 36)
    comparisons = answer["goals"][0]["intention_to_treat"]["comparisons"]
    assert [(row["arm"], row["against"]) for row in comparisons] == [
        (arm, "campaign_control_group") for arm in ("all_variations", "a", "b")
    ]
    rate = comparisons[1]["conversion_rate"]
    assert (rate["treatment_rate"], rate["control_rate"]) == (0.5, 0.125)
    assert (rate["absolute_lift"], rate["relative_lift"]) == (0.375, 3)
    assert rate["z_test"]["p_value"] < 0.001
    assert rate["z_test"]["absolute_interval"]["low"] < 0.375 < rate["z_test"]["absolute_interval"]["high"]
    assert comparisons[1]["revenue_per_user"]["treatment_mean"] == 5
    assert all(row["conversion_rate"]["verdict"] for row in comparisons)


def test_arms_as_large_as_they_should_be(experiment: Asker) -> None:
    """The sizes of the arms are compared with the campaign's percentages."""
    ratio = _uplift(experiment)["sample_ratio"]

    assert ratio["degrees_of_freedom"] == 2
    assert not ratio["suspicious"]


def test_arms_that_are_too_small_say_so(asker: Asker) -> None:
    """A sample that is too small is told in a sentence, and what cannot be computed is null."""
    asker.put_campaign("c1", campaign(goals=[GOAL]))
    asker.send(message_event("attempted"), message_event("held_out", group="global", user_id="u2"))

    (comparison,) = [
        row for row in _uplift(asker)["goals"][0]["intention_to_treat"]["comparisons"] if row["arm"] == "all_variations"
    ]

    assert comparison["against"] == "global_control_group"
    assert "too small" in comparison["conversion_rate"]["verdict"]
    assert comparison["conversion_rate"]["relative_lift"] is None


def test_a_user_counts_where_first_assigned(experiment: Asker) -> None:
    """Who was sent to before being held out, or the other way round, stays in the first arm."""
    experiment.send(
        message_event("attempted", user_id="control-0", variation="a", time=NOON + 2 * HOUR),
        message_event("held_out", user_id="a-0", group="campaign", time=NOON + 2 * HOUR),
    )

    assert _arms(_uplift(experiment))["a"] == (40, 20)
    assert _arms(_uplift(experiment))["campaign_control_group"] == (40, 5)


def test_goal_events_count_within_the_window_of_the_assignment(experiment: Asker) -> None:
    """The window begins with the assignment and both its ends count, also beyond the last day asked about."""
    _buy(experiment, "b-30", time=NOON + 36 * HOUR)
    _buy(experiment, "b-31", time=NOON + 36 * HOUR + 1)
    _buy(experiment, "b-32", time=NOON - 1)
    _buy(experiment, "b-33", time=NOON)

    assert _arms(_uplift(experiment, start_date="2026-01-01", end_date="2026-01-01"))["b"] == (40, 12)


def test_days_are_those_of_the_assignment(experiment: Asker) -> None:
    """A range asks for users who were assigned in it."""
    answer = _uplift(experiment, start_date="2026-01-02", end_date="2026-01-31")

    assert (answer["arms"], _arms(answer)) == ([], {})


def test_figures_per_reached_user_stand_beside(experiment: Asker) -> None:
    """The documented uplift is there too, of the type that is asked for, and says of which type it is."""
    experiment.send(*(message_event("opened", user_id=f"a-{n}") for n in range(40)))

    reached = _uplift(experiment)["goals"][0]["per_reached_user"]
    by_click = _uplift(experiment, attribution_type="CLICK_THROUGH")["goals"][0]["per_reached_user"]

    assert reached == {
        "attribution_type": "VIEW_THROUGH",
        "total": 20,
        "unique": 20,
        "cvr": 50,
        "uplift": 300,
        "gcg_uplift": 0,
    }
    assert (by_click["attribution_type"], by_click["total"]) == ("CLICK_THROUGH", 0)


def test_two_currencies_are_not_compared(experiment: Asker) -> None:
    """Where amounts are in two currencies and the goal names none, revenue is not compared, and the answer says why."""
    _buy(experiment, "a-1", attributes={"amount": 5, "currency": "EUR"})
    _buy(experiment, "b-1", attributes={"amount": 5, "currency": "USD"})

    compared = _uplift(experiment)["goals"][0]["intention_to_treat"]

    assert compared["mixed_currencies"] == ["EUR", "USD"]
    assert {arm["revenue"] for arm in compared["arms"]} == {None}
    assert {row["revenue_per_user"] for row in compared["comparisons"]} == {None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "2026-01-01"}, "end_date"),
        ({"end_date": "2026-01-01"}, "start_date"),
        ({"start_date": "2026-01-02", "end_date": "2026-01-01"}, "end_date"),
        ({"start_date": "1.1.2026", "end_date": "2026-01-01"}, "start_date"),
        ({"attribution_type": "view_through"}, "attribution_type"),
        ({"campaign": "c1"}, "campaign"),
    ],
)
def test_a_bad_question_names_its_field(experiment: Asker, query: dict[str, str], field: str) -> None:
    """A parameter that cannot be used is a 400 that names it."""
    answer = experiment.request("GET", "/v1/campaigns/c1/uplift", params=query)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_who_may_ask(server: Server, experiment: Asker) -> None:
    """An unknown campaign is 404; a key without the scope and a feature that is off are 403."""
    path = "/v1/campaigns/{}/uplift"
    writer = server.create_key(experiment.workspace_id, Scope.EVENTS_WRITE)

    assert experiment.request("GET", path.format("nobody")).status_code == 404
    assert experiment.request("GET", path.format("c1"), auth=(experiment.workspace_id, writer)).status_code == 403
    server.parts.registry.workspaces.update(experiment.workspace_id, features_off=frozenset({Feature.STATS}))
    assert experiment.request("GET", path.format("c1")).status_code == 403
