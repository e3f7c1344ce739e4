"""Workspaces, keys, campaigns and goals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("data_center", sa.String(8), nullable=False),
        sa.Column("features_off", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(64), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_index("ix_keys_workspace_secret", "keys", ["workspace_id", "secret_hash"])
    op.create_table(
        "campaigns",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("workspace_id", sa.String(64), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("delivery_type", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("platforms", sa.JSON, nullable=False),
        sa.Column("locales", sa.JSON, nullable=False),
        sa.Column("variations", sa.JSON, nullable=False),
        sa.Column("parent_campaign_id", sa.String(128)),
        sa.Column("flow_id", sa.String(128)),
        sa.Column("flow_name", sa.String(500)),
        sa.Column("created_by", sa.String(320)),
        sa.Column("team", sa.String(200)),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("start_time", sa.DateTime),
        sa.Column("attribution_window_hours", sa.Integer),
        sa.Column("control_percentage", sa.Float, nullable=False),
        sa.Column("control_global", sa.Boolean, nullable=False),
        sa.Column("reachable_users", sa.Integer),
        sa.Column("reachable_at", sa.DateTime),
        sa.UniqueConstraint("workspace_id", "id", name="uq_campaigns_workspace_id"),
    )
    op.create_index("ix_campaigns_listing", "campaigns", ["workspace_id", "created_at", "number"])
    op.create_index("ix_campaigns_parent", "campaigns", ["workspace_id", "parent_campaign_id"])
    op.create_table(
        "goals",
        sa.Column(
            "campaign_number", sa.Integer, sa.ForeignKey("campaigns.number", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("event", sa.String(500), nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("is_primary", sa.Boolean, nullable=False),
        sa.Column("revenue_attribute", sa.String(200)),
        sa.Column("currency", sa.String(8)),
    )


def downgrade() -> None:
    """Drop the first tables."""
    for table in ("goals", "campaigns", "keys", "workspaces"):
        op.drop_table(table)
