"""What changed at a source, the shape it had, and what kind of pull each pull was."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "shape",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("stream", sa.String(64), primary_key=True),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "change",
        sa.Column("change_id", sa.Integer, primary_key=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("found_at", sa.DateTime, nullable=False),
        sa.Column("accepted_at", sa.DateTime),
        sa.Column("sentences", sa.JSON, nullable=False),
        sa.Column("columns", sa.JSON),
    )
    op.create_index("change_by_stream", "change", ["platform", "stream", "change_id"])
    op.add_column("pull", sa.Column("kind", sa.String(20), nullable=False, server_default="sync"))


def downgrade() -> None:
    op.drop_column("pull", "kind")
    op.drop_table("change")
    op.drop_table("shape")
