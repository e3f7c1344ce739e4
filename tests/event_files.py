"""Files of events in every kind and packing that `aftersend load` takes."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from builders import NOON, Json, message_event

EVENTS = [
    message_event("sent", event_id=f"sent-{number}", user_id=f"u{number % 20}", time=NOON + number, locale="de")
    for number in range(60)
] + [
    message_event("clicked", event_id="click", link='https://example.org/?a=1,2&b="x"', machine=True),
    message_event("failed", event_id="fail", reason="Mailbox “full”", variation="Männer [A]"),
]
"""Message events with commas, quotation marks and letters of other scripts in them."""


def _ndjson(file: Path, events: Iterable[Json]) -> None:
    file.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), encoding="utf-8")


def _csv(file: Path, events: Iterable[Json]) -> None:
    names = list(dict.fromkeys(name for event in events for name in event))
    with file.open("w", encoding="utf-8-sig", newline="") as writing:
        rows = csv.DictWriter(writing, names)
        rows.writeheader()
        rows.writerows(events)


def _parquet(file: Path, events: Iterable[Json]) -> None:
    rows = list(events)
    names = dict.fromkeys(name for event in rows for name in event)
    table = pa.table({name: [event.get(name) for event in rows] for name in names})
    # Times as a data engineer has them, in a type of their own.
    times = table.column("time").cast(pa.timestamp("ms", "UTC"))
    pq.write_table(table.set_column(table.column_names.index("time"), "time", times), file)


def _packed_twice(content: bytes) -> bytes:
    """Pack as two parts, as whoever appends to a packed file does."""
    lines = content.splitlines(keepends=True)
    return zstandard.compress(b"".join(lines[:9])) + zstandard.compress(b"".join(lines[9:]))


Write = Callable[[Path, Iterable[Json]], None]
KINDS: dict[str, Write] = {".ndjson": _ndjson, ".jsonl": _ndjson, ".csv": _csv, ".parquet": _parquet}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": _packed_twice,
}
NAMES = [kind + packing for kind in (".ndjson", ".csv") for packing in PACKED] + [".jsonl", ".parquet"]


def event_file(folder: Path, name: str, events: Iterable[Json]) -> Path:
    """Write a file; its name says of what kind it is and how it is packed."""
    plain = folder / f"plain{Path(name.removesuffix('.gz').removesuffix('.zst')).suffix}"
    packing = next(packing for packing in (".gz", ".zst", "") if name.endswith(packing))
    KINDS[plain.suffix](plain, events)
    file = folder / name
    file.write_bytes(PACKED[packing](plain.read_bytes()))
    return file
