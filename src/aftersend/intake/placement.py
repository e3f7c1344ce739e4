"""Where in its campaign's tree an event counts: checked once for each combination, and remembered.

What a check looks at (campaign, kind, platform, locale, variation, detail) repeats through a campaign's life, so a
row costs a look-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the tree of its campaign an event counts."""

    campaign_id: str
    kind: str
    platform: str
    locale: str
    variation: str
    detail: str


_MOST_REMEMBERED = 100_000

Refused = Mapping[tuple[str, str | None], Rejection]
"""By campaign and parent: why events that name them are turned away."""


@dataclass(frozen=True, slots=True)
class Known:
    """The campaigns that the events of a batch name, and which of those that they brought along cannot be."""

    campaigns: Mapping[str, Campaign]
    refused: Refused = field(default_factory=dict)


Combinations = dict[tuple[object, ...], Placement | Rejection]


class PlacementMemory:
    """What became of the combinations that events have brought, campaign by campaign.

    It holds for as long as the campaign stays as it is.
    """

    def __init__(self) -> None:
        self._campaigns: dict[tuple[str, str], tuple[Campaign, Combinations]] = {}
        self._remembered = 0

    def combinations(self, workspace_id: str, campaign: Campaign | None) -> Combinations:
        """Return what is known of a campaign's combinations, to look up and to add to."""
        if campaign is None:
            return {}
        key = (workspace_id, campaign.id)
        known = self._campaigns.get(key)
        if known is None or known[0] != campaign:
            known = self._campaigns[key] = (campaign, {})
        return known[1]

    def note(self, added: int) -> None:
        """Say how much was added; all is forgotten when it becomes too much."""
        self._remembered += added
        if self._remembered > _MOST_REMEMBERED:
            self._campaigns = {}
            self._remembered = 0


class Placements:
    """The placements of one batch, numbered."""

    def __init__(self, workspace_id: str, known: Known, memory: PlacementMemory) -> None:
        self._workspace_id = workspace_id
        self._campaigns = known.campaigns
        self._refused = known.refused
        self._memory = memory
        self._combinations: dict[str, Combinations] = {}
        self._numbers: dict[int, int] = {}
        self._found: list[Placement] = []
        self.added = 0

    def number(self, event: MessageEvent) -> int | Rejection:
        """Return the number of the event's placement, or why it has none."""
        campaign_id = event.campaign_id
        if self._refused and (refusal := self._refused.get((campaign_id, event.parent_campaign_id))):
            return refusal
        combinations = self._combinations.get(campaign_id)
        if combinations is None:
            combinations = self._memory.combinations(self._workspace_id, self._campaigns.get(campaign_id))
            self._combinations[campaign_id] = combinations
        combination = (
            event.kind,
            event.platform,
            event.locale,
            event.variation,
            event.reason,
            event.group,
            event.bounce_type,
            event.channel,
            event.parent_campaign_id,
        )
        placed = combinations.get(combination)
        if placed is None:
            placed = combinations[combination] = find_place(event, self._campaigns.get(campaign_id))
            self.added += 1
        if isinstance(placed, Rejection):
            return placed
        # What is found is kept until the batch is done, so an object's number stands for it alone.
        number = self._numbers.get(id(placed))
        if number is None:
            number = self._numbers[id(placed)] = len(self._found)
            self._found.append(placed)
        return number

    def columns(self, numbers: list[int]) -> dict[str, pa.Array]:
        """Return the columns of the rows that have these placements, as dictionaries of few values."""
        indices = pa.array(numbers, pa.int32())
        columns = {}
        for column in Placement.__slots__:
            values = [getattr(placement, column) for placement in self._found]
            encoded = pa.array(values, pa.string()).dictionary_encode()
            columns[column] = pa.DictionaryArray.from_arrays(encoded.indices.take(indices), encoded.dictionary)
        return columns


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
