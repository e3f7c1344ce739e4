"""The registry's tables, for SQLite and PostgreSQL alike."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("profile", String(16), nullable=False),
    Column("data_center", String(8), nullable=False),
    Column("features_off", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("global_mode", String(16), nullable=False, server_default="off"),
    Column("global_percentage", Float, nullable=False, server_default="0"),
    Column("salt", String(64), nullable=False, server_default=""),
    Column("retention_days", Integer),
)

global_control_users = Table(
    "global_control_users",
    metadata,
    Column("workspace_id", String(64), primary_key=True),
    Column("user_id", String(256), primary_key=True),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    sqlite_with_rowid=False,
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    Column("expires_at", DateTime),
    Column("last_used_at", DateTime),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    Index("ix_keys_workspace_secret", "workspace_id", "secret_hash"),
)

campaigns = Table(
    "campaigns",
    metadata,
    # Rows are numbered in the order of registration, which settles the order of equal creation times.
    Column("number", Integer, primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("id", String(128), nullable=False),
    Column("name", String(500), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("delivery_type", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("platforms", JSON, nullable=False),
    Column("locales", JSON, nullable=False),
    Column("variations", JSON, nullable=False),
    Column("variation_percentages", JSON, nullable=False, server_default="[]"),
    Column("parent_campaign_id", String(128)),
    Column("flow_id", String(128)),
    Column("flow_name", String(500)),
    Column("created_by", String(320)),
    Column("team", String(200)),
    Column("tags", JSON, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("sent_at", DateTime),
    Column("start_time", DateTime),
    Column("attribution_window_hours", Integer),
    Column("control_percentage", Float, nullable=False),
    Column("control_global", Boolean, nullable=False),
    Column("reachable_users", Integer),
    Column("reachable_at", DateTime),
    Column("drafted", Boolean, nullable=False, server_default=false()),
    Column("updated_by", String(320)),
    # What was computed, apart from what was registered.
    Column("estimated_users", Integer),
    Column("estimated_at", DateTime),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    UniqueConstraint("workspace_id", "id"),
    Index("ix_campaigns_listing", "workspace_id", "created_at", "number"),
    Index("ix_campaigns_parent", "workspace_id", "parent_campaign_id"),
)

goals = Table(
    "goals",
    metadata,
    Column("campaign_number", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(500), nullable=False),
    Column("event", String(500), nullable=False),
    Column("filters", JSON, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("revenue_attribute", String(200)),
    Column("currency", String(8)),
    ForeignKeyConstraint(["campaign_number"], ["campaigns.number"], ondelete="CASCADE"),
)

changes = Table(
    "changes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("thing", String(32), nullable=False),
    Column("thing_id", String(1000), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    Index("ix_changes_listing", "workspace_id", "number"),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("shelf", String(16), nullable=False),
    Column("digest", String(32), nullable=False),
    Column("code", String(32), nullable=False),
    Column("field", String(100), nullable=False),
    Column("message", String(500), nullable=False),
    Column("event_id", String(200)),
    Column("event_code", String(200)),
    Column("raw", Text, nullable=False),
    Column("cut", Boolean, nullable=False),
    Column("size", Integer, nullable=False),
    Column("arrived_at", DateTime, nullable=False),
    Column("key_id", String(32), nullable=False),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    UniqueConstraint("workspace_id", "source", "shelf", "digest"),
    Index("ix_set_aside_order", "workspace_id", "source", "shelf", "number"),
)

set_aside_totals = Table(
    "set_aside_totals",
    metadata,
    Column("workspace_id", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("shelf", String(16), primary_key=True),
    Column("events", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    # Events that had to make room for newer ones, since the beginning.
    Column("dropped", BigInteger, nullable=False),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
)

reports = Table(
    "reports",
    metadata,
    # Reports are made in the order in which they were asked for.
    Column("number", Integer, primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("id", String(32), nullable=False),
    Column("filename", String(200), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("requested_at", DateTime, nullable=False),
    Column("requested_by", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("campaigns", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("file_bytes", BigInteger, nullable=False),
    Column("error", String(500)),
    Column("finished_at", DateTime),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    UniqueConstraint("workspace_id", "filename"),
)

report_keys = Table(
    "report_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(64), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    Index("ix_report_keys_workspace_id", "workspace_id"),
)
