"""Files of events as batches of lines: NDJSON, CSV and Parquet, packed with gzip or zstd or not."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aftersend.domain.events import Stream
from aftersend.errors import InvalidRequest

BATCH_EVENTS = 10_000
BATCH_BYTES = 16 * 2**20
_NDJSON = frozenset({".ndjson", ".jsonl", ".json"})
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Batch:
    """Some events of a file: its lines, where the first stands in the file, and how far the file is read."""

    lines: bytes
    first: int
    events: int
    position: int


def batches(file: Path, split: Callable[[Iterator[bytes]], Iterator[bytes]] = lambda lines: lines) -> Iterator[Batch]:
    """Yield the events of a file in batches, in bounded memory; `split` says where lines are more than one event.

    Raises:
        InvalidRequest: the file is of no known kind, or cannot be read as what it says it is.
    """
    try:
        with file.open("rb") as raw:
            first = 0
            for lines in _grouped(split(_reader(file)(file, raw))):
                yield Batch(b"\n".join(lines), first, len(lines), raw.tell())
                first += len(lines)
    except (OSError, EOFError, UnicodeDecodeError, ValueError, csv.Error, zlib.error) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}", "FILE") from error


def stream_of(file: Path) -> Stream:
    """Return which stream a file belongs to: message events have a kind, user events a name."""
    for batch in batches(file):
        try:
            first = json.loads(batch.lines.split(b"\n", 1)[0])
        except ValueError:
            break
        if isinstance(first, dict) and "kind" in first:
            return Stream.MESSAGE_EVENTS
        if isinstance(first, dict) and "name" in first:
            return Stream.USER_EVENTS
        break
    message = f"the first event of {file} has neither 'kind' nor 'name'; say what it holds with --stream"
    raise InvalidRequest(message, "FILE")


def _grouped(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for line in lines:
        if group and (len(group) == BATCH_EVENTS or size + len(line) > BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line)
    if group:
        yield group


def _reader(file: Path) -> Callable[[Path, BinaryIO], Iterator[bytes]]:
    kind = _suffix(file)
    if kind in _NDJSON:
        return _read_lines
    if kind == ".csv":
        return _read_csv
    if kind in (".parquet", ".pq") and file.suffix.lower() == kind:
        return _read_parquet
    raise InvalidRequest(f"{file}: use .ndjson, .jsonl or .csv, packed as .gz or .zst or not, or .parquet", "FILE")


def _suffix(file: Path) -> str:
    name = file.name.lower().removesuffix(".gz").removesuffix(".zst")
    return Path(name).suffix


def _unpacked(file: Path, raw: BinaryIO) -> BinaryIO:
    if file.name.lower().endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if file.name.lower().endswith(".zst"):
        return io.BufferedReader(_Pieces(_unpack_zstd(raw)))
    return raw


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


_PIECE = 16 * 1024


def _unpack_zstd(raw: BinaryIO) -> Iterator[bytes]:
    """Unpack a file of one part or several; the library's own reader takes one that was cut off for whole."""
    import zstandard

    part: Any = None
    try:
        while piece := raw.read(_PIECE):
            while piece:
                if part is None or part.eof:
                    part = zstandard.ZstdDecompressor().decompressobj()
                yield part.decompress(piece)
                piece = part.unused_data if part.eof else b""
    except zstandard.ZstdError as error:
        raise ValueError(f"it is not packed with zstd, or damaged: {error}") from error
    if part is not None and not part.eof:
        raise EOFError("it was cut off")


def _read_lines(file: Path, raw: BinaryIO) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in _unpacked(file, raw) if line.strip())


def _read_csv(file: Path, raw: BinaryIO) -> Iterator[bytes]:
    """A header names the fields. An empty cell is an absent field; `attributes.x` is the attribute x."""
    text = io.TextIOWrapper(_unpacked(file, raw), encoding="utf-8-sig", newline="")
    rows = csv.DictReader(text)
    for row in rows:
        yield _line(_csv_event(row))
    text.detach()  # the file is closed by whoever opened it


def _csv_event(row: dict[str | None, Any]) -> dict[str, Any]:
    if None in row:
        raise ValueError("a row has more cells than the header")
    event: dict[str, Any] = {}
    for name, cell in row.items():
        if not name or cell is None or cell == "":
            continue
        if name.startswith("attributes."):
            event.setdefault("attributes", {})[name.removeprefix("attributes.")] = _scalar(cell)
        elif name == "attributes":
            event["attributes"] = json.loads(cell)
        elif name == "machine":
            event[name] = _BOOLEANS.get(cell.strip().lower(), cell)
        elif name == "time" and cell.lstrip("-").isdecimal():
            event[name] = int(cell)
        else:
            event[name] = cell
    return event


def _scalar(cell: str) -> Any:
    """A number or a boolean where the cell is written as JSON writes one, else the text."""
    try:
        found = json.loads(cell)
    except ValueError:
        return cell
    return found if isinstance(found, bool | int | float) else cell


def _read_parquet(_file: Path, raw: BinaryIO) -> Iterator[bytes]:
    import pyarrow.parquet

    for block in pyarrow.parquet.ParquetFile(raw).iter_batches(batch_size=BATCH_EVENTS):
        for row in block.to_pylist():
            yield _line({name: cell for name, cell in row.items() if cell is not None})


def _line(event: dict[str, Any]) -> bytes:
    if isinstance(attributes := event.get("attributes"), str):
        event["attributes"] = json.loads(attributes)
    return json.dumps(event, default=_json, ensure_ascii=False).encode()


def _json(value: Any) -> Any:
    """Times of a Parquet file, which have types of their own."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
