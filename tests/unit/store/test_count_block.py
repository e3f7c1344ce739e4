"""Counts as columns: they add up over portions, and stand below one another."""

from aftersend.domain.formulas import Mode, Remaining
from aftersend.domain.kinds import Kind
from aftersend.store.count_block import NOTHING, CountBlock, stacked
from fakes import CountCell, a_block, of

SENT, OPENED = of(Kind.SENT), of(Kind.OPENED)
LEFT = Remaining(of(Kind.TARGETED), of(Kind.REMOVED, details=frozenset({"x"})))
WHOLE, GERMAN, SPANISH = ("EMAIL", "", ""), ("EMAIL", "de", ""), ("EMAIL", "es", "")
FIRST = a_block({WHOLE: CountCell({SENT: 3}, {SENT: 2}), GERMAN: CountCell({SENT: 3}, events_by_detail={"x": 1})})
SECOND = a_block({SPANISH: CountCell({OPENED: 1}), WHOLE: CountCell({SENT: 4, OPENED: 1}, lost_users={LEFT: 1})})


def _events(block: CountBlock) -> dict[object, list[int]]:
    return {tally: block.count(tally, Mode.TOTAL).tolist() for tally in (SENT, OPENED)}


def test_portions_add_up_node_by_node() -> None:
    """Nodes meet by name, whatever their order; what one portion has not is 0 there."""
    whole = FIRST.plus(SECOND)

    assert whole.nodes == [WHOLE, GERMAN, SPANISH]
    assert _events(whole) == {SENT: [7, 3, 0], OPENED: [1, 0, 1]}
    assert whole.count(SENT, Mode.UNIQUE).tolist() == [2, 0, 0]
    assert whole.by_detail(Mode.TOTAL)["x"].tolist() == [0, 1, 0]
    assert whole.remaining_users(LEFT).tolist() == [-1, 0, 0]


def test_campaigns_stand_below_one_another() -> None:
    """Nodes of one name stay apart, in the order of the campaigns, and nothing is a node of zeros."""
    whole = stacked([FIRST, SECOND, NOTHING])

    assert whole.nodes == [WHOLE, GERMAN, SPANISH, WHOLE, ("", "", "")]
    assert _events(whole) == {SENT: [3, 3, 0, 4, 0], OPENED: [0, 0, 1, 1, 0]}
    assert whole.lost_users[LEFT].tolist() == [0, 0, 0, 1, 0]


def test_where_anything_happened() -> None:
    """A tally has the nodes where it is not zero, and none where nobody counted it."""
    assert SECOND.nodes_with(SENT) == [WHOLE]
    assert (SECOND.has(SENT), FIRST.has(OPENED)) == (True, False)
