"""Asking for reports: what can be asked for, every documented error, how far one has come, giving one up."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from aftersend.domain.reports import MOST_NAMED_CAMPAIGNS, MOST_REPORTS, MOST_UNFINISHED, ReportStatus
from aftersend.domain.workspaces import Scope
from aftersend.reports.maker import Progress, ReportMaker
from builders import Asker, Json, campaign, message_event
from report_files import ask, asked, ended, made, tables
from server import Server


@pytest.fixture
def sender(asker: Asker) -> Asker:
    """Somebody with a campaign that was sent."""
    asker.put_campaign("c1", campaign())
    asker.send(message_event(), message_event("opened"))
    return asker


@contextmanager
def held(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Let each report that is begun wait until it is let go, or cancelled; the semaphore tells of each that begins."""
    begun, go = threading.Semaphore(0), threading.Event()
    really = ReportMaker._write_batch

    def slowly(self: ReportMaker, *given: Any) -> int:
        begun.release()
        assert go.wait(60)
        return really(self, *given)

    monkeypatch.setattr(ReportMaker, "_write_batch", slowly)
    try:
        yield begun
    finally:
        go.set()
        monkeypatch.undo()


def test_a_report_is_noted_made_and_listed(sender: Asker) -> None:
    """The answer says where to look; when it is ready its size and its rows are known; it can be removed."""
    answer = ask(sender, filter={"channels": ["EMAIL"]})

    begun = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/reports/{begun['id']}"
    assert begun["status"] in ("waiting", "running")
    assert begun["request"]["filter"]["channels"] == ["EMAIL"]
    assert (begun["request"]["granularity"], begun["request"]["format"]) == ("aggregate", "csv")
    ready = ended(sender, begun["id"])
    assert (ready["campaigns"], ready["rows"], ready["progress"]) == (1, 1, 100)
    assert ready["file_bytes"] > 100
    assert ready["requested_at"] <= ready["finished_at"]
    second = made(sender, name="Second")
    listed = sender.request("GET", "/v1/reports").json()
    assert [one["id"] for one in listed["reports"]] == [second["id"], begun["id"]]
    page = sender.request("GET", "/v1/reports", params={"offset": 1, "limit": 1}).json()
    assert ([one["id"] for one in page["reports"]], page["total"]) == ([begun["id"]], 2)
    assert sender.request("DELETE", f"/v1/reports/{begun['id']}").status_code == 204
    assert sender.request("GET", f"/v1/reports/{begun['id']}").status_code == 404
    assert sender.request("DELETE", f"/v1/reports/{begun['id']}").status_code == 404


BAD: list[tuple[Json, str]] = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "a/b"}, "name"),
    ({"name": "a|b"}, "name"),
    ({"name": "../x"}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"name": 'a"b'}, "name"),
    ({"name": " a"}, "name"),
    ({"start_date": None}, "start_date"),
    ({"start_date": "2026-02-30"}, "start_date"),
    ({"start_date": "01.01.2026"}, "start_date"),
    ({"end_date": "2025-12-31"}, "end_date"),
    ({"end_date": "2026-04-01"}, "end_date"),
    ({"end_date": 5}, "end_date"),
    ({"campaign_ids": "c1"}, "campaign_ids"),
    ({"campaign_ids": [""]}, "campaign_ids[0]"),
    ({"campaign_ids": ["a b"]}, "campaign_ids[0]"),
    ({"campaign_ids": ["c1", "c1"]}, "campaign_ids"),
    ({"campaign_ids": [f"c{place}" for place in range(MOST_NAMED_CAMPAIGNS + 1)]}, "campaign_ids"),
    ({"campaign_ids": ["c1"], "filter": {"tags": ["a"]}}, "filter"),
    ({"filter": {"channels": ["FAX"]}}, "filter.channels[0]"),
    ({"filter": {"channels": ["SMS", "SMS"]}}, "filter.channels"),
    ({"filter": {"delivery_types": ["x"]}}, "filter.delivery_types[0]"),
    ({"filter": {"tags": [1]}}, "filter.tags[0]"),
    ({"filter": {"created_from": "2026-01-02", "created_to": "2026-01-01"}}, "filter.created_to"),
    ({"filter": {"status": "x"}}, "filter.status"),
    ({"granularity": "hour"}, "granularity"),
    ({"split_by": ["platform"]}, "split_by[0]"),
    ({"split_by": ["locale", "locale"]}, "split_by"),
    ({"attribution_types": []}, "attribution_types"),
    ({"attribution_types": ["FIRST"]}, "attribution_types[0]"),
    ({"format": "pdf"}, "format"),
    ({"delimiter": "\t"}, "delimiter"),
    ({"delimiter": ";", "format": "xlsx"}, "delimiter"),
    ({"more": 1}, "more"),
]


@pytest.mark.parametrize(("fields", "field"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_request_names_its_field(asker: Asker, fields: Json, field: str) -> None:
    """What cannot be used is told with the field and a sentence, and nothing is noted."""
    body = {name: value for name, value in (asked() | fields).items() if value is not None}

    answer = asker.request("POST", "/v1/reports", json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (400, field), answer.text
    assert error["message"]
    assert asker.request("GET", "/v1/reports").json()["total"] == 0


def test_bodies_that_are_no_request(asker: Asker) -> None:
    """What is no JSON object is refused as a whole, and so is what is too large."""
    for body, status in ((b"{", 400), (b"[]", 400), (b"", 400), (b" " * 2**21, 413)):
        assert asker.request("POST", "/v1/reports", content=body).status_code == status


def test_who_may(server: Server, asker: Asker) -> None:
    """A key needs the scope reports:download; every path says so."""
    without = server.create_key(asker.workspace_id, Scope.STATS_READ, Scope.CAMPAIGNS_WRITE, Scope.EVENTS_WRITE)
    enough = server.create_key(asker.workspace_id, Scope.REPORTS_DOWNLOAD)
    calls = [
        ("POST", "/v1/reports"),
        ("GET", "/v1/reports"),
        ("GET", "/v1/reports/x"),
        ("DELETE", "/v1/reports/x"),
        ("GET", "/v1/reports/x/file"),
    ]

    for method, path in calls:
        assert asker.request(method, path, auth=(asker.workspace_id, without)).status_code == 403
        assert asker.request(method, path, auth=(asker.workspace_id, "wrong")).status_code == 401
    assert asker.request("POST", "/v1/reports", json=asked(), auth=(asker.workspace_id, enough)).status_code == 202
    assert asker.request("GET", "/v1/reports", params={"limit": "0"}).json()["error"]["field"] == "limit"


def test_the_same_name_on_the_same_day(sender: Asker) -> None:
    """A name is taken until its report is removed."""
    report = made(sender)

    again = ask(sender)
    assert (again.status_code, again.json()["error"]["field"]) == (409, "name")
    assert ask(sender, name="Report_- test").status_code == 409
    sender.request("DELETE", f"/v1/reports/{report['id']}")
    assert ask(sender).status_code == 202


def test_reports_are_bounded(server: Server, sender: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many can wait, and so many can be there; the rest is refused with what to do."""
    with held(server, monkeypatch):
        for place in range(MOST_UNFINISHED):
            assert ask(sender, name=f"Waiting {place}").status_code == 202
        refused = ask(sender, name="One more")
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "reports")
    for one in sender.request("GET", "/v1/reports").json()["reports"]:
        ended(sender, one["id"])
    reports = server.parts.registry.reports
    for place in range(MOST_REPORTS - MOST_UNFINISHED):
        workspace = server.parts.registry.workspaces.get(sender.workspace_id)
        spec = reports.page(sender.workspace_id, 0, 1)[0][0].spec
        noted = reports.add(workspace, replace(spec, name=f"Old {place}"), "test", server.parts.services.now())
        reports.change(noted, status=ReportStatus.FAILED)
    refused = ask(sender, name="One more")
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "reports")


def test_progress_is_seen(server: Server, sender: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is made it says how far it has come; others wait."""
    with held(server, monkeypatch) as begun:
        first = ask(sender, name="First", granularity="day").json()
        second = ask(sender, name="Second").json()
        assert begun.acquire(timeout=60)
        shown = sender.request("GET", f"/v1/reports/{first['id']}").json()
        waiting = sender.request("GET", f"/v1/reports/{second['id']}").json()
    assert (shown["status"], shown["progress"], shown["campaigns"]) == ("running", 0, 1)
    assert (waiting["status"], waiting["progress"]) == ("waiting", 0)
    assert Progress("x", done=1, of=3).percent == 33.3
    ended(sender, second["id"])


def test_a_report_that_is_being_made_can_be_removed(
    server: Server, sender: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends soon, leaves nothing in the folder, and the next one is made."""
    with held(server, monkeypatch) as begun:
        first = ask(sender, name="First", granularity="day").json()
        assert begun.acquire(timeout=60)
        assert sender.request("DELETE", f"/v1/reports/{first['id']}").status_code == 204
    made(sender, name="Second")

    assert sender.request("GET", f"/v1/reports/{first['id']}").status_code == 404
    assert not list((server.folder.parent / "reports").glob(f"{first['id']}*"))


def test_which_campaigns(asker: Asker) -> None:
    """Ids name campaigns and, in a split, their children; a filter selects by all of its fields together."""
    asker.put_campaign("parent", campaign(delivery_type="PERIODIC", tags=["a"], created_at="2026-01-01T00:00:00Z"))
    asker.put_campaign("child", campaign(parent_campaign_id="parent", created_at="2026-01-02T00:00:00Z"))
    asker.put_campaign("text", campaign("SMS", tags=["a", "b"], created_at="2026-01-03T23:59:59Z"))
    asker.put_campaign("called", campaign(delivery_type="API_TRIGGERED", created_at="2026-01-04T00:00:00Z"))
    cases: list[tuple[Json, set[str]]] = [
        ({}, {"parent", "child", "text"}),
        ({"split_by": []}, {"parent", "text"}),
        ({"campaign_ids": ["parent", "nobody"]}, {"parent", "child"}),
        ({"campaign_ids": ["parent"], "split_by": ["locale"]}, {"parent"}),
        ({"campaign_ids": ["child", "called"], "split_by": []}, {"child", "called"}),
        ({"filter": {"channels": ["SMS"]}}, {"text"}),
        ({"filter": {"tags": ["b", "c"]}}, {"text"}),
        ({"filter": {"tags": ["a"]}}, {"parent", "text"}),
        ({"filter": {"delivery_types": ["API_TRIGGERED", "PERIODIC"]}}, {"parent", "called"}),
        ({"filter": {"created_from": "2026-01-02", "created_to": "2026-01-03"}}, {"child", "text"}),
        ({"filter": {"created_from": "2030-01-01"}}, set()),
    ]
    for place, (fields, expected) in enumerate(cases):
        found = tables(asker, name=f"Case {place}", **fields)
        rows = {row["Campaign ID"]: row for table in found.values() for row in table}
        assert set(rows) == expected, fields
        if "child" in rows:
            assert rows["child"]["Parent Campaign ID"] == "parent"
        if "parent" in rows:
            assert rows["parent"]["Parent Campaign ID"] == ""


def test_names_of_people_are_kept(asker: Asker) -> None:
    """Delimiters, quotes, line ends and what looks like a formula come back as they were sent, in every format."""
    names = ['=1+1 "quoted", a;b|c:d', "@x", "zwei\nZeilen", "名前 'x'", "https://example.org"]
    for place, name in enumerate(names):
        asker.put_campaign(f"c{place}", campaign(name=name, created_at=f"2026-01-0{place + 1}T00:00:00Z"))
    kinds: list[Json] = [{"delimiter": one} for one in ",|:;"] + [{"format": "parquet"}, {"format": "xlsx"}]
    for place, kind in enumerate(kinds):
        (table,) = tables(asker, name=f"Kind {place}", **kind).values()
        assert [row["Campaign Name"] for row in table] == names


def test_a_question_goes_first(server: Server, sender: Asker) -> None:
    """A report's reads wait while somebody else reads, but not for ever."""
    engine = server.parts.stats.engine._bare  # type: ignore[attr-defined]
    begun = time.monotonic()
    running = engine.start("SELECT sleep(0.3)")
    while not engine._lent:
        time.sleep(0.001)
    engine.select_patiently("SELECT 1")
    waited = time.monotonic() - begun

    running.result()
    assert 0.25 < waited < 5
