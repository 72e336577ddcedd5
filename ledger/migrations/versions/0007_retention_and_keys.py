"""What was let go of a platform's past; clients' public keys, and the assertions they spent."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("began_at", sa.DateTime, nullable=False),
        sa.Column("before", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("versions", sa.Integer, nullable=False),
    )
    op.create_table(
        "client_key",
        sa.Column("key_id", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_client_key_client_id", "client_key", ["client_id"])
    op.create_table(
        "client_assertion",
        sa.Column("client_id", sa.String(64), primary_key=True),
        sa.Column("jti_hash", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("client_assertion")
    op.drop_table("client_key")
    op.drop_table("retention")
