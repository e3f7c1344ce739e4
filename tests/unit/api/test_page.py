"""The page of the API: what it is made of is what was released, and nothing of it points elsewhere."""

import hashlib
import re
from importlib.resources import files

import pytest

from aftersend.api.page_routes import FILES, HEADERS, PAGE

RELEASED = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}
"""The SHA-256 of the files in swagger-ui-dist 5.35.0."""


def _content(name: str) -> bytes:
    return files("aftersend.api").joinpath("page", name).read_bytes()


@pytest.mark.parametrize("name", RELEASED)
def test_the_files_of_others_are_as_released(name: str) -> None:
    """Nobody has changed what is somebody else's work."""
    assert hashlib.sha256(_content(name)).hexdigest() == RELEASED[name]


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"])
def test_the_licences_are_there(name: str) -> None:
    """The licence, the notice and the licences of what is in the bundle travel with it."""
    assert _content(name)


def test_the_page_asks_nobody_else() -> None:
    """Our own part names no other host, and loads only files that are served; the policy allows no others."""
    own = {name for name in FILES if name not in RELEASED}
    assert own == {PAGE, "start.js"}
    for name in own:
        assert not re.search(rb"https?:|//[a-z]", _content(name).replace(b"// Shows", b""))
    page = _content(PAGE).decode()
    loaded = re.findall(r'(?:src|href)="docs/([^"]+)"', page)
    assert set(loaded) == set(FILES) - {PAGE}
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy.split("script-src")[1].split(";")[0]
