"""Files of events: every kind of file holds the same events, and what cannot be read is named."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from aftersend.cli.event_files import BATCH_EVENTS, batches, stream_of
from aftersend.domain.events import Stream
from aftersend.errors import InvalidRequest
from builders import Json, message_event
from event_files import EVENTS, NAMES, event_file


def _read(file: Path) -> list[Any]:
    return [json.loads(line) for batch in batches(file) for line in batch.lines.split(b"\n")]


def _numbered_time(event: Json) -> Json:
    """A time in a Parquet file has a type of its own and is read as text."""
    time = event["time"]
    moment = time if isinstance(time, int) else round(datetime.fromisoformat(time).timestamp() * 1000)
    return event | {"time": moment}


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_file_holds_the_same_events(tmp_path: Path, name: str) -> None:
    """Whatever the kind and the packing, what comes out are the events that went in, field by field."""
    file = event_file(tmp_path, f"events{name}", EVENTS)

    assert [_numbered_time(event) for event in _read(file)] == EVENTS
    assert stream_of(file) is Stream.MESSAGE_EVENTS


@pytest.mark.parametrize("name", ["a.NDJSON", "a.json", "a.pq", "a.CSV", "a.ndjson.GZ"])
def test_names_that_are_known_too(tmp_path: Path, name: str) -> None:
    """Capitals make no difference, and neither does another common ending."""
    kinds = {"json": ".ndjson", "pq": ".parquet"}
    kind = kinds.get(name.rpartition(".")[2], name.removeprefix("a").lower())
    file = event_file(tmp_path, f"events{kind}", EVENTS[:3]).rename(tmp_path / name)

    assert [_numbered_time(event) for event in _read(file)] == EVENTS[:3]


def test_the_cells_of_a_user_event(tmp_path: Path) -> None:
    """A column can hold one attribute, as JSON writes it or as text, or all of them; an empty cell is no field."""
    file = tmp_path / "users.csv"
    file.write_text(
        "event_id,name,user_id,time,platform,attributes.amount,attributes.note,attributes\n"
        "a,purchase,u1,1767268800000,,12.50,a 5,\n"
        'b,purchase,u1,2026-01-01T12:00:00Z,WEB,,,"{""amount"": [1, 2]}"\n'
    )

    shared = {"name": "purchase", "user_id": "u1"}
    assert _read(file) == [
        {"event_id": "a", "time": 1767268800000, "attributes": {"amount": 12.5, "note": "a 5"}, **shared},
        {
            "event_id": "b",
            "time": "2026-01-01T12:00:00Z",
            "platform": "WEB",
            "attributes": {"amount": [1, 2]},
            **shared,
        },
    ]
    assert stream_of(file) is Stream.USER_EVENTS


def test_a_long_file_comes_in_batches(tmp_path: Path) -> None:
    """Batches are bounded, follow one another, and say how far the file is read."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(b'{"kind": "sent"}\n\n' * (BATCH_EVENTS + 1))

    found = list(batches(file))

    assert [(batch.first, batch.events) for batch in found] == [(0, BATCH_EVENTS), (BATCH_EVENTS, 1)]
    assert found[-1].position == file.stat().st_size


NOISE = b"".join(
    json.dumps(message_event(campaign_id="noise", channel="EMAIL", link=f"{number**9:x}")).encode() + b"\n"
    for number in range(1000)
)


def _damaged(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes(64) + packed[middle + 64 :]


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "events.xlsx": (b"PK", "use .ndjson, .jsonl or .csv, packed as .gz or .zst or not, or .parquet"),
    "packed.parquet.gz": (b"", "packed as .gz or .zst or not, or .parquet"),
    "cut.ndjson.gz": (gzip.compress(b'{"kind": "sent"}\n' * 1000)[:-20], "cannot be read: "),
    "not.ndjson.gz": (b"plain text", "cannot be read: Not a gzipped file"),
    "damaged.ndjson.gz": (_damaged(gzip.compress(NOISE)), "cannot be read: "),
    "not.ndjson.zst": (b"plain text", "cannot be read: it is not packed with zstd, or damaged"),
    "damaged.ndjson.zst": (_damaged(zstandard.compress(NOISE)), "cannot be read: it is not packed with zstd"),
    "cut.ndjson.zst": (zstandard.compress(NOISE)[:-20], "cannot be read: it was cut off"),
    "not.parquet": (b"plain text", "cannot be read: "),
    "other.ndjson": (b'{"hello": "world"}\n', "has neither 'kind' nor 'name'; say what it holds with --stream"),
    "empty.ndjson": (b"", "has neither 'kind' nor 'name'"),
    "wide.csv": (b"kind,user_id\nsent,u1,u2\n", "cannot be read: a row has more cells than the header"),
    "latin.csv": ("kind,user_id\nsent,Müller\n".encode("latin-1"), "cannot be read: "),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """A file that is not what its name says is refused with its name and what is wrong with it."""
    content, told = UNREADABLE[name]
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(InvalidRequest) as caught:
        stream_of(file)

    assert caught.value.field == "FILE"
    assert str(file) in caught.value.message
    assert told in caught.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """What the system says of a file is passed on."""
    with pytest.raises(InvalidRequest, match=r"nowhere\.csv cannot be read: .*No such file"):
        _read(tmp_path / "nowhere.csv")
