"""Fills a data folder with a month of history: rows made by the engine, identities to match, campaigns and keys."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aftersend.domain.campaigns import Campaign, Status
from aftersend.domain.channels import Channel
from aftersend.domain.goals import Goal
from aftersend.registry.database import sqlite_url
from aftersend.registry.registry import Registry
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.migrate import migrate
from apart import apart
from history import AMONG, TOUCHES, Group
from history_identities import build_index
from history_rows import (
    COLUMNS,
    LAST_COMMIT,
    USER_COLUMNS,
    Messages,
    bits_of_audience,
    count_events,
    message_rows,
    purchase_rows,
)
from plan import LOCALES, VARIATIONS, campaign_id, course_of
from serving import Key, create_workspace

GOAL = Goal("Order", "purchase", revenue_attribute="amount", currency="EUR")
_MOMENT = datetime(2025, 12, 31, tzinfo=UTC)
_KEYS = "bench-keys.json"
_SLICE = 2_000_000
"""Messages of one statement: some ten million rows."""
_INSERT = (
    "SETTINGS max_insert_threads = 2, max_threads = 2, min_insert_block_size_rows = 4000000, "
    "min_insert_block_size_bytes = 0, max_block_size = 32768"
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What it took: rows of messages and of users, identities, and the seconds of each part of the work."""

    messages: int
    user_events: int
    identities: int
    seconds: dict[str, float]


def fill_history(folder: Path, groups: Sequence[Group]) -> Filled:
    """Make a data folder with the groups, and a file with a key for each of their workspaces."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = {}
    started = time.perf_counter()
    messages, user_events = apart(_fill_tables, folder, groups)
    seconds["rows"] = time.perf_counter() - started
    started = time.perf_counter()
    rows = build_index(folder, LAST_COMMIT)
    seconds["identities"] = time.perf_counter() - started
    started = time.perf_counter()
    keys = {group.workspace_id: create_workspace(folder, group.workspace_id).secret for group in groups}
    (folder / _KEYS).write_text(json.dumps(keys), encoding="utf-8")
    for group in groups:
        register(folder, group, (GOAL,) if group.workspace_id == TOUCHES else ())
    seconds["registry"] = time.perf_counter() - started
    return Filled(messages, user_events, rows, seconds)


def keys_of(folder: Path) -> dict[str, Key]:
    """Return the keys of a data folder that was filled here, by workspace."""
    found = json.loads((folder / _KEYS).read_text(encoding="utf-8"))
    return {workspace_id: Key(workspace_id, secret) for workspace_id, secret in found.items()}


def register(folder: Path, group: Group, goals: tuple[Goal, ...]) -> None:
    """Register the campaigns of a group with some goals, or put the goals in the place of those they have."""
    registry = Registry(sqlite_url(folder), lambda: _MOMENT)
    registry.database.migrate()
    campaigns = []
    for number in group.numbers:
        course = course_of(number)
        campaign = Campaign(
            campaign_id(number),
            f"Campaign {number}",
            Channel(course.channel),
            _MOMENT,
            _MOMENT,
            status=Status.ACTIVE,
            platforms=course.platforms,
            locales=LOCALES,
            variations=VARIATIONS,
            goals=goals,
        )
        campaigns.append(campaign)
    if group.exact:
        for campaign in campaigns:
            registry.campaigns.put(group.workspace_id, campaign)
    else:
        registry.campaigns.register_drafts(group.workspace_id, campaigns)  # all at once
    registry.close()


def _fill_tables(folder: Path, groups: Sequence[Group]) -> tuple[int, int]:
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    migrate(engine)
    for group in groups:
        messages = _messages(engine, group)
        # What is to be counted exactly is cut at its end, so it has to be one statement.
        whole = messages.most * len(group.numbers) if group.exact else messages.most
        step = whole if group.exact else _SLICE
        for first in range(0, whole, step):
            rows = message_rows(group, messages, first, min(step, whole - first))
            engine.command(f"INSERT INTO message_events ({COLUMNS}) {_INSERT} {rows}")
        if group.purchases:
            rows = purchase_rows(group, bits_of_audience(messages))
            engine.command(f"INSERT INTO user_events ({USER_COLUMNS}) {_INSERT} {rows}")
    _check(engine, groups)
    counts = [int(engine.select(f"SELECT count() FROM {table}")[0][0]) for table in ("message_events", "user_events")]
    engine.close()
    return counts[0], counts[1]


def _messages(engine: EmbeddedEngine, group: Group) -> Messages:
    """How many messages it takes for the events that a group is to have; a few more where they are cut to size."""
    sample = min(group.events, 20_000 if group.exact else 200_000)
    counted = {row[0]: int(row[1]) for row in engine.select(count_events(group, Messages((sample,) * AMONG)))}
    if not group.exact:
        return Messages((max(sample * group.whole // sum(counted.values()), 1),))
    of_each = {channel: sum(number % AMONG == channel for number in group.numbers) for channel in counted}
    needed = {channel: sample * group.events * of_each[channel] // counted[channel] for channel in counted}
    return Messages(tuple(each + each // 50 + 30 if (each := needed.get(place)) else 1 for place in range(AMONG)))


def _check(engine: EmbeddedEngine, groups: Sequence[Group]) -> None:
    """See that the campaigns that are asked about have exactly the events that they are named for."""
    for group in groups:
        if group.exact:
            sql = "SELECT campaign_id, count() FROM message_events WHERE workspace_id = {workspace:String} GROUP BY 1"
            found = {row[0]: row[1] for row in engine.select(sql, {"workspace": group.workspace_id})}
            if found != dict.fromkeys(group.campaign_ids, group.events):
                raise RuntimeError(f"{group.workspace_id} has {found}")
