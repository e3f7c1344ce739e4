"""The catalogue as plain data: nothing is missing from it, and everything in it can be JSON."""

import json
from typing import Any

from aftersend.domain.attribution import ATTRIBUTION_TYPES, AttributionModel, AttributionType
from aftersend.domain.audit import IdentityName
from aftersend.domain.catalogue import catalogue
from aftersend.domain.channels import Channel
from aftersend.domain.control_groups import CONTROL_GROUPS
from aftersend.domain.events import RejectionCode
from aftersend.domain.goals import GOAL_FIELDS
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.metrics import METRICS
from aftersend.domain.reasons import REASONS


def _row(table: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (row,) = [row for row in table if row["name"] == name]
    return row


def test_it_is_plain_data() -> None:
    """Written as JSON and read again, the catalogue is the same: it has only objects, arrays, texts and numbers."""
    shown = catalogue()

    assert json.loads(json.dumps(shown)) == shown


def test_every_table_is_whole_and_in_order() -> None:
    """The catalogue has every row of every table, in the table's own order."""
    shown = catalogue()

    assert [row["name"] for row in shown["channels"]] == list(Channel)
    assert [row["name"] for row in shown["kinds"]] == list(Kind)
    assert [row["name"] for row in shown["metrics"]] == [metric.name for metric in METRICS]
    assert list(shown["delivery_funnels"]) == list(Channel)
    assert [row["name"] for row in shown["reasons"]] == [reason.name for reason in REASONS]
    assert [row["name"] for row in shown["attribution_types"]] == list(AttributionType)
    assert [row["name"] for row in shown["goal_fields"]] == list(GOAL_FIELDS)
    assert [row["name"] for row in shown["audit_identities"]] == list(IdentityName)
    assert [row["group"] for row in shown["control_groups"]] == list(ControlGroup)


def test_a_kind() -> None:
    """A kind says where it can occur, what it needs and which values that can have."""
    kinds = catalogue()["kinds"]

    assert _row(kinds, "bounced")["channels"] == ["EMAIL"]
    assert (_row(kinds, "bounced")["needs"], _row(kinds, "bounced")["values"]) == ("bounce_type", ["hard", "soft"])
    assert (_row(kinds, "failed")["needs"], _row(kinds, "failed")["values"]) == ("reason", None)
    assert (_row(kinds, "sent")["needs"], _row(kinds, "sent")["values"]) == (None, None)


def test_a_metric() -> None:
    """A metric says how each profile spells it, its formula in words, and whether it is a percentage."""
    metrics = catalogue()["metrics"]

    assert _row(metrics, "open_rate") == {
        "name": "open_rate",
        "documented": "open_rate",
        "live": "open_rate",
        "channels": ["EMAIL"],
        "type": "percent",
        "formula": "unique opened / total delivered x 100",
        "meaning": "openers per delivered e-mail",
    }
    assert (_row(metrics, "adjusted_open")["documented"], _row(metrics, "adjusted_open")["type"]) == (None, "count")


def test_a_reason_names_the_stage_that_takes_it_off() -> None:
    """A reason says on which channels it is a stage's, and which stage that is."""
    reasons = catalogue()["reasons"]

    assert _row(reasons, "frequency_cap")["stages"] == dict.fromkeys(
        ("PUSH", "EMAIL", "SMS", "WHATSAPP", "RCS", "CONNECTOR"), "after_fc"
    )
    assert _row(reasons, "do_not_disturb")["stages"] == {}
    assert (_row(reasons, "frequency_cap")["key"], _row(reasons, "frequency_cap")["when"]) == (
        "f_c_removed",
        "before_attempt",
    )


def test_a_stage() -> None:
    """A stage says its unit, its formula in words, and the reasons that it takes off."""
    stage = catalogue()["delivery_funnels"]["PUSH"][1]

    assert stage == {
        "key": "segment_after_uninstall",
        "unit": "users",
        "formula": "targeted left after removed or failed (uninstalled)",
        "reasons": ["uninstalled"],
    }


def test_the_window_of_attribution() -> None:
    """A window is 1 hour to 36, or to ten days where messages are read late; it is 36 where a campaign says nothing."""
    windows = catalogue()["attribution_window_hours"]

    assert windows["channels"]["PUSH"] == {"minimum": 1, "maximum": 36, "default": 36}
    assert windows["channels"]["EMAIL"] == {"minimum": 1, "maximum": 240, "default": 36}
    assert windows["flow_nodes"] == windows["channels"]["EMAIL"]


def test_attribution_types_have_their_model() -> None:
    """Three types credit every campaign, two credit the winner."""
    winners = {row.type for row in ATTRIBUTION_TYPES.values() if row.model is AttributionModel.LAST_INTERACTION}

    assert winners == {AttributionType.TOTAL_CONVERSIONS, AttributionType.CLICK_CONVERSIONS}
    assert all(ATTRIBUTION_TYPES[one].type is one and ATTRIBUTION_TYPES[one].meaning for one in AttributionType)


def test_control_groups_are_spelled_as_in_the_contract() -> None:
    """Each group has its node and the key of its held-out users; the misspelling is the contract's."""
    assert [(row.node_key, row.held_out_key) for row in CONTROL_GROUPS] == [
        ("campaign_control_group", "user_removed_due_to_campaing_control_group"),
        ("global_control_group", "user_removed_due_to_global_control_group"),
    ]


def test_every_rejection_says_what_it_means() -> None:
    """A code is its own text, and has a meaning for people."""
    assert all(code.meaning and code.value == code.name.lower() for code in RejectionCode)
