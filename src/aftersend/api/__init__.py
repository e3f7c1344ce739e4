"""HTTP for machines: keys, limits, bodies, statuses. Nothing here knows SQL or a formula."""
