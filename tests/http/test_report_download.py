"""The signed download, row by row of its contract: the signature and its place, the name, the age, the answers."""

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from aftersend.api.limits import CallLimits
from aftersend.domain.workspaces import Feature, Scope
from aftersend.errors import Conflict, Misconfigured
from aftersend.registry.report_keys import ReportKeys
from aftersend.reports.secrets import ReportSecrets
from builders import Asker, Json, campaign, message_event
from report_files import REST, ask, download, ended, made, report_key, signature
from server import Server

SiteWith = Callable[..., Callable[..., httpx.Response]]


class Shelf:
    """Somebody with a report that is ready and a secret to sign its name with."""

    def __init__(self, server: Server, asker: Asker) -> None:
        asker.put_campaign("c1", campaign())
        asker.send(message_event())
        self.asker = asker
        self.report = made(asker)
        self.secret = report_key(server, asker.workspace_id)

    @property
    def filename(self) -> str:
        """Return FILENAME."""
        found: str = self.report["filename"]
        return found

    def sign(self, filename: str | None = None) -> str:
        """Sign the name of the report, or another one."""
        return signature(self.asker.workspace_id, filename or self.filename, self.secret)

    def get(self, filename: str | None = None, **options: Any) -> httpx.Response:
        """Download the report, or another one; the name is signed unless something else is said."""
        name = filename or self.filename
        if "headers" not in options and "params" not in options:
            options["headers"] = {"Signature": self.sign(name)}
        return download(self.asker.url, self.asker.workspace_id, name, **options)


@pytest.fixture
def shelf(server: Server, asker: Asker) -> Shelf:
    """A report that is ready."""
    return Shelf(server, asker)


def _refusal(answer: httpx.Response, status: int = 400) -> Json:
    assert answer.status_code == status, answer.text
    found: Json = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert set(found) == {"attribute", "message", "type", "request_id"}
    assert found["request_id"] == answer.headers["x-request-id"]
    return found


def _unsigned(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (401, {})
    assert answer.headers["content-type"] == "application/json"
    assert "www-authenticate" not in answer.headers


def test_a_signed_name_is_downloaded(shelf: Shelf) -> None:
    """200, a zip file under its name, with a table and the formulas; no sign-in is needed."""
    answer = shelf.get()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{shelf.filename}"')
    assert int(answer.headers["content-length"]) == len(answer.content) == shelf.report["file_bytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert sorted(opened.namelist()) == ["README.txt", "Report_-_test_EMAIL.csv"]
        text = opened.read("README.txt").decode()
    assert "unique opened / (total delivered) x 100" in text
    assert answer.request.url.path == shelf.report["download_path"]


def test_the_signature_in_the_header_or_the_query(shelf: Shelf) -> None:
    """Either place will do, and the header wins whether it is right or wrong."""
    good, bad = shelf.sign(), "0" * 64

    assert shelf.get(headers={"Signature": good}).status_code == 200
    assert shelf.get(headers={"signature": good}).status_code == 200
    assert shelf.get(params={"Signature": good}).status_code == 200
    assert shelf.get(headers={"Signature": good}, params={"Signature": bad}).status_code == 200
    _unsigned(shelf.get(headers={"Signature": bad}, params={"Signature": good}))


def test_a_bad_or_missing_signature(shelf: Shelf) -> None:
    """401 with an empty object, whatever is wrong with it, and before anything is said about the file."""
    good = shelf.sign()
    for shown in (
        "",
        "x",
        good.upper(),
        good[:-1],
        good + "0",
        signature(shelf.asker.workspace_id, shelf.filename, shelf.asker.secret),
        signature("another", shelf.filename, shelf.secret),
        shelf.sign("Other_20260101.zip"),
    ):
        _unsigned(shelf.get(headers={"Signature": shown}))
        _unsigned(shelf.get(params={"Signature": shown}))
    _unsigned(shelf.get(headers={"Signature": "é".encode()}))
    _unsigned(shelf.get(headers={}))
    _unsigned(shelf.get("Nothing_20260101.zip", headers={"Signature": good}))
    _unsigned(shelf.get("Nothing_20260101.zip", headers={}))


def test_basic_and_dates_are_ignored(shelf: Shelf) -> None:
    """What older clients send beside the signature changes nothing, and opens nothing."""
    more = {"start_date": "2026-01-01", "end_date": "2026-01-02"}
    key = (shelf.asker.workspace_id, shelf.asker.secret)

    assert shelf.get(headers={"Signature": shelf.sign()}, params=more, auth=("a", "b")).status_code == 200
    _unsigned(shelf.get(headers={}, params=more, auth=key))


@pytest.mark.parametrize(
    "name",
    ["Nothing_20260101.zip", "Report - test", "..", "../../registry.sqlite3", "a/b.zip", "名前.zip", "%00", "x" * 500],
)
def test_an_unknown_name(shelf: Shelf, name: str) -> None:
    """400 that names FILENAME, however strange the name is."""
    headers = {"Signature": signature(shelf.asker.workspace_id, name, shelf.secret)}
    path = f"{REST}/{shelf.asker.workspace_id}/" + "".join(f"%{byte:02X}" for byte in name.encode())

    found = _refusal(httpx.get(shelf.asker.url + path, headers=headers))

    assert (found["attribute"], found["type"]) == ("FILENAME", "BAD REQUEST")


def test_no_name_at_all(shelf: Shelf) -> None:
    """A path that stops early is refused like a wrong name."""
    app_id = shelf.asker.workspace_id
    headers = {"Signature": signature(app_id, "", shelf.secret)}

    for path in (f"{REST}/{app_id}", f"{REST}/{app_id}/"):
        assert _refusal(httpx.get(shelf.asker.url + path, headers=headers))["attribute"] == "FILENAME"


def test_a_wrong_app_id(shelf: Shelf, new_workspace: Callable[..., Asker]) -> None:
    """An unknown workspace is a 400; the name of another one's report is not found there."""
    name = shelf.filename
    headers = {"Signature": signature("nobody", name, shelf.secret)}
    found = _refusal(download(shelf.asker.url, "nobody", name, headers=headers))
    assert (found["attribute"], found["type"]) == ("APP_ID", "BAD REQUEST")

    other = new_workspace().workspace_id
    _unsigned(download(shelf.asker.url, other, name, headers={"Signature": signature(other, name, shelf.secret)}))


def test_another_workspace_sees_nothing(server: Server, shelf: Shelf, new_workspace: Callable[..., Asker]) -> None:
    """With a key and a secret of its own it neither finds nor removes the report."""
    other = new_workspace()
    secret = report_key(server, other.workspace_id)
    signed = {"Signature": signature(other.workspace_id, shelf.filename, secret)}
    path = f"/v1/reports/{shelf.report['id']}"

    assert _refusal(download(other.url, other.workspace_id, shelf.filename, headers=signed))["attribute"] == "FILENAME"
    for method, where in (("GET", path), ("GET", f"{path}/file"), ("DELETE", path)):
        assert other.request(method, where).status_code == 404
    assert other.request("GET", "/v1/reports").json()["total"] == 0
    assert shelf.get().status_code == 200


def test_seven_days_and_one_second(shelf: Shelf, site_with: SiteWith) -> None:
    """A report can be downloaded for seven days, and not a second longer."""
    asked_at = datetime.fromisoformat(shelf.report["requested_at"])
    assert datetime.fromisoformat(shelf.report["expires_at"]) == asked_at + timedelta(days=7)
    path, headers = f"{REST}/{shelf.asker.workspace_id}/{shelf.filename}", {"Signature": shelf.sign()}
    native = f"/v1/reports/{shelf.report['id']}/file"

    last = site_with(now=lambda: asked_at + timedelta(days=7))
    after = site_with(now=lambda: asked_at + timedelta(days=7, seconds=1))

    assert last(shelf.asker, "GET", path, headers=headers).status_code == 200
    assert last(shelf.asker, "GET", native).status_code == 200
    found = _refusal(after(shelf.asker, "GET", path, headers=headers))
    assert (found["attribute"], found["message"]) == ("FILENAME", "the report is older than seven days")
    assert after(shelf.asker, "GET", native).status_code == 404


def test_old_files_are_removed(server: Server, shelf: Shelf) -> None:
    """Upkeep removes the file and the report once nobody can download it."""
    reporter = server.parts.services.reporter
    file = server.folder.parent / "reports" / f"{shelf.report['id']}.zip"
    asked_at = datetime.fromisoformat(shelf.report["requested_at"])

    reporter.remove_expired(asked_at + timedelta(days=7))
    assert file.exists()
    reporter.remove_expired(asked_at + timedelta(days=7, seconds=1))

    assert not file.exists()
    assert shelf.asker.request("GET", f"/v1/reports/{shelf.report['id']}").status_code == 404
    assert _refusal(shelf.get())["attribute"] == "FILENAME"


def test_the_content_type_can_be_switched(shelf: Shelf, site_with: SiteWith) -> None:
    """Clients that insist on the documented type get it."""
    site = site_with(report_content_type="application/gzip")

    answer = site(
        shelf.asker,
        "GET",
        f"{REST}/{shelf.asker.workspace_id}/{shelf.filename}",
        headers={"Signature": shelf.sign()},
    )

    assert answer.headers["content-type"] == "application/gzip"
    assert zipfile.is_zipfile(io.BytesIO(answer.content))


def test_the_name_of_the_file(server: Server, asker: Asker) -> None:
    """Spaces become underscores, then the day on which it was asked for, in the zone of the workspace; any script."""
    asker.put_campaign("c1", campaign())
    today = f"{server.parts.services.now():%Y%m%d}"
    secret = report_key(server, asker.workspace_id)
    for name, stem in (
        ("Report - test", "Report_-_test"),
        ("Été (2). b", "Été_(2)._b"),
        ("a  b", "a__b"),
        ("名" * 100, "名" * 100),
    ):
        report = made(asker, name=name)
        filename = report["filename"]

        assert filename == f"{stem}_{today}.zip"
        answer = download(
            asker.url,
            asker.workspace_id,
            filename,
            headers={"Signature": signature(asker.workspace_id, filename, secret)},
        )
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f"''{quote(filename)}")


def test_the_day_in_the_name_is_the_workspaces(new_workspace: Callable[..., Asker], server: Server) -> None:
    """Where it is tomorrow already, the name says so."""
    far = new_workspace("Pacific/Kiritimati")
    report = made(far)
    asked_at = datetime.fromisoformat(report["requested_at"]) + timedelta(hours=14)

    assert report["filename"] == f"Report_-_test_{asked_at:%Y%m%d}.zip"


def test_a_report_that_is_not_there_yet(server: Server, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that waits, or that has failed, is a 400 that says so."""
    reporter = server.parts.services.reporter
    monkeypatch.setattr(reporter._folder, "_most_bytes", 0)
    failed = ended(shelf.asker, ask(shelf.asker, name="Two").json()["id"])

    assert failed["status"] == "failed"
    assert "MiB of the disk" in failed["error"]
    found = _refusal(shelf.get(failed["filename"]))
    assert found["message"] == "the report could not be made; ask for another one"
    assert shelf.asker.request("GET", f"/v1/reports/{failed['id']}/file").status_code == 404


def test_switched_off(server: Server, shelf: Shelf) -> None:
    """Where reports are switched off for the workspace, a good signature gets 403 and so does a key."""
    server.parts.registry.workspaces.update(shelf.asker.workspace_id, features_off=frozenset({Feature.REPORTS}))

    assert _refusal(shelf.get(), 403)["type"] == "FORBIDDEN"
    assert ask(shelf.asker, name="Other").status_code == 403
    _unsigned(shelf.get(headers={"Signature": "0" * 64}))


def test_guesses_are_throttled(shelf: Shelf, site_with: SiteWith) -> None:
    """An address that keeps showing bad signatures is told to wait."""
    site = site_with(limits=CallLimits("memory://", 3, lambda: 0.0))
    path = f"{REST}/{shelf.asker.workspace_id}/{shelf.filename}"

    answers = [site(shelf.asker, "GET", path, headers={"Signature": "0"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert _refusal(answers[3], 429)["type"] == "TOO MANY REQUESTS"
    assert int(answers[3].headers["retry-after"]) >= 1
    assert site(shelf.asker, "GET", path, headers={"Signature": shelf.sign()}).status_code == 200


def test_other_methods(shelf: Shelf) -> None:
    """405 in the envelope of these paths."""
    answer = httpx.post(f"{shelf.asker.url}{REST}/{shelf.asker.workspace_id}/{shelf.filename}")

    assert _refusal(answer, 405)["type"] == "METHOD NOT ALLOWED"


def test_two_secrets_overlap(server: Server, shelf: Shelf) -> None:
    """The old secret works beside the new one until it is revoked; a third one has to wait."""
    keys, reporter = server.parts.registry.report_keys, server.parts.services.reporter
    workspace = shelf.asker.workspace_id
    (old,) = keys.valid(workspace)
    second = report_key(server, workspace)

    with pytest.raises(Conflict, match="revoke one"):
        report_key(server, workspace)
    assert shelf.get().status_code == 200
    assert shelf.get(headers={"Signature": signature(workspace, shelf.filename, second)}).status_code == 200
    keys.revoke(workspace, old.id, server.parts.services.now())
    _unsigned(shelf.get())
    assert shelf.get(headers={"Signature": signature(workspace, shelf.filename, second)}).status_code == 200
    assert list(reporter.secrets.usable(workspace).values()) == [True]


def test_secrets_are_nowhere(server: Server, shelf: Shelf) -> None:
    """No file has the secret in it; the key file is for its owner alone."""
    data = server.folder.parent
    key_file = data / "report.key"

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    for file in data.glob("*"):
        if file.is_file():
            assert shelf.secret.encode() not in file.read_bytes(), file.name


def test_another_key_file_makes_no_old_secret(server: Server, shelf: Shelf, tmp_path: Path) -> None:
    """With another key file the keys of the registry are useless, and are said to be."""
    keys = ReportKeys(server.parts.registry.database)
    other = ReportSecrets(tmp_path, keys)
    workspace = shelf.asker.workspace_id
    (key,) = keys.valid(workspace)

    assert not other.signed(workspace, shelf.filename, shelf.sign())
    assert other.usable(workspace) == {key.id: False}
    assert other.secret_of(workspace, key.id) != shelf.secret
    assert other.secret_of(workspace, key.id) == other.secret_of(workspace, key.id)
    assert other.usable(workspace) == {key.id: False}
    (tmp_path / "report.key").write_text("spoilt")
    with pytest.raises(Misconfigured, match="cannot be read"):
        other.secret_of(workspace, key.id)


def test_a_report_key_opens_nothing_else(server: Server, shelf: Shelf) -> None:
    """The secret that signs is no key, and a key is no secret that signs."""
    workspace = shelf.asker.workspace_id
    key = server.create_key(workspace, Scope.REPORTS_DOWNLOAD)

    assert shelf.asker.request("GET", "/v1/reports", auth=(workspace, shelf.secret)).status_code == 401
    _unsigned(shelf.get(headers={"Signature": signature(workspace, shelf.filename, key)}))
