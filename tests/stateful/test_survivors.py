"""The model of what survives, on lives that are short enough to see what is right."""

from builders import Json, message_event
from stateful.survivors import Arrival, Erasure, Happening, Retraction, survivors, used_up


def _sent(event_id: str, user: str = "u1", kind: str = "sent", workspace: str = "a") -> Arrival:
    return Arrival(workspace, message_event(kind, event_id=event_id, user_id=user))


def _left(*life: Happening) -> list[tuple[str, str]]:
    events: list[Json] = survivors(list(life), "a")
    return [(event["event_id"], event["kind"]) for event in events]


def test_the_first_body_counts() -> None:
    """Of several events under one id the first is there, in each workspace its own."""
    assert _left(_sent("1"), _sent("1", kind="opened"), _sent("2")) == [("1", "sent"), ("2", "sent")]
    assert _left(_sent("1", workspace="b"), _sent("1", kind="opened")) == [("1", "opened")]


def test_a_retracted_id_is_used_up() -> None:
    """What is retracted is gone and never comes back, even where it had not come yet."""
    life: list[Happening] = [_sent("1"), Retraction("a", ("1", "2")), _sent("1"), _sent("2"), _sent("3")]

    assert _left(*life) == [("3", "sent")]
    assert used_up(life, "a") == {"1", "2", "3"}
    assert used_up(life, "b") == set()


def test_an_erasure_takes_what_came_before_it() -> None:
    """Of an erased user only what comes later counts, and under new ids only."""
    life: list[Happening] = [_sent("1"), _sent("2", "u2"), Erasure("a", "u1"), _sent("1"), _sent("3")]

    assert _left(*life) == [("2", "sent"), ("3", "sent")]
