"""Checked events to the rows of their table: batches that wait together become columns together.

To make a column takes about as long for one event as for a hundred, so what is committed together is made together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.events import Stream
from aftersend.domain.periods import DAY_MILLISECONDS, DayFinder
from aftersend.intake.arrival import Arrival, Moments
from aftersend.intake.placement import Columns, Placements
from aftersend.store.batches import EventRows
from aftersend.store.digests import digests
from aftersend.store.identities import identities_of

_EVENT_BYTES = 300
"""About what the fields of a checked event take in memory, beside their texts."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The good events of a batch: their moments, and the fields that become columns as they are.

    Where message events count is said by the numbers of their placements. `text_bytes` is the length of what they came
    in.
    """

    stream: Stream
    arrival: Arrival
    fields: Columns
    times: Moments
    text_bytes: int
    placements: Placements | None = None
    numbers: Sequence[int] = ()

    @property
    def events(self) -> int:
        """Return how many events there are."""
        return self.times.size

    @property
    def size(self) -> int:
        """Return about how many bytes of memory they take."""
        return self.events * _EVENT_BYTES + self.text_bytes

    @property
    def kin(self) -> tuple[object, ...]:
        """Return what batches have in common that can become columns together."""
        shared = None if self.placements is None else id(self.placements.shared)
        return self.stream, self.arrival.workspace_id, shared


def rows_of(batches: Sequence[Checked]) -> EventRows:
    """Make the rows of batches of one kin, one after another."""
    first = batches[0]
    fields: Columns = {name: _chained([batch.fields[name] for batch in batches]) for name in first.fields}
    common = _common_columns(batches, fields)
    if first.placements is None:
        columns = {**common, **_user_columns(fields)}
        marks = digests(first.stream, columns)
    else:
        numbers = _chained([batch.numbers for batch in batches])
        columns = {**first.placements.columns(numbers), **common, **_message_columns(fields)}
        marks = digests(first.stream, columns, first.placements.openings(numbers))
    identities = identities_of(first.arrival.workspace_id, fields["event_id"])  # type: ignore[arg-type]
    return EventRows(first.stream, identities, marks, pa.table(columns), [batch.events for batch in batches])


def _chained(columns: "Sequence[Sequence[Any]]") -> "Sequence[Any]":
    return columns[0] if len(columns) == 1 else list(chain.from_iterable(columns))


def _message_columns(fields: Columns) -> dict[str, pa.Array]:
    return {
        "machine": pa.array(fields["machine"], pa.bool_()),
        "send_id": _texts(fields["send_id"]),
        "device_id": _texts(fields["device_id"]),
        "link": _texts(fields["link"]),
    }


def _user_columns(fields: Columns) -> dict[str, pa.Array]:
    platforms = [platform.upper() if platform else "" for platform in fields["platform"]]  # type: ignore[attr-defined]
    return {
        "name": _texts(fields["name"]).dictionary_encode(),
        "platform": _texts(platforms).dictionary_encode(),
        "attributes": _texts(fields["attributes"]),
    }


def _common_columns(batches: Sequence[Checked], fields: Columns) -> dict[str, pa.Array]:
    times = np.concatenate([batch.times for batch in batches])
    of_batch = np.repeat(np.arange(len(batches)), [batch.events for batch in batches])
    days = _days(batches[0].arrival.days, times)

    def words(word: Callable[[Arrival], str]) -> pa.Array:
        return _of_batches([word(batch.arrival) for batch in batches], of_batch)

    received = np.array([batch.arrival.received_at for batch in batches], np.int64)
    return {
        "workspace_id": words(lambda arrival: arrival.workspace_id),
        "day": pa.array(days.astype(np.int32)).view(pa.date32()),
        "user_id": _texts(fields["user_id"]),
        "time": pa.array(times, _TIMESTAMP),
        "event_id": _texts(fields["event_id"]),
        "received_at": pa.array(received[of_batch], _TIMESTAMP),
        "source": words(lambda arrival: arrival.source),
        "key_id": words(lambda arrival: arrival.key_id),
    }


def _of_batches(texts: Sequence[str], of_batch: "np.ndarray[Any, np.dtype[np.int64]]") -> pa.Array:
    """Make a column of what each batch has for all of its events."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    codes = np.array([numbers[text] for text in texts], np.int32)[of_batch]
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(numbers), pa.string()))


def _days(finder: DayFinder, times: Moments) -> Moments:
    """Return the days on which moments fall: one question for each day of UTC, where its offset is steady."""
    days, places = np.unique(times // DAY_MILLISECONDS, return_inverse=True)
    offsets = [finder.steady_offset(day) for day in days.tolist()]
    if None in offsets:
        return np.array([finder.day(moment) for moment in times.tolist()], np.int64)
    found: Moments = (times + np.array(offsets, np.int64)[places]) // DAY_MILLISECONDS
    return found


_TIMESTAMP = pa.timestamp("ms", "UTC")


def _texts(values: Sequence[object]) -> pa.Array:
    """Make a column of texts; where there is none it is empty."""
    column = pa.array(values, pa.string())
    return column.fill_null("") if column.null_count else column
