"""Pages of lists: the numbers in a query that say which part is asked for."""

from typing import Any

from litestar import Request

from aftersend.errors import InvalidRequest


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
