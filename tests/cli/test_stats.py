"""Statistics on the command line: tables for people, the answer itself for programs."""

import re
from pathlib import Path

import httpx
import pytest

from builders import STATS, campaign, message_event, question
from cli.desk import Desk, Serving

JANUARY = ("--start", "2026-01-01", "--end", "2026-01-31")


@pytest.fixture(scope="module")
def desk_with_events(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a workspace in which 1,234 messages went to 30 users, in two locales."""
    found = Desk(serving.data, tmp_path_factory.mktemp("desk"), "counted")
    found.create_workspace()
    groups = {"campaign_percentage": 10, "global": False}
    goals = [{"name": "Order [first]", "event": "purchase"}]
    found.put_campaigns(campaign(id="c1", goals=goals, control_groups=groups), campaign("SMS", id="c2"))
    sent = [message_event(user_id=f"u{n % 30}", locale="de" if n % 2 else "[en]") for n in range(1234)]
    lost = message_event("failed", reason="Frequency Capping")
    found.load(found.write("events.ndjson", *sent, lost, message_event("held_out", group="campaign")))
    return found


def _row(out: str, name: str) -> list[str]:
    """Return the cells of the first row of a table that begins with this name."""
    found = re.search(rf"^│ {re.escape(name)} +│(.*)│$", out, re.MULTILINE)
    assert found, out
    return [cell.strip() for cell in found[1].split("│")]


def test_statistics_are_tables(desk_with_events: Desk) -> None:
    """Each part of a campaign's numbers is a table, of its aggregates only; the last line says what was asked."""
    said = desk_with_events.run("stats", "c1", "--workspace", desk_with_events.workspace, *JANUARY)

    assert _row(said.out, "sent") == ["1,234"]
    assert _row(said.out, "f_c_removed") == ["1"]
    assert _row(said.out, "Order [first]: conversions") == ["0"]
    assert "[en]" not in said.out
    assert said.out.rstrip().endswith("2026-01-01 to 2026-01-31, TOTAL, VIEW_THROUGH; page 1 of 1, 1 campaigns")


def test_a_parent_and_its_child(serving: Serving, tmp_path: Path) -> None:
    """A parent's table has the numbers of its family, beside those of the child."""
    desk = Desk(serving.data, tmp_path, "family")
    desk.create_workspace()
    desk.put_campaigns(campaign(id="runs", delivery_type="PERIODIC"))
    events = [message_event(campaign_id="run-1", parent_campaign_id="runs", user_id=f"user-{n}") for n in range(3)]
    desk.load(desk.write("events.ndjson", *events, message_event(campaign_id="runs")))

    sent = []
    for name in ("runs", "run-1"):
        said = desk.run("stats", name, "--workspace", desk.workspace, *JANUARY, "--unique")
        sent += _row(said.out, "sent")

    assert sent == ["4", "3"]


def test_distinct_users(desk_with_events: Desk) -> None:
    """With --unique users are counted instead of messages."""
    said = desk_with_events.run("stats", "c1", "--workspace", desk_with_events.workspace, *JANUARY, "--unique")

    assert _row(said.out, "sent") == ["30"]
    assert "UNIQUE" in said.out


def test_every_node(desk_with_events: Desk) -> None:
    """With --all every locale, variation and control group has a column."""
    said = desk_with_events.run(
        "stats", "c1", "--workspace", desk_with_events.workspace, *JANUARY, "--all", COLUMNS="400"
    )

    heads = re.search(r"^┃ +┃(.*)┃$", said.out, re.MULTILINE)
    assert heads
    names = [name.strip() for name in heads[1].split("┃")]
    assert {"EMAIL", "EMAIL / de / *", "EMAIL / [en] / *", "EMAIL / de / variation_1"} <= set(names)
    assert dict(zip(names, _row(said.out, "sent"), strict=True))["EMAIL / de / *"] == "617"


def test_json_is_the_answer_of_the_api(desk_with_events: Desk, serving: Serving) -> None:
    """With --json the very answer is printed that a client of the API gets."""
    key = desk_with_events.run("key", "create", "--workspace", desk_with_events.workspace).json["secret"]

    printed = desk_with_events.stats("c1", "c2")

    workspace = desk_with_events.workspace
    asked = question(campaign_ids=["c1", "c2"], request_id="aftersend-stats")
    answer = httpx.post(serving.url + STATS, json=asked, auth=(workspace, key), headers={"MOE-APPKEY": workspace})
    assert printed == answer.json()
    assert list(printed["data"]) == ["c1", "c2"]


def test_all_campaigns_come_by_page(desk_with_events: Desk) -> None:
    """Without ids all campaigns are shown, ten a page."""
    desk_with_events.put_campaigns(*(campaign(id=f"more-{number:02}") for number in range(11)))

    pages = [list(desk_with_events.stats("--page", page)["data"]) for page in ("1", "2", "3")]

    assert [len(page) for page in pages] == [10, 3, 0]
    assert pages[0][:2] == ["c1", "c2"]


def test_the_days_are_the_last_month_if_none_are_named(desk_with_events: Desk) -> None:
    """Without days the last thirty before today are asked for; with one, those before it."""
    workspace = desk_with_events.workspace

    assert (
        "\n2025-12-12 to 2026-01-11, TOTAL"
        in desk_with_events.run("stats", "c1", "--workspace", workspace, "--end", "2026-01-11").out
    )
    assert re.search(
        r"\n20\d\d-\d\d-\d\d to 20\d\d-", desk_with_events.run("stats", "c1", "--workspace", workspace).out
    )


def test_mistakes_are_told(desk_with_events: Desk) -> None:
    """A date that is none, a range that is too long and an unknown campaign are told in words."""
    asked = ("stats", "c1", "--workspace", desk_with_events.workspace)

    assert "--start: use a date as YYYY-MM-DD" in desk_with_events.run(*asked, "--start", "yesterday", status=2).err
    long = desk_with_events.run(*asked, "--start", "2025-01-01", "--end", "2026-01-01", status=1).err
    assert "aftersend: the server answered 400" in long
    unknown = desk_with_events.run("stats", "c9", "--workspace", desk_with_events.workspace, *JANUARY)
    assert "the workspace has no campaign c9" in unknown.err
    nobody = desk_with_events.run("stats", "--workspace", "nobody", status=1)
    assert "there is no workspace 'nobody'" in nobody.err


def test_a_free_folder_answers_like_a_server(desk: Desk) -> None:
    """Without a server the same commands open the folder themselves, and say the same."""
    desk.create_workspace()
    desk.load(desk.write("events.ndjson", message_event(channel="EMAIL"), message_event(channel="EMAIL")))

    assert (desk.sent("c1"), desk.sent("c1", "--unique")) == (2, 1)
    long = desk.run("stats", "c1", "--workspace", "acme", "--start", "2025-01-01", "--end", "2026-01-01", status=2)
    assert long.err.startswith("aftersend: end_date: ")
