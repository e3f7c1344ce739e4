"""Files that other systems export: batches and lists taken apart, so that the server gets one event a line."""

import itertools
from collections.abc import Iterator

import msgspec
from msgspec import Raw

_LONGEST_WHOLE = 64 * 2**20
"""Bytes of a file that is one JSON text over several lines."""


class _Batch(msgspec.Struct):
    events: list[Raw]


_list, _batch, _any = msgspec.json.Decoder(list[Raw]), msgspec.json.Decoder(_Batch), msgspec.json.Decoder(Raw)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def split_events(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the events of lines, each of which is one event, a batch or a list; or all together are one JSON text.

    What cannot be read is passed on as it is: the server says what is wrong with it.
    """
    for line in _joined(lines):
        yield from _events(line)


def _events(line: bytes) -> Iterator[bytes]:
    try:
        found = _list.decode(line) if line.lstrip()[:1] == b"[" else _batch.decode(line).events
    except _UNREADABLE:
        yield line
        return
    for one in found:
        yield bytes(one).replace(b"\n", b" ").replace(b"\r", b" ")  # line breaks of JSON are between its words


def _joined(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Put lines together where they are one text; the first one tells."""
    first = next(lines, None)
    if first is None:
        return
    if _is_json(first):
        yield first
        yield from lines
        return
    read, size = [first], len(first)
    for line in lines:
        read.append(line)
        size += len(line) + 1
        if size > _LONGEST_WHOLE:
            break
    whole = b"\n".join(read)
    if size <= _LONGEST_WHOLE and _is_json(whole):
        yield whole.replace(b"\n", b" ")
    else:
        yield from itertools.chain(read, lines)


def _is_json(text: bytes) -> bool:
    try:
        _any.decode(text)
    except _UNREADABLE:
        return False
    return True
