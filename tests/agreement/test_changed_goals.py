"""Goals that are added, changed and removed while a campaign runs: each change holds for all history at once."""

from collections.abc import Callable

import pytest

from agreement.conversion_histories import make_conversion_history
from agreement.histories import ATTRIBUTION_TYPES, Json, as_arrivals
from agreement.judging import goal_figures
from agreement.sending import Caller, calling, difference, read
from builders import Asker, question
from oracle import answer

SEEDS = range(2010, 2020)

BUY = {"name": "Changed", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}
ABOVE_ONE = {"name": "amount", "data_type": "DOUBLE", "condition": "greaterThan", "value": 1}
CHANGES: dict[str, Json] = {
    "a goal": {"goals": [BUY]},
    "another event": {"goals": [BUY | {"event": "sign-up"}]},
    "another name": {"goals": [BUY | {"name": "Käufe"}]},
    "a filter": {
        "goals": [
            BUY | {"filters": [{"name": "amount", "data_type": "DOUBLE", "condition": "greaterThan", "value": 1}]}
        ]
    },
    "another amount": {"goals": [BUY | {"revenue_attribute": "cart.total", "currency": "USD"}]},
    "any currency": {"goals": [{name: value for name, value in BUY.items() if name != "currency"}]},
    "another goal": {"goals": [BUY, {"name": "Sign-ups", "event": "sign-up"}]},
    "a shorter window": {"goals": [BUY], "attribution_window_hours": 1},
    "a longer window": {"goals": [BUY], "attribution_window_hours": 240, "flow_id": "f"},
    "no goal": {"goals": []},
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_change_holds_for_all_history(new_workspace: Callable[..., Asker], seed: int) -> None:
    """Whenever the goals or the window of a campaign change, all that happened before is answered by the new ones."""
    history = make_conversion_history(seed)
    workspace = history["workspaces"][0]
    batches = [batch for batch in history["batches"] if batch["workspace"] == 0]
    arrived = [event for batch in batches for event in as_arrivals(batch, "any")]
    first, *others = workspace["campaigns"]
    seen = set()
    with calling(new_workspace(workspace["timezone"])) as caller:
        caller.put_campaigns(workspace["campaigns"])
        for batch in batches:
            caller.send(batch)
        for name, change in CHANGES.items():
            changed = workspace | {"campaigns": [first | change, *others]}
            caller.put_campaigns(changed["campaigns"][:1])
            found, expected = _answers(caller, changed, arrived)
            assert difference(found, expected) is None, name
            seen.add(str([(figures["total"], figures["revenue"]) for figures in goal_figures(expected)]))
    # The changes make a difference, so it is not always the same that is compared.
    assert len(seen) > 2


def _answers(caller: Caller, workspace: Json, arrived: list[Json]) -> tuple[Json, Json]:
    """Ask the server and the oracle the same, by all five types."""
    start, end, _ = workspace["days"]
    ids = [campaign["id"] for campaign in workspace["campaigns"]]
    known = {"id": "any", "timezone": workspace["timezone"]}
    found, expected = {}, {}
    for name in ATTRIBUTION_TYPES:
        asked = question(start_date=f"{start}", end_date=f"{end}", attribution_type=name, campaign_ids=ids)
        found[name] = read(caller.ask(asked, "documented"))
        expected[name] = answer(known, workspace["campaigns"], arrived, asked, "documented")
    return found, expected
