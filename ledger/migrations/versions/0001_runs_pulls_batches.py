"""Runs, streams, pulls, batches."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
    )
    op.create_table(
        "stream",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("stream", sa.String(64), primary_key=True),
        sa.Column("cursor", sa.JSON),
        sa.Column("open_pull", sa.Integer),
    )
    counts = ("rows_read", "rows_stored", "rows_unchanged", "rows_repeated", "rows_gone")
    op.create_table(
        "pull",
        sa.Column("pull_id", sa.Integer, primary_key=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("start_cursor", sa.JSON),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        sa.Column("values_dropped", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("pull_by_stream", "pull", ["platform", "stream", "pull_id"])
    op.create_table(
        "batch",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.String(160), nullable=False, unique=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("pull_id", sa.Integer, nullable=False),
        sa.Column("path", sa.String(400), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("committed_at", sa.DateTime, nullable=False),
    )
    op.create_index("batch_by_stream", "batch", ["platform", "stream", "seq"])


def downgrade() -> None:
    for table in ("batch", "pull", "stream", "run"):
        op.drop_table(table)
