"""Reports as a client sees them: asked for, waited for, signed, downloaded, and read with readers of others."""

import csv
import hashlib
import io
import time
import zipfile
from typing import Any
from urllib.parse import quote

import httpx
import openpyxl
import pyarrow.parquet as pq

from builders import Asker, Json
from server import Server

REST = "/campaign_reports/rest_api"
Table = list[dict[str, Any]]

_PATIENCE_SECONDS = 240


def asked(name: str = "Report - test", **fields: Any) -> Json:
    """Build a request for a report about January 2026."""
    return {"name": name, "start_date": "2026-01-01", "end_date": "2026-01-31"} | fields


def ask(asker: Asker, **fields: Any) -> httpx.Response:
    """Ask for a report."""
    return asker.request("POST", "/v1/reports", json=asked(**fields))


def ended(asker: Asker, report_id: str) -> Json:
    """Wait until a report is ready or has failed."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found: Json = asker.request("GET", f"/v1/reports/{report_id}").json()
        if found["status"] in ("ready", "failed"):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def made(asker: Asker, **fields: Any) -> Json:
    """Have a report made and return it; it must become ready."""
    answer = ask(asker, **fields)
    assert answer.status_code == 202, answer.text
    found = ended(asker, answer.json()["id"])
    assert (found["status"], found["error"], found["progress"]) == ("ready", None, 100)
    return found


def report_key(server: Server, workspace_id: str) -> str:
    """Make a report key and return its secret."""
    reports = server.parts.services.reporter.secrets
    keys = server.parts.registry.report_keys
    return keys.create(workspace_id, reports.secret_of, server.parts.services.now())[1]


def signature(app_id: str, filename: str, secret: str) -> str:
    """Sign a name as the contract says."""
    return hashlib.sha256(f"{app_id}|{filename}|{secret}".encode()).hexdigest()


def download(url: str, app_id: str, filename: str, **options: Any) -> httpx.Response:
    """Get a file by its name."""
    return httpx.get(f"{url}{REST}/{quote(app_id)}/{quote(filename)}", timeout=60, **options)


def archive(asker: Asker, report: Json) -> dict[str, bytes]:
    """Return the files of a report by name."""
    answer = asker.request("GET", f"/v1/reports/{report['id']}/file")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def tables(asker: Asker, **fields: Any) -> dict[str, Table]:
    """Have a report made and return the rows of each file by the file's name, without what it ends with."""
    files = archive(asker, made(asker, **fields))
    kind = fields.get("format", "csv")
    readers = {"csv": lambda content: read_csv(content, fields.get("delimiter", ",")), "parquet": read_parquet}
    reader = readers.get(kind, read_excel)
    return {name.removesuffix(f".{kind}"): reader(found) for name, found in files.items() if name != "README.txt"}


def read_csv(content: bytes, delimiter: str = ",") -> Table:
    """Read CSV: every value is a text."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=delimiter, strict=True))


def read_parquet(content: bytes) -> Table:
    """Read Parquet."""
    found: Table = pq.read_table(io.BytesIO(content)).to_pylist()
    return found


def read_excel(content: bytes) -> Table:
    """Read the sheets of an Excel file, one after the other."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    rows: Table = []
    for sheet in book.worksheets:
        head, *others = sheet.iter_rows(values_only=True)
        rows += [dict(zip(head, row, strict=True)) for row in others]
    return rows
