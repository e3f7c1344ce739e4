"""Which commit last touched what: the newest of every campaign's days and of every name of user events.

Noted before anybody can read a commit, so whatever has been acknowledged is in here. What came before the start of the
process is read from the tables once, in the background; until then nobody knows what a campaign's days are up to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock

import numpy as np
import pyarrow as pa

from aftersend.domain.events import Stream
from aftersend.store.coded import coded
from aftersend.store.engine import Engine
from aftersend.store.seniority import commit_of


@dataclass(slots=True)
class _Campaign:
    """The last commit of each day, and how many events there are."""

    days: dict[int, int] = field(default_factory=dict)
    events: int = 0


class Touched:
    """The newest commits, by workspace and campaign or name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._campaigns: dict[tuple[str, str], _Campaign] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._workspaces: dict[str, int] = {}
        self._removals: dict[str, int] = {}
        self._finished = 0
        self._ready = False
        self._changes = 0

    @property
    def changes(self) -> int:
        """Return a number that is another one whenever anything was noted."""
        return self._changes

    @property
    def ready(self) -> bool:
        """Return whether everything of before the start is known, too."""
        return self._ready

    def note(self, stream: str, rows: pa.Table, commit: int) -> None:
        """Note what the rows of a commit touch. Rows of tables other than the streams touch nothing."""
        if stream == Stream.MESSAGE_EVENTS:
            found = _combinations(rows, ("workspace_id", "campaign_id"), "day")
            with self._lock:
                for workspace_id, campaign_id, days, events in found:
                    self._note_days((workspace_id, campaign_id), days, commit, events)
        elif stream == Stream.USER_EVENTS:
            for workspace_id, name, _, _ in _combinations(rows, ("workspace_id", "name"), None):
                self._note_name((workspace_id, name), commit)

    def load(self, engine: Engine) -> None:
        """Read from the tables what was touched before the start."""
        statement = """
SELECT workspace_id, campaign_id, toUInt16(day) AS number, min(seniority), count() FROM message_events
GROUP BY workspace_id, campaign_id, number"""
        last = 0
        for block in engine.stream(statement):
            with self._lock:
                for workspace_id, campaign_id, day, senior, events in block:
                    self._note_days((workspace_id, campaign_id), (day,), commit_of(senior), events)
                    last = max(last, commit_of(senior))
        statement = "SELECT workspace_id, name, min(seniority) FROM user_events GROUP BY workspace_id, name"
        for block in engine.stream(statement):
            for workspace_id, name, senior in block:
                self._note_name((workspace_id, name), commit_of(senior))
                last = max(last, commit_of(senior))
        self.finish(last)  # not one that was noted meanwhile: it may still be on its way
        self._ready = True

    def finish(self, commit: int) -> None:
        """Note that whatever a commit brought can be read."""
        with self._lock:
            self._finished = max(commit, self._finished)

    @property
    def finished(self) -> int:
        """Return the last commit of which all can be read, and all of those before."""
        return self._finished

    def is_finished(self, commit: int) -> bool:
        """Return whether whatever a commit brought can be read; one that was noted may still be on its way."""
        return commit <= self._finished

    def note_removal(self, workspace_id: str) -> None:
        """Note that events of a workspace go or have gone."""
        with self._lock:
            self._changes += 1
            self._removals[workspace_id] = self._removals.get(workspace_id, 0) + 1

    def removals(self, workspace_id: str) -> int:
        """Return a number that is another one after every removal."""
        return self._removals.get(workspace_id, 0)

    def commit_of(self, workspace_id: str, campaign_ids: Iterable[str]) -> int:
        """Return the last commit that brought message events of any of the campaigns, 0 if none is known."""
        with self._lock:
            known = (self._campaigns.get((workspace_id, campaign_id)) for campaign_id in campaign_ids)
            return max((max(one.days.values(), default=0) for one in known if one), default=0)

    def commit_of_names(self, workspace_id: str, names: Iterable[str]) -> int:
        """Return the last commit that brought user events of any of the names, 0 if none is known."""
        return max((self._names.get((workspace_id, name), 0) for name in names), default=0)

    def commit_of_workspace(self, workspace_id: str) -> int:
        """Return the last commit that brought anything of a workspace, 0 if none is known."""
        return self._workspaces.get(workspace_id, 0)

    def days_since(self, workspace_id: str, campaign_ids: Iterable[str], commit: int) -> list[int]:
        """Return the days on which any of the campaigns got events later than a commit."""
        with self._lock:
            known = [self._campaigns.get((workspace_id, campaign_id)) for campaign_id in campaign_ids]
            days = {day for one in known if one for day, last in one.days.items() if last > commit}
        return sorted(days)

    def events(self, workspace_id: str, campaign_ids: Iterable[str]) -> int:
        """Return about how many events the campaigns have; what was removed since the start is among them."""
        with self._lock:
            known = [self._campaigns.get((workspace_id, campaign_id)) for campaign_id in campaign_ids]
            return sum(one.events for one in known if one)

    def campaigns(self, at_least: int) -> list[tuple[str, str, int]]:
        """Return workspace, campaign and number of events of those that have so many, the largest first."""
        with self._lock:
            found = [(*key, one.events) for key, one in self._campaigns.items() if one.events >= at_least]
        return sorted(found, key=lambda row: -row[2])

    def _note_days(self, key: tuple[str, str], days: Sequence[int], commit: int, events: int) -> None:
        # The lock is held by who calls: a commit of many campaigns takes it once.
        self._changes += 1
        campaign = self._campaigns.get(key)
        if campaign is None:
            campaign = self._campaigns[key] = _Campaign()
        known = campaign.days
        known.update({day: commit for day in days if known.get(day, 0) < commit})
        campaign.events += events
        self._workspaces[key[0]] = max(commit, self._workspaces.get(key[0], 0))

    def _note_name(self, key: tuple[str, str], commit: int) -> None:
        with self._lock:
            self._names[key] = max(commit, self._names.get(key, 0))
            self._workspaces[key[0]] = max(commit, self._workspaces.get(key[0], 0))


def _combinations(rows: pa.Table, names: tuple[str, str], day: str | None) -> list[tuple[str, str, list[int], int]]:
    """Which values the columns have beside one another, on which days, and in how many rows."""
    if not rows.num_rows:
        return []
    rows = rows.select([*names, *([day] if day else [])]).combine_chunks()
    numbers = np.zeros(rows.num_rows, np.int64)
    words = []
    for name in names:
        codes, known = coded(rows.column(name))
        words.append(known)
        numbers = numbers * len(known) + codes
    days = rows.column(day).cast(pa.int32()).to_numpy() if day else np.zeros(rows.num_rows, np.int64)
    first = int(days.min())
    span = int(days.max()) - first + 1
    found, counts = np.unique(numbers * span + (days - first), return_counts=True)
    values, days = found // span, (found % span + first).tolist()
    begins = np.flatnonzero(np.diff(values, prepend=-1))
    events = np.add.reduceat(counts, begins).tolist()
    places = pairwise([*begins.tolist(), len(days)])
    return [
        (*_named(value, words), days[begin:end], number)
        for value, (begin, end), number in zip(values[begins].tolist(), places, events, strict=True)
    ]


def _named(number: int, words: list[list[str]]) -> tuple[str, str]:
    one, other = divmod(number, len(words[1]))
    return words[0][one], words[1][other]
