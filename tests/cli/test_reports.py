"""Reports on the command line: over HTTP where a server runs, on the folder where none does; and their keys."""

import stat
import zipfile

import httpx
import pytest

from builders import Json, campaign, message_event
from cli.desk import Desk, Serving
from report_files import download, read_csv, signature

SPAN = ("--start", "2026-01-01", "--end", "2026-01-31")


def _filled(desk: Desk) -> Desk:
    desk.create_workspace()
    desk.put_campaigns(campaign(id="c1"), campaign("SMS", id="c2", tags=["a"]))
    desk.load(desk.write("events.ndjson", message_event(), message_event("opened"), message_event(campaign_id="c2")))
    return desk


@pytest.fixture(params=["free", "served"])
def filled(request: pytest.FixtureRequest) -> Desk:
    """Two campaigns, on a free folder and on that of a server."""
    return _filled(request.getfixturevalue("desk" if request.param == "free" else "served_desk"))


def _create(desk: Desk, name: str, *words: str) -> Json:
    made: Json = desk.run("report", "create", name, "--workspace", desk.workspace, *SPAN, *words).json
    return made


def test_a_report_is_made_listed_and_downloaded(filled: Desk) -> None:
    """The command waits until it is ready; the file has the rows that were asked for."""
    workspace = ("--workspace", filled.workspace)

    made = _create(filled, "My report", "--channel", "SMS", "--tag", "a", "--by-day", "--delimiter", ";")

    assert (made["status"], made["rows"], made["requested_by"]) == ("ready", 1, "operator")
    got = filled.run("report", "download", made["id"], *workspace).json
    assert got["bytes"] == made["file_bytes"]
    with zipfile.ZipFile(filled.files / made["filename"]) as opened:
        (row,) = read_csv(opened.read("My_report_SMS.csv"), ";")
    assert (row["Campaign ID"], row["Date"], row["Sent"]) == ("c2", "2026-01-01", "1")
    listed = filled.run("report", "list", *workspace).out
    assert made["filename"] in listed
    assert "1 reports" in listed
    filled.run("report", "delete", made["id"], *workspace)
    assert filled.run("report", "list", *workspace, "--json").json["reports"] == []
    assert "no report" in filled.run("report", "download", made["id"], *workspace, status=1).err
    assert not list(filled.files.glob(".*part"))


@pytest.mark.parametrize(("place", "status"), [("desk", 2), ("served_desk", 1)])
def test_what_cannot_be_asked_for(request: pytest.FixtureRequest, place: str, status: int) -> None:
    """What is wrong is said, on a folder and by a server."""
    desk = _filled(request.getfixturevalue(place))
    words = ("--workspace", desk.workspace, "--start", "2026-01-01", "--end", "2026-06-01")

    assert "up to 90 days" in desk.run("report", "create", "Long", *words, status=status).err


def test_a_report_waits_for_a_server(desk: Desk) -> None:
    """One that nobody waits for is made by the next who opens the folder."""
    _filled(desk)
    begun = _create(desk, "Later", "--no-wait")
    assert begun["status"] in ("waiting", "running")

    made = _create(desk, "Sooner")

    reports = desk.run("report", "list", "--workspace", desk.workspace, "--json").json["reports"]
    assert {one["id"]: one["status"] for one in reports} == {begun["id"]: "ready", made["id"]: "ready"}


def test_keys_that_sign(serving: Serving, served_desk: Desk) -> None:
    """The secret is shown once and opens the download of a running server; two overlap; a revoked one opens nothing."""
    desk = _filled(served_desk)
    workspace = ("--workspace", desk.workspace)
    made = _create(desk, "Signed")

    def signed(secret: str) -> httpx.Response:
        shown = {"Signature": signature(desk.workspace, made["filename"], secret)}
        return download(serving.url, desk.workspace, made["filename"], headers=shown)

    first = desk.run("report", "key", "create", *workspace).json
    second = desk.run("report", "key", "create", *workspace).json
    assert (signed(first["secret"]).status_code, signed(second["secret"]).status_code) == (200, 200)
    assert "revoke" in desk.run("report", "key", "create", *workspace, status=2).err
    desk.run("report", "key", "revoke", first["id"], *workspace)
    assert (signed(first["secret"]).status_code, signed(second["secret"]).status_code) == (401, 200)
    listed = desk.run("report", "key", "list", *workspace, "--json")
    assert [(one["id"], one["usable"]) for one in listed.json] == [(first["id"], False), (second["id"], True)]
    assert second["secret"] not in listed.out
    assert "yes" in desk.run("report", "key", "list", *workspace).out
    assert desk.run("report", "key", "revoke", "x", *workspace, status=1).err
    assert stat.S_IMODE((desk.data / "report.key").stat().st_mode) == 0o600
