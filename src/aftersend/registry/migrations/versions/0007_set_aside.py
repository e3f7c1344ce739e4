"""Events of other sources that could not be used."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables: what was set aside, and how much of it there is."""
    op.create_table(
        "set_aside",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("workspace_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("shelf", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("field", sa.String(100), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("event_id", sa.String(200)),
        sa.Column("event_code", sa.String(200)),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("cut", sa.Boolean, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("arrived_at", sa.DateTime, nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], "fk_set_aside_workspace_id"),
        sa.UniqueConstraint("workspace_id", "source", "shelf", "digest", name="uq_set_aside_workspace_id"),
    )
    op.create_index("ix_set_aside_order", "set_aside", ["workspace_id", "source", "shelf", "number"])
    op.create_table(
        "set_aside_totals",
        sa.Column("workspace_id", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("shelf", sa.String(16), primary_key=True),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("dropped", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], "fk_set_aside_totals_workspace_id"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("set_aside_totals")
    op.drop_table("set_aside")
