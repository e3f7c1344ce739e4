"""What the attributes of an event of the stream say, whichever of their spellings they use."""

from dataclasses import dataclass
from functools import lru_cache

from msgspec import Raw

from aftersend.domain.campaigns import is_identifier
from aftersend.domain.channels import Channel
from aftersend.domain.events import LINK_LIMIT, NAME_LIMIT
from aftersend.domain.kinds import ControlGroup
from aftersend.domain.stream_codes import fold
from aftersend.domain.stream_words import (
    channel_named,
    delivery_named,
    locale_named,
    platform_named,
    split_id,
    variation_name,
)
from aftersend.intake.drafts import DraftFacts
from aftersend.intake.sources.stream_wire import EventAttributes, first, is_true, read_attributes, text

_MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What the attributes of an event say."""

    campaign_id: str
    channel: Channel | None
    draft: DraftFacts
    locale: str | None
    variation: str | None
    platform: str | None
    reasons: tuple[str, str, str]
    group: ControlGroup
    link: str | None


_CACHED_BYTES = 2048


def told_by(raw: Raw) -> Told:
    """Return what attributes say. Those of a campaign's events are mostly the same, so they are read once."""
    written = bytes(raw)
    return _told(written) if len(written) <= _CACHED_BYTES else _tell(read_attributes(raw))


@lru_cache(maxsize=4096)
def _told(written: bytes) -> Told:
    return _tell(read_attributes(Raw(written)))


def platform_told(said: EventAttributes) -> str | None:
    """Return the platform that attributes name."""
    platform = platform_named(*(text(word) for word in (said.os_key, said.os, said.platform)))
    return "MWEB" if platform == "WEB" and is_true(said.moe_mweb) else platform


def _tell(said: EventAttributes) -> Told:
    split = split_id(first(said.campaign_id) or first(said.moe_campaign_id))
    channel = channel_named(text(said.campaign_channel), text(said.moe_campaign_channel))
    parent = split_id(first(said.parent_campaign_id, said.moe_c_pid)).campaign_id
    group = fold(first(said.moe_control_group_type, said.control_group_type))
    draft = DraftFacts(
        channel=channel or Channel.PUSH,  # replaced by what the code says
        name=first(said.campaign_name),
        delivery_type=delivery_named(text(said.moe_delivery_type), text(said.campaign_type)),
        parent_campaign_id=parent if parent != split.campaign_id and is_identifier(parent) else None,
        flow_id=first(said.parent_flow_id, said.moe_f_pid)[:128] or None,
        flow_name=first(said.parent_flow_name, said.moe_f_pname) or None,
        tags=_tags(said.moe_campaign_tags),
    )
    return Told(
        campaign_id=split.campaign_id,
        channel=channel,
        draft=draft,
        locale=locale_named(
            first(said.locale_name, said.moe_locale_name),
            first(said.locale_id, said.moe_locale_id) or split.locale or "",
        ),
        variation=variation_name(first(said.variation_id, said.moe_variation_id) or split.variation or ""),
        platform=platform_told(said),
        reasons=(
            first(said.given_reason, said.reason)[:NAME_LIMIT],
            first(said.reason_code)[:NAME_LIMIT],
            first(said.reason_group)[:NAME_LIMIT],
        ),
        group=ControlGroup.GLOBAL if group.startswith("global") else ControlGroup.CAMPAIGN,
        link=first(said.gcm_action_id)[:LINK_LIMIT] or None,
    )


def _tags(value: object) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list):
        return ()
    return tuple(dict.fromkeys(word[:200] for one in words if (word := text(one))))[:_MOST_TAGS]
