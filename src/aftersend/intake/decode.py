"""Bytes to events. The whole body is decoded at once; only when something in it is wrong, event by event."""

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from aftersend.domain.events import BATCH_EVENTS_LIMIT, RejectedEvent, Rejection, RejectionCode
from aftersend.errors import InvalidRequest, TooLarge, Unparseable
from aftersend.intake.wire import MessageEvent, UserEvent

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON, or are nested deeper than anything honest."""

Wire = TypeVar("Wire", MessageEvent, UserEvent)

_FINER_THAN_MICROSECONDS = re.compile(rb"\.\d{7}")
_FINE_TIME = re.compile(rb'("time"\s*:\s*"[^"]*\.\d{6})\d+')
"""A field `time` whose seconds have more than six decimals. Within a string its quotation marks would be escaped."""


@dataclass(slots=True)
class Decoded(Generic[Wire]):
    """The events of a body that have the right shape, their places in it, those that have not, and its bytes."""

    events: list[Wire]
    places: list[int] | range
    rejected: list[RejectedEvent]
    size: int


Item = TypeVar("Item")


class _Envelope(msgspec.Struct, Generic[Item]):
    """A batch as an object. What else the object holds is of no matter."""

    events: list[Item]


class BatchDecoder(Generic[Wire]):
    """Decodes the three forms of a batch: an array, an object with `events`, and one event a line."""

    def __init__(self, wire: type[Wire]) -> None:
        self._is_flat = wire is MessageEvent  # what is known about a user event is an object of its own
        self._one: msgspec.json.Decoder[Wire] = msgspec.json.Decoder(wire)
        self._array: msgspec.json.Decoder[list[Wire]] = msgspec.json.Decoder(list[wire])  # type: ignore[valid-type]
        self._envelope: msgspec.json.Decoder[_Envelope[Wire]] = msgspec.json.Decoder(_Envelope[wire])  # type: ignore[valid-type]
        self._raw_array = msgspec.json.Decoder(list[msgspec.Raw])
        self._raw_envelope = msgspec.json.Decoder(_Envelope[msgspec.Raw])

    def decode(self, body: bytes, *, lines: bool) -> Decoded[Wire]:
        """Decode a batch.

        Raises:
            Unparseable: the body as a whole is not JSON, or not one of the three forms.
            TooLarge: it has more events than one batch may have.
        """
        try:
            events = self._whole(body, lines)
            if _FINER_THAN_MICROSECONDS.search(body):
                _cut_times(events, self._whole(_FINE_TIME.sub(rb"\1", body), lines))
        except UNREADABLE:
            return self._one_by_one(body, lines)
        _check_size(len(events))
        return Decoded(events, range(len(events)), [], len(body))

    def _whole(self, body: bytes, lines: bool) -> list[Wire]:
        if lines:
            return self._at_once(body) or [self._one.decode(line) for line in _lines(body)]
        if body.lstrip()[:1] == b"{":
            return self._envelope.decode(body).events
        return self._array.decode(body)

    def _at_once(self, body: bytes) -> list[Wire]:
        """Decode lines in one go; nothing where that could pass over an event that is not on a line of its own.

        The decoder takes any white space between events. But where nothing is nested, a line that begins and ends with
        braces has whole events, at least one; as many events as lines are then one on each.
        """
        text = body.strip(b"\n")
        rows = text.count(b"\n") + 1
        if not self._is_flat or text[:1] != b"{" or text[-1:] != b"}" or text.count(b"}\n{") != rows - 1:
            return []
        events = self._one.decode_lines(text)
        return events if len(events) == rows else []

    def _one_by_one(self, body: bytes, lines: bool) -> Decoded[Wire]:
        items = _lines(body) if lines else self._items(body)
        _check_size(len(items))
        decoded: Decoded[Wire] = Decoded([], [], [], len(body))
        places: list[int] = []
        for index, item in enumerate(items):
            try:
                event = self._one.decode(item)
                if _FINER_THAN_MICROSECONDS.search(item):
                    _cut_times([event], [self._one.decode(_FINE_TIME.sub(rb"\1", bytes(item)))])
                decoded.events.append(event)
                places.append(index)
            except UNREADABLE as error:
                decoded.rejected.append(RejectedEvent(index, _event_id(item), _rejection(error)))
        decoded.places = places
        malformed = all(row.rejection.code is RejectionCode.MALFORMED for row in decoded.rejected)
        if lines and items and not decoded.events and malformed:
            raise Unparseable("no line of the body is JSON; send one event a line, as application/x-ndjson")
        return decoded

    def _items(self, body: bytes) -> list[msgspec.Raw]:
        try:
            if body.lstrip()[:1] == b"{":
                return self._raw_envelope.decode(body).events
            return self._raw_array.decode(body)
        except UNREADABLE as error:
            message = f"send a JSON array of events, or an object with an array 'events': {error}"
            raise Unparseable(message) from error


def _cut_times(events: list[Wire], cut: list[Wire]) -> None:
    """Give the events the times of those that were decoded from times without finer digits.

    The decoder rounds what is finer than microseconds, and so may take the last moment of a day into the next one.
    """
    for event, exact in zip(events, cut, strict=True):
        event.time = exact.time


def _lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line and not line.isspace()]


def _check_size(events: int) -> None:
    if events > BATCH_EVENTS_LIMIT:
        raise TooLarge(f"a batch can have up to {BATCH_EVENTS_LIMIT:,} events; this one has {events:,}")


def _event_id(item: bytes | msgspec.Raw) -> str | None:
    """The id that a bad event gives itself, so that its sender can find it."""
    try:
        value: Any = msgspec.json.decode(item)
    except UNREADABLE:
        return None
    found = value.get("event_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _rejection(error: Exception) -> Rejection:
    """Turn the decoder's sentence into a code and the field it is about."""
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Rejection(RejectionCode.MALFORMED, "event", f"this is not JSON: {message}")
    if named := re.fullmatch(r"Object (missing required|contains unknown) field `(.*)`", message, re.DOTALL):
        code = RejectionCode.MISSING_FIELD if named[1].startswith("missing") else RejectionCode.UNKNOWN_FIELD
        known = "this field is required" if code is RejectionCode.MISSING_FIELD else "events have no such field"
        return Rejection(code, named[2], known)
    sentence, _, path = message.rpartition(" - at ")
    field = next(iter(re.findall(r"\$\.([A-Za-z_0-9]+)", path)), "")
    if not field:
        return Rejection(RejectionCode.NOT_AN_OBJECT, "event", f"an event is a JSON object: {message}")
    code = RejectionCode.INVALID_TYPE if re.match(r"Expected `.*`, got ", sentence) else RejectionCode.INVALID_VALUE
    return Rejection(code, field, _sentence(sentence, field))


def _sentence(sentence: str, field: str) -> str:
    if field == "time":
        return "use RFC 3339 with an offset, such as 2026-01-31T12:00:00Z, or integer milliseconds since 1970"
    return sentence


def invalid_field(error: msgspec.ValidationError) -> InvalidRequest:
    """Turn the decoder's sentence about a body that is no batch into the field that is wrong and why."""
    sentence, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".")
    if sentence.startswith(("Object missing required field", "Object contains unknown field")):
        named = sentence.split("`")[1]
        field = f"{field}.{named}" if field else named
    return InvalidRequest(sentence, field or "body")
