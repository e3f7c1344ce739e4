"""`GET /docs`: the API document as a page on which it can be tried out. Everything it needs comes from here."""

from functools import cache
from importlib.resources import files

from litestar import Response, get
from litestar.params import FromPath

from aftersend.errors import NotFound

PAGE = "index.html"

FILES = {
    PAGE: "text/html",
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Nothing from elsewhere is loaded, run or sent to, and nobody can put the page into a frame of theirs."""


@get("/docs")
async def docs() -> Response[bytes]:
    """Show the page."""
    return _file(PAGE)


@get("/docs/{file:str}")
async def docs_file(file: FromPath[str]) -> Response[bytes]:
    """Show what the page is made of."""
    if file not in FILES:
        raise NotFound("there is nothing at this path")
    return _file(file)


def _file(name: str) -> Response[bytes]:
    return Response(_content(name), media_type=FILES[name], headers=HEADERS)


@cache
def _content(name: str) -> bytes:
    return files("aftersend.api").joinpath("page", name).read_bytes()
