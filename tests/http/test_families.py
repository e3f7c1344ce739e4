"""A parent answers for its family: its own events and those of its children, and theirs."""

from typing import Any

import pytest

from builders import NOON, Asker, Json, campaign, message_event, question, user_event

HOUR, DAY = 3_600_000, 86_400_000
BUY: Json = {"name": "Order", "event": "purchase", "revenue_attribute": "amount"}
TYPES = ("VIEW_THROUGH", "CLICK_THROUGH", "IN_SESSION", "TOTAL_CONVERSIONS", "CLICK_CONVERSIONS")


@pytest.fixture
def family(asker: Asker) -> Asker:
    """A periodic e-mail campaign with two runs; u1 is in both runs, u2 in the second, and u3 in the parent alone."""
    asker.put_campaign("c1", campaign(delivery_type="PERIODIC", goals=[BUY]))
    for run in ("run-1", "run-2"):
        asker.put_campaign(run, campaign(parent_campaign_id="c1", goals=[BUY]))
    asker.send(
        *(_event("run-1", "u1", kind, 0) for kind in ("targeted", "attempted", "sent", "opened", "clicked")),
        *(_event("run-2", "u1", kind, HOUR) for kind in ("targeted", "attempted", "sent", "opened", "clicked")),
        *(_event("run-2", "u2", kind, HOUR, locale="de", variation="b") for kind in ("targeted", "attempted", "sent")),
        _event("run-2", "u4", "targeted", HOUR),
        _event("run-2", "u4", "attempted", HOUR),
        _event("run-2", "u4", "failed", HOUR, reason="frequency_cap"),
        _event("run-2", "u5", "held_out", HOUR, group="campaign"),
        *(_event("c1", "u3", kind, 0) for kind in ("targeted", "attempted", "sent")),
    )
    return asker


def _event(campaign_id: str, user: str, kind: str, after: int, **fields: Any) -> Json:
    return message_event(kind, campaign_id=campaign_id, user_id=user, time=NOON + after, **fields)


def _sent(asker: Asker, **fields: Any) -> list[int]:
    """What was sent by the parent and by each run, all asked about in one call."""
    ids = ["c1", "run-1", "run-2"]
    data = asker.stats(campaign_ids=ids, **fields)["data"]
    return [_node(data[one])["performance_stats"]["sent"] for one in ids]


def _node(tree: Any, locale: str = "all_locales", variation: str = "all_variations") -> Json:
    found: Json = tree[0]["platforms"]["EMAIL"]["locales"][locale]["variations"][variation]
    return found


def test_parent_and_children_in_one_call(family: Asker) -> None:
    """In TOTAL the parent is the sum of its children and itself; in UNIQUE who is in two runs is one user."""
    assert _sent(family) == [4, 1, 2]
    assert _sent(family, metric_type="UNIQUE") == [3, 1, 2]


def test_a_parent_alone(family: Asker) -> None:
    """The parent answers the same without its children in the call, and children without their parent."""
    together = family.stats(campaign_ids=["c1", "run-1", "run-2"], metric_type="UNIQUE")["data"]
    alone = [family.stats(campaign_ids=[one], metric_type="UNIQUE")["data"] for one in together]

    assert [body for one in alone for body in one.items()] == list(together.items())


def test_every_part_of_a_parents_tree(family: Asker) -> None:
    """Named locales and variations, the funnel, the reasons and the control group are those of the family."""
    tree = family.stats(campaign_ids=["c1"], metric_type="UNIQUE")["data"]["c1"]
    whole = _node(tree)

    assert _node(tree, "de", "b")["performance_stats"]["sent"] == 1
    assert (whole["delivery_funnel"]["total_user_in_segment"], whole["delivery_funnel"]["after_fc"]) == (4, 3)
    assert whole["failure_breakdown"] == {"f_c_removed": 1}
    assert _node(tree, variation="campaign_control_group")["failure_breakdown"] == {
        "user_removed_due_to_campaing_control_group": 1
    }


def test_a_goal_event_counts_once_for_the_parent(family: Asker) -> None:
    """A purchase within the windows of two runs is one purchase of the parent, where the last touch was."""
    family.send(
        user_event(user_id="u1", time=NOON + HOUR + HOUR // 2, attributes={"amount": 10}), path="/v1/user-events"
    )
    for name in TYPES:
        data = family.stats(campaign_ids=["c1", "run-1", "run-2"], attribution_type=name)["data"]
        totals = [_node(data[one])["conversion_goal_stats"]["Order"] for one in ("c1", "run-1", "run-2")]

        # Of two runs one wins, where there is one winner; otherwise each with an open window is credited.
        of_run_1 = 1 if name in ("VIEW_THROUGH", "CLICK_THROUGH") else 0
        assert [goal["total"] for goal in totals] == [1, of_run_1, 1], name
        assert (totals[0]["revenue"], totals[0]["unique"]) == (10, 1)


def test_a_parents_goals_are_its_own(family: Asker) -> None:
    """Children without goals have no conversions of their own; their touches still earn those of the parent."""
    for run in ("run-1", "run-2"):
        family.put_campaign(run, campaign(parent_campaign_id="c1"))
    family.send(user_event(user_id="u1", time=NOON + 2 * HOUR), path="/v1/user-events")

    for name in ("VIEW_THROUGH", "TOTAL_CONVERSIONS"):
        data = family.stats(campaign_ids=["c1", "run-1"], attribution_type=name)["data"]
        assert _node(data["c1"])["conversion_goal_stats"]["Order"]["total"] == 1
        assert _node(data["run-1"])["conversion_goal_stats"] == {}


def test_a_parent_competes_by_its_children(family: Asker) -> None:
    """The touch of a child without goals wins over another campaign's earlier one, for the parent that has the goal."""
    family.put_campaign("run-2", campaign(parent_campaign_id="c1"))
    family.put_campaign("other", campaign(goals=[BUY]))
    family.send(_event("other", "u1", "clicked", HOUR // 2))
    family.send(user_event(user_id="u1", time=NOON + 2 * HOUR), path="/v1/user-events")

    data = family.stats(campaign_ids=["c1", "run-1", "other"], attribution_type="CLICK_CONVERSIONS")["data"]

    found = {one: _node(tree)["conversion_goal_stats"]["Order"]["total"] for one, tree in data.items()}
    assert found == {"c1": 1, "run-1": 0, "other": 0}


def test_a_view_of_the_family(asker: Asker) -> None:
    """Receipts that came for one run tell for the parent what a view is, and for the other run they do not."""
    asker.put_campaign("c1", campaign("SMS", goals=[BUY]))
    for run in ("run-1", "run-2"):
        asker.put_campaign(run, campaign("SMS", goals=[BUY], parent_campaign_id="c1"))
    asker.send(_event("run-1", "u1", "delivered", 0), _event("run-2", "u2", "sent", 0))
    asker.send(*(user_event(user_id=user, time=NOON + HOUR) for user in ("u1", "u2")), path="/v1/user-events")

    data = asker.stats(campaign_ids=["c1", "run-1", "run-2"])["data"]

    nodes = {one: tree[0]["platforms"]["SMS"]["locales"]["all_locales"]["variations"] for one, tree in data.items()}
    found = {one: node["all_variations"]["conversion_goal_stats"]["Order"]["total"] for one, node in nodes.items()}
    assert found == {"c1": 1, "run-1": 1, "run-2": 1}


def test_a_child_of_a_child(family: Asker) -> None:
    """What happens to the message of a grandchild counts for everybody above it."""
    family.put_campaign("retry", campaign(parent_campaign_id="run-1"))
    family.send(_event("retry", "u9", "sent", 0))

    assert _sent(family) == [5, 2, 2]


def test_a_child_that_moves(family: Asker) -> None:
    """A child counts for the parent that it has now, and a child that is forgotten for nobody."""
    family.request("PATCH", "/v1/campaigns/run-2", json={"parent_campaign_id": "run-1"})
    below = _sent(family)
    family.request("PATCH", "/v1/campaigns/run-2", json={"parent_campaign_id": None})
    apart = _sent(family)
    family.request("DELETE", "/v1/campaigns/run-1")

    assert (below, apart) == ([4, 3, 2], [2, 1, 2])
    assert _node(family.stats(campaign_ids=["c1"])["data"]["c1"])["performance_stats"]["sent"] == 1


def test_families_of_two_workspaces(family: Asker, new_workspace: Any) -> None:
    """A child belongs to the parent of its own workspace."""
    other = new_workspace()
    other.put_campaign("c1", campaign())
    other.put_campaign("run-9", campaign(parent_campaign_id="c1"))
    other.send(_event("run-9", "u1", "sent", 0))

    assert _node(other.stats(campaign_ids=["c1"])["data"]["c1"])["performance_stats"]["sent"] == 1
    assert _sent(family) == [4, 1, 2]


def test_nodes_of_a_flow(family: Asker) -> None:
    """A node of a flow is answered by id and not listed, also where it is a child; it counts for its parent."""
    family.put_campaign("node", campaign(parent_campaign_id="c1", flow_id="f1"))
    family.send(_event("node", "u9", "sent", 0))

    assert list(family.stats()["data"]) == ["c1", "run-1", "run-2"]
    assert _node(family.stats(campaign_ids=["node"])["data"]["node"])["performance_stats"]["sent"] == 1
    assert _sent(family)[0] == 5


def test_what_a_parent_changed(family: Asker) -> None:
    """The uplift of a parent is that of its family: everybody counts in the arm of the first assignment."""
    family.send(user_event(user_id="u1", time=NOON + 2 * HOUR), path="/v1/user-events")

    answer = family.request("GET", "/v1/campaigns/c1/uplift").json()

    arms = {arm["arm"]: arm["users"] for arm in answer["arms"]}
    assert arms == {"all_variations": 4, "variation_1": 3, "b": 1, "campaign_control_group": 1}
    (goal,) = answer["goals"]
    assert goal["intention_to_treat"]["arms"][0]["converted"] == 1
    assert goal["per_reached_user"]["total"] == 1


@pytest.mark.parametrize("query", [{}, {"campaign_ids": "c1"}], ids=["all", "the parent"])
def test_an_audit_of_a_family(family: Asker, query: dict[str, str]) -> None:
    """The audit of a family is clean; it looks at the children of a parent that it is asked about."""
    answer = family.request("GET", "/v1/audit", params=query).json()

    assert (answer["clean"], answer["violations"]) == (True, [])


def test_many_children(asker: Asker) -> None:
    """A parent with two thousand runs is answered like any other."""
    asker.put_campaign("c1", campaign(goals=[BUY]))
    asker.send(*(_run(number) for number in range(2000)))
    asker.send(*(user_event(user_id=f"u{number}", time=NOON + 1) for number in range(50)), path="/v1/user-events")

    data = [asker.stats(campaign_ids=["c1", "run-7"], metric_type=mode)["data"] for mode in ("TOTAL", "UNIQUE")]

    opened = [[_node(tree)["performance_stats"]["opened"] for tree in one.values()] for one in data]
    assert opened == [[2000, 1], [50, 1]]
    assert _node(data[0]["c1"])["conversion_goal_stats"]["Order"]["total"] == 50


def _run(number: int) -> Json:
    return _event(f"run-{number}", f"u{number % 50}", "opened", 0, parent_campaign_id="c1")


def test_a_parent_in_the_listing(family: Asker) -> None:
    """Without ids parents and children are listed, each with its own numbers."""
    listed = family.ask(question()).json()["data"]

    assert list(listed) == ["c1", "run-1", "run-2"]
    assert _node(listed["c1"])["performance_stats"]["sent"] == 4
