"""Group commit: what gathers while one insert runs, in which order, how much may wait, and what failures do."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

import pytest

from aftersend.domain.events import Stream
from aftersend.errors import Overloaded, StoreUnavailable
from aftersend.intake.columns import Checked
from aftersend.intake.commit import CommitLimits, Committer
from aftersend.intake.placement import PlacementMemory
from builders import message_event, user_event
from fakes import FakeLedger
from objects import checked_messages, checked_users

DEFAULT = CommitLimits()

MESSAGES, USERS = Stream.MESSAGE_EVENTS, Stream.USER_EVENTS


def _batch(name: str, events: int = 1, stream: Stream = MESSAGES, workspace_id: str = "w1") -> Checked:
    """A batch whose events are called after it."""
    ids = [f"{name}{number}" for number in range(events)]
    if stream is USERS:
        return checked_users(*(user_event(event_id=one) for one in ids), workspace_id=workspace_id)
    return checked_messages(*(message_event(event_id=one) for one in ids), workspace_id=workspace_id)


@contextmanager
def _committer(
    ledger: FakeLedger,
    limits: CommitLimits = DEFAULT,
    observe: Callable[[int, int], None] = lambda batches, events: None,
) -> Iterator[Committer]:
    """A committer that runs for the block."""
    committer = Committer(ledger, limits, observe)
    committer.start()
    try:
        yield committer
    finally:
        ledger.let_go()
        committer.stop()


@contextmanager
def _held(ledger: FakeLedger, limits: CommitLimits = DEFAULT) -> Iterator[Committer]:
    """A committer whose first commit, of one event, is under way and waits."""
    ledger.hold()
    with _committer(ledger, limits) as committer:
        committer.submit(_batch("first"))
        assert ledger.entered.acquire(timeout=10)
        yield committer


def _groups(ledger: FakeLedger) -> list[list[str]]:
    """The events of each commit, batch by batch."""
    return [[name for batch in group for name in batch.rows["event_id"].to_pylist()] for group in ledger.groups]


def _until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_batch_is_answered_with_its_new_events() -> None:
    """The future of a batch is what the ledger says of it."""
    with _committer(FakeLedger()) as committer:
        assert committer.submit(_batch("a", 3)).result(timeout=10) == 3


def test_a_batch_on_its_own_does_not_wait_for_others() -> None:
    """Nothing gathers when nothing is under way."""
    ledger = FakeLedger()

    with _committer(ledger) as committer:
        committer.submit(_batch("a")).result(timeout=10)
        committer.submit(_batch("b")).result(timeout=10)

    assert _groups(ledger) == [["a0"], ["b0"]]


def test_what_comes_during_a_commit_becomes_one_group() -> None:
    """While one commit runs the next group gathers, in the order in which the batches came."""
    ledger = FakeLedger()

    with _held(ledger) as committer:
        waiting = [committer.submit(_batch(name, 2)) for name in "abc"]
        ledger.let_go()
        answers = [future.result(timeout=10) for future in waiting]

    assert answers == [2, 2, 2]
    assert _groups(ledger) == [["first0"], ["a0", "a1", "b0", "b1", "c0", "c1"]]


def test_a_group_has_a_largest_size() -> None:
    """A group is closed once it has the events that one insert should have."""
    ledger = FakeLedger()

    with _held(ledger, CommitLimits(group_events=4)) as committer:
        for name in "abcde":
            committer.submit(_batch(name, 2))
        ledger.let_go()

    assert [len(group) for group in ledger.groups] == [1, 2, 2, 1]


def test_a_batch_is_never_cut() -> None:
    """A batch that is larger than a group is one group."""
    ledger = FakeLedger()

    with _held(ledger, CommitLimits(group_events=2)) as committer:
        committer.submit(_batch("a", 5))
        committer.submit(_batch("b", 1))
        ledger.let_go()

    assert [len(batch.identities) for group in ledger.groups for batch in group] == [1, 5, 1]


def test_streams_are_not_mixed() -> None:
    """A group ends where the other stream's batch waits, so that order is kept and one insert has one table."""
    ledger = FakeLedger()

    with _held(ledger) as committer:
        for name, stream in (("a", MESSAGES), ("b", MESSAGES), ("c", USERS), ("d", MESSAGES), ("e", USERS)):
            committer.submit(_batch(name, stream=stream))
        ledger.let_go()

    assert _groups(ledger) == [["first0"], ["a0", "b0"], ["c0"], ["d0"], ["e0"]]
    assert all(len({batch.stream for batch in group}) == 1 for group in ledger.groups)


def test_more_events_than_may_wait_are_refused() -> None:
    """Beyond the bound on events a batch is refused with words, and nothing of it is kept."""
    ledger = FakeLedger()

    with _held(ledger, CommitLimits(waiting_events=5)) as committer:
        committer.submit(_batch("a", 4))  # with the first one: five
        with pytest.raises(Overloaded, match="5 events wait to be written") as caught:
            committer.submit(_batch("b"))

    assert caught.value.retry_after_seconds == 1
    assert _groups(ledger) == [["first0"], ["a0", "a1", "a2", "a3"]]


def test_more_bytes_than_may_wait_are_refused() -> None:
    """The bound on bytes holds beside the one on events."""
    ledger = FakeLedger()
    size = _batch("a", 1000).size

    with _held(ledger, CommitLimits(waiting_bytes=size + _batch("first").size)) as committer:
        committer.submit(_batch("a", 1000))
        with pytest.raises(Overloaded):
            committer.submit(_batch("b", 100))

    assert len(ledger.groups) == 2


@pytest.mark.parametrize("limits", [CommitLimits(waiting_events=1), CommitLimits(waiting_bytes=1)])
def test_a_lone_batch_is_let_in_however_large(limits: CommitLimits) -> None:
    """When nothing waits, a batch larger than the bound is taken: it could never be taken otherwise."""
    ledger = FakeLedger()

    with _committer(ledger, limits) as committer:
        assert committer.submit(_batch("a", 1000)).result(timeout=10) == 1000


def test_there_is_room_again_when_a_group_is_done() -> None:
    """What is durable does not wait any more."""
    ledger = FakeLedger()

    with _held(ledger, CommitLimits(waiting_events=5)) as committer:
        committer.submit(_batch("a", 4))
        assert committer.waiting_events == 5
        ledger.let_go()
        _until(lambda: committer.waiting_events == 0)

        assert committer.submit(_batch("b", 5)).result(timeout=10) == 5


def test_a_failure_reaches_every_batch_of_its_group() -> None:
    """When the ledger refuses, each sender of the group is told, and nobody of another group."""
    ledger = FakeLedger()
    failure = StoreUnavailable("not now")

    with _held(ledger) as committer:
        waiting = [committer.submit(_batch(name)) for name in "abc"]
        ledger.failure = failure
        ledger.let_go()
        failures = [future.exception(timeout=10) for future in waiting]

    assert failures == [failure] * 3


@pytest.mark.parametrize("failure", [StoreUnavailable("not now"), ValueError("a bug"), SystemExit(3)], ids=repr)
def test_the_thread_outlives_a_failure(failure: BaseException) -> None:
    """Whatever one group brings, the next one is committed, and what failed does not wait any more."""
    ledger = FakeLedger()
    ledger.failure = failure

    with _committer(ledger) as committer:
        assert committer.submit(_batch("a", 3)).exception(timeout=10) is failure
        ledger.failure = None
        _until(lambda: committer.waiting_events == 0)

        assert committer.submit(_batch("b")).result(timeout=10) == 1


def test_stopping_commits_what_waits() -> None:
    """A stop is a return only when everything that was taken in has been committed."""
    ledger = FakeLedger()
    with _held(ledger) as committer:
        waiting = [committer.submit(_batch("a")), committer.submit(_batch("b", stream=USERS))]
        stopping = threading.Thread(target=committer.stop)
        stopping.start()
        _until(lambda: _refuses(committer))
        still_waiting = not any(future.done() for future in waiting)
        ledger.let_go()
        stopping.join(timeout=10)

        assert still_waiting
        assert [future.result(timeout=0) for future in waiting] == [1, 1]
        assert [group for group in _groups(ledger) if group] == [["first0"], ["a0"], ["b0"]]


def _refuses(committer: Committer) -> bool:
    """Whether the committer has begun to stop: an empty batch changes nothing where it has not."""
    try:
        committer.submit(_batch("none", 0))
    except StoreUnavailable:
        return True
    return False


def test_what_comes_after_the_stop_is_refused() -> None:
    """A batch that comes too late is refused, not forgotten."""
    ledger = FakeLedger()
    with _committer(ledger) as committer:
        pass

    with pytest.raises(StoreUnavailable, match="the server is stopping"):
        committer.submit(_batch("a"))
    assert ledger.groups == []


def test_a_client_that_goes_away_does_not_take_its_batch_back() -> None:
    """Cancelling has no effect: the batch is committed, and its neighbours are answered."""
    ledger = FakeLedger()

    with _held(ledger) as committer:
        gone, stays = committer.submit(_batch("a")), committer.submit(_batch("b"))
        cancelled = gone.cancel()
        ledger.let_go()

        assert not cancelled
        assert [gone.result(timeout=10), stays.result(timeout=10)] == [1, 1]
    assert _groups(ledger) == [["first0"], ["a0", "b0"]]


def test_commits_are_observed() -> None:
    """After each commit that went well, its batches and events are told."""
    ledger = FakeLedger()
    told: list[tuple[int, int]] = []

    with _committer(ledger, observe=lambda batches, events: told.append((batches, events))) as committer:
        committer.submit(_batch("a", 3)).result(timeout=10)
        ledger.failure = StoreUnavailable("not now")
        committer.submit(_batch("b", 2)).exception(timeout=10)

    assert told == [(1, 3)]


def test_many_senders_are_all_answered() -> None:
    """With many threads sending at once nothing is lost, nothing is committed twice and every order is kept."""
    ledger = FakeLedger()
    answered: list[Future[int]] = []

    with _committer(ledger, CommitLimits(group_events=7)) as committer:

        def send(sender: int) -> None:
            answered.extend([committer.submit(_batch(f"{sender}-{number}-", 2)) for number in range(50)])

        senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        answers = [future.result(timeout=10) for future in answered]

    committed = [event for group in _groups(ledger) for event in group]
    assert answers == [2] * 400
    assert len(committed) == len(set(committed)) == 800
    for number in range(8):
        mine = [event for event in committed if event.startswith(f"{number}-")]
        assert mine == [f"{number}-{batch}-{place}" for batch in range(50) for place in range(2)]


def test_batches_that_can_are_made_together_and_each_is_told_its_own() -> None:
    """Batches of one workspace are one table of the commit, each with its size; another workspace's are another."""
    ledger, memory = FakeLedger(), PlacementMemory()
    batches = [
        checked_messages(*(message_event(event_id=f"{name}{n}") for n in range(3)), memory=memory) for name in "ab"
    ]

    with _held(ledger) as committer:
        waiting = [committer.submit(one) for one in (*batches, _batch("c", 2, workspace_id="w2"))]
        ledger.let_go()
        answers = [future.result(timeout=10) for future in waiting]

    assert answers == [3, 3, 2]
    assert [list(batch.sizes) for batch in ledger.groups[1]] == [[3, 3], [2]]


def test_a_batch_of_which_no_rows_can_be_made_fails_alone() -> None:
    """Should a text ever come that no column can have, its sender is told, and its neighbours are committed."""
    ledger, memory = FakeLedger(), PlacementMemory()
    good, bad = (checked_messages(message_event(event_id=name), memory=memory) for name in "ab")
    bad = replace(bad, fields={**bad.fields, "user_id": ["\ud800"]})

    with _held(ledger) as committer:
        waiting = [committer.submit(one) for one in (good, bad)]
        ledger.let_go()

        assert waiting[0].result(timeout=10) == 1
        assert isinstance(waiting[1].exception(timeout=10), UnicodeEncodeError)
        _until(lambda: committer.waiting_events == 0)
    assert _groups(ledger) == [["first0"], ["a"]]
