"""Requests that work as they stand: one story, told operation by operation, in the order in which it happens.

The API document shows them, its tests send them to a real server, and the Postman collection is made of them.
An operation that is not here gets an example that is made up from its schemas, stands at the end of the story,
and may be answered with any status that it describes.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A request: what stands in its path, its query and its headers, and its bodies by media type.

    `gives` names path parameters of later requests that a field of the answer holds.
    """

    parameters: Json = field(default_factory=dict)
    bodies: Json = field(default_factory=dict)
    gives: dict[str, str] = field(default_factory=dict)


def _json(body: object) -> Json:
    return {"application/json": body}


_CAMPAIGN = {
    "name": "Welcome",
    "channel": "EMAIL",
    "status": "SENT",
    "goals": [{"name": "First order", "event": "purchase", "revenue_attribute": "amount", "currency": "EUR"}],
    "control_groups": {"campaign_percentage": 10},
}

_MESSAGE = {"campaign_id": "welcome", "user_id": "u1"}
_MESSAGES = [
    {"event_id": "m1-attempted", "kind": "attempted", "time": "2026-01-05T08:59:59Z", **_MESSAGE},
    {"event_id": "m1-sent", "kind": "sent", "time": "2026-01-05T09:00:00Z", **_MESSAGE},
    {"event_id": "m1-delivered", "kind": "delivered", "time": "2026-01-05T09:00:04Z", **_MESSAGE},
    {"event_id": "m1-opened", "kind": "opened", "time": "2026-01-05T10:12:00Z", **_MESSAGE},
]
_PURCHASE = {
    "event_id": "p1",
    "name": "purchase",
    "user_id": "u1",
    "time": "2026-01-05T11:00:00Z",
    "attributes": {"amount": 49.9},
}

_DAYS = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
_PAGE = {"request_id": "abc", "page": 1, "limit": 15}
_WELCOME = {"campaign_id": "welcome"}

EXAMPLES: dict[str, Example] = {
    "healthz": Example(),
    "readyz": Example(),
    "listDataCenters": Example(),
    "openapi": Example(),
    "docs": Example(),
    "docsFile": Example({"file": "swagger-ui.css"}),
    "metrics": Example(),
    "getCatalogue": Example(),
    "putCampaign": Example(_WELCOME, _json(_CAMPAIGN)),
    "patchCampaign": Example(_WELCOME, _json({"tags": ["onboarding"]})),
    "getCampaign": Example(_WELCOME),
    "listCampaigns": Example({"limit": 10}),
    "putGlobalControlGroup": Example(bodies=_json({"mode": "random", "percentage": 5})),
    "putGlobalControlGroupUsers": Example(bodies=_json({"users": ["u7", "u8"]}) | {"text/csv": "u7\nu8\n"}),
    "getGlobalControlGroup": Example(),
    "assignUsers": Example(
        _WELCOME, _json({"users": ["u1", "u2", "u3"], "send_id": "s1", "time": "2026-01-05T08:59:00Z"})
    ),
    "sendMessageEvents": Example(
        bodies=_json(_MESSAGES)
        | {
            "application/x-ndjson": '{"event_id": "m2-sent", "kind": "sent", "campaign_id": "welcome", "user_id": "u2",'
            ' "time": 1767603600000}\n'
        }
    ),
    "sendUserEvents": Example(
        bodies=_json([_PURCHASE])
        | {
            "application/x-ndjson": '{"event_id": "p2", "name": "purchase", "user_id": "u2", "time": 1767610800000,'
            ' "attributes": {"amount": 12}}\n'
        }
    ),
    "campaignStats": Example(
        {"X-Stats-Profile": "documented"},
        _json(
            {
                "request_id": "abc",
                "campaign_ids": ["welcome"],
                **_DAYS,
                "attribution_type": "VIEW_THROUGH",
                "metric_type": "TOTAL",
            }
        ),
    ),
    "campaignUplift": Example(_WELCOME | _DAYS),
    "audit": Example(_DAYS),
    "campaignMeta": Example(bodies=_json(_PAGE | {"include_child_campaigns": True})),
    "campaignSearch": Example(bodies=_json(_PAGE | {"campaign_fields": {"channels": ["EMAIL"]}})),
    "campaignExecutions": Example({"parent_campaign_id": "welcome"}, _json(_PAGE)),
    "postSource": Example(),
    "listRejected": Example({"limit": 10}),
    "askForReport": Example(
        bodies=_json(
            {
                "name": "Weekly e-mail",
                **_DAYS,
                "filter": {"channels": ["EMAIL"], "tags": ["onboarding"]},
                "granularity": "day",
                "split_by": ["child_campaign", "locale"],
                "format": "csv",
                "delimiter": ";",
            }
        ),
        gives={"report_id": "id"},
    ),
    "getReport": Example({"report_id": "5b1f0c5e2a7b4f63"}),
    "listReports": Example({"limit": 10}),
    "retractEvents": Example(
        bodies=_json({"event_ids": ["m2-sent"], "reason": "sent twice under other ids"}), gives={"removal_id": "id"}
    ),
    "getRemoval": Example({"removal_id": "8d1f0c5e2a7b4f63"}),
    "eraseUser": Example({"user_id": "u9", "reason": "asked for by letter of 2 February"}),
    "listRemovals": Example({"kind": "retraction", "limit": 10}),
    "listChanges": Example({"thing": "campaign", "limit": 10}),
    "takeSnapshot": Example(gives={"snapshot_id": "id"}),
    "dropSnapshot": Example({"snapshot_id": "snapshot_4f2c"}),
    "deleteCampaign": Example(_WELCOME),
}

LAST = ("deleteCampaign",)
"""What takes away what others need, also those that are not here."""

REFUSED = {"nonsense": True}
"""A body that no operation takes; every one says which field is wrong."""

ANSWERS: dict[str, Any] = {
    "StatsAnswer": {
        "response_id": "abc",
        "total_campaigns": 1,
        "current_page": 1,
        "total_pages": 1,
        "data": {
            "welcome": [
                {
                    "platforms": {
                        "EMAIL": {
                            "locales": {
                                "all_locales": {
                                    "variations": {
                                        "all_variations": {
                                            "performance_stats": {
                                                "attempted": 1,
                                                "sent": 1,
                                                "delivered": 1,
                                                "opened": 1,
                                                "open_rate": 100,
                                            },
                                            "conversion_goal_stats": {
                                                "First order": {
                                                    "conversions": 1,
                                                    "cvr": 100,
                                                    "uplift": 0,
                                                    "goal_name": "First order",
                                                    "total": 1,
                                                    "unique": 1,
                                                    "revenue": 49.9,
                                                    "average_order_value": 49.9,
                                                    "average_revenue_per_user": 49.9,
                                                    "gcg_uplift": 0,
                                                }
                                            },
                                            "delivery_funnel": {"sent": 1, "delivered": 1},
                                            "failure_breakdown": {},
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            ]
        },
    },
    "FlatError": {
        "title": "Invalid Field Value",
        "description": "end_date - Some of the field values are invalid: end_date : None",
        "code": "wUcwPRZF",
    },
}
"""Answers that a schema alone cannot make up, by the schema's name."""
