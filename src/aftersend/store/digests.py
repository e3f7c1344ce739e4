"""Digests of what events say, to tell a repetition from another event under the same id.

A digest is four bytes: it only ever tells an audit where to look, and no figure rests on it. Here and in the engine it
is computed from the same columns in the same order, so it can be had again from the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aftersend.domain.events import Stream

_SEPARATOR = "\0"

_PLACE = ("campaign_id", "kind", "platform", "locale", "variation", "detail")
"""Where a message event counts, which few of them have for themselves."""

_TOLD: dict[Stream, tuple[str, ...]] = {
    Stream.MESSAGE_EVENTS: (*_PLACE, "machine", "user_id", "time", "send_id", "device_id", "link"),
    Stream.USER_EVENTS: ("name", "user_id", "time", "platform", "attributes"),
}
"""What an event says, beside its id: not when and from whom it came, nor the day, which follows from its time."""


def opening(place: Iterable[str]) -> int:
    """Return the digest of what all message events of a place begin with: then it need not be gone through again."""
    return crc32(_SEPARATOR.join([Stream.MESSAGE_EVENTS.value, *place, ""]).encode())


def digests(stream: Stream, columns: Mapping[str, pa.Array], openings: Sequence[int] = ()) -> list[bytes]:
    """Return the digest of each row; of message events the openings may be given, which is a good deal faster."""
    told = _TOLD[stream][len(_PLACE) :] if openings else _TOLD[stream]
    texts = [_text(columns[name]) for name in told]
    joined = pc.binary_join_element_wise(*([] if openings else [stream.value]), *texts, _SEPARATOR)
    rows = joined.view(pa.binary()).to_pylist()
    found = map(crc32, rows, openings) if openings else map(crc32, rows)
    packed: list[bytes] = np.fromiter(found, "<u4", len(rows)).view("V4").tolist()
    return packed


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        column = column.view(pa.int64())
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def digest_sql(stream: Stream) -> str:
    """Write SQL for the digest of a row."""
    texts = (f"toString({'toUnixTimestamp64Milli(time)' if name == 'time' else name})" for name in _TOLD[stream])
    return f"reinterpretAsFixedString(CRC32(concatWithSeparator('\\0', '{stream.value}', {', '.join(texts)})))"
