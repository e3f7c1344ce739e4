"""Loading files: every kind of file, again and again, with what is wrong told apart."""

import json
from typing import Any

import pytest

from builders import campaign, message_event, user_event
from cli.desk import Desk, Serving
from event_files import EVENTS, NAMES, event_file


@pytest.fixture
def ready_desk(served_desk: Desk) -> Desk:
    """A desk with a workspace, on the folder of the server that runs."""
    served_desk.create_workspace()
    return served_desk


def test_every_kind_of_file_holds_the_same_events(desk: Desk) -> None:
    """Whichever kind of file comes first brings the events; in all the others they are there already."""
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1"))
    files = [event_file(desk.files, f"events{name}", EVENTS) for name in NAMES]

    reports = [desk.load(files[0]), desk.load(*files[1:]), desk.load(*files)]

    size, others = len(EVENTS), len(NAMES) - 1
    assert reports == [
        {"accepted": size, "duplicates": 0, "rejected": 0},
        {"accepted": 0, "duplicates": others * size, "rejected": 0},
        {"accepted": 0, "duplicates": len(NAMES) * size, "rejected": 0},
    ]
    assert (desk.sent("c1"), desk.sent("c1", "--unique")) == (60, 20)


def test_user_events_are_told_by_their_name(ready_desk: Desk) -> None:
    """A file of user events needs no word about what it holds; with a word, a file is taken for what it is called."""
    bought = [user_event(attributes={"amount": 12.5}), user_event()]
    file = ready_desk.write("users.ndjson", *bought)

    assert ready_desk.load(file) == {"accepted": 2, "duplicates": 0, "rejected": 0}
    said = ready_desk.run(*ready_desk.loading(file), "--stream", "message_events", status=1)
    assert said.json == {"accepted": 0, "duplicates": 0, "rejected": 2}


def test_what_is_turned_away_is_told_and_written_down(ready_desk: Desk) -> None:
    """Good events are kept, bad ones are counted, shown with their place, and written to a file; the command fails."""
    ready_desk.put_campaigns(campaign(id="c1"))
    good, bad = message_event(event_id="good"), [message_event("flown", event_id=f"bad-{n}") for n in range(12)]
    file, rejects = ready_desk.write("some [odd] name.ndjson", good, *bad), ready_desk.files / "rejects"

    said = ready_desk.run(*ready_desk.loading(file), "--rejects", rejects, status=1)

    written = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert said.json == {"accepted": 1, "duplicates": 0, "rejected": 12}
    assert f"{file}, event 2: kind: Invalid enum value 'flown' (invalid_value)" in said.err
    assert "and 2 more; --rejects FILE keeps them all" in said.err
    assert [(row["event"], row["event_id"]) for row in written] == [(n + 2, f"bad-{n}") for n in range(12)]
    assert {row["file"] for row in written} == {str(file)}


def test_a_file_that_cannot_be_loaded_is_named(ready_desk: Desk) -> None:
    """A file that is not there, or not what its name says, is named in one line."""
    damaged = ready_desk.files / "damaged.parquet"
    damaged.write_bytes(b"plain text")

    for file, told in (
        (damaged, "damaged.parquet cannot be read: "),
        (ready_desk.files / "nowhere", "there is no file"),
    ):
        last = ready_desk.run(*ready_desk.loading(file), status=2).err.strip().splitlines()[-1]
        assert last.startswith("aftersend: FILE: ")
        assert told in last


def test_files_go_through_a_running_server(served_desk: Desk, serving: Serving) -> None:
    """While a server owns the folder events reach it over HTTP; and with its address and a key, from anywhere."""
    secret = served_desk.create_workspace()
    brought: dict[str, Any] = {"channel": "EMAIL", "campaign_id": "served"}
    file = served_desk.write("served.ndjson", *(message_event(event_id=f"s{number}", **brought) for number in range(9)))
    elsewhere = Desk(served_desk.files / "another", served_desk.files, served_desk.workspace)
    there = (*elsewhere.loading(file), "--url", serving.url)

    near = served_desk.load(file)
    far = elsewhere.run(*there, "--key", secret).json
    again = elsewhere.run(*there, AFTERSEND_KEY=secret).json

    assert near == {"accepted": 9, "duplicates": 0, "rejected": 0}
    assert far == again == {"accepted": 0, "duplicates": 9, "rejected": 0}
    assert not elsewhere.data.exists()
    assert served_desk.sent("served") == 9


def test_a_server_elsewhere_refuses_or_is_not_there(ready_desk: Desk, serving: Serving) -> None:
    """A wrong key, no key and a wrong address are told apart."""
    there = (*ready_desk.loading(ready_desk.write("far.ndjson", message_event())), "--url")

    assert "the server answered 401" in ready_desk.run(*there, serving.url, "--key", "wrong", status=1).err
    assert "--key: say with --key which key" in ready_desk.run(*there, serving.url, status=2).err
    assert "cannot be reached" in ready_desk.run(*there, "http://127.0.0.1:9", "--key", "x", status=1).err
