"""Counting in the engine, and of few events outside of it: every level by itself, and values that stay values."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.domain.kinds import Kind
from aftersend.store import count_few
from aftersend.store.count_block import CountBlock
from aftersend.store.count_few import read_few
from aftersend.store.count_query import CountQuery
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.read_counts import read_counts
from builders import NOON, Json, message_event
from fakes import of
from objects import a_campaign, message_rows
from server import Server

DAY = 86_400_000
TODAY = NOON // DAY

SENT = of(Kind.SENT)
OPENED, OPENED_BY_PEOPLE = of(Kind.OPENED), of(Kind.OPENED, human=True)
REACTED = of(Kind.OPENED, Kind.CLICKED)
HARD = of(Kind.BOUNCED, details=frozenset({"hard"}))
CAPPED = of(Kind.REMOVED, Kind.FAILED, details=frozenset({"frequency_cap"}))
FAILED = of(Kind.FAILED)
TALLIES = (SENT, OPENED, OPENED_BY_PEOPLE, REACTED, HARD, CAPPED)
LEFT = Remaining(of(Kind.TARGETED), CAPPED)


CellKey = tuple[str, str, str, str]
"""Campaign, platform, locale, variation."""


@dataclass(frozen=True, slots=True)
class CountCell:
    """One node of a block."""

    block: CountBlock
    row: int

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return the node's base count."""
        return int(self.block.count(tally, mode)[self.row])

    def remaining_users(self, remaining: Remaining) -> int:
        """Return how many of the node's users are left."""
        return int(self.block.remaining_users(remaining)[self.row])

    def by_detail(self, mode: Mode) -> dict[str, int]:
        """Return the node's counts by detail."""
        return {detail: int(numbers[self.row]) for detail, numbers in self.block.by_detail(mode).items()}


@dataclass(frozen=True, slots=True)
class Counting:
    """A workspace in the ledger, and how to count in it."""

    engine: EmbeddedEngine
    server: Server
    workspace_id: str
    read: Callable[[EmbeddedEngine, CountQuery], Mapping[str, CountBlock] | None]

    def store(self, *events: Json, campaign_id: str = "c1", channel: Channel = Channel.EMAIL) -> None:
        """Commit message events of one campaign."""
        known = a_campaign(campaign_id, channel)
        sent = [event | {"campaign_id": campaign_id} for event in events]
        ledger = self.server.parts.ledger
        ledger.commit([message_rows(*sent, workspace_id=self.workspace_id, campaign=known)])
        ledger.settle()  # this connection reads the tables as they are

    @property
    def asked(self) -> CountQuery:
        """Return what asks for the events and users of all tallies in campaign c1 today."""
        return CountQuery(
            workspace_id=self.workspace_id,
            campaign_ids=("c1",),
            days=(TODAY, TODAY),
            tallies=TALLIES,
            users=dict.fromkeys(TALLIES, ("c1",)),
            by_detail=FAILED,
            users_by_detail=True,
        )

    def count(self, **changes: Any) -> Mapping[CellKey, CountCell]:
        """Count what is asked for by default, or as the changes say."""
        blocks = self.read(self.engine, replace(self.asked, **changes))
        assert blocks is not None
        return {
            (campaign_id, *node): CountCell(block, row)
            for campaign_id, block in blocks.items()
            for row, node in enumerate(block.nodes)
        }


_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def engine(server: Server) -> Iterator[EmbeddedEngine]:
    """Another connection to the ledger that the server has open."""
    found = EmbeddedEngine(server.folder, readers=1)
    yield found
    found.close()


@pytest.fixture(params=[read_counts, read_few])
def new_counting(engine: EmbeddedEngine, server: Server, request: pytest.FixtureRequest) -> Callable[[], Counting]:
    """Make workspaces that no other test has, in which the engine counts, or we do."""
    return lambda: Counting(engine, server, f"counted-{next(_numbers)}", request.param)


@pytest.fixture
def counting(new_counting: Callable[[], Counting]) -> Counting:
    """A workspace without events."""
    return new_counting()


def _both(cell: CountCell, tally: Tally) -> tuple[int, int]:
    return cell.count(tally, Mode.TOTAL), cell.count(tally, Mode.UNIQUE)


def test_every_level_is_counted_by_itself(counting: Counting) -> None:
    """Users are distinct on each level of the tree: no level is the sum of those below it."""
    counting.store(
        message_event(user_id="a", locale="de", variation="A"),
        message_event(user_id="a", locale="de", variation="B"),
        message_event(user_id="a", locale="en", variation="A"),
        message_event(user_id="b", locale="en", variation="A"),
        message_event(user_id="b", locale="en", variation="A"),
    )

    cells = counting.count()

    assert {key[2:]: _both(cell, SENT) for key, cell in cells.items()} == {
        ("", ""): (5, 2),
        ("de", ""): (2, 1),
        ("en", ""): (3, 2),
        ("", "A"): (4, 2),
        ("", "B"): (1, 1),
        ("de", "A"): (1, 1),
        ("de", "B"): (1, 1),
        ("en", "A"): (3, 2),
    }
    assert {key[:2] for key in cells} == {("c1", "EMAIL")}


@pytest.mark.parametrize("over_platforms", [False, True])
def test_the_level_above_the_platforms(counting: Counting, over_platforms: bool) -> None:
    """A user on two platforms is one user of all platforms; that level is there only where it is asked for."""
    places = [("ANDROID", "a"), ("IOS", "a"), ("IOS", "b")]
    counting.store(*(message_event(platform=platform, user_id=user) for platform, user in places), channel=Channel.PUSH)

    cells = counting.count(over_platforms=over_platforms)

    found = {key[1]: _both(cell, SENT) for key, cell in cells.items() if key[2:] == ("", "")}
    assert found == {"ANDROID": (1, 1), "IOS": (2, 2)} | ({"": (3, 2)} if over_platforms else {})


def test_what_a_tally_looks_at(counting: Counting) -> None:
    """A tally counts its kinds, narrowed to details or to people where it says so; users once over all its kinds."""
    counting.store(
        message_event("opened", user_id="a"),
        message_event("opened", user_id="a", machine=True),
        message_event("opened", user_id="b", machine=True),
        message_event("clicked", user_id="b"),
        message_event("bounced", user_id="a", bounce_type="hard"),
        message_event("bounced", user_id="b", bounce_type="soft"),
        message_event("removed", user_id="c", reason="frequency_cap"),
        message_event("failed", user_id="c", reason="frequency_cap"),
        message_event("failed", user_id="c", reason="elsewhere"),
    )

    cell = counting.count()["c1", "EMAIL", "", ""]

    assert [_both(cell, tally) for tally in TALLIES] == [(0, 0), (3, 2), (1, 1), (4, 2), (1, 1), (2, 1)]
    assert cell.by_detail(Mode.TOTAL) == {"frequency_cap": 1, "elsewhere": 1}
    assert cell.by_detail(Mode.UNIQUE) == {"frequency_cap": 1, "elsewhere": 1}


def test_users_are_counted_only_where_they_are_asked_for(counting: Counting) -> None:
    """Events are always counted; users of a tally for the campaigns that need them, and by detail if asked for."""
    for campaign_id in ("c1", "c2"):
        counting.store(
            message_event(), message_event("opened"), message_event("failed", reason="x"), campaign_id=campaign_id
        )

    cells = counting.count(campaign_ids=("c1", "c2"), users={SENT: ("c1",)}, users_by_detail=False)

    first, second = (cells[campaign_id, "EMAIL", "", ""] for campaign_id in ("c1", "c2"))
    assert (_both(first, SENT), _both(second, SENT)) == ((1, 1), (1, 0))
    assert (_both(first, OPENED), _both(second, OPENED)) == ((1, 0), (1, 0))
    assert (first.by_detail(Mode.TOTAL), first.by_detail(Mode.UNIQUE)) == ({"x": 1}, {"x": 0})


def test_users_who_are_left(counting: Counting) -> None:
    """Who started twice and was lost once is left; who was lost as often is not; who never started is nobody."""
    starts = {"left": 2, "lost": 1, "twice": 2, "only": 1}
    losses = {"left": 1, "lost": 1, "twice": 3, "nobody": 1}
    counting.store(
        *(message_event("targeted", user_id=user) for user, times in starts.items() for _ in range(times)),
        *(
            message_event("removed", user_id=user, reason="frequency_cap", locale="de" if user == "lost" else "en")
            for user, times in losses.items()
            for _ in range(times)
        ),
    )

    cells = counting.count(users={LEFT.start: ("c1",)}, tallies=(LEFT.start, *TALLIES), remaining=(LEFT,))

    assert cells["c1", "EMAIL", "", ""].remaining_users(LEFT) == 2
    assert cells["c1", "EMAIL", "default", ""].remaining_users(LEFT) == 4
    assert cells["c1", "EMAIL", "de", ""].remaining_users(LEFT) == 0


def test_days_begin_and_end(counting: Counting) -> None:
    """Both ends of the range count, and nothing beyond them."""
    for day, times in ((-1, 1), (0, 2), (1, 4), (2, 8)):
        counting.store(*(message_event(time=NOON + day * DAY) for _ in range(times)))

    def sent(first: int, last: int) -> int:
        cells = counting.count(days=(TODAY + first, TODAY + last))
        return cells["c1", "EMAIL", "", ""].count(SENT, Mode.TOTAL) if cells else 0

    assert [sent(0, 0), sent(0, 1), sent(-1, 2), sent(1, 1), sent(3, 9), sent(1, 0)] == [2, 6, 15, 4, 0, 0]


def test_other_workspaces_and_campaigns_do_not_count(counting: Counting, new_counting: Callable[[], Counting]) -> None:
    """Only what is asked about is counted, however alike the rest is."""
    other = new_counting()
    counting.store(message_event(event_id="same"))
    other.store(message_event(event_id="same"), message_event())
    counting.store(message_event(), campaign_id="c2")

    assert {key: _both(cell, SENT) for key, cell in counting.count().items() if key[2:] == ("", "")} == {
        ("c1", "EMAIL", "", ""): (1, 1)
    }
    assert counting.count(campaign_ids=()) == counting.count(campaign_ids=("c9",)) == {}


def test_an_event_that_came_twice_counts_once(counting: Counting) -> None:
    """An event id counts once, in one commit and in several, in parts that are merged and in parts that are not."""
    events = [message_event(user_id=f"u{number}") for number in range(5)]
    for _ in range(3):
        counting.store(*events, *events)

    assert _both(counting.count()["c1", "EMAIL", "", ""], SENT) == (5, 5)


def test_few_are_not_many(new_counting: Callable[[], Counting], monkeypatch: pytest.MonkeyPatch) -> None:
    """One event more than few is too many to be counted outside of the engine; what is not in the range is none."""
    monkeypatch.setattr(count_few, "FEW", 3)
    counting = new_counting()
    counting.store(*(message_event() for _ in range(3)), message_event(time=NOON + DAY))

    assert _both(counting.count()["c1", "EMAIL", "", ""], SENT) == (3, 1)
    asked = replace(counting.asked, days=(TODAY, TODAY + 1))
    assert read_few(counting.engine, asked) is None
    assert counting.read(counting.engine, replace(asked, campaign_ids=())) == {}


def test_what_has_nothing_in_common_is_left_to_the_engine(counting: Counting) -> None:
    """A table of every reason in every locale would take more memory the more of both there are, by their product."""
    counting.store(*(message_event("failed", reason=f"r{one}", locale=f"l{one}") for one in range(600)))

    assert read_few(counting.engine, counting.asked) is None
    assert len(read_counts(counting.engine, counting.asked)["c1"].events_by_detail) == 600


HOSTILE = ("it's", 'say "x"', "back\\slash", "{workspace:String}", "') OR 1=1 --", "\t\n", "ünï—✓", "%s", "$1", "?")


@pytest.mark.parametrize("text", HOSTILE)
def test_values_stay_values(counting: Counting, text: str) -> None:
    """Names with quotation marks, backslashes and the engine's own signs are found as they are, and do nothing else."""
    name = text.strip() or "tab"
    counting.store(
        message_event(user_id=text, locale=name),
        message_event("failed", user_id=text, reason=text),
        campaign_id=name.replace(" ", "-").replace("/", "-"),
    )
    campaign_id = name.replace(" ", "-").replace("/", "-")
    reason = next(iter(counting.count(campaign_ids=(campaign_id,))[campaign_id, "EMAIL", "", ""].by_detail(Mode.TOTAL)))
    narrow = of(Kind.FAILED, details=frozenset({reason, text}))
    asked = (SENT, narrow)

    cells = counting.count(campaign_ids=(campaign_id,), tallies=asked, users=dict.fromkeys(asked, (campaign_id,)))

    assert _both(cells[campaign_id, "EMAIL", name, ""], SENT) == (1, 1)
    assert _both(cells[campaign_id, "EMAIL", "", ""], narrow) == (1, 1)
