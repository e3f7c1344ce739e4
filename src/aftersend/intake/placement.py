"""Where in its campaign's tree an event counts: checked once for each combination, and remembered by a number.

What a check looks at (campaign, kind, platform, locale, variation, detail) repeats through a campaign's life, so a
batch costs a look-up a row, and none of them runs Python.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from aftersend.domain.campaigns import (
    DEFAULT_LOCALE,
    DEFAULT_VARIATION,
    DIMENSION_NAME_RULE,
    Campaign,
    is_dimension_name,
    is_identifier,
)
from aftersend.domain.channels import CHANNELS
from aftersend.domain.events import Rejection, RejectionCode
from aftersend.domain.kinds import KINDS, Detail
from aftersend.domain.reasons import reason_name
from aftersend.intake.wire import MessageEvent
from aftersend.store.digests import opening


class Placement(NamedTuple):
    """Where in the tree of its campaign an event counts."""

    campaign_id: str
    kind: str
    platform: str
    locale: str
    variation: str
    detail: str


_MOST_REMEMBERED = 100_000

_FEW = 4
"""A batch of fewer than a fourth as many events as there are placements is a small one."""

Refused = Mapping[tuple[str, str | None], Rejection]
"""By campaign and parent: why events that name them are turned away."""


@dataclass(frozen=True, slots=True)
class Known:
    """The campaigns that the events of a batch name, and which of those that they brought along cannot be."""

    campaigns: Mapping[str, Campaign]
    refused: Refused = field(default_factory=dict)


Columns = Mapping[str, Sequence[object]]
"""The fields of the events of a batch, each as a column."""

_COMBINED = (
    "campaign_id",
    "kind",
    "platform",
    "locale",
    "variation",
    "reason",
    "group",
    "bounce_type",
    "channel",
    "parent_campaign_id",
)
"""The fields on which it depends where an event counts, and whether it can."""

_combination = attrgetter(*_COMBINED)

Numbers = np.ndarray[Any, np.dtype[np.int32]]


class _Column:
    """One column of the placements, in the order of their numbers: for each the number of its word, and the words."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._numbers: dict[str, int] = {}
        self._codes = array("i")

    def add(self, word: str) -> None:
        """Note the word of the next placement."""
        number = self._numbers.setdefault(word, len(self._words))
        if number == len(self._words):
            self._words.append(word)
        self._codes.append(number)

    def of(self, places: Numbers) -> pa.Array:
        """Make a column of the placements that have these numbers, with no word that is not in it."""
        codes = np.frombuffer(self._codes, np.int32)[places]
        used = np.zeros(len(self._words), np.bool_)
        used[codes] = True
        words = [self._words[code] for code in np.flatnonzero(used).tolist()]
        codes = (np.cumsum(used, dtype=np.int32) - 1)[codes]
        return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string()))


class _Numbered:
    """The placements that were found for the events of one workspace, each under a number that stays its own.

    All of them hold for its campaigns as they are noted here. Once one of those changes, it is begun anew.
    """

    def __init__(self) -> None:
        self.campaigns: dict[str, Campaign] = {}
        self.numbers: dict[tuple[object, ...], int] = {}
        self.placements: list[Placement] = []
        self.openings: list[int] = []
        self.columns = {name: _Column() for name in Placement._fields}

    def holds_for(self, campaigns: Mapping[str, Campaign]) -> bool:
        """Return whether none of the campaigns has changed."""
        for one in campaigns.values():
            noted = self.campaigns.get(one.id, one)
            if noted is not one and noted != one:
                return False
        return True

    def add(self, placement: Placement) -> int:
        """Give a placement the next number."""
        self.placements.append(placement)
        self.openings.append(opening(placement))
        for column, word in zip(self.columns.values(), placement, strict=True):
            column.add(word)
        return len(self.placements) - 1


class PlacementMemory:
    """What became of the combinations that events have brought, workspace by workspace. Threads share it."""

    def __init__(self, most: int = _MOST_REMEMBERED) -> None:
        self._most = most
        self._workspaces: dict[str, _Numbered] = {}
        self._remembered = 0
        self._lock = Lock()

    def numbered(self, workspace_id: str, campaigns: Mapping[str, Campaign]) -> _Numbered:
        """Return what is known of a workspace, if all that it rests on is still as it is with these campaigns."""
        with self._lock:
            found = self._workspaces.get(workspace_id)
            if found is None or not found.holds_for(campaigns):
                found = self._workspaces[workspace_id] = _Numbered()
            found.campaigns.update(campaigns)
            return found

    def columns(self, numbered: _Numbered, places: Numbers) -> dict[str, pa.Array]:
        """Return the placements of a workspace that have these numbers, as columns."""
        with self._lock:
            return {name: column.of(places) for name, column in numbered.columns.items()}

    def add(self, numbered: _Numbered, combination: tuple[object, ...], placement: Placement) -> int:
        """Give the placement of a combination a number; all is forgotten when it becomes too much."""
        with self._lock:
            number = numbered.numbers.get(combination)
            if number is None:
                number = numbered.numbers[combination] = numbered.add(placement)
                self._remembered += 1
                if self._remembered > self._most:
                    self._workspaces = {}
                    self._remembered = 0
            return number


class Placements:
    """The placements of one batch."""

    def __init__(self, workspace_id: str, known: Known, memory: PlacementMemory) -> None:
        self._campaigns = known.campaigns
        self._refused = known.refused
        self._memory = memory
        self._numbered = memory.numbered(workspace_id, known.campaigns)

    @property
    def shared(self) -> object:
        """Return what numbers the placements: those of batches that share it have the same numbers."""
        return self._numbered

    def number(self, event: MessageEvent) -> int | Rejection:
        """Return the number of the event's placement, or why it has none."""
        if self._refused and (refusal := self._refused.get((event.campaign_id, event.parent_campaign_id))):
            return refusal
        campaign = self._campaigns.get(event.campaign_id)
        combination = _combination(event)
        number = self._numbered.numbers.get(combination)
        if number is not None and campaign is not None:
            return number
        placed = find_place(event, campaign)
        return placed if isinstance(placed, Rejection) else self._memory.add(self._numbered, combination, placed)

    def numbers(self, events: Sequence[MessageEvent], columns: Columns) -> list[int] | None:
        """Return the numbers of the placements of all events; nothing where any of them may have none."""
        if self._refused or not self._campaigns.keys() >= set(columns["campaign_id"]):
            return None
        combinations = zip(*(columns[name] for name in _COMBINED), strict=True)
        found = list(map(self._numbered.numbers.get, combinations))
        numbers = []
        for event, number in zip(events, found, strict=True) if None in found else ():
            known = self.number(event) if number is None else number
            if isinstance(known, Rejection):
                return None
            numbers.append(known)
        return numbers or found  # type: ignore[return-value]  # none of those found is missing then

    def columns(self, numbers: Sequence[int]) -> dict[str, pa.Array]:
        """Return the columns of the rows that have these placements, as dictionaries of few values."""
        if len(numbers) * _FEW > len(self._numbered.placements):
            return self._memory.columns(self._numbered, np.array(numbers, np.int32))
        # A small batch does not go through the words of all others.
        rows = [self._numbered.placements[number] for number in numbers]
        columns = zip(Placement._fields, zip(*rows, strict=True) if rows else [()] * 6, strict=True)
        return {name: pa.array(values, pa.string()).dictionary_encode() for name, values in columns}

    def openings(self, numbers: Sequence[int]) -> list[int]:
        """Return for each row what the digest of what it says begins with."""
        return list(map(self._numbered.openings.__getitem__, numbers))


def can_be_parent(parent: str | None, campaign_id: str) -> bool:
    """Return whether an event can name this parent of its campaign; it can name none."""
    return parent is None or (parent != campaign_id and is_identifier(parent))


def find_place(event: MessageEvent, campaign: Campaign | None) -> Placement | Rejection:
    """Return where an event counts, or why it cannot."""
    if not can_be_parent(event.parent_campaign_id, event.campaign_id):
        message = "name the campaign of which this one is a run; it cannot be its own parent"
        return Rejection(RejectionCode.INVALID_VALUE, "parent_campaign_id", message)
    if campaign is None:
        return Rejection(
            RejectionCode.UNKNOWN_CAMPAIGN,
            "campaign_id",
            f"register it with PUT /v1/campaigns/{event.campaign_id}, or have a draft registered by sending "
            "'channel', or a 'parent_campaign_id' that is registered",
        )
    channel = campaign.channel
    if event.channel is not None and event.channel is not channel:
        message = f"campaign {campaign.id} is registered as {channel}; leave 'channel' out or correct it"
        return Rejection(RejectionCode.CHANNEL_MISMATCH, "channel", message)
    if channel not in KINDS[event.kind].channels:
        message = f"'{event.kind}' cannot happen on {channel}; GET /v1/catalogue lists what can"
        return Rejection(RejectionCode.KIND_NOT_ON_CHANNEL, "kind", message)
    for dimension, name in (("locale", event.locale), ("variation", event.variation)):
        if name is not None and not is_dimension_name(name):
            return Rejection(RejectionCode.INVALID_VALUE, dimension, DIMENSION_NAME_RULE)
    platform = _platform(event, campaign)
    detail = _detail(event, campaign)
    if isinstance(platform, Rejection):
        return platform
    if isinstance(detail, Rejection):
        return detail
    return Placement(
        campaign.id,
        event.kind.value,
        platform,
        event.locale or DEFAULT_LOCALE,
        event.variation or DEFAULT_VARIATION,
        detail,
    )


def _platform(event: MessageEvent, campaign: Campaign) -> str | Rejection:
    facts = CHANNELS[campaign.channel]
    if event.platform is not None:
        platform = event.platform.upper()
        if platform not in facts.platforms:
            message = f"{campaign.channel} has the platforms {', '.join(facts.platforms)}"
            return Rejection(RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform", message)
        return platform
    if facts.unnamed_platform is not None:
        return facts.unnamed_platform
    if len(campaign.platforms) == 1:
        return campaign.platforms[0]
    message = f"say which of {', '.join(facts.platforms)} it happened on"
    return Rejection(RejectionCode.MISSING_FIELD, "platform", message)


def _detail(event: MessageEvent, campaign: Campaign) -> str | Rejection:
    needed = KINDS[event.kind].detail
    if needed is None:
        return ""
    given: str | None = getattr(event, needed.value)
    if given is None:
        return Rejection(RejectionCode.MISSING_FIELD, needed.value, f"'{event.kind}' needs a {needed.value} beside it")
    return reason_name(campaign.channel, given) if needed is Detail.REASON else str(given)
