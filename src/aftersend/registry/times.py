"""Times in the registry's columns: UTC, without a zone, because SQLite keeps none."""

from datetime import UTC, datetime


def to_column(moment: datetime) -> datetime:
    """Return the moment as it is stored."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def from_column(stored: datetime) -> datetime:
    """Return the stored moment with its zone."""
    return stored.replace(tzinfo=UTC)
