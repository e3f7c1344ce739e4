"""The answer of `GET /v1/campaigns/{id}/uplift` in the API document."""

from typing import Any

import msgspec

from aftersend.domain.attribution import AttributionType

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_NUMBER: Json = {"type": "number"}


def uplift_schemas() -> Json:
    """Describe the answer; the comparisons are described by the records that they are."""
    from aftersend.stats.significance import MeanComparison, RateComparison, SampleRatio

    _, compared = msgspec.json.schema_components(
        [RateComparison, MeanComparison, SampleRatio], ref_template="#/components/schemas/{name}"
    )
    goal = _object(goal_name=_TEXT, event=_TEXT, intention_to_treat=_intention(), per_reached_user=_reached())
    answer = _object(
        campaign_id=_TEXT,
        start_date=_or_null(_TEXT),
        end_date=_or_null(_TEXT),
        timezone=_TEXT,
        window_hours=_COUNT,
        assigned_by=_or_null(_TEXT),
        arms=_list(_object(arm=_TEXT, users=_COUNT)),
        sample_ratio=_or_null(_reference("SampleRatio")),
        goals=_list(goal),
    )
    return {**compared, "UpliftAnswer": answer}


def _intention() -> Json:
    arm = _object(
        arm=_TEXT,
        users=_COUNT,
        converted=_COUNT,
        conversion_rate=_NUMBER,
        total=_COUNT,
        revenue=_or_null(_NUMBER),
        revenue_per_user=_or_null(_NUMBER),
    )
    comparison = _object(
        arm=_TEXT,
        against=_TEXT,
        conversion_rate=_reference("RateComparison"),
        revenue_per_user=_or_null(_reference("MeanComparison")),
    )
    return _object(
        currency=_or_null(_TEXT), mixed_currencies=_list(_TEXT), arms=_list(arm), comparisons=_list(comparison)
    )


def _reached() -> Json:
    types: Json = {"type": "string", "enum": list(AttributionType)}
    return _object(attribution_type=types, total=_COUNT, unique=_COUNT, cvr=_NUMBER, uplift=_NUMBER, gcg_uplift=_NUMBER)


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
