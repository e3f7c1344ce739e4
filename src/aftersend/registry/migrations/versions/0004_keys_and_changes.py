"""When keys end and were last used, and the trail of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("keys", sa.Column("expires_at", sa.DateTime))
    op.add_column("keys", sa.Column("last_used_at", sa.DateTime))
    op.create_table(
        "changes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("workspace_id", sa.String(64), sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("thing", sa.String(32), nullable=False),
        sa.Column("thing_id", sa.String(1000), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
    )
    op.create_index("ix_changes_listing", "changes", ["workspace_id", "number"])


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("changes")
    for column in ("last_used_at", "expires_at"):
        op.drop_column("keys", column)
