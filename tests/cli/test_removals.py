"""Removals on the command line: over HTTP where a server runs, on the folder where none does."""

import pytest

from builders import campaign, message_event
from cli.desk import Desk


@pytest.fixture(params=["free", "served"])
def filled(request: pytest.FixtureRequest) -> Desk:
    """Three e-mails to two users, on a free folder and on that of a server."""
    desk: Desk = request.getfixturevalue("desk" if request.param == "free" else "served_desk")
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1"))
    events = [message_event(event_id=f"m{place}", user_id=user) for place, user in enumerate(("u/1", "u/1", "u2"))]
    desk.load(desk.write("events.ndjson", *events))
    return desk


def test_events_are_taken_back(filled: Desk) -> None:
    """The ids of arguments and of a file leave the answers for good, and the unknown ones are named."""
    ids = filled.files / "ids.txt"
    ids.write_text("m1\n\nm0\n", encoding="utf-8")
    words = ("--workspace", filled.workspace, "--reason", "a test")

    done = filled.run("retract", "m9", "m1", *words, "--file", ids).json

    assert (done["events_removed"], done["unknown_event_ids"], len(done["removals"])) == (2, ["m9"], 1)
    assert filled.sent("c1") == 1
    assert filled.load(filled.files / "events.ndjson") == {"accepted": 0, "duplicates": 3, "rejected": 0}
    book = filled.run("removals", "--workspace", filled.workspace)
    assert "retraction" in book.out
    assert "a test" in book.out
    assert "1 removals" in book.out


def test_a_person_is_erased(filled: Desk) -> None:
    """Without waiting for the files, the command returns the removal; the user's events leave the answers."""
    begun = filled.run("erase", "u/1", "--workspace", filled.workspace, "--reason", "asked", "--no-wait").json

    assert (begun["kind"], begun["reason"], begun["requested_by"]) == ("erasure", "asked", "operator")
    while True:
        (found,) = filled.run("removals", "--workspace", filled.workspace, "--json").json["removals"]
        if found["status"] in ("purging", "done"):
            break
    assert (found["id"], found["events_removed"]) == (begun["id"], 2)
    assert filled.sent("c1") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("retract", "--reason", "x"), "EVENT_ID: name the events"),
        (("retract", "a", "--reason", "x" * 501), "--reason: use up to 500 characters"),
        (("retract", "--file", "nowhere.txt", "--reason", "x"), "FILE: nowhere.txt cannot be read"),
        (("erase", ""), "USER: a user's id has 1 to 256 characters"),
        (("erase", "u", "--reason", "x" * 501), "--reason: use up to 500 characters"),
    ],
)
def test_a_bad_call_says_what_to_do(desk: Desk, words: tuple[str, ...], told: str) -> None:
    """Status 2 and a sentence; nothing is removed."""
    desk.create_workspace()

    assert told in desk.run(*words, "--workspace", desk.workspace, status=2).err


def test_retention_is_set(desk: Desk) -> None:
    """A number of days or off; anything else says what can be used."""
    desk.create_workspace()

    assert desk.run("workspace", "update", desk.workspace, "--retention-days", "400").json["retention_days"] == 400
    assert desk.run("workspace", "show", desk.workspace).json["retention_days"] == 400
    for wrong in ("0", "many", "-1", "40000"):
        assert "retention" in desk.run("workspace", "update", desk.workspace, "--retention-days", wrong, status=2).err
    assert desk.run("workspace", "update", desk.workspace, "--retention-days", "off").json["retention_days"] is None
