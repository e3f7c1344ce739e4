"""How raw events are counted for the audit: anew, by other statements than those that answer questions.

The counts come in the ledger's own order and in a stream, so that memory does not grow with the workspace; users are
counted for some campaigns at a time.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from aftersend.domain.audit import Conflicts, Evidence, IdentityName, Source, Violation
from aftersend.domain.audit_parts import DAY, DIMENSIONS, FAMILY, TRIED, WHOLE, Part, Portion, Reached
from aftersend.domain.kinds import Kind
from aftersend.store.engine import Engine
from aftersend.store.families import GROUP, OWNERS, Families, Groups
from aftersend.store.scope import CAMPAIGNS, DAYS, SCOPE, scope

CountRow = tuple[str, int, str, str, str, int]
"""Campaign, day, platform, kind, detail, events."""

MOST_EXAMPLES = 5

# Beyond this the engine goes on with its grouping on disk.
_SPILL = "max_bytes_before_external_group_by = 200000000"


def read_audit_counts(engine: Engine, workspace_id: str, campaign_ids: Sequence[str]) -> Iterator[CountRow]:
    """Yield the counts of all days, campaign by campaign."""
    statement = f"""
SELECT campaign_id, toUInt16(day), platform, kind, detail, count()
FROM message_events
WHERE workspace_id = {{workspace:String}} AND campaign_id IN {{campaigns:Array(String)}}
GROUP BY campaign_id, day, kind, platform, detail
ORDER BY campaign_id
SETTINGS optimize_aggregation_in_order = 1, {_SPILL}
"""
    for block in engine.stream(statement, {"workspace": workspace_id, "campaigns": list(campaign_ids)}):
        yield from (tuple(row) for row in block)


def read_parts(engine: Engine, workspace_id: str, portion: Portion, days: tuple[int, int]) -> Iterator[list[Part]]:
    """Yield for each campaign and kind its whole and its parts, all seen at the same moment."""
    sets = ", ".join(f"(campaign_id, kind{cut})" for cut in ("", *(f", {name}" for name in portion.dimensions)))
    parameters = scope(workspace_id, portion.campaign_ids, days) | {"kind": portion.kind or ""}
    statement = f"""
SELECT campaign_id, kind, grouping({", ".join(portion.dimensions)}) AS missing,
    {", ".join(f"toString({_NAMES[name]})" for name in portion.dimensions)}, count(), uniqExact(user_id)
FROM message_events
WHERE {SCOPE} AND {"1" if portion.kind is None else "kind = {kind:String}"}
GROUP BY GROUPING SETS ({sets})
ORDER BY campaign_id, kind
SETTINGS {_SPILL}
"""
    parts = (
        Part(campaign_id, kind, *_part(missing, portion.dimensions, names), events, users)
        for campaign_id, kind, missing, *names, events, users in engine.select(statement, parameters)
    )
    yield from _by_campaign_and_kind(parts)


def read_family_parts(
    engine: Engine, workspace_id: str, portion: Portion, families: Families, days: tuple[int, int]
) -> Iterator[list[Part]]:
    """Yield for each parent and kind what its family has as a whole, and what each campaign of it has."""
    groups = Groups({parent: families[parent] for parent in portion.campaign_ids})
    parameters = scope(workspace_id, (), days) | groups.parameters | {"kind": portion.kind or ""}
    statement = f"""
SELECT arrayJoin({OWNERS}[{GROUP}]) AS parent, kind, grouping(campaign_id) AS whole, campaign_id,
    count(), uniqExact(user_id)
FROM message_events
WHERE {SCOPE} AND {"1" if portion.kind is None else "kind = {kind:String}"}
GROUP BY GROUPING SETS ((parent, kind), (parent, kind, campaign_id))
ORDER BY parent, kind
SETTINGS {_SPILL}
"""
    parts = (
        Part(parent, kind, WHOLE if whole else FAMILY, "" if whole else member, events, users)
        for parent, kind, whole, member, events, users in engine.select(statement, parameters)
    )
    yield from _by_campaign_and_kind(parts)


def _by_campaign_and_kind(parts: Iterator[Part]) -> Iterator[list[Part]]:
    yield from (list(some) for _, some in groupby(parts, key=lambda part: (part.campaign_id, part.kind)))


_NAMES = {name: name for name in DIMENSIONS} | {DAY: "toUInt16(day)"}


def _part(missing: int, dimensions: Sequence[str], names: Sequence[str]) -> tuple[str, str]:
    """Which part a row is of: the engine sets a bit for each dimension that a row is not cut by, the first highest."""
    for place, dimension in enumerate(dimensions):
        if not missing >> (len(dimensions) - 1 - place) & 1:
            return dimension, names[place]
    return WHOLE, ""


def read_reached(engine: Engine, workspace_id: str, campaign_id: str, days: tuple[int, int]) -> list[Reached]:
    """Count the users who were held out and sent to all the same in one send; the days are those of sending."""
    statement = f"""
SELECT toUInt16(day), send_id != '' AS told, uniqExact(user_id)
FROM message_events
WHERE {SCOPE} AND kind IN {{tried:Array(String)}} AND (send_id, user_id) IN (
    SELECT send_id, user_id FROM message_events
    WHERE workspace_id = {{workspace:String}} AND campaign_id IN {{campaigns:Array(String)}}
        AND kind = {{held_out:String}}
)
GROUP BY day, told
"""
    parameters = scope(workspace_id, [campaign_id], days) | {"tried": list(TRIED), "held_out": Kind.HELD_OUT.value}
    return [Reached(campaign_id, day, bool(told), users) for day, told, users in engine.select(statement, parameters)]


def read_conflicts(
    engine: Engine, workspace_id: str, campaign_ids: Sequence[str], days: tuple[int, int]
) -> Iterator[Conflicts]:
    """Yield the days of campaigns on which events contradict the first of their id; those of user events have none."""
    statement = f"""
SELECT campaign_id, toUInt16(day), count() FROM conflicts FINAL WHERE {SCOPE}
GROUP BY campaign_id, day ORDER BY campaign_id, day
"""
    for block in engine.stream(statement, scope(workspace_id, campaign_ids, days)):
        yield from (Conflicts(*row) for row in block)


def read_examples(engine: Engine, workspace_id: str, violation: Violation, days: tuple[int, int]) -> list[str]:
    """Return the ids of a few events that show a violation, the earliest first."""
    if not _has_evidence(violation):
        return []
    table, where, parameters = _evidence(workspace_id, violation, days, f"LIMIT {MOST_EXAMPLES}")
    moment = "time" if table == "message_events" else "received_at"
    statement = f"""
SELECT event_id FROM {table} WHERE {where}
ORDER BY {moment}, event_id LIMIT {MOST_EXAMPLES}
SETTINGS {_SPILL}
"""
    return [row[0] for row in engine.select(statement, parameters)]


def read_sources(engine: Engine, workspace_id: str, violation: Violation, days: tuple[int, int]) -> list[Source]:
    """Return who sent the events that show a violation, most of them first."""
    if not _has_evidence(violation):
        return []
    table, where, parameters = _evidence(workspace_id, violation, days, "")
    statement = f"""
SELECT source, key_id, count() AS events FROM {table} WHERE {where}
GROUP BY source, key_id ORDER BY events DESC, source, key_id LIMIT {MOST_EXAMPLES}
SETTINGS {_SPILL}
"""
    return [Source(*row) for row in engine.select(statement, parameters)]


def _has_evidence(violation: Violation) -> bool:
    return violation.evidence is not None or violation.identity is IdentityName.ONE_BODY_AN_ID


def _evidence(
    workspace_id: str, violation: Violation, days: tuple[int, int], messages: str
) -> tuple[str, str, dict[str, Any]]:
    """The table and the words for the events that show a violation; `messages` bounds how many messages they are of."""
    if violation.day is not None:
        days = violation.day, violation.day
    parameters = scope(workspace_id, [violation.campaign_id], days)
    evidence = violation.evidence
    if evidence is None:
        return "conflicts FINAL", SCOPE, parameters
    parameters |= {
        "platform": violation.platform or "",
        "kinds": list(evidence.kinds),
        "details": list(evidence.details or ()),
        "others": [*evidence.more_than, *evidence.beside],
    }
    conditions = [SCOPE, _shows(evidence), _on_platform(violation)]
    if evidence.with_send_id is not None:
        conditions.append("send_id != ''" if evidence.with_send_id else "send_id = ''")
    if evidence.more_than or evidence.beside:
        conditions.append(_of_such_a_message(violation, evidence, messages))
    return "message_events", " AND ".join(conditions), parameters


def _of_such_a_message(violation: Violation, evidence: Evidence, limit: str) -> str:
    """Words for "the event is of a message that has more of these events than of the others", or some of both."""
    message = "user_id, send_id, device_id" if evidence.by_device else "user_id, send_id"
    where = SCOPE if evidence.within_day else CAMPAIGNS
    shows, others = _shows(evidence), "countIf(kind IN {others:Array(String)})"
    compared = f"{others} > 0" if evidence.beside else f"countIf({shows}) > {others}"
    return f"""({message}) IN (
    SELECT {message} FROM message_events
    WHERE {where} AND {_on_platform(violation)} AND ({shows} OR kind IN {{others:Array(String)}})
    GROUP BY {message}
    HAVING {compared} AND countIf({shows} AND {DAYS}) > 0
    ORDER BY minIf(time, {shows} AND {DAYS}), {message} {limit}
)"""


def _shows(evidence: Evidence) -> str:
    of_kind = "kind IN {kinds:Array(String)}"
    return of_kind if evidence.details is None else f"({of_kind} AND detail IN {{details:Array(String)}})"


def _on_platform(violation: Violation) -> str:
    return "1" if violation.platform is None else "platform = {platform:String}"
