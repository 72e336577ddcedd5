"""Feedback on values, and marks of what was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("feedback_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("proposed", sa.Text),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("decided_by", sa.String(80)),
    )
    op.create_index("ix_feedback_resident_id", "feedback", ["resident_id"])
    op.create_table(
        "tombstone",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("erased_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    op.create_index("ix_tombstone_resident_id", "tombstone", ["resident_id"])


def downgrade() -> None:
    op.drop_table("tombstone")
    op.drop_table("feedback")
