"""Workspaces, keys, campaigns and goals: small, changing data, kept in SQLite by default."""
