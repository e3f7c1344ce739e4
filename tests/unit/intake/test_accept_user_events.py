"""User events: what of each is kept, to the digit, and what is turned away."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aftersend.domain.events import ATTRIBUTES_LIMIT, RejectionCode, Stream
from aftersend.intake.accept import Accepted, accept_user_events
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.wire import UserEvent
from aftersend.store.identities import identity
from builders import Json, user_event
from objects import an_arrival, made

DECODER = BatchDecoder(UserEvent)


def _accept(*events: Json, zone: str = "UTC") -> Accepted:
    return accept_user_events(an_arrival(zone=zone), DECODER.decode(json.dumps(events).encode(), lines=False))


def _with_attributes(written: bytes) -> Accepted:
    """Accept one event whose attributes are written like this."""
    body = json.dumps(user_event(attributes="HERE")).encode().replace(b'"HERE"', written)
    return accept_user_events(an_arrival(), DECODER.decode(body, lines=True))


def test_a_row_has_every_column_of_the_table() -> None:
    """A user event becomes a row with every column but the one that the ledger adds."""
    accepted = _accept(user_event(event_id="e-1", platform="ios", attributes={"amount": 5}), zone="Asia/Tokyo")

    assert accepted.rejected == []
    assert made(accepted).stream is Stream.USER_EVENTS
    assert made(accepted).identities == [identity("w1", "e-1")]
    assert made(accepted).rows.to_pylist() == [
        {
            "workspace_id": "w1",
            "day": datetime(2026, 1, 1, tzinfo=UTC).date(),
            "user_id": "u1",
            "time": datetime(2026, 1, 1, 12, tzinfo=UTC),
            "event_id": "e-1",
            "received_at": datetime(2026, 1, 1, 12, tzinfo=UTC),
            "name": "purchase",
            "platform": "IOS",
            "attributes": '{"amount": 5}',
            "source": "native",
            "key_id": "",
        }
    ]


def test_what_is_left_out_is_empty() -> None:
    """An event without platform and attributes has an empty platform and an empty object."""
    (row,) = made(_accept(user_event())).rows.to_pylist()

    assert (row["platform"], row["attributes"]) == ("", "{}")


@pytest.mark.parametrize(
    "written",
    [
        '{"amount": 12.50}',
        '{"amount": 0.1000000000000000055511151231257827}',
        '{"amount": 123456789012345678901234567890}',
        '{"amount": 1E+2, "x": -0.0}',
        '{"b": 1, "a": {"c": [null, true, "\\u00e9"]}}',
        '{"name": "Grüße €"}',
        "{}",
    ],
)
def test_attributes_are_kept_to_the_digit(written: str) -> None:
    """Attributes stay as they were written: no amount is rounded, no key moved, no text changed."""
    (row,) = made(_with_attributes(written.encode())).rows.to_pylist()

    assert row["attributes"] == written


@pytest.mark.parametrize("written", ["null", " null ", " {}  "])
def test_no_attributes_are_an_empty_object(written: str) -> None:
    """Writing null is leaving out, and space around an object is not kept."""
    (row,) = made(_with_attributes(written.encode())).rows.to_pylist()

    assert row["attributes"] == "{}"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (b"7", RejectionCode.INVALID_TYPE),
        (b'"{}"', RejectionCode.INVALID_TYPE),
        (b"[]", RejectionCode.INVALID_TYPE),
        (b"true", RejectionCode.INVALID_TYPE),
        (b'{"a": "\xff"}', RejectionCode.MALFORMED),
        (b'{"a": "' + b"x" * (ATTRIBUTES_LIMIT - 8) + b'"}', RejectionCode.INVALID_VALUE),
    ],
    ids=["number", "text", "array", "boolean", "not-utf-8", "too-long"],
)
def test_attributes_that_cannot_be_kept(written: bytes, code: RejectionCode) -> None:
    """Attributes are a JSON object in UTF-8 of a bounded length."""
    accepted = _with_attributes(written)

    assert [(row.index, row.rejection.code, row.rejection.field) for row in accepted.rejected] == [
        (0, code, "attributes")
    ]
    assert made(accepted).identities == []


def test_the_longest_attributes() -> None:
    """The limit itself is allowed."""
    written = '{"a": "' + "x" * (ATTRIBUTES_LIMIT - 9) + '"}'

    assert len(written) == ATTRIBUTES_LIMIT
    assert _with_attributes(written.encode()).rejected == []


@pytest.mark.parametrize("time", [0, 1_767_268_800, 4_102_444_800_000, "1999-12-31T23:59:59Z"])
def test_times_out_of_bounds(time: Any) -> None:
    """The bounds of times are those of message events."""
    (row,) = _accept(user_event(time=time)).rejected

    assert (row.rejection.code, row.rejection.field) == (RejectionCode.INVALID_VALUE, "time")


def test_rows_and_rejections_keep_the_order_of_the_batch() -> None:
    """Good events keep their order, bad ones their places."""
    accepted = _accept(
        user_event(event_id="a", time=0),
        user_event(event_id="b"),
        user_event(event_id="c", name=""),
        user_event(event_id="d"),
    )

    assert [row["event_id"] for row in made(accepted).rows.to_pylist()] == ["b", "d"]
    assert [(row.index, row.event_id) for row in accepted.rejected] == [(0, "a"), (2, "c")]


def test_columns_of_few_values_are_dictionaries() -> None:
    """What repeats through a batch is stored once."""
    rows = made(_accept(*(user_event(user_id=f"u{number}") for number in range(50)))).rows

    for column in ("workspace_id", "name", "platform"):
        assert str(rows.schema.field(column).type).startswith("dictionary<")
