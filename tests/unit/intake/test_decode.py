"""The three forms of a batch: what of each is read, what is turned away, and what cannot be read at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.domain.events import BATCH_EVENTS_LIMIT, RejectionCode
from aftersend.errors import TooLarge, Unparseable
from aftersend.intake.decode import BatchDecoder, Decoded
from aftersend.intake.wire import MessageEvent, UserEvent
from builders import message_event, user_event

MESSAGES = BatchDecoder(MessageEvent)
USERS = BatchDecoder(UserEvent)


def _decode(body: bytes, *, lines: bool = False) -> Decoded[MessageEvent]:
    return MESSAGES.decode(body, lines=lines)


def _lines(*events: Any, end: str = "\n") -> bytes:
    return end.join(json.dumps(event) for event in events).encode()


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (lambda events: json.dumps(events).encode(), False),
        (lambda events: b" \n\t" + json.dumps(events, indent=1).encode() + b"\n", False),
        (lambda events: json.dumps({"events": events}).encode(), False),
        (lambda events: b"\r\n" + json.dumps({"note": [1], "events": events}).encode(), False),
        (lambda events: _lines(*events), True),
        (lambda events: _lines(*events) + b"\n", True),
        (lambda events: b"\n\n" + _lines(*events, end="\n\n") + b"\n\n", True),
        (lambda events: _lines(*events, end="\r\n"), True),
    ],
    ids=["array", "spaced", "object", "object-and-more", "lines", "last-line-ended", "blank-lines", "windows"],
)
def test_every_form_of_a_batch(form: Any, lines: bool) -> None:
    """An array, an object with events and one event a line are read alike, in the order in which they stand."""
    events = [message_event(event_id="a"), message_event("clicked", event_id="b"), message_event(event_id="c")]

    decoded = _decode(form(events), lines=lines)

    assert [event.event_id for event in decoded.events] == ["a", "b", "c"]
    assert list(decoded.places) == [0, 1, 2]
    assert decoded.rejected == []


def test_user_events_have_a_form_of_their_own() -> None:
    """A user event has a name instead of a kind, and its attributes stay as they were written."""
    event = USERS.decode(json.dumps([user_event(attributes={"amount": 1})]).encode(), lines=False).events[0]

    assert (event.name, bytes(event.attributes)) == ("purchase", b'{"amount": 1}')


@pytest.mark.parametrize(("body", "lines"), [(b"[]", False), (b'{"events":[]}', False), (b"", True), (b"\n \n", True)])
def test_an_empty_batch_has_no_events(body: bytes, lines: bool) -> None:
    """A batch without events is a batch."""
    decoded = _decode(body, lines=lines)

    assert (decoded.events, list(decoded.places), decoded.rejected) == ([], [], [])


@pytest.mark.parametrize("lines", [False, True])
def test_good_events_are_kept_beside_bad_ones(lines: bool) -> None:
    """One bad event does not take its neighbours with it, and each keeps its place."""
    events = [message_event(event_id="a"), message_event("nonsense", event_id="b"), message_event(event_id="c"), 7]
    body = _lines(*events) if lines else json.dumps(events).encode()

    decoded = _decode(body, lines=lines)

    assert [(place, event.event_id) for place, event in zip(decoded.places, decoded.events, strict=True)] == [
        (0, "a"),
        (2, "c"),
    ]
    assert [(row.index, row.event_id, row.rejection.code) for row in decoded.rejected] == [
        (1, "b", RejectionCode.INVALID_VALUE),
        (3, None, RejectionCode.NOT_AN_OBJECT),
    ]


def test_a_line_that_is_no_json_is_turned_away_alone() -> None:
    """Among lines, what is not JSON is one bad event; blank lines are not counted."""
    body = b"\n".join([_lines(message_event(event_id="a")), b"", b'{"event_id": "b", ', b"\xff", b"x"])

    decoded = _decode(body, lines=True)

    assert [event.event_id for event in decoded.events] == ["a"]
    assert [(row.index, row.rejection.code, row.rejection.field) for row in decoded.rejected] == [
        (place, RejectionCode.MALFORMED, "event") for place in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"3",
        b"null",
        b'"text"',
        b"{}",
        b'{"event": []}',
        b'{"events": {}}',
        b'{"events": [',
        b"[{}",
        b"[{}]]",
        b"\xff",
        b"not json",
        b"\x1f\x8b\x08\x00",
    ],
    ids=repr,
)
def test_a_body_that_cannot_be_read(body: bytes) -> None:
    """What is neither an array nor an object with events is refused as a whole, with words on what to send."""
    with pytest.raises(
        Unparseable, match=r"send a JSON array of events, or an object with an array 'events'"
    ) as caught:
        _decode(body)

    assert caught.value.field == "body"


@pytest.mark.parametrize("body", [b"nope", b"nope\nnope\n", b"\xff\xfe", b"{"], ids=repr)
def test_lines_of_which_none_is_json(body: bytes) -> None:
    """Where no line is JSON the body is not what it says it is."""
    with pytest.raises(Unparseable, match="no line of the body is JSON"):
        _decode(body, lines=True)


def test_an_array_sent_as_lines_is_told_apart_from_no_json() -> None:
    """An array where events are one a line is JSON, but not an event."""
    decoded = _decode(json.dumps([message_event()]).encode(), lines=True)

    assert [row.rejection.code for row in decoded.rejected] == [RejectionCode.NOT_AN_OBJECT]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("event", [b"{}", b"7"])
def test_a_batch_has_a_largest_size(event: bytes, lines: bool) -> None:
    """A batch of more than the documented number of events is refused, good or bad."""
    many = [event] * (BATCH_EVENTS_LIMIT + 1)
    body = b"\n".join(many) if lines else b"[" + b",".join(many) + b"]"

    with pytest.raises(TooLarge, match="up to 50,000 events; this one has 50,001"):
        _decode(body, lines=lines)


def test_a_batch_of_good_events_has_a_largest_size() -> None:
    """The limit holds for batches without a mistake."""
    body = b"[" + b",".join([json.dumps(message_event()).encode()] * (BATCH_EVENTS_LIMIT + 1)) + b"]"

    with pytest.raises(TooLarge):
        _decode(body)


def test_the_largest_batch_is_read() -> None:
    """The limit itself is allowed."""
    body = b"\n".join([json.dumps(message_event()).encode()] * BATCH_EVENTS_LIMIT)

    assert len(_decode(body, lines=True).events) == BATCH_EVENTS_LIMIT


def test_a_field_may_be_null_where_it_may_be_left_out() -> None:
    """Writing null is leaving out."""
    optional = ("platform", "locale", "variation", "send_id", "device_id", "link", "reason", "group", "bounce_type")
    event = message_event() | dict.fromkeys((*optional, "channel"))

    assert _decode(json.dumps([event]).encode()).rejected == []


LAST_MOMENT = "2026-01-10T23:59:59.999999999Z"


@pytest.mark.parametrize("beside", [[], [{"kind": "nonsense"}]], ids=["good", "beside-a-bad-one"])
@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (lambda events: json.dumps(events).encode(), False),
        (lambda events: json.dumps({"events": events}).encode(), False),
        (lambda events: _lines(*events), True),
    ],
    ids=["array", "object", "lines"],
)
def test_a_fine_time_is_cut_and_not_rounded(form: Any, lines: bool, beside: list[Any]) -> None:
    """The last nanosecond of a second belongs to that second, whatever form the batch has."""
    decoded = _decode(form([message_event(time=LAST_MOMENT), message_event(time=1767225600000), *beside]), lines=lines)

    assert [str(event.time) for event in decoded.events] == ["2026-01-10 23:59:59.999999+00:00", "1767225600000"]
    assert len(decoded.rejected) == len(beside)


def test_only_the_time_is_cut() -> None:
    """Attributes and ids stay as they were written, however much they look like a time."""
    looks = f'"time": "{LAST_MOMENT}"'
    sent = user_event(event_id=looks, time=LAST_MOMENT, attributes={"time": LAST_MOMENT, "note": looks})

    event = USERS.decode(json.dumps([sent]).encode(), lines=False).events[0]

    assert json.loads(bytes(event.attributes)) == {"time": LAST_MOMENT, "note": looks}
    assert (event.event_id, str(event.time)) == (looks, "2026-01-10 23:59:59.999999+00:00")


_PIECES = st.sampled_from([b"\n", b",", b"}", b"{", b"[", b"]", b" ", b"\r\n", b'"', b'{"a":[{}', b"{}]}"])


@settings(deadline=None)
@given(st.lists(st.integers(0, 3).map(str) | _PIECES, max_size=12))
def test_lines_read_at_once_are_those_read_one_by_one(pieces: list[str | bytes]) -> None:
    """Whatever is between events, and wherever lines break: what stands on a line by itself is an event, no more."""
    events = [json.dumps(message_event(event_id=f"e{number}")).encode() for number in range(4)]
    body = b"".join(events[int(piece)] if isinstance(piece, str) else piece for piece in pieces)
    strict, kept, refused = msgspec.json.Decoder(MessageEvent), [], 0
    for line in body.split(b"\n"):
        if line and not line.isspace():
            try:
                kept.append(strict.decode(line))
            except msgspec.DecodeError:
                refused += 1

    try:
        decoded = _decode(body, lines=True)
    except Unparseable:
        assert not kept
        return

    assert (decoded.events, len(decoded.rejected)) == (kept, refused)


@pytest.mark.parametrize(
    "between", ["}{", "} {", "},{", "}\n\n{", "}\r\n{"], ids=["none", "space", "comma", "blank", "windows"]
)
def test_lines_that_do_not_hold_one_event_each_are_not_read_at_once(between: str) -> None:
    """Two events on a line are one bad event, also where another event takes two lines."""
    one, two = (json.dumps(message_event(event_id=name)) for name in "ab")
    split = json.dumps(message_event(event_id="c")).replace(", ", ",\n", 1)
    body = f"{one[:-1]}{between}{two[1:]}\n{split}".encode()

    decoded = _decode(body, lines=True)

    assert [event.event_id for event in decoded.events] == (["a", "b"] if "\n" in between else [])
    assert len(decoded.rejected) == (2 if "\n" in between else 3)
