"""The server against the oracle on conversions: hundreds of made-up histories, by all five types of attribution."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from agreement.conversion_histories import WINDOWS, make_conversion_history, moment_of
from agreement.conversion_words import PAIRS
from agreement.histories import ATTRIBUTION_TYPES, Json, as_arrivals
from agreement.judging import goal_figures, live_through
from agreement.vocabulary import CHANNELS, ZONES
from builders import Asker
from conversion_oracle import CONVERTED, CONVERTED_HELD_OUT, DEPTHS, Event, window
from filter_oracle import attribute_of, fulfils
from oracle import all_events, answer, keep_first
from oracle_values import local_day

SEEDS = range(500)


@pytest.mark.parametrize("seed", SEEDS)
def test_conversions_agree_with_the_oracle(new_workspace: Callable[..., Asker], seed: int) -> None:
    """Every answer about the history credits the conversions that the oracle credits, to the last digit."""
    history = make_conversion_history(seed)
    askers = [new_workspace(one["timezone"], one["profile"]) for one in history["workspaces"]]

    with ThreadPoolExecutor(len(askers)) as threads:
        told = list(threads.map(live_through, [history] * len(askers), range(len(askers)), askers))

    assert told == [None] * len(askers)


@cache
def _lives() -> list[tuple[Json, list[Json], list[Json]]]:
    """Return each workspace of the histories with its events, each id once, and the questions about it."""
    lives = []
    for seed in SEEDS:
        history = make_conversion_history(seed)
        for place, workspace in enumerate(history["workspaces"]):
            batches = [batch for batch in history["batches"] if batch["workspace"] == place]
            arrived = [event for batch in batches for event in as_arrivals(batch, "any")]
            questions = [question for question in history["questions"] if question["workspace"] == place]
            lives.append((workspace, arrived, questions))
    return lives


def _known(workspace: Json) -> Json:
    return {"id": "any", "timezone": workspace["timezone"]}


def _goals(workspace: Json) -> Iterator[tuple[Json, Json]]:
    """Yield every goal with its campaign."""
    for campaign in workspace["campaigns"]:
        for goal in campaign.get("goals") or []:
            yield campaign, goal


def test_every_type_is_credited_on_every_channel() -> None:
    """By every type somebody converts on every channel that has touches for it, and in both groups on each."""
    seen = set()
    for workspace, arrived, _ in _lives():
        channels = {campaign["id"]: campaign["channel"] for campaign in workspace["campaigns"]}
        for name in ATTRIBUTION_TYPES:
            for event in all_events(_known(workspace), workspace["campaigns"], arrived, name):
                if event.kind in {CONVERTED, CONVERTED_HELD_OUT}:
                    seen.add((name, channels[event.campaign_id], event.group))

    assert seen == set(_possible())


def _possible() -> Iterator[tuple[str, str, str | None]]:
    for channel in CHANNELS:
        click, view, send = DEPTHS[channel]
        touches = (True, click, view if channel in {"IN_APP", "ON_SITE"} else click, click or view or send, click)
        for name, has_touches in zip(ATTRIBUTION_TYPES, touches, strict=True):
            yield from ((name, channel, group) for group in ("campaign", "global"))
            if has_touches:
                yield name, channel, None


def test_every_figure_is_told_apart() -> None:
    """By every type and in both counting modes every figure of a goal is something else than 0, in some answer.

    What holds for the first of the histories holds for all of them: there can only be more.
    """
    seen = Counter[tuple[str, str, str]]()
    for workspace, arrived, questions in _lives()[: len(SEEDS) // 2]:
        for question in questions:
            asked = question["request"]
            body = answer(_known(workspace), workspace["campaigns"], arrived, asked, question["profile"])
            for figures in goal_figures(body["data"]):
                for name, figure in figures.items():
                    seen[asked["attribution_type"], asked["metric_type"], name] += figure not in {0, ""}

    assert len(seen) == 5 * 2 * 11  # ten figures, and the name of the live profile
    assert [key for key, times in seen.items() if times < 20] == []


def test_every_condition_is_fulfilled_and_not() -> None:
    """Every condition of every type holds for some goal event and fails for another, negated and not."""
    seen = Counter[tuple[Any, ...]]()
    missing = Counter[bool]()
    for workspace, arrived, _ in _lives():
        user_events = [event for event in keep_first("any", arrived) if "kind" not in event]
        for _, goal in _goals(workspace):
            for condition in goal.get("filters") or []:
                for event in [event for event in user_events if event["name"] == goal["event"]]:
                    attributes = event.get("attributes") or {}
                    holds = fulfils(condition, attributes, workspace["timezone"])
                    if attribute_of(attributes, condition["name"]) is None:
                        missing[holds] += 1
                    else:
                        kind = condition["data_type"], condition["condition"]
                        seen[*kind, condition.get("negate", False), holds] += 1

    expected = {(*pair, negate, holds) for pair in PAIRS for negate in (False, True) for holds in (False, True)}
    expected -= {(*pair, False, False) for pair in PAIRS if pair[1] == "exists"}
    expected -= {(*pair, True, True) for pair in PAIRS if pair[1] == "exists"}
    assert set(seen) == expected
    assert min(missing[True], missing[False]) > 20


def test_windows_have_edges() -> None:
    """Goal events happen at a touch, a window after it, and a millisecond outside of both, for every window."""
    seen = Counter[tuple[str, int | None]]()
    for workspace, arrived, _ in _lives():
        kept = keep_first("any", arrived)
        for campaign in workspace["campaigns"]:
            hours, length = campaign.get("attribution_window_hours"), window(campaign)
            edges = {"touch": 0, "before": -1, "end": length, "after": length + 1, "session": 1_800_000}
            names = {goal["event"] for goal in campaign.get("goals") or []}
            touches = [event for event in kept if event["campaign_id"] == campaign["id"] and "kind" in event]
            for event in [event for event in kept if event.get("name") in names]:
                for touch in [touch for touch in touches if touch["user_id"] == event["user_id"]]:
                    apart = moment_of(event) - moment_of(touch)
                    seen.update((edge, hours) for edge, length_of in edges.items() if apart == length_of)

    expected = {(edge, hours) for edge in ("touch", "before", "end", "after", "session") for hours in WINDOWS}
    assert {key for key, times in seen.items() if times >= 20} == expected


def _crediting(workspace: Json, arrived: list[Json], name: str) -> list[Event]:
    found = all_events(_known(workspace), workspace["campaigns"], arrived, name)
    return [event for event in found if event.kind in {CONVERTED, CONVERTED_HELD_OUT}]


def test_touches_tie() -> None:
    """Crediting touches have rivals of the same user at the same millisecond, of the same campaign and of others."""
    seen = Counter[tuple[str, bool]]()
    for workspace, arrived, _ in _lives():
        touches = [event for event in keep_first("any", arrived) if "kind" in event]
        for event in _crediting(workspace, arrived, "TOTAL_CONVERSIONS"):
            rivals = [one for one in touches if one["user_id"] == event.user and moment_of(one) == event.moment]
            held_out = event.kind == CONVERTED_HELD_OUT
            same = [one for one in rivals if (one["kind"] == "held_out") == held_out]
            seen.update((event.kind, one["campaign_id"] == event.campaign_id) for one in same[1:])

    assert len(seen) == 4
    assert min(seen.values()) > 100


def test_ranges_cut_conversions_from_their_touches() -> None:
    """There are conversions in a range whose touch is before it, and touches in one whose conversion is after it."""
    seen = Counter[str]()
    for workspace, arrived, questions in _lives():
        for question in questions:
            first, last = question["request"]["start_date"], question["request"]["end_date"]
            for event in _crediting(workspace, arrived, question["request"]["attribution_type"]):
                touched, day = local_day(event.moment, workspace["timezone"]), event.day
                seen["touch before"] += str(touched) < first <= str(day) <= last
                seen["conversion after"] += first <= str(touched) <= last < str(day)

    assert min(seen["touch before"], seen["conversion after"]) > 100


def test_histories_have_everything_else() -> None:
    """There is every zone and channel, and what else the rules speak of: machines, campaigns without goals and more."""
    seen = Counter[str]()
    zones, channels = set(), set()
    for workspace, arrived, questions in _lives():
        zones.add(workspace["timezone"])
        channels |= {campaign["channel"] for campaign, _ in _goals(workspace)}
        campaigns = workspace["campaigns"]
        seen["unregistered"] += bool(campaigns[-1].get("unregistered"))
        seen["without goals"] += any(campaign.get("goals") == [] for campaign in campaigns)
        seen["early"] += any(question["early"] for question in questions)
        seen["duplicates"] += len(arrived) > len(keep_first("any", arrived))
        for goal in [goal for _, goal in _goals(workspace)]:
            seen["currency of a goal"] += "currency" in goal
            seen["money without a currency"] += "revenue_attribute" in goal and "currency" not in goal
        platforms: dict[str, set[str]] = {}
        for event in _crediting(workspace, arrived, "VIEW_THROUGH"):
            seen["machine"] += event.machine and event.kind == CONVERTED
            platforms.setdefault(event.user, set()).add(event.platform)
        seen["platforms of a user"] += any(len(some) > 1 for some in platforms.values())

    assert zones == set(ZONES)
    assert channels == set(CHANNELS)
    assert len(seen) == 8
    assert min(seen.values()) > 50, seen


def test_a_conversion_history_is_made_of_its_seed() -> None:
    """The same seed makes the same history, so a failure can be looked at again."""
    assert make_conversion_history(7) == make_conversion_history(7)
    assert make_conversion_history(7) != make_conversion_history(8)
