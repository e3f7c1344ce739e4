"""How the ledger is counted: the only home of this SQL.

A question names its campaigns, days and tallies. The answer has a cell for every node of every campaign's
tree, an empty name standing for "all": the engine computes each level itself, because distinct users cannot
be added. Rows are first folded to one per finest combination, each with its set of users; the levels are then
merged from those, which is more than twice as fast as counting every row once for each level (bench/README.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aftersend.domain.formulas import Mode, Remaining, Tally
from aftersend.domain.kinds import Kind
from aftersend.store.engine import Engine

ALL = ""
"""The name of a level's aggregate in the key of a cell."""


@dataclass(frozen=True, slots=True)
class CountQuery:
    """What to count, for campaigns of one workspace, over a range of days (numbers, ends included).

    `users` says for which tallies distinct users are wanted too, and for which campaigns. `by_detail` is
    counted once for each detail. `over_platforms` asks for the level above the platforms as well.
    """

    workspace_id: str
    campaign_ids: tuple[str, ...]
    days: tuple[int, int]
    tallies: tuple[Tally, ...]
    users: Mapping[Tally, tuple[str, ...]]
    by_detail: Tally
    users_by_detail: bool
    remaining: tuple[Remaining, ...] = ()
    over_platforms: bool = False


CellKey = tuple[str, str, str, str]
"""Campaign, platform, locale, variation."""


@dataclass(slots=True)
class CountCell:
    """The base counts of one node; whatever was not found is 0."""

    events: dict[Tally, int] = field(default_factory=dict)
    users: dict[Tally, int] = field(default_factory=dict)
    events_by_detail: dict[str, int] = field(default_factory=dict)
    users_by_detail: dict[str, int] = field(default_factory=dict)
    remaining: dict[Remaining, int] = field(default_factory=dict)

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return the base count."""
        return (self.events if mode is Mode.TOTAL else self.users).get(tally, 0)

    def remaining_users(self, remaining: Remaining) -> int:
        """Return the number of distinct users that are left."""
        return self.remaining.get(remaining, 0)

    def by_detail(self, mode: Mode) -> dict[str, int]:
        """Return the counts by detail."""
        return self.events_by_detail if mode is Mode.TOTAL else self.users_by_detail


def read_counts(engine: Engine, query: CountQuery) -> dict[CellKey, CountCell]:
    """Count, and return the cells that have anything in them."""
    cells: dict[CellKey, CountCell] = {}
    first, last = query.days
    if not query.campaign_ids or first > last:
        return cells
    _read_tallies(engine, query, cells)
    if query.remaining:
        _read_remaining(engine, query, cells)
    return cells


def _read_tallies(engine: Engine, query: CountQuery, cells: dict[CellKey, CountCell]) -> None:
    statement, parameters = _tally_statement(query)
    for campaign, platform, locale, variation, number, detail, events, users in engine.select(statement, parameters):
        cell = cells.setdefault((campaign, platform, locale, variation), CountCell())
        if number < len(query.tallies):
            tally = query.tallies[number]
            cell.events[tally] = events
            cell.users[tally] = users
        else:
            cell.events_by_detail[detail] = events
            cell.users_by_detail[detail] = users


def _read_remaining(engine: Engine, query: CountQuery, cells: dict[CellKey, CountCell]) -> None:
    statement, parameters = _remaining_statement(query)
    for campaign, platform, locale, variation, *numbers in engine.select(statement, parameters):
        cell = cells.setdefault((campaign, platform, locale, variation), CountCell())
        cell.remaining.update(zip(query.remaining, numbers, strict=True))


def _tally_statement(query: CountQuery) -> tuple[str, dict[str, Any]]:
    parameters = _scope_parameters(query)
    # Each folded row says which tallies it feeds: a pair of the tally's number and, for the last, the detail.
    feeds = [
        f"if({_condition(tally, f'details_{number}', parameters)}, [({number}, '')], [])"
        for number, tally in enumerate(query.tallies)
    ]
    by_detail = _condition(query.by_detail, "details_by", parameters)
    feeds.append(f"if({by_detail}, [({len(query.tallies)}, toString(detail))], [])")
    wanted = _users_condition(query, parameters)
    statement = f"""
SELECT campaign_id, platform, locale, variation, feed.1 AS tally, feed.2 AS feed_detail,
    sum(events) AS events, {_merged_users(query, wanted)} AS users
FROM (
    SELECT campaign_id, platform, locale, variation, kind, detail, machine,
        count() AS events{_folded_users(wanted)}
    FROM message_events
    WHERE {_SCOPE}
    GROUP BY campaign_id, platform, locale, variation, kind, detail, machine
)
ARRAY JOIN arrayConcat({", ".join(feeds)}) AS feed
GROUP BY GROUPING SETS ({_levels(query, "tally", "feed_detail")})
"""
    return statement, parameters


def _remaining_statement(query: CountQuery) -> tuple[str, dict[str, Any]]:
    parameters = _scope_parameters(query)
    left, kinds = [], set[Kind]()
    for number, remaining in enumerate(query.remaining):
        start = _condition(remaining.start, f"start_{number}", parameters)
        losses = _condition(remaining.losses, f"losses_{number}", parameters)
        left.append(f"toInt64(countIf({start})) - toInt64(countIf({losses})) AS left_{number}")
        kinds.update(remaining.start.kinds, remaining.losses.kinds)
    parameters["kinds"] = sorted(kinds)
    counted = ", ".join(f"countIf(left_{number} > 0)" for number in range(len(left)))
    statement = f"""
SELECT campaign_id, platform, locale, variation, {counted}
FROM (
    SELECT campaign_id, platform, locale, variation, {", ".join(left)}
    FROM message_events
    WHERE {_SCOPE} AND kind IN {{kinds:Array(String)}}
    GROUP BY GROUPING SETS ({_levels(query, "user_id")})
)
GROUP BY campaign_id, platform, locale, variation
"""
    return statement, parameters


_SCOPE = """workspace_id = {workspace:String} AND campaign_id IN {campaigns:Array(String)}
        AND day BETWEEN toDate({first:UInt16}) AND toDate({last:UInt16})"""


def _scope_parameters(query: CountQuery) -> dict[str, Any]:
    first, last = query.days
    return {
        "workspace": query.workspace_id,
        "campaigns": list(query.campaign_ids),
        "first": first,
        "last": last,
    }


def _condition(tally: Tally, name: str, parameters: dict[str, Any]) -> str:
    """Words for "this row belongs to the tally"; kinds are our own words, details travel as parameters."""
    condition = f"kind IN ({_quoted(tally.kinds)})"
    if tally.details is not None:
        parameters[name] = sorted(tally.details)
        condition += f" AND detail IN {{{name}:Array(String)}}"
    if tally.human:
        condition += " AND NOT machine"
    return condition


def _users_condition(query: CountQuery, parameters: dict[str, Any]) -> str:
    """Words for "the users of this row are asked for", or nothing when no users are asked for at all."""
    campaigns_of_kind: dict[Kind, set[str]] = {}
    for tally, campaigns in query.users.items():
        for kind in tally.kinds:
            campaigns_of_kind.setdefault(kind, set()).update(campaigns)
    if query.users_by_detail:
        for kind in query.by_detail.kinds:
            campaigns_of_kind.setdefault(kind, set()).update(query.campaign_ids)
    kinds_of_campaigns: dict[tuple[str, ...], list[Kind]] = {}
    for kind, wanted in campaigns_of_kind.items():
        kinds_of_campaigns.setdefault(tuple(sorted(wanted)), []).append(kind)
    conditions = []
    for number, (campaigns, kinds) in enumerate(kinds_of_campaigns.items()):
        condition = f"kind IN ({_quoted(kinds)})"
        if set(campaigns) != set(query.campaign_ids):
            parameters[f"users_{number}"] = list(campaigns)
            condition += f" AND campaign_id IN {{users_{number}:Array(String)}}"
        conditions.append(f"({condition})")
    return " OR ".join(conditions)


def _folded_users(wanted: str) -> str:
    return f",\n        uniqExactStateIf(user_id, {wanted}) AS user_set" if wanted else ""


def _merged_users(query: CountQuery, wanted: str) -> str:
    if not wanted:
        return "toUInt64(0)"
    numbers = [number for number, tally in enumerate(query.tallies) if tally in query.users]
    if query.users_by_detail:
        numbers.append(len(query.tallies))
    return f"uniqExactMergeIf(user_set, feed.1 IN ({', '.join(map(str, numbers))}))"


def _levels(query: CountQuery, *keys: str) -> str:
    platforms: Sequence[tuple[str, ...]] = (("platform",), ()) if query.over_platforms else (("platform",),)
    return ", ".join(
        f"({', '.join(('campaign_id', *keys, *platform, *locale, *variation))})"
        for platform in platforms
        for locale in ((), ("locale",))
        for variation in ((), ("variation",))
    )


def _quoted(kinds: Iterable[Kind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)
