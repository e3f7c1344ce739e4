"""Whether seals are right: what is kept ready of a campaign, compared with what its events come to."""

from collections.abc import Iterable, Iterator

import numpy as np

from aftersend.domain.audit import IDENTITIES, IdentityName, Violation, violated
from aftersend.domain.formulas import Count, Remaining, Tally, text
from aftersend.domain.measures import measures_of
from aftersend.domain.metrics import BREAKDOWN
from aftersend.stats.plan import ANYTHING, SERVED
from aftersend.store.count_block import CountBlock, Node
from aftersend.store.count_query import CountQuery
from aftersend.store.engine import Engine
from aftersend.store.growing_seal import Grown
from aftersend.store.growth import Growth
from aftersend.store.read_counts import read_counts
from aftersend.store.read_seals import EARLIEST_DAY, read_sealed
from aftersend.store.seal_layout import measure_name
from aftersend.store.seals import Seal


def check_seals(
    engine: Engine, growth: Growth, workspace_id: str, campaign_ids: Iterable[str], days: tuple[int, int]
) -> Iterator[Violation]:
    """Yield a violation for every campaign whose seal is wrong about these days, as it is or grown, and drop it."""
    book = growth.book
    for campaign_id in campaign_ids:
        seal = book.find(workspace_id, campaign_id)
        if seal is None:
            continue
        grown = growth.as_grown(seal)
        query = _everything(grown.seal, days)
        kept = _kept(growth, grown, query)
        counted = read_counts(engine, query).get(campaign_id, CountBlock(()))
        violation = _compared(campaign_id, kept, counted)
        # One that gave way meanwhile may have been swept, or have been right until events were removed.
        if violation is not None and book.find(workspace_id, campaign_id) is seal:
            book.discard(seal)
            yield violation


def _everything(seal: Seal, days: tuple[int, int]) -> CountQuery:
    """Ask for all that any answer can take from a seal, in every node, up to its commit."""
    known, names = measures_of(seal.channel), seal.layout.measure_numbers
    tallies = dict.fromkeys((*known.pinned, *known.unique))
    return CountQuery(
        workspace_id=seal.workspace_id,
        campaign_ids=(seal.campaign_id,),
        days=(max(days[0], EARLIEST_DAY), days[1]),
        tallies=tuple(dict.fromkeys((ANYTHING, SERVED, *tallies))),
        users={tally: (seal.campaign_id,) for tally in tallies if measure_name(tally) in names},
        by_detail=BREAKDOWN,
        users_by_detail=True,
        remaining=tuple(stage for stage in known.remaining if measure_name(stage) in names),
        over_platforms=seal.over_platforms,
        families={seal.campaign_id: seal.members},
        until=seal.commit,
    )


def _kept(growth: Growth, grown: Grown, query: CountQuery) -> CountBlock:
    try:
        return read_sealed(growth.book.pieces, [grown], query)[grown.seal.campaign_id]
    except ValueError:
        # Rows of cells that the seal does not have cannot be added up: nothing can be read of it.
        return CountBlock(())


_WHAT = ("events", "distinct users", "events", "distinct users", "lost users")
"""What each table of a block counts."""


def _compared(campaign_id: str, kept: CountBlock, counted: CountBlock) -> Violation | None:
    """Return the violation of the first number that differs."""
    whole = kept.plus(counted)
    differences = kept.plus(counted.negative())
    for what, table, sums in zip(_WHAT, differences.tables(), whole.tables(), strict=True):
        for measure, numbers in table.items():
            for row in np.flatnonzero(numbers).tolist():
                # Half the sum and half the difference make the one, and take the other away.
                found = int(sums[measure][row] + numbers[row]) // 2
                expected = found - int(numbers[row])
                where = f"{what} of {_named(measure)} at {_place(differences.nodes[row])}"
                return _violation(campaign_id, f"{where}: {found} kept, {expected} counted", expected, found)
    return None


def _violation(campaign_id: str, what: str, expected: int, found: int) -> Violation:
    name = IdentityName.SEAL_AGREES
    return Violation(name, IDENTITIES[name].severity, campaign_id, None, None, expected, found, violated(name, what))


def _named(measure: Tally | Remaining | str) -> str:
    if measure in (ANYTHING, SERVED):
        return "any kind" if measure == ANYTHING else "any kind but held_out"
    if isinstance(measure, str):
        return f"the reason {measure}"
    return text(measure if isinstance(measure, Remaining) else Count(measure))


def _place(node: Node) -> str:
    return " / ".join(name or f"all {level}" for name, level in zip(node, _LEVELS, strict=True))


_LEVELS = ("platforms", "locales", "variations")
