"""Reads how many users campaigns reached, for estimates of how many the next run will."""

from collections.abc import Collection
from dataclasses import dataclass

from aftersend.domain.reachability import ESTIMATE_DAYS, REACHING_KINDS
from aftersend.store.engine import Engine


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """The distinct users whom a campaign reached on the days up to its last one, and when it did so last."""

    users: int
    last: int


def read_reached(engine: Engine, workspace_id: str, campaign_ids: Collection[str]) -> dict[str, EarlierRun]:
    """Return what the campaigns reached, by campaign; one that reached nobody is not in the answer."""
    statement = f"""
SELECT message_events.campaign_id, uniqExact(user_id) AS users, max(toUnixTimestamp64Milli(time)) AS last
FROM message_events
INNER JOIN (
    SELECT campaign_id, max(day) AS last_day FROM message_events WHERE {_SCOPE} GROUP BY campaign_id
) AS latest ON message_events.campaign_id = latest.campaign_id
WHERE {_SCOPE} AND day > last_day - {{days:UInt16}}
GROUP BY message_events.campaign_id
"""
    parameters = {
        "workspace": workspace_id,
        "campaigns": list(campaign_ids),
        "kinds": [kind.value for kind in REACHING_KINDS],
        "days": ESTIMATE_DAYS,
    }
    return {row[0]: EarlierRun(int(row[1]), int(row[2])) for row in engine.select(statement, parameters)}


_SCOPE = """workspace_id = {workspace:String} AND message_events.campaign_id IN {campaigns:Array(String)}
        AND kind IN {kinds:Array(String)}"""
