"""`/docs` in a real browser that reaches nothing but this server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from aftersend.api.document import api_document
from aftersend.api.page_routes import FILES, HEADERS
from server import Server


@pytest.fixture
def browser() -> str:
    """Chromium, as Debian has it."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    return found


def test_the_page_shows_every_operation(server: Server, browser: str, tmp_path: Path) -> None:
    """The page comes up without any other host, has every path on it, and breaks no rule of its policy."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--enable-logging=stderr",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]
    shown = subprocess.run(
        [browser, *options, f"{server.url}/docs"], capture_output=True, text=True, timeout=120, check=True
    )

    paths = set(re.findall(r'data-path="([^"]+)"', shown.stdout))
    assert paths == set(api_document()["paths"])
    # The browser has complaints of its own about a network that is not there.
    assert [line for line in shown.stderr.splitlines() if "CONSOLE" in line and server.url in line] == []


@pytest.mark.parametrize("path", ["/docs", *(f"/docs/{name}" for name in FILES)])
def test_every_part_of_the_page_is_guarded(server: Server, path: str) -> None:
    """What is served for browsers carries the policy, and its type cannot be guessed otherwise."""
    answer = httpx.get(server.url + path)

    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["content-type"].count("charset") == 1


@pytest.mark.parametrize("name", ["nothing.js", "LICENSE", "..%2Fsite.py", "%2e%2e/site.py"])
def test_nothing_else_is_served(server: Server, name: str) -> None:
    """Only the files of the page are there, whatever else lies beside them."""
    assert httpx.get(f"{server.url}/docs/{name}").status_code == 404
