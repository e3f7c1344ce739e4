"""SQL for the rows of some campaigns of a workspace on some days, and the values of its places."""

from collections.abc import Iterable
from typing import Any

CAMPAIGNS = "workspace_id = {workspace:String} AND campaign_id IN {campaigns:Array(String)}"
DAYS = "day BETWEEN toDate({first:UInt16}) AND toDate({last:UInt16})"
SCOPE = f"{CAMPAIGNS} AND {DAYS}"


def scope(workspace_id: str, campaign_ids: Iterable[str], days: tuple[int, int]) -> dict[str, Any]:
    """Return the values of the places; days are numbers, ends included."""
    first, last = days
    return {"workspace": workspace_id, "campaigns": list(campaign_ids), "first": first, "last": last}
