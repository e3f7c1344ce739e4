"""How the ledger is counted: the only home of this SQL.

A question names its campaigns, days and tallies. The answer has a cell for every node of every campaign's
tree, an empty name standing for "all": the engine computes each level itself, because distinct users cannot
be added. Rows are first folded to one per finest combination, each with its set of users; the levels are then
merged from those, which is more than twice as fast as counting every row once for each level (bench/README.md).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from aftersend.domain.kinds import Kind
from aftersend.store.count_block import CountBlock
from aftersend.store.count_query import CountQuery
from aftersend.store.count_rows import blocks_of
from aftersend.store.engine import Engine
from aftersend.store.families import GROUP, OWNERS, Groups
from aftersend.store.levels import grouping_sets, places
from aftersend.store.portions import BOUND, Portion, in_portions
from aftersend.store.scope import SCOPE, scope
from aftersend.store.some_rows import Rows


def read_counts(engine: Engine, query: CountQuery) -> dict[str, CountBlock]:
    """Count, and return for each campaign in which there is anything the nodes that have anything in them."""
    blocks: dict[str, CountBlock] = {}
    first, last = query.days
    if not query.campaign_ids or first > last:
        return blocks
    for found in in_portions(Portion(query.campaign_ids), partial(_read_portion, engine, query)):
        for campaign_id, block in found.items():
            blocks[campaign_id] = blocks[campaign_id].plus(block) if campaign_id in blocks else block
    return blocks


def _read_portion(engine: Engine, whole: CountQuery, portion: Portion) -> dict[str, CountBlock]:
    query = replace(whole, campaign_ids=portion.campaign_ids)
    # Planning takes as long as counting here, so the users who are lost are counted beside everything else.
    lost = engine.start_columns(*_lost_users_statement(query, portion)) if query.remaining else None
    counted = engine.columns(*_tally_statement(query, portion))
    return blocks_of(query, counted, None if lost is None else lost.result())


def _tally_statement(query: CountQuery, portion: Portion) -> tuple[str, dict[str, Any]]:
    last = len(query.tallies)  # the number under which everything is counted by detail
    groups = query.groups
    parameters = _scope_parameters(query, groups) | _feeds(query)
    wanted = _users_condition(query, groups, parameters)
    # What counts for the same campaigns is folded together, and goes to each of them afterwards.
    group, owner = ("campaign_id", "family") if groups.plain else (GROUP, f"arrayJoin({OWNERS}[family])")
    statement = f"""
SELECT {owner} AS owner, arrayJoin({places(over_platforms=query.over_platforms)}) AS place, tally,
    if(tally = {last}, toString(detail), '') AS counted_detail,
    sum(events) AS events, {_merged_users(query, wanted, parameters)} AS users
FROM (
    SELECT {group} AS family, platform, locale, variation, kind, detail, machine,
        count() AS events{_folded_users(wanted)}
    FROM message_events
    WHERE {_conditions(query, portion)}
    GROUP BY family, platform, locale, variation, kind, detail, machine
)
ARRAY JOIN arrayConcat(
    {{tallies_of_kind:Array(Array(UInt16))}}[indexOf({{kinds:Array(String)}}, toString(kind))],
    {{tallies_of_detail:Array(Array(UInt16))}}[indexOf({{details:Array(String)}}, concat(kind, ' ', detail))],
    if(machine, [], {{tallies_of_people:Array(Array(UInt16))}}[indexOf({{people:Array(String)}}, toString(kind))])
) AS tally
GROUP BY owner, place, tally, counted_detail
{BOUND}
"""
    return statement, parameters


def _feeds(query: CountQuery) -> dict[str, Any]:
    """Which tallies a folded row feeds, looked up by its kind, by kind and detail, or by kind if a person did it.

    Lists in parameters keep the statement short: conditions for each tally took the engine longer to plan than to run.
    """
    kinds, details, people = (defaultdict[str, list[int]](list) for _ in range(3))
    for number, tally in enumerate(query.tallies):
        for kind in tally.kinds:
            if tally.human:
                people[kind.value].append(number)
            elif tally.details is None:
                kinds[kind.value].append(number)
            else:
                for detail in tally.details:
                    details[f"{kind.value} {detail}"].append(number)
    for kind in query.by_detail.kinds:
        kinds[kind.value].append(len(query.tallies))
    return {
        **_lookup("kinds", "tallies_of_kind", kinds),
        **_lookup("details", "tallies_of_detail", details),
        **_lookup("people", "tallies_of_people", people),
    }


def _lookup(words: str, numbers: str, found: dict[str, list[int]]) -> dict[str, Any]:
    # An array of nothing has no type, so an empty look-up has one entry that nothing matches.
    return {words: list(found) or [""], numbers: list(found.values()) or [[]]}


def _lost_users_statement(query: CountQuery, portion: Portion) -> tuple[str, dict[str, Any]]:
    """Count the users of whom nothing is left: all others of the start are what remains.

    Only users with some loss are looked at, which are few beside all that were targeted. Each user has an array of
    starts and one of losses with a place for each funnel stage; as with the tallies, look-ups keep the statement short.
    """
    groups = query.groups
    parameters = _scope_parameters(query, groups) | _starts_and_losses(query)
    owner = "campaign_id" if groups.plain else f"arrayJoin({OWNERS}[{GROUP}])"
    statement = f"""
SELECT owner, platform, locale, variation,
    sumForEach(arrayMap((begun, gone) -> begun > 0 AND begun <= gone, starts, losses)) AS lost
FROM (
    SELECT owner, platform, locale, variation,
        sumForEach({{starts:Array(Array(UInt8))}}[1 + indexOf({{started:Array(String)}}, toString(kind))]) AS starts,
        sumForEach(
            {{losses:Array(Array(UInt8))}}[1 + indexOf({{lost:Array(String)}}, concat(kind, ' ', detail))]
        ) AS losses
    FROM (
        SELECT {owner} AS owner, user_id, platform, locale, variation, kind, detail FROM message_events
        WHERE {_conditions(query, portion)} AND kind IN {{kinds:Array(String)}}
    )
    WHERE (owner, user_id) IN (
        SELECT {owner}, user_id FROM message_events
        WHERE {_conditions(query, portion)} AND kind IN {{kinds_of_loss:Array(String)}}
            AND detail IN {{details_of_loss:Array(String)}}
    )
    GROUP BY {grouping_sets("owner", "user_id", over_platforms=query.over_platforms)}
)
GROUP BY owner, platform, locale, variation
{BOUND}
"""
    return statement, parameters


def _starts_and_losses(query: CountQuery) -> dict[str, Any]:
    """For every kind that starts something, and every kind and detail that is a loss: for which stages it is one.

    The first row of each table stands for whatever is not in it.
    """
    nothing = [0] * len(query.remaining)
    starts = defaultdict[str, list[int]](nothing.copy)
    losses = defaultdict[str, list[int]](nothing.copy)
    kinds_of_loss, details_of_loss = set[Kind](), set[str]()
    for number, remaining in enumerate(query.remaining):
        for kind in remaining.start.kinds:
            starts[kind.value][number] = 1
        details = remaining.losses.details or frozenset()
        kinds_of_loss.update(remaining.losses.kinds)
        details_of_loss.update(details)
        for kind in remaining.losses.kinds:
            for detail in details:
                losses[f"{kind.value} {detail}"][number] = 1
    return {
        "started": list(starts),
        "starts": [nothing, *starts.values()],
        "lost": list(losses),
        "losses": [nothing, *losses.values()],
        "kinds": sorted({*starts, *kinds_of_loss}),
        "kinds_of_loss": sorted(kinds_of_loss),
        "details_of_loss": sorted(details_of_loss),
    }


def _conditions(query: CountQuery, portion: Portion) -> str:
    return f"{SCOPE}{portion.condition}{Rows(query.until).came}"


def _scope_parameters(query: CountQuery, groups: Groups) -> dict[str, Any]:
    return scope(query.workspace_id, (), query.days) | groups.parameters


def _users_condition(query: CountQuery, groups: Groups, parameters: dict[str, Any]) -> str:
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
            parameters[f"users_{number}"] = list(groups.members(campaigns))
            condition += f" AND campaign_id IN {{users_{number}:Array(String)}}"
        conditions.append(f"({condition})")
    return " OR ".join(conditions)


def _folded_users(wanted: str) -> str:
    return f",\n        uniqExactStateIf(user_id, {wanted}) AS user_set" if wanted else ""


def _merged_users(query: CountQuery, wanted: str, parameters: dict[str, Any]) -> str:
    if not wanted:
        return "toUInt64(0)"
    numbers = [number for number, tally in enumerate(query.tallies) if tally in query.users]
    parameters["tallies_of_users"] = numbers + ([len(query.tallies)] if query.users_by_detail else [])
    return "uniqExactMergeIf(user_set, tally IN {tallies_of_users:Array(UInt16)})"


def _quoted(kinds: Iterable[Kind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)
