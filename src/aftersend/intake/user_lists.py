"""Lists of users as they are uploaded: JSON, or text with one id a line."""

import csv
import io
from typing import Annotated

import msgspec
from msgspec import Meta

from aftersend.domain.events import USER_ID_LIMIT
from aftersend.domain.global_group import UPLOADED_USERS_LIMIT
from aftersend.domain.problems import check_text
from aftersend.errors import InvalidRequest, Unparseable
from aftersend.intake.decode import UNREADABLE, invalid_field


class UserListBody(msgspec.Struct, forbid_unknown_fields=True):
    """The users of a global control group."""

    users: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=USER_ID_LIMIT, examples=["user-42"])]],
        Meta(description=f"Up to {UPLOADED_USERS_LIMIT:,} ids; one that is named twice counts once."),
    ]


def read_users(body: bytes, *, lines: bool) -> list[str]:
    """Return the users of a list, each once, in order.

    Raises:
        InvalidRequest: one of them cannot be a user's id, or there are too many.
        Unparseable: this is no list.
    """
    places = _lines(body) if lines else {f"users[{place}]": user for place, user in enumerate(_json(body))}
    for place, user in places.items():
        if problem := check_text(place, user, USER_ID_LIMIT):
            raise InvalidRequest(problem.message, problem.field, problem.value)
    users = list(dict.fromkeys(places.values()))
    if len(users) > UPLOADED_USERS_LIMIT:
        raise InvalidRequest(f"a list can have up to {UPLOADED_USERS_LIMIT:,} users", "users", len(users))
    return users


def _json(body: bytes) -> list[str]:
    try:
        return msgspec.json.decode(body, type=UserListBody).users
    except msgspec.ValidationError as error:
        raise invalid_field(error) from error
    except UNREADABLE as error:
        raise Unparseable("the body is not JSON; text with one id a line is text/csv") from error


def _lines(body: bytes) -> dict[str, str]:
    """The users by the line they are on; empty lines are passed over."""
    users: dict[str, str] = {}
    try:
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        for row in rows:
            if len(row) > 1:
                raise InvalidRequest("one user id a line, and nothing else", f"line {rows.line_num}")
            if row and row[0].strip():
                users[f"line {rows.line_num}"] = row[0]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unparseable(f"this is not CSV in UTF-8: {error}") from error
    return users
