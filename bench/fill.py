"""Fills a ledger quickly: columns from a random generator, through the store's own commit.

The rows go the last part of the way that a batch goes (identity, look-up, insert with fsync, index), so the
ledger is one that a server opens as its own. What is left out is HTTP, JSON and the checks.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from aftersend.domain.events import Stream
from aftersend.store.batches import EventRows
from aftersend.store.digests import digests
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.identities import Identities, identity
from aftersend.store.ledger import Ledger
from aftersend.store.migrate import migrate
from aftersend.store.pending import Pending
from plan import CAMPAIGNS, COURSES, LOCALES, SPAN_DAYS, SPAN_START, VARIATIONS, campaign_id

Numbers = np.ndarray[Any, np.dtype[Any]]

_DAY = 86_400_000
_KINDS = tuple(dict.fromkeys(step.kind for course in COURSES for step in course.steps))
_DETAILS = ("", *dict.fromkeys(word for course in COURSES for step in course.steps for word in step.fields.values()))
_PLATFORMS = tuple(dict.fromkeys(platform for course in COURSES for platform in course.platforms))
_SECOND_DEVICE = 0.05
"""The share of events that happen on another platform than the user's usual one."""


def fill(folder: Path, workspaces: list[str], rows: int, commits: int) -> None:
    """Put the rows into the ledger of a data folder, day after day, in so many commits, and leave them unmerged."""
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    migrate(engine)
    hold_merges(engine)
    identities = Identities(folder / "ledger-identities")
    ledger = Ledger(engine, identities, Pending(engine, folder / "ledger-journal"))
    ledger.recover()
    size = rows // commits // len(workspaces)
    audience = max(rows // len(workspaces) // CAMPAIGNS * 2 // 5, 1)
    for commit in range(commits):
        random = np.random.default_rng(commit)
        moments = (commit * SPAN_DAYS * _DAY // commits, (commit + 1) * SPAN_DAYS * _DAY // commits)
        ledger.commit([_batch(workspace, f"{commit:04d}", size, audience, moments, random) for workspace in workspaces])
        ledger.settle()
    identities.close()
    engine.close()


def hold_merges(engine: EmbeddedEngine) -> None:
    """Have the engine leave parts as they were inserted."""
    engine.command("ALTER TABLE message_events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1")


def merge(folder: Path) -> None:
    """Merge all parts of the ledger into one, and let the engine merge again."""
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    engine.command("ALTER TABLE message_events RESET SETTING max_bytes_to_merge_at_max_space_in_pool")
    engine.command("OPTIMIZE TABLE message_events FINAL")
    engine.close()


def _batch(
    workspace: str, commit: str, size: int, audience: int, moments: tuple[int, int], random: np.random.Generator
) -> EventRows:
    campaigns = random.integers(0, CAMPAIGNS, size)
    users = campaigns * 7919 + random.integers(0, audience, size)
    times = SPAN_START + random.integers(*moments, size)
    kinds, details, platforms = _happenings(campaigns, users, random)
    event_ids = [f"{workspace}-{commit}-{number:07d}" for number in range(size)]
    return event_rows(
        workspace,
        event_ids,
        times,
        {
            "campaign_id": words(campaigns, tuple(campaign_id(campaign) for campaign in range(CAMPAIGNS))),
            "kind": words(kinds, _KINDS),
            "platform": words(platforms, _PLATFORMS),
            "locale": words(users % len(LOCALES), LOCALES),
            "variation": words((users + campaigns) % len(VARIATIONS), VARIATIONS),
            "detail": words(details, _DETAILS),
            "user_id": pa.array([f"user-{user:08d}" for user in users.tolist()], pa.string()),
            "send_id": pa.array([f"{user}-{commit}" for user in users.tolist()], pa.string()),
        },
    )


def event_rows(workspace: str, event_ids: list[str], times: Numbers, drawn: dict[str, Any]) -> EventRows:
    """Add the columns that are the same in every row, or follow from the times, and the identities of the rows."""
    size = len(event_ids)
    columns = {
        "workspace_id": words(np.zeros(size, np.int32), (workspace,)),
        "day": pa.array(times // _DAY, pa.int32()).cast(pa.date32()),
        "machine": pa.array(np.zeros(size, np.bool_)),
        "time": pa.array(times, pa.int64()).cast(pa.timestamp("ms", "UTC")),
        "event_id": pa.array(event_ids, pa.string()),
        "device_id": pa.array([""] * size, pa.string()),
        "link": pa.array([""] * size, pa.string()),
        "source": words(np.zeros(size, np.int32), ("native",)),
        "key_id": words(np.zeros(size, np.int32), ("0123456789abcdef",)),
        "received_at": pa.array(times, pa.int64()).cast(pa.timestamp("ms", "UTC")),
    } | drawn
    identities = [identity(workspace, event_id) for event_id in event_ids]
    return EventRows(Stream.MESSAGE_EVENTS, identities, digests(Stream.MESSAGE_EVENTS, columns), pa.table(columns))


def _happenings(campaigns: Numbers, users: Numbers, random: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
    """Draw for each row what happened, its detail and where, by the course of the campaign's channel."""
    kinds, details, platforms = (np.zeros(len(campaigns), np.int32) for _ in range(3))
    elsewhere = random.random(len(campaigns)) < _SECOND_DEVICE
    for number, course in enumerate(COURSES):
        rows = np.flatnonzero(campaigns % len(COURSES) == number)
        shares = np.array([step.share for step in course.steps])
        steps = random.choice(len(shares), len(rows), p=shares / shares.sum())
        kinds[rows] = np.array([_KINDS.index(step.kind) for step in course.steps])[steps]
        details[rows] = np.array([_DETAILS.index(next(iter(step.fields.values()), "")) for step in course.steps])[steps]
        places = np.array([_PLATFORMS.index(platform) for platform in course.platforms])
        platforms[rows] = places[(users[rows] + elsewhere[rows]) % len(places)]
    return kinds, details, platforms


def words(numbers: Numbers, said: tuple[str, ...]) -> Any:
    """Write numbers as the words that they stand for."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(said, pa.string()))
