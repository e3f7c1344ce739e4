"""Lists of users: JSON and text, and what is told of one that cannot be read."""

import json

import pytest

from aftersend.domain import global_group
from aftersend.errors import InvalidRequest
from aftersend.intake import user_lists
from aftersend.intake.user_lists import read_users


def _json(*users: object) -> bytes:
    return json.dumps({"users": users}).encode()


@pytest.mark.parametrize(
    ("body", "users"),
    [
        (b"", []),
        (b"u1\nu2\n", ["u1", "u2"]),
        (b"u1\r\n\r\n \nu2\nu1", ["u1", "u2"]),
        (b"\xef\xbb\xbfu1\n", ["u1"]),
        (b'"a,b"\n"say ""hi"""\n u \n', ["a,b", 'say "hi"', " u "]),
        ("ü\u2028x\n💌".encode(), ["ü\u2028x", "💌"]),
    ],
)
def test_one_id_a_line(body: bytes, users: list[str]) -> None:
    """Text has one id a line, quoted where need be; empty lines and repetitions are passed over."""
    assert read_users(body, lines=True) == users


def test_ids_in_json() -> None:
    """JSON has the ids in an array; a repetition is passed over."""
    assert read_users(_json("u1", "a,b", "u1", " "), lines=False) == ["u1", "a,b", " "]
    assert read_users(_json(), lines=False) == []


@pytest.mark.parametrize(
    ("body", "lines", "field"),
    [
        (b"u1\nu2,x\n", True, "line 2"),
        (b"u1\n\n" + b"x" * 257, True, "line 3"),
        (b"u1\nu\x002", True, "line 2"),
        (b"\xff", True, "body"),
        (b'u1\n"u2', True, "body"),
        (_json("u1", 7), False, "users[1]"),
        (_json("u1", ""), False, "users[1]"),
        (_json("x" * 257), False, "users[0]"),
        (_json("u1", "u2", "u\0"), False, "users[2]"),
        (b"{}", False, "users"),
        (b'{"users": [], "mode": "off"}', False, "mode"),
        (b"[]", False, "body"),
        (b"u1\nu2\n", False, "body"),
        (b'{"users": ["\\ud800"]}', False, "body"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, lines: bool, field: str) -> None:
    """A list with something wrong in it is refused as a whole, with the place."""
    with pytest.raises(InvalidRequest) as caught:
        read_users(body, lines=lines)

    assert caught.value.field == field
    assert caught.value.message


def test_a_list_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list may name so many users and no more; repetitions are not counted."""
    assert global_group.UPLOADED_USERS_LIMIT == 1_000_000
    monkeypatch.setattr(user_lists, "UPLOADED_USERS_LIMIT", 2)

    assert read_users(_json("a", "b", "a"), lines=False) == ["a", "b"]
    with pytest.raises(InvalidRequest, match="up to 2 users"):
        read_users(_json("a", "b", "c"), lines=False)
