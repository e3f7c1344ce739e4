"""The audit on the command line: a table for people, JSON for programs, an exit status for scripts."""

import pytest

from builders import NOON, campaign, message_event
from cli.desk import Desk


@pytest.fixture(params=["free", "served"])
def filled(request: pytest.FixtureRequest) -> Desk:
    """A workspace with a clean campaign and one that is not, on a free folder and on that of a server."""
    desk: Desk = request.getfixturevalue("desk" if request.param == "free" else "served_desk")
    desk.create_workspace()
    desk.put_campaigns(campaign(id="good"), campaign(id="bad"))
    good = [message_event(kind, campaign_id="good") for kind in ("attempted", "sent")]
    bad = [message_event("attempted", campaign_id="bad", event_id="lost[1]")]
    desk.load(desk.write("events.ndjson", *good, *bad))
    return desk


def test_what_is_wrong_is_shown(filled: Desk) -> None:
    """The status is 1; the table names identity, campaign and day, the lines below say what to do about what."""
    said = filled.run("audit", "--workspace", filled.workspace, status=1).out

    assert "attempted_has_outcome" in said
    assert "2026-01-01" in said
    assert "1 attempted without an outcome: send what is missing" in said
    assert "such as lost[1]" in said
    assert "all days: 2 campaigns, 3 events" in said
    assert "not clean" in said


def test_clean_is_status_zero(filled: Desk) -> None:
    """Asked about the clean campaign alone, the status is 0 and there is no table."""
    said = filled.run("audit", "good", "--workspace", filled.workspace, "--start", "2026-01-01", "--end", "2026-01-31")

    assert said.out.splitlines() == ["2026-01-01 to 2026-01-31: 1 campaigns, 2 events", "clean: the numbers add up"]


def test_json_is_the_answer(filled: Desk) -> None:
    """With --json the answer is printed as the API gives it, and the status is the same."""
    answer = filled.run(
        "audit", "bad", "good", "--workspace", filled.workspace, "--json", "--limit", "1", status=1
    ).json

    assert (answer["clean"], answer["truncated"], answer["campaigns_checked"]) == (False, True, 2)
    assert [one["example_event_ids"] for one in answer["violations"]] == [["lost[1]"]]
    assert filled.run("audit", "good", "--workspace", filled.workspace, "--json").json["clean"]


def test_information_is_clean(desk: Desk) -> None:
    """A send past midnight is shown, and the status is 0."""
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1"))
    desk.load(desk.write("events.ndjson", message_event("attempted"), message_event(time=NOON + 86_400_000)))

    said = desk.run("audit", "--workspace", desk.workspace).out

    assert "go" in said
    assert "past midnight" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "nobody"),
        (("--start", "2026-01-01"), "end_date"),
        (("--limit", "0"), "limit"),
        (("--url", "http://127.0.0.1:9", "--key", "k"), "cannot be reached"),
    ],
)
def test_what_cannot_be_checked_is_status_two(desk: Desk, words: tuple[str, ...], told: str) -> None:
    """A bad call, an unknown campaign or a server that is not there is not mistaken for numbers that are wrong."""
    desk.create_workspace()

    assert told in desk.run("audit", *words, "--workspace", desk.workspace, status=2).err
