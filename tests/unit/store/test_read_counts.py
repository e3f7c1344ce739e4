"""What the store tells the engine: values travel beside the statement, and nothing is asked where nothing can be."""

from typing import Any

import pytest

from aftersend.domain.formulas import Mode, Remaining
from aftersend.domain.kinds import Kind
from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery
from aftersend.store.engine import Parameters
from aftersend.store.read_counts import read_counts
from fakes import FakeEngine, of

LOST = of(Kind.REMOVED, details=frozenset({"secret-reason"}))
LEFT = Remaining(of(Kind.TARGETED), LOST)


class ListeningEngine(FakeEngine):
    """An engine that keeps the parameters of queries too."""

    def select(self, statement: str, parameters: Parameters | None = None) -> Any:
        """Note the parameters and answer."""
        self.given.append(dict(parameters or {}))
        return super().select(statement, parameters)


def _query(**changes: Any) -> CountQuery:
    given: dict[str, Any] = {
        "workspace_id": "secret-workspace",
        "campaign_ids": ("secret-campaign", "other"),
        "days": (20_000, 20_030),
        "tallies": (of(Kind.SENT), LOST),
        "users": {LOST: ("secret-campaign",)},
        "by_detail": of(Kind.FAILED),
        "users_by_detail": True,
        "remaining": (LEFT,),
    }
    return CountQuery(**(given | changes))


@pytest.mark.parametrize("changes", [{"campaign_ids": ()}, {"days": (2, 1)}])
def test_where_nothing_can_be_nothing_is_asked(changes: dict[str, Any]) -> None:
    """No campaigns, or days that end before they begin, are answered without the engine."""
    engine = FakeEngine()

    assert read_counts(engine, _query(**changes)) == {}
    assert engine.asked == []


def test_values_travel_beside_the_statement() -> None:
    """No value of a user is in the text of a statement, and every place in it has its value."""
    engine = ListeningEngine()

    read_counts(engine, _query(over_platforms=True))

    assert len(engine.asked) == 2
    for statement, given in zip(engine.asked, engine.given, strict=True):
        assert "secret" not in statement
        assert "secret-workspace" in given.values()
        assert all(f"{{{name}:" in statement for name in given)


def test_lost_users_are_asked_for_only_where_a_funnel_needs_them() -> None:
    """Without a funnel of users one statement answers everything."""
    engine = FakeEngine()

    read_counts(engine, _query(remaining=()))

    assert len(engine.asked) == 1


def test_what_was_not_found_is_zero() -> None:
    """A block answers 0 for whatever the engine did not mention."""
    block = CountBlock([("EMAIL", "", ""), ("EMAIL", "de", "")])

    for numbers in (block.count(LOST, Mode.TOTAL), block.count(LOST, Mode.UNIQUE), block.remaining_users(LEFT)):
        assert numbers.tolist() == [0, 0]
    assert (block.by_detail(Mode.TOTAL), block.by_detail(Mode.UNIQUE)) == ({}, {})
