"""Who changed a campaign last, and how many users it was estimated to reach, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("campaigns", sa.Column("updated_by", sa.String(320)))
    op.add_column("campaigns", sa.Column("estimated_users", sa.Integer))
    op.add_column("campaigns", sa.Column("estimated_at", sa.DateTime))


def downgrade() -> None:
    """Drop them."""
    for column in ("estimated_at", "estimated_users", "updated_by"):
        op.drop_column("campaigns", column)
