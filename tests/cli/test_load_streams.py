"""Loading files that the vendor exports, and a kill after the answer."""

import gzip
import json
import signal
from pathlib import Path

import httpx
import pytest

from builders import STATS, Json, question
from cli.desk import Desk
from stream_events import CAMPAIGN, DOOR, file_line, stream_batch, stream_event

EVENTS = [stream_event("MOE_EMAIL_SENT"), stream_event(), stream_event("MOE_EMAIL_VIB"), stream_event("MOE_NEW")]
SOURCE = ("--source", "moengage-streams")


def _lines(*values: Json) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


FILES = {
    "events.json": _lines(*(file_line(event) for event in EVENTS)),
    "batch.json": json.dumps(stream_batch(*EVENTS)),
    "pretty.json": json.dumps(stream_batch(*EVENTS), indent=2),
    "list.json": json.dumps(EVENTS, indent=1),
    "batches.ndjson": _lines(stream_batch(*EVENTS[:2]), stream_batch(*EVENTS[2:])),
}


def _file(desk: Desk, name: str) -> Path:
    file = desk.files / name
    file.write_text(FILES[name], encoding="utf-8")
    return file


def _load(desk: Desk, *files: Path, status: int = 0) -> Json:
    report: Json = desk.run(*desk.loading(*files), *SOURCE, status=status).json
    return report


def test_every_form_of_file_holds_the_same_events(served_desk: Desk) -> None:
    """Whichever comes first brings the events, in all the others they are there already."""
    served_desk.create_workspace()
    packed = served_desk.files / "events.json.gz"
    packed.write_bytes(gzip.compress(FILES["events.json"].encode()))
    files = [packed, *(_file(served_desk, name) for name in FILES)]

    reports = [_load(served_desk, file) for file in files]

    expected = {"rejected": 0, "recognised": 1, "unknown": 1}
    assert reports[0] == {"accepted": 3, "duplicates": 0} | expected
    assert reports[1:] == [{"accepted": 0, "duplicates": 3} | expected] * len(FILES)
    assert served_desk.sent(CAMPAIGN) == 1


def test_without_a_server(desk: Desk) -> None:
    """The folder is opened when nobody serves it."""
    desk.create_workspace()

    assert _load(desk, _file(desk, "events.json"))["accepted"] == 3
    assert desk.sent(CAMPAIGN) == 1


@pytest.mark.parametrize("first", ["nonsense\n", ""])
def test_bad_lines_are_told(served_desk: Desk, first: str) -> None:
    """What cannot be read is told with its place, wherever it stands, and the rest is loaded."""
    served_desk.create_workspace()
    file = served_desk.files / "events.json"
    file.write_text(first + FILES["events.json"] + "more nonsense\n", encoding="utf-8")

    said = served_desk.run(*served_desk.loading(file), *SOURCE, status=1)

    places = [1, 6] if first else [5]
    assert said.json["rejected"] == len(places)
    assert all(f"event {place}: body" in said.err for place in places)


def test_a_kill_after_the_answer_loses_nothing(desk: Desk) -> None:
    """What was answered is there after kill -9: the events, the drafts, and what was set aside."""
    secret = desk.create_workspace("--timezone", "UTC")
    admin = desk.run("key", "create", "--workspace", desk.workspace, "--scope", "admin").json["secret"]
    key = desk.workspace, secret
    batch = stream_batch(*EVENTS, "nonsense")

    with desk.serving() as serving:
        answer = httpx.post(serving.url + DOOR, json=batch, auth=key, timeout=60)
        serving.process.send_signal(signal.SIGKILL)
        serving.process.wait(timeout=60)
    assert answer.json()["accepted"] == 3

    with desk.serving() as serving:
        again = httpx.post(serving.url + DOOR, json=batch, auth=key, timeout=60)
        headers = {"MOE-APPKEY": desk.workspace}
        asked = question(campaign_ids=[CAMPAIGN])
        stats = httpx.post(serving.url + STATS, json=asked, auth=key, headers=headers, timeout=60)
        kept = httpx.get(f"{serving.url}{DOOR}/rejected", auth=(desk.workspace, admin), timeout=60)
    assert again.json()["duplicates"] == 3
    node = stats.json()["data"][CAMPAIGN][0]["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]
    performance = node["all_variations"]["performance_stats"]
    assert (performance["attempted"], performance["sent"], performance["opened"]) == (1, 1, 1)
    assert {one["code"] for one in kept.json()["events"]} == {"malformed", "unknown_code"}
