"""The histories have parents and children of every sort, and what is particular about them makes a difference."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

from agreement.conversion_histories import make_conversion_history
from agreement.histories import ATTRIBUTION_TYPES, Json, as_arrivals, make_history
from agreement.judging import registered
from conversion_oracle import CONVERTED, CONVERTED_HELD_OUT, family
from oracle import all_events, keep_first

SEEDS = range(200)


@cache
def _lives() -> list[tuple[Json, list[Json], list[Json]]]:
    """Return each workspace of both sorts of histories, its campaigns, and its events, each id once."""
    lives = []
    for history in [make(seed) for make in (make_history, make_conversion_history) for seed in SEEDS]:
        for place, workspace in enumerate(history["workspaces"]):
            batches = [batch for batch in history["batches"] if batch["workspace"] == place]
            arrived = [event for batch in batches for event in as_arrivals(batch, "any")]
            lives.append((workspace, registered(workspace["campaigns"], arrived), keep_first("any", arrived)))
    return lives


def _families(campaigns: list[Json]) -> Iterator[tuple[Json, set[str]]]:
    for campaign in campaigns:
        ids = family(campaign["id"], campaigns)
        if len(ids) > 1:
            yield campaign, ids


def test_there_are_families_of_every_sort() -> None:
    """Children of children, nodes of flows, children without events, those brought along by events, and moved ones."""
    seen = Counter[str]()
    for workspace, campaigns, events in _lives():
        parents = {one["id"]: one.get("parent_campaign_id") for one in campaigns}
        happened = {event["campaign_id"] for event in events}
        for campaign in [one for one in campaigns if one.get("parent_campaign_id") in parents]:
            seen["children"] += 1
            seen["of a child"] += bool(parents[campaign["parent_campaign_id"]])
            seen["nodes of flows"] += bool(campaign.get("flow_id"))
            seen["without events"] += campaign["id"] not in happened
            seen["brought along"] += bool(campaign.get("unregistered"))
        if workspace["move"]:
            before = parents[workspace["move"]["campaign"]]
            seen[f"{before and 'out of a family'} {workspace['move']['parent'] and 'into one'}"] += 1

    assert set(seen) == {
        *("children", "of a child", "nodes of flows", "without events", "brought along"),
        *("out of a family into one", "out of a family None", "None into one"),
    }
    assert min(number for name, number in seen.items() if name != "without events") >= 10, seen


def test_users_are_in_several_campaigns_of_a_family() -> None:
    """On every channel a parent's distinct users are fewer than those of its campaigns together."""
    channels = set()
    for _, campaigns, events in _lives():
        for parent, ids in _families(campaigns):
            messages = [event for event in events if event["campaign_id"] in ids and "kind" in event]
            users = {(event["kind"], event["user_id"]) for event in messages}
            apart = {(event["campaign_id"], event["kind"], event["user_id"]) for event in messages}
            if len(users) < len(apart):
                channels.add(parent["channel"])

    assert len(channels) == 12


def test_parents_convert_by_their_children() -> None:
    """By every type parents convert by touches and hold-outs of their children, and once where several claim."""
    seen = Counter[tuple[str, str]]()
    for workspace, campaigns, events in _lives():
        known = {"id": "any", "timezone": workspace["timezone"]}
        parents = list(_families(campaigns))
        if not any(parent.get("goals") for parent, _ in parents):
            continue
        for name in ATTRIBUTION_TYPES:
            happened = all_events(known, campaigns, events, name)
            credited = [event for event in happened if event.kind in (CONVERTED, CONVERTED_HELD_OUT)]
            for parent, ids in parents:
                own = [event for event in credited if event.campaign_id == parent["id"]]
                touches = [one for one in happened if one.campaign_id == parent["id"] and one not in own]
                touched = {(one.user, one.moment) for one in touches}
                for event in own:
                    seen[name, event.kind] += (event.user, event.moment) not in touched
                below = [event for event in credited if event.campaign_id in ids - {parent["id"]}]
                seen[name, "more below"] += bool(own) and len(below) > len(own)

    assert len(seen) == 15
    assert min(seen.values()) >= 5, seen
