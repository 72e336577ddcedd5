"""What stewards decided about pairs of records."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Integer, primary_key=True),
        sa.Column("left_record", sa.Text, nullable=False),
        sa.Column("right_record", sa.Text, nullable=False),
        sa.Column("left_resident", sa.String(32), nullable=False),
        sa.Column("right_resident", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("undone_at", sa.DateTime),
    )


def downgrade() -> None:
    op.drop_table("decision")
