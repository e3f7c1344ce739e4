"""Pages of lists: the numbers in a query that say which part is asked for."""

from typing import Any

from litestar import Request

from aftersend.errors import InvalidRequest

LARGEST_PAGE = 100
DEFAULT_PAGE = 50
_FARTHEST = 2**31

PAGE_PARAMETERS: list[dict[str, Any]] = [
    {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": _FARTHEST, "default": 0}},
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE},
    },
]
"""How the API document describes the two."""


def query_page(request: Request[Any, Any, Any]) -> tuple[int, int]:
    """Return how many rows of a list are skipped, and how many are wanted.

    Raises:
        InvalidRequest: one of the two is out of its bounds.
    """
    offset = query_number(request, "offset", 0, 0, _FARTHEST)
    return offset, query_number(request, "limit", DEFAULT_PAGE, 1, LARGEST_PAGE)


def query_number(request: Request[Any, Any, Any], name: str, default: int, least: int, most: int) -> int:
    """Return a number of the query within its bounds, or the default.

    Raises:
        InvalidRequest: it is no such number.
    """
    given = request.query_params.get(name)
    if given is None:
        return default
    digits = given.lstrip("0") or given[-1:]
    if not (given.isascii() and given.isdecimal() and len(digits) <= 10 and least <= int(digits) <= most):
        raise InvalidRequest(f"use a whole number from {least} to {most}", name, given)
    return int(digits)
