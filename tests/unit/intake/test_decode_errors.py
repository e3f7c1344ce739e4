"""Every sentence with which the decoder turns an event away, as a code and the field that it is about.

The decoder's sentences are the library's; a change of their wording is noticed here.
"""

import json
from typing import Any

import pytest

from aftersend.domain.events import RejectedEvent, RejectionCode
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.wire import MessageEvent, UserEvent
from builders import message_event, user_event

MESSAGES = BatchDecoder(MessageEvent)
USERS = BatchDecoder(UserEvent)

MISSING, UNKNOWN = RejectionCode.MISSING_FIELD, RejectionCode.UNKNOWN_FIELD
TYPE, VALUE = RejectionCode.INVALID_TYPE, RejectionCode.INVALID_VALUE

WHEN = "use RFC 3339 with an offset, such as 2026-01-31T12:00:00Z, or integer milliseconds since 1970"


def _rejected(event: Any) -> RejectedEvent:
    (row,) = MESSAGES.decode(json.dumps([event]).encode(), lines=False).rejected
    return row


def _without(field: str) -> dict[str, Any]:
    event = message_event()
    del event[field]
    return event


@pytest.mark.parametrize("field", ["event_id", "kind", "campaign_id", "user_id", "time"])
def test_a_field_that_is_missing(field: str) -> None:
    """Each of the five required fields is missed by name."""
    rejection = _rejected(_without(field)).rejection

    assert (rejection.code, rejection.field, rejection.message) == (MISSING, field, "this field is required")


@pytest.mark.parametrize("field", ["Kind", "userid", "", "with `ticks`", "events"])
def test_a_field_that_events_do_not_have(field: str) -> None:
    """A field that is not an event's is named, whatever it is called."""
    rejection = _rejected(message_event() | {field: 1}).rejection

    assert (rejection.code, rejection.field, rejection.message) == (UNKNOWN, field, "events have no such field")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("event_id", 7, "Expected `str`, got `int`"),
        ("event_id", None, "Expected `str`, got `null`"),
        ("kind", 7, "Expected `str`, got `int`"),
        ("kind", ["sent"], "Expected `str`, got `array`"),
        ("campaign_id", True, "Expected `str`, got `bool`"),
        ("user_id", {"id": 1}, "Expected `str`, got `object`"),
        ("user_id", 1.5, "Expected `str`, got `float`"),
        ("platform", 7, "Expected `str | null`, got `int`"),
        ("machine", "yes", "Expected `bool`, got `str`"),
        ("machine", 1, "Expected `bool`, got `int`"),
        ("machine", None, "Expected `bool`, got `null`"),
        ("reason", 301, "Expected `str | null`, got `int`"),
        ("channel", 7, "Expected `str | null`, got `int`"),
        ("time", None, WHEN),
        ("time", True, WHEN),
        ("time", 1767268800000.5, WHEN),
        ("time", 1767268800000.0, WHEN),
        ("time", ["2026-01-01"], WHEN),
    ],
)
def test_a_field_of_another_type(field: str, value: Any, message: str) -> None:
    """A value of the wrong type is told apart from a wrong value."""
    rejection = _rejected(message_event(**{field: value})).rejection

    assert (rejection.code, rejection.field, rejection.message) == (TYPE, field, message)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("event_id", "", "Expected `str` of length >= 1"),
        ("event_id", "x" * 129, "Expected `str` of length <= 128"),
        ("user_id", "", "Expected `str` of length >= 1"),
        ("user_id", "x" * 257, "Expected `str` of length <= 256"),
        ("campaign_id", "", "Expected `str` of length >= 1"),
        ("campaign_id", "x" * 129, "Expected `str` of length <= 128"),
        ("platform", "", "Expected `str` of length >= 1"),
        ("platform", "x" * 33, "Expected `str` of length <= 32"),
        ("locale", "x" * 65, "Expected `str` of length <= 64"),
        ("variation", "", "Expected `str` of length >= 1"),
        ("send_id", "x" * 257, "Expected `str` of length <= 256"),
        ("device_id", "", "Expected `str` of length >= 1"),
        ("reason", "", "Expected `str` of length >= 1"),
        ("link", "x" * 2049, "Expected `str` of length <= 2048"),
        ("kind", "opend", "Invalid enum value 'opend'"),
        ("kind", "SENT", "Invalid enum value 'SENT'"),
        ("group", "local", "Invalid enum value 'local'"),
        ("bounce_type", "Hard", "Invalid enum value 'Hard'"),
        ("channel", "email", "Invalid enum value 'email'"),
        ("time", "yesterday", WHEN),
        ("time", "2026-01-01", WHEN),
        ("time", "2026-01-01T12:00:00", WHEN),
        ("time", "2026-13-01T12:00:00Z", WHEN),
        ("time", "1767268800000", WHEN),
        ("time", "", WHEN),
    ],
)
def test_a_value_that_cannot_be_used(field: str, value: Any, message: str) -> None:
    """A value out of its bounds or not of its list is named with its field."""
    row = _rejected(message_event(**{"event_id": "e-1", field: value}))

    assert (row.rejection.code, row.rejection.field, row.rejection.message) == (VALUE, field, message)
    assert row.event_id == (value if field == "event_id" else "e-1")


@pytest.mark.parametrize(
    ("event", "got"), [(7, "int"), ("text", "str"), (None, "null"), ([], "array"), (True, "bool"), (1.5, "float")]
)
def test_an_event_that_is_no_object(event: Any, got: str) -> None:
    """JSON that is no object has no field that could be named."""
    row = _rejected(event)

    assert (row.rejection.code, row.rejection.field) == (RejectionCode.NOT_AN_OBJECT, "event")
    assert row.rejection.message == f"an event is a JSON object: Expected `object`, got `{got}`"
    assert row.event_id is None


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (b"{", b"{,", "JSON is malformed: object keys must be strings"),
        (b"}", b"", "Input data was truncated"),
        (b"}", b"} {}", "JSON is malformed: trailing characters"),
        (b'"u1"', b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b'"u1"', b'"\\ud800 and more"', "JSON is malformed: unexpected end of escaped utf-16 surrogate pair"),
        (b'"u1"', b'"a\tb"', "JSON is malformed: invalid character"),
        (b'"u1"', b"NaN", "JSON is malformed: invalid character"),
        (b'"u1"', b"'u1'", "JSON is malformed: invalid character"),
    ],
    ids=repr,
)
def test_an_event_that_is_no_json(before: bytes, after: bytes, sentence: str) -> None:
    """What is not JSON is turned away in the library's words, which name the place of most mistakes."""
    good = json.dumps(message_event()).encode()

    (row,) = MESSAGES.decode(good + b"\n" + good.replace(before, after), lines=True).rejected

    assert (row.index, row.rejection.code, row.rejection.field) == (1, RejectionCode.MALFORMED, "event")
    assert row.rejection.message.partition(" (byte")[0] == f"this is not JSON: {sentence}"
    assert row.event_id is None


@pytest.mark.parametrize(("event_id", "told"), [("e-1", "e-1"), (7, None), (None, None)])
def test_a_bad_event_is_told_by_its_id(event_id: Any, told: str | None) -> None:
    """A sender finds a bad event by the id that it gave, where that is a text."""
    assert _rejected(message_event("nonsense", event_id=event_id)).event_id == told


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", VALUE),
        ("name", "x" * 257, VALUE),
        ("name", 7, TYPE),
        ("kind", "sent", UNKNOWN),
        ("campaign_id", "c1", UNKNOWN),
        ("time", "soon", VALUE),
        ("platform", "", VALUE),
    ],
)
def test_user_events_are_turned_away_in_the_same_words(field: str, value: Any, code: RejectionCode) -> None:
    """The mapping is the same for both streams."""
    (row,) = USERS.decode(json.dumps([user_event(**{field: value})]).encode(), lines=False).rejected

    assert (row.rejection.code, row.rejection.field) == (code, field)
