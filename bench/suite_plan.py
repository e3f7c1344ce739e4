"""The questions of the suite: how many campaigns, of which size, over how many days, in which mode."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from history import TOUCHES, Group
from plan import ASKED, SPAN_DAYS
from sending import Call
from serving import Key
from statements import Scope

STATS = "/core-services/v1/campaign-stats"
MODES = ("TOTAL", "UNIQUE")
_FIRST = date(2026, 1, 1)
_WHOLE = ((0, 29), (-1, 29), (0, 30), (1, 30), (-1, 28))
_WEEKS = tuple((start, start + 6) for start in (0, 5, 10, 15, 20, 23))
_DAYS = tuple((day, day) for day in (1, 4, 8, 12, 15, 19, 22, 26, 28, 29))
_RANGES = {30: _WHOLE, 7: _WEEKS, 1: _DAYS}
"""First and last day by the number of days: no two calls in a row ask about the same days."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: questions that differ only in their days, and in which campaign they name."""

    group: Group
    campaigns: int
    days: int
    mode: str

    @property
    def converting(self) -> bool:
        """Return whether the answer has conversions."""
        return self.group.workspace_id == TOUCHES

    @property
    def main(self) -> bool:
        """Return whether it is one of those that the floors are about: as many campaigns as can be, the whole month."""
        return self.campaigns == min(ASKED, len(self.group.numbers)) and self.days == SPAN_DAYS

    def question(self, turn: int) -> "Question":
        """Return the question of a turn."""
        ids = self.group.campaign_ids[:ASKED]
        start = turn % len(ids)
        turned = (ids[start:] + ids[:start])[: self.campaigns]
        first, last = (_FIRST + timedelta(days) for days in _RANGES[self.days][turn % len(_RANGES[self.days])])
        return Question(Scope(self.group.workspace_id, tuple(turned), first.isoformat(), last.isoformat()), self.mode)


@dataclass(frozen=True, slots=True)
class Question:
    """One call."""

    scope: Scope
    mode: str

    def call(self, key: Key) -> Call:
        """Write it as a request."""
        body = {
            "request_id": "bench",
            "campaign_ids": list(self.scope.campaign_ids),
            "start_date": self.scope.first,
            "end_date": self.scope.last,
            "attribution_type": "VIEW_THROUGH",
            "metric_type": self.mode,
        }
        return stats_call(key, body)


def stats_call(key: Key, body: object) -> Call:
    """Write a body as a request for statistics."""
    headers = {"authorization": key.authorization, "moe-appkey": key.workspace_id, "content-type": "application/json"}
    return Call(STATS, headers, msgspec.json.encode(body))


def cases(groups: Sequence[Group]) -> Iterator[Case]:
    """Yield every case; those of different workspaces by turns."""
    for days in (30, 7, 1):
        for campaigns in (ASKED, 1):
            for mode in MODES:
                for group in groups:
                    if group.exact and (campaigns <= len(group.numbers)):
                        yield Case(group, campaigns, days, mode)
