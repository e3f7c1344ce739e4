"""A campaign against its control groups on the command line: tables for people, the answer itself for programs."""

import json

import pytest

from builders import NOON, campaign, message_event, user_event
from cli.desk import Desk

GOAL = {"name": "Order [first]", "event": "purchase", "revenue_attribute": "amount"}


def _fill(desk: Desk) -> None:
    """Eighty users were sent to, of whom 40 buy; eighty were held out, of whom 20 do."""
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1", goals=[GOAL], control_groups={"campaign_percentage": 50, "global": False}))
    sent = [message_event("attempted", user_id=f"t{n}") for n in range(80)]
    held_out = [message_event("held_out", user_id=f"c{n}", group="campaign") for n in range(80)]
    buyers = [*(f"t{n}" for n in range(40)), *(f"c{n}" for n in range(20))]
    bought = [user_event(user_id=user, time=NOON + 1000, attributes={"amount": 12.5}) for user in buyers]
    desk.load(desk.write("events.ndjson", *sent, *held_out))
    desk.load(desk.write("bought.ndjson", *bought))


@pytest.mark.parametrize("kind", ["free", "served"])
def test_a_campaign_against_its_control_group(kind: str, request: pytest.FixtureRequest) -> None:
    """Arms, lift, interval, p-value and a sentence are shown, by a server and without one alike."""
    desk: Desk = request.getfixturevalue("desk" if kind == "free" else "served_desk")
    _fill(desk)

    said = desk.run("stats", "c1", "--workspace", desk.workspace, "--uplift", COLUMNS="200").out

    assert "Order [first]" in said
    assert "all_variations against campaign_control_group" in said
    assert "conversion rate: +25.000 points (+100.000 %), 95 % interval +10.5" in said
    assert "revenue per user: +3.125" in said
    assert "per reached user (VIEW_THROUGH): cvr 0 %" in said


def test_json_is_the_answer(desk: Desk) -> None:
    """With --json the answer is printed as the API gives it, amounts as numbers."""
    _fill(desk)

    said = desk.run(
        "stats",
        "c1",
        "--workspace",
        desk.workspace,
        "--uplift",
        "--json",
        "--start",
        "2026-01-01",
        "--end",
        "2026-01-02",
    )

    answer = json.loads(said.out)
    arms = answer["goals"][0]["intention_to_treat"]["arms"]
    assert {arm["arm"]: (arm["users"], arm["converted"], arm["revenue"]) for arm in arms} == {
        "all_variations": (80, 40, 500),
        "variation_1": (80, 40, 500),
        "campaign_control_group": (80, 20, 250),
    }
    assert (answer["start_date"], answer["end_date"]) == ("2026-01-01", "2026-01-02")


def test_amounts_keep_their_digits(desk: Desk) -> None:
    """Revenue is printed with every digit in tables and as JSON."""
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1", goals=[GOAL]))
    desk.load(desk.write("events.ndjson", message_event("opened")))
    desk.load(desk.write("bought.ndjson", user_event(time=NOON + 1, attributes={"amount": "1234567.89"})))
    asked = ("stats", "c1", "--workspace", desk.workspace, "--start", "2026-01-01", "--end", "2026-01-02")

    assert '"revenue": 1234567.89' in desk.run(*asked, "--json").out
    assert "1,234,567.89" in desk.run(*asked).out


def test_one_campaign_is_compared(desk: Desk) -> None:
    """Without a campaign, or with two, the command says what to do."""
    desk.create_workspace()

    said = desk.run("stats", "c1", "c2", "--workspace", desk.workspace, "--uplift", status=2)

    assert "CAMPAIGN: name one campaign" in said.err
