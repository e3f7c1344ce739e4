"""Two who write at the same moment: they wait for one another, and neither fails."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.registry.registry import Registry
from objects import a_campaign, a_workspace
from unit.registry.opening import opened_twice


class Slow:
    """Drafts that are handed over one by one; after the last one the transaction is kept open until it is let go."""

    def __init__(self, *drafts: Campaign) -> None:
        self._drafts = drafts
        self._written = threading.Event()
        self._go = threading.Event()

    def __iter__(self) -> Iterator[Campaign]:
        """Hand the drafts over, and wait."""
        yield from self._drafts
        self._written.set()
        assert self._go.wait(timeout=30)

    def wait_until_written(self) -> None:
        """Wait until every draft is in the open transaction."""
        assert self._written.wait(timeout=30)

    def let_go(self) -> None:
        """Let the transaction end."""
        self._go.set()


@contextmanager
def _while_writing(registry: Registry, *drafts: Campaign) -> Iterator[Callable[[Callable[[], object]], object]]:
    """Keep a transaction open that has written the drafts; what is called meanwhile ends after it."""
    slow = Slow(*drafts)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(registry.campaigns.register_drafts, "w1", slow)
        slow.wait_until_written()

        def meanwhile(work: Callable[[], object]) -> object:
            second: Future[object] = threads.submit(work)
            threading.Event().wait(0.2)  # long enough to reach the lock, short enough for the busy time
            slow.let_go()
            first.result(timeout=30)
            return second.result(timeout=30)

        try:
            yield meanwhile
        finally:
            slow.let_go()


def test_two_writers_wait_instead_of_failing(registry_url: str) -> None:
    """A writer that finds the registry busy is served when the other one is done."""
    with opened_twice(registry_url, "w1") as (one, other):
        with _while_writing(one, a_campaign("a")) as meanwhile:
            meanwhile(lambda: other.workspaces.create(a_workspace("w2")))

        assert [workspace.id for workspace in one.workspaces.all()] == ["w1", "w2"]
        assert list(other.campaigns.find("w1", ["a"])) == ["a"]


def test_a_reader_does_not_wait_for_a_writer(registry_url: str) -> None:
    """While a transaction is open others read what was there before."""
    with opened_twice(registry_url, "w1") as (one, other):
        with _while_writing(one, a_campaign("a")) as meanwhile:
            seen = other.campaigns.page("w1", 0, 10)
            meanwhile(lambda: None)

        assert seen == ([], 0)


def test_two_servers_register_the_same_draft(registry_url: str) -> None:
    """Events that bring a campaign along reach two servers at once: one registers it, and both go on."""
    with opened_twice(registry_url, "w1") as (one, other):
        with _while_writing(one, a_campaign("a", name="first")) as meanwhile:
            meanwhile(lambda: other.campaigns.register_drafts("w1", [a_campaign("a", name="second"), a_campaign("b")]))

        listed, _ = other.campaigns.page("w1", 0, 10)
        assert [(campaign.id, campaign.name) for campaign in listed] == [("a", "first"), ("b", "A campaign")]


def test_two_servers_register_the_same_drafts_the_other_way_round(registry_url: str) -> None:
    """Batches that bring two campaigns along in different orders do not lock each other out."""
    with opened_twice(registry_url, "w1") as (one, other):
        with _while_writing(one, a_campaign("a"), a_campaign("b")) as meanwhile:
            meanwhile(lambda: other.campaigns.register_drafts("w1", [a_campaign("b"), a_campaign("a")]))

        assert other.campaigns.page("w1", 0, 10)[1] == 2


def test_a_draft_that_is_registered_properly_meanwhile(registry_url: str) -> None:
    """A campaign that is put while events bring it along is the one that was put."""
    with opened_twice(registry_url, "w1") as (one, other):
        with _while_writing(one, a_campaign("a")) as meanwhile:
            meanwhile(lambda: other.campaigns.put("w1", a_campaign("a", name="Proper", channel=Channel.EMAIL)))

        assert [campaign.name for campaign in other.campaigns.page("w1", 0, 10)[0]] == ["Proper"]


def test_what_somebody_else_registered_is_not_touched(registry_url: str) -> None:
    """A draft never replaces a campaign that is there."""
    with opened_twice(registry_url, "w1") as (one, other):
        one.campaigns.put("w1", a_campaign("a", name="Proper"))
        other.campaigns.register_drafts("w1", [a_campaign("a", Channel.SMS), a_campaign("a")])

        assert [campaign.name for campaign in other.campaigns.page("w1", 0, 10)[0]] == ["Proper"]
