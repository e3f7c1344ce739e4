"""Global control groups, the salt that draws them, and percentages for variations."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table, and give each workspace a salt of its own."""
    op.add_column("workspaces", sa.Column("global_mode", sa.String(16), nullable=False, server_default="off"))
    op.add_column("workspaces", sa.Column("global_percentage", sa.Float, nullable=False, server_default="0"))
    op.add_column("workspaces", sa.Column("salt", sa.String(64), nullable=False, server_default=""))
    op.add_column("campaigns", sa.Column("variation_percentages", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "global_control_users",
        sa.Column("workspace_id", sa.String(64), sa.ForeignKey("workspaces.id"), primary_key=True),
        sa.Column("user_id", sa.String(256), primary_key=True),
        sqlite_with_rowid=False,
    )
    workspaces = sa.table("workspaces", sa.column("id"), sa.column("salt"))
    connection = op.get_bind()
    for workspace_id in connection.scalars(sa.select(workspaces.c.id)).all():
        salted = sa.update(workspaces).where(workspaces.c.id == workspace_id).values(salt=secrets.token_hex(32))
        connection.execute(salted)


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("global_control_users")
    op.drop_column("campaigns", "variation_percentages")
    for column in ("salt", "global_percentage", "global_mode"):
        op.drop_column("workspaces", column)
