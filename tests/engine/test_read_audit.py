"""The audit's statements in the real engine: every part with its own events and users, every example the right one."""

from collections.abc import Callable

import pytest

from aftersend.domain.audit import Evidence, IdentityName, Severity, Violation
from aftersend.domain.audit_parts import DIMENSIONS, FAMILY, WHOLE, Portion, Reached
from aftersend.domain.kinds import Kind
from aftersend.store.engine import Engine
from aftersend.store.read_audit import read_audit_counts, read_examples, read_family_parts, read_parts, read_reached
from builders import NOON, Asker, Json, campaign, message_event
from server import Server

DAY = 86_400_000
TODAY = NOON // DAY
DAYS = (TODAY, TODAY + 1)


@pytest.fixture
def engine(server: Server) -> Engine:
    """The engine of the server."""
    return server.parts.services.stats.engine


@pytest.fixture
def stored(new_workspace: Callable[..., Asker]) -> str:
    """A workspace with push messages to two users on two platforms, in two languages, on three days; and a decoy."""
    asker, decoy = new_workspace(), new_workspace()
    events: list[Json] = [
        message_event("clicked", platform="IOS", locale="de", variation="a"),
        message_event("clicked", platform="IOS", locale="en", variation="a"),
        message_event("clicked", platform="WEB", locale="de", variation="a", user_id="u2", time=NOON + DAY),
        message_event("clicked", platform="WEB", locale="de", variation="b", time=NOON + 2 * DAY),
        message_event("sent", platform="IOS"),
    ]
    for somebody in (asker, decoy):
        somebody.put_campaign("c1", campaign("PUSH"))
        somebody.put_campaign("c2", campaign("PUSH"))
        somebody.send(*events, message_event("clicked", campaign_id="c2", event_id="c2-click"))
    return asker.workspace_id


def test_counts_of_all_days(engine: Engine, stored: str) -> None:
    """Every combination of day, platform, kind and detail is counted, of the asked campaigns alone."""
    assert sorted(read_audit_counts(engine, stored, ["c1"])) == [
        ("c1", TODAY, "IOS", "clicked", "", 2),
        ("c1", TODAY, "IOS", "sent", "", 1),
        ("c1", TODAY + 1, "WEB", "clicked", "", 1),
        ("c1", TODAY + 2, "WEB", "clicked", "", 1),
    ]


def test_counts_come_campaign_by_campaign(engine: Engine, stored: str) -> None:
    """The rows of one campaign stand together."""
    campaigns = [row[0] for row in read_audit_counts(engine, stored, ["c2", "c1"])]

    assert campaigns == ["c1"] * 4 + ["c2"]


def _parts(engine: Engine, workspace: str, portion: Portion) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {
        (part.kind, part.dimension, part.name): (part.events, part.users)
        for parts in read_parts(engine, workspace, portion, DAYS)
        for part in parts
    }


def test_parts_of_families(engine: Engine, stored: str) -> None:
    """Each parent has the events of its family, and its users once; a child can be in two families."""
    families = {"p": ("c1", "c2", "p"), "c1": ("c1", "c2")}
    found = {
        (parts[0].campaign_id, parts[0].kind): {part.name or WHOLE: (part.events, part.users) for part in parts}
        for parts in read_family_parts(engine, stored, Portion(("p", "c1"), None, (FAMILY,)), families, DAYS)
    }

    clicked = {WHOLE: (4, 2), "c1": (3, 2), "c2": (1, 1)}
    sent = {WHOLE: (1, 1), "c1": (1, 1)}
    assert found == {
        ("p", "clicked"): clicked,
        ("c1", "clicked"): clicked,
        ("p", "sent"): sent,
        ("c1", "sent"): sent,
    }


def test_one_kind_of_a_large_family(engine: Engine, stored: str) -> None:
    """A family that is too large for one portion is taken kind by kind."""
    portion = Portion(("p",), "sent", (FAMILY,))
    (parts,) = read_family_parts(engine, stored, portion, {"p": ("c1", "p")}, DAYS)

    assert {(part.kind, part.dimension, part.events) for part in parts} == {("sent", WHOLE, 1), ("sent", FAMILY, 1)}


WANTED = {
    ("clicked", WHOLE, ""): (3, 2),
    ("clicked", "platform", "IOS"): (2, 1),
    ("clicked", "platform", "WEB"): (1, 1),
    ("clicked", "locale", "de"): (2, 2),
    ("clicked", "locale", "en"): (1, 1),
    ("clicked", "variation", "a"): (3, 2),
    ("clicked", "day", str(TODAY)): (2, 1),
    ("clicked", "day", str(TODAY + 1)): (1, 1),
}


def test_parts_and_their_whole(engine: Engine, stored: str) -> None:
    """Each part and the whole has its events and distinct users, of the asked days."""
    found = _parts(engine, stored, Portion(("c1",)))

    assert {key: numbers for key, numbers in found.items() if key[0] == "clicked"} == WANTED
    assert found["sent", WHOLE, ""] == (1, 1)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_parts_of_one_kind_by_one_dimension(engine: Engine, stored: str, dimension: str) -> None:
    """A portion of a kind and a dimension has those parts alone, and the whole."""
    found = _parts(engine, stored, Portion(("c1",), "clicked", (dimension,)))

    assert found == {key: numbers for key, numbers in WANTED.items() if key[1] in (WHOLE, dimension)}


def test_users_who_were_reached_all_the_same(engine: Engine, asker: Asker) -> None:
    """They are counted on the day of sending, by whether the events say their send."""
    asker.put_campaign("c1", campaign())
    for user, send in (("u1", {"send_id": "s1"}), ("u2", {"send_id": "s1"}), ("u3", {})):
        asker.send(
            message_event("held_out", user_id=user, group="global", **send),
            message_event("attempted", user_id=user, time=NOON + DAY, **send),
            message_event("sent", user_id=user, time=NOON + DAY, **send),
            message_event("opened", user_id=f"{user}-other", **send),
        )

    assert sorted(read_reached(engine, asker.workspace_id, "c1", DAYS), key=lambda one: one.users) == [
        Reached("c1", TODAY + 1, False, 1),
        Reached("c1", TODAY + 1, True, 2),
    ]
    assert read_reached(engine, asker.workspace_id, "c1", (TODAY, TODAY)) == []


def _violation(evidence: Evidence | None, day: int | None = None) -> Violation:
    name = IdentityName.ATTEMPTED_HAS_OUTCOME
    return Violation(name, Severity.ERROR, "c1", day, None, 1, 0, "", evidence)


def test_examples_are_of_messages_that_have_more(engine: Engine, asker: Asker) -> None:
    """By device or by user, on all days or within one, the earliest first, and no more than five."""
    asker.put_campaign("c1", campaign("PUSH"))
    for number in range(4):
        asker.send(message_event("attempted", event_id=f"a{number}", device_id=f"d{number}", time=NOON - number))
    asker.send(message_event("sent", device_id="d0"), message_event("sent", device_id="d1", time=NOON + DAY))

    def examples(day: int | None = None, *, by_device: bool = True, within_day: bool = False) -> list[str]:
        evidence = Evidence((Kind.ATTEMPTED,), more_than=(Kind.SENT,), by_device=by_device, within_day=within_day)
        return read_examples(engine, asker.workspace_id, _violation(evidence, day), DAYS)

    assert examples() == ["a3", "a2"]
    assert examples(TODAY, within_day=True) == ["a3", "a2", "a1"]
    assert examples(TODAY + 1) == []
    assert examples(by_device=False) == ["a3", "a2", "a1", "a0"]
    assert read_examples(engine, asker.workspace_id, _violation(None), DAYS) == []
