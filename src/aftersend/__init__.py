"""Campaign statistics, computed exactly from every event."""
