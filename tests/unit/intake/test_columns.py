"""What is computed for whole batches at once: the same as for each event by itself."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.domain.events import Rejection, Stream
from aftersend.domain.periods import EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder
from aftersend.intake.accept import Arrival, accept_message_events
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.placement import Known, PlacementMemory
from aftersend.intake.wire import MessageEvent
from aftersend.store.digests import digests
from aftersend.store.identities import identity
from builders import NOON, Json, message_event
from objects import a_campaign

KNOWN = Known({"c1": a_campaign()})
EXPIRED_BEFORE = EARLIEST_MILLISECONDS + 1000

_TIMES = st.one_of(
    st.integers(EARLIEST_MILLISECONDS - 2, EARLIEST_MILLISECONDS + 2000),
    st.integers(LATEST_MILLISECONDS - 2, LATEST_MILLISECONDS + 2),
    st.integers(EXPIRED_BEFORE, LATEST_MILLISECONDS - 1),
    st.sampled_from([2**62, -(2**62), 0, "2026-03-29T01:59:59.999Z", "2026-03-29T03:00:00.0009+02:00"]),
)


@settings(deadline=None)
@given(st.lists(_TIMES, max_size=20), st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]))
def test_moments_and_days_of_a_batch_are_those_of_its_events(times: list[int | str], zone: str) -> None:
    """Whatever mixture of times comes, good or bad, each event fares as it does alone."""
    arrival = Arrival("w1", DayFinder(ZoneInfo(zone)), NOON, earliest=EXPIRED_BEFORE)
    memory, decoder = PlacementMemory(), BatchDecoder(MessageEvent)

    def take(events: list[Json]) -> tuple[list[Json], list[tuple[str | None, Rejection]]]:
        accepted = accept_message_events(
            arrival, decoder.decode(json.dumps(events).encode(), lines=False), KNOWN, memory
        )
        return accepted.rows.rows.to_pylist(), [(row.event_id, row.rejection) for row in accepted.rejected]

    events = [message_event(time=time) for time in times]
    together, alone = take(events), [take([event]) for event in events]

    assert together[0] == [row for rows, _ in alone for row in rows]
    assert together[1] == [row for _, rejected in alone for row in rejected]
    finder = DayFinder(ZoneInfo(zone))
    moments = [(row["time"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) for row in together[0]]
    assert [row["day"].toordinal() - 719_163 for row in together[0]] == [finder.day(moment) for moment in moments]


@pytest.mark.parametrize("bad", [{}, {"user_id": ""}, {"kind": "clicked", "platform": "IOS"}])
def test_digests_and_identities_do_not_depend_on_the_company(bad: Json) -> None:
    """An event is marked the same in a good batch, beside a bad event, and from its columns alone."""
    events = [message_event("failed", reason=word, user_id=f"ü{word}") for word in ("one", "two", "one")]
    beside = [message_event(**bad), *events] if bad else events
    decoded = BatchDecoder(MessageEvent).decode(json.dumps(beside).encode(), lines=False)

    arrival = Arrival("w1", DayFinder(ZoneInfo("UTC")), NOON)
    rows = accept_message_events(arrival, decoded, KNOWN, PlacementMemory()).rows

    columns = {name: rows.rows[name].combine_chunks() for name in rows.rows.column_names}
    assert rows.digests == digests(Stream.MESSAGE_EVENTS, columns)
    assert rows.identities == [identity("w1", event["event_id"]) for event in events]


_WORDS = st.tuples(st.sampled_from(["en", "de", "ü"]), st.sampled_from(["v1", "v2"]), st.sampled_from(["a", "b", "c"]))


@settings(deadline=None)
@given(st.lists(st.lists(_WORDS, min_size=1, max_size=6), min_size=1, max_size=6))
def test_columns_that_grow_are_those_of_a_new_memory(batches: list[list[tuple[str, str, str]]]) -> None:
    """New combinations come batch by batch: what has been seen before them changes no column, nor adds a word to it."""
    arrival, growing = Arrival("w1", DayFinder(ZoneInfo("UTC")), NOON), PlacementMemory()
    decoder = BatchDecoder(MessageEvent)

    for batch in batches:
        events = [message_event("failed", locale=one, variation=two, reason=three) for one, two, three in batch]
        body = json.dumps(events).encode()
        grown, new = (
            accept_message_events(arrival, decoder.decode(body, lines=False), KNOWN, memory).rows
            for memory in (growing, PlacementMemory())
        )
        assert grown.rows.to_pylist() == new.rows.to_pylist()
        assert grown.digests == new.digests
        for name in ("campaign_id", "kind", "platform", "locale", "variation", "detail"):
            words = grown.rows[name].chunk(0).dictionary.to_pylist()
            assert sorted(words) == sorted(set(grown.rows[name].to_pylist()))
