"""What is computed for whole batches at once: the same as for each event by itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.domain.events import Rejection, Stream
from aftersend.domain.periods import EARLIEST_MILLISECONDS, LATEST_MILLISECONDS, DayFinder
from aftersend.intake.accept import accept_message_events, accept_user_events
from aftersend.intake.arrival import Arrival
from aftersend.intake.columns import Checked, rows_of
from aftersend.intake.decode import BatchDecoder
from aftersend.intake.placement import Known, PlacementMemory
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.store.digests import digests
from aftersend.store.identities import identity
from builders import NOON, Json, message_event, user_event
from objects import a_campaign, made

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
        return made(accepted).rows.to_pylist(), [(row.event_id, row.rejection) for row in accepted.rejected]

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
    rows = made(accept_message_events(arrival, decoded, KNOWN, PlacementMemory()))

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
            made(accept_message_events(arrival, decoder.decode(body, lines=False), KNOWN, memory))
            for memory in (growing, PlacementMemory())
        )
        assert grown.rows.to_pylist() == new.rows.to_pylist()
        assert grown.digests == new.digests
        for name in ("campaign_id", "kind", "platform", "locale", "variation", "detail"):
            words = grown.rows[name].chunk(0).dictionary.to_pylist()
            assert sorted(words) == sorted(set(grown.rows[name].to_pylist()))


_BATCHES = st.lists(
    st.tuples(st.lists(_WORDS, max_size=4), st.sampled_from(["native", "other"]), st.sampled_from(["k1", "k2"])),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(_BATCHES)
def test_batches_become_together_what_each_becomes_alone(batches: list[tuple[list[Any], str, str]]) -> None:
    """Whatever batches of a workspace wait together, from whom and when they came: their rows are those of each."""
    memory, decoder = PlacementMemory(), BatchDecoder(MessageEvent)
    checked = []
    for place, (words, source, key_id) in enumerate(batches):
        events = [
            message_event("failed", event_id=f"{place}-{number}", locale=one, variation=two, reason=three)
            for number, (one, two, three) in enumerate(words)
        ]
        arrival = Arrival("w1", DayFinder(ZoneInfo("Europe/Berlin")), NOON + place, source, key_id)
        decoded = decoder.decode(json.dumps(events).encode(), lines=False)
        checked.append(accept_message_events(arrival, decoded, KNOWN, memory).checked)

    together, alone = rows_of(checked), [rows_of([one]) for one in checked]

    assert {one.kin for one in checked} == {checked[0].kin}
    assert together.rows.to_pylist() == [row for one in alone for row in one.rows.to_pylist()]
    assert together.rows.schema == alone[0].rows.schema
    assert together.digests == [digest for one in alone for digest in one.digests]
    assert together.identities == [key for one in alone for key in one.identities]
    assert together.sizes == [len(words) for words, _, _ in batches]


def test_user_events_become_rows_together() -> None:
    """User events of two senders have their own fields, and what their sender has for all."""
    bodies = [
        json.dumps([user_event(name="buy", platform=word, attributes={"n": word})]).encode() for word in ("A", "b")
    ]
    decoder, finder = BatchDecoder(UserEvent), DayFinder(ZoneInfo("UTC"))
    checked = [
        accept_user_events(Arrival("w1", finder, NOON, key_id=f"k{place}"), decoder.decode(body, lines=False)).checked
        for place, body in enumerate(bodies)
    ]

    rows = rows_of(checked).rows.to_pylist()

    assert [(row["platform"], row["attributes"], row["key_id"]) for row in rows] == [
        ("A", '{"n": "A"}', "k0"),
        ("B", '{"n": "b"}', "k1"),
    ]


def test_what_differs_in_workspace_or_campaign_is_of_no_kin() -> None:
    """Numbers of placements hold in a workspace, while its campaigns stay as they are."""
    memory, decoder = PlacementMemory(), BatchDecoder(MessageEvent)
    body = json.dumps([message_event()]).encode()

    def take(workspace_id: str, known: Known) -> Checked:
        arrival = Arrival(workspace_id, DayFinder(ZoneInfo("UTC")), NOON)
        return accept_message_events(arrival, decoder.decode(body, lines=False), known, memory).checked

    changed = Known({"c1": replace(a_campaign(), name="another")})
    found = [take("w1", KNOWN), take("w1", KNOWN), take("w2", KNOWN), take("w1", changed)]

    assert len({one.kin for one in found}) == 3
