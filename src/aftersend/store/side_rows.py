"""Rows of the tables beside the events: spent identities, and events that contradict the first of their id."""

from collections.abc import Mapping

import pyarrow as pa

_OF_A_CONFLICT = ("workspace_id", "campaign_id", "day", "event_id", "user_id", "source", "key_id", "received_at")


def spent_rows(workspace_id: str, removal_id: str, event_ids: Mapping[bytes, str]) -> pa.Table:
    """Make a row for each event id, given by its identity."""
    return pa.table(
        {
            "workspace_id": pa.repeat(workspace_id, len(event_ids)),
            "removal_id": pa.repeat(removal_id, len(event_ids)),
            "identity": pa.array(list(event_ids), pa.binary(16)),
            "event_id": pa.array(list(event_ids.values()), pa.string()),
        }
    )


def conflict_rows(events: pa.Table) -> pa.Table:
    """Make a row for each event that came with the id of another; a user event has no campaign."""
    if "campaign_id" not in events.column_names:
        events = events.append_column("campaign_id", pa.repeat("", events.num_rows))
    plain = [events[name].combine_chunks() for name in _OF_A_CONFLICT]
    return pa.table([_decoded(column) for column in plain], _OF_A_CONFLICT)


def _decoded(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
