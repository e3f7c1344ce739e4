"""The whole catalogue as plain data, for `GET /v1/catalogue` and the reference page."""

from typing import Any

from aftersend.domain.attribution import (
    ATTRIBUTION_TYPES,
    FLOW_WINDOW,
    SESSION_MINUTES,
    TOUCHES,
    WINDOWS,
    WindowFacts,
)
from aftersend.domain.audit import IDENTITIES
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.conversions import RATE_BASES
from aftersend.domain.filters import CONDITIONS
from aftersend.domain.formulas import Percent, text
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.goals import GOAL_FIELDS
from aftersend.domain.kinds import DETAIL_VALUES, KINDS
from aftersend.domain.metrics import METRICS
from aftersend.domain.reasons import REASONS, Reason


def catalogue() -> dict[str, Any]:
    """Return every table of the catalogue, in its own order."""
    return {
        "channels": [
            {"name": row.channel, "platforms": list(row.platforms), "meaning": row.meaning} for row in CHANNELS.values()
        ],
        "kinds": _kinds(),
        "metrics": _metrics(),
        "delivery_funnels": {channel: _funnel(channel) for channel in Channel},
        "reasons": [_reason(row) for row in REASONS],
        "control_groups": [
            {"group": row.group, "node": row.node_key, "held_out_key": row.held_out_key} for row in CONTROL_GROUPS
        ],
        "goal_fields": [{"name": name, "meaning": meaning} for name, meaning in GOAL_FIELDS.items()],
        "attribution_types": [
            {"name": row.type, "model": row.model, "meaning": row.meaning} for row in ATTRIBUTION_TYPES.values()
        ],
        "touches": {channel: _touches(channel) for channel in Channel},
        "session_minutes": SESSION_MINUTES,
        "attribution_window_hours": {
            "channels": {channel: _window(WINDOWS[channel]) for channel in Channel},
            "flow_nodes": _window(FLOW_WINDOW),
        },
        "conversion_rate_bases": {
            channel: {"by_view": text(RATE_BASES[channel].by_view), "by_click": text(RATE_BASES[channel].by_click)}
            for channel in Channel
        },
        "goal_filters": [
            {"data_type": row.data_type, "condition": row.condition, "test": row.test, "takes": row.takes}
            for row in CONDITIONS
        ],
        "audit_identities": [
            {
                "name": row.name,
                "holds": row.holds,
                "severity": row.severity,
                "otherwise": row.otherwise or None,
                "advice": row.advice,
            }
            for row in IDENTITIES.values()
        ],
    }


def _touches(channel: Channel) -> dict[str, Any]:
    row = TOUCHES[channel]
    return {
        "view": row.view,
        "view_without_receipts": row.view_without_receipts,
        "click": row.click,
        "session": row.session,
        "last_interaction": {kind: depth.name.lower() for kind, depth in row.last.items()},
    }


def _window(row: WindowFacts) -> dict[str, int]:
    return {"minimum": row.minimum, "maximum": row.maximum, "default": row.default}


def _kinds() -> list[dict[str, Any]]:
    rows = []
    for row in KINDS.values():
        values = DETAIL_VALUES[row.detail] if row.detail else None
        rows.append(
            {
                "name": row.kind,
                "channels": _in_order(row.channels),
                "needs": row.detail,
                "values": list(values) if values else None,
                "meaning": row.meaning,
            }
        )
    return rows


def _metrics() -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "documented": row.key,
            "live": row.live_key,
            "channels": _in_order(row.channels),
            "type": "percent" if isinstance(row.formula, Percent) else "count",
            "formula": text(row.formula),
            "meaning": row.meaning,
        }
        for row in METRICS
    ]


def _funnel(channel: Channel) -> list[dict[str, Any]]:
    return [
        {"key": stage.key, "unit": stage.unit, "formula": text(stage.formula), "reasons": sorted(stage.losses)}
        for stage in FUNNELS[channel]
    ]


def _reason(row: Reason) -> dict[str, Any]:
    return {
        "name": row.name,
        "key": row.key,
        "channels": _in_order(row.channels),
        "when": row.phase,
        "stages": {channel: stage for channel in _in_order(row.channels) if (stage := _stage(channel, row.name))},
        "aliases": list(row.aliases),
        "push_code": row.push_code or None,
    }


def _stage(channel: Channel, reason: str) -> str | None:
    return next((stage.key for stage in FUNNELS[channel] if reason in stage.losses), None)


def _in_order(channels: frozenset[Channel]) -> list[Channel]:
    return [channel for channel in Channel if channel in channels]
