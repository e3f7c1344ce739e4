"""Digests of what events say, to tell a repetition from another event under the same id.

A digest is four bytes: it only ever tells an audit where to look, and no figure rests on it. Here and in the engine it
is computed from the same columns in the same order, so it can be had again from the ledger.
"""

from collections.abc import Mapping
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from aftersend.domain.events import Stream

_SEPARATOR = "\0"

_TOLD: dict[Stream, tuple[str, ...]] = {
    Stream.MESSAGE_EVENTS: (
        "campaign_id",
        "kind",
        "platform",
        "locale",
        "variation",
        "detail",
        "machine",
        "user_id",
        "time",
        "send_id",
        "device_id",
        "link",
    ),
    Stream.USER_EVENTS: ("name", "user_id", "time", "platform", "attributes"),
}
"""What an event says, beside its id: not when and from whom it came, nor the day, which follows from its time."""


def digests(stream: Stream, columns: Mapping[str, pa.Array]) -> list[bytes]:
    """Return the digest of each row."""
    texts = [_text(columns[name]) for name in _TOLD[stream]]
    joined = pc.binary_join_element_wise(stream.value, *texts, _SEPARATOR).cast(pa.binary())
    return [crc32(told).to_bytes(4, "little") for told in joined.to_pylist()]


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return column.cast(pa.string())


def digest_sql(stream: Stream) -> str:
    """Write SQL for the digest of a row."""
    texts = (f"toString({'toUnixTimestamp64Milli(time)' if name == 'time' else name})" for name in _TOLD[stream])
    return f"reinterpretAsFixedString(CRC32(concatWithSeparator('\\0', '{stream.value}', {', '.join(texts)})))"
