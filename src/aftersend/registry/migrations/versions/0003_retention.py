"""For how many days a workspace keeps events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("workspaces", sa.Column("retention_days", sa.Integer))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("workspaces", "retention_days")
