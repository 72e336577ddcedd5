import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "audit_seen",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_seen_to",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.execute("INSERT INTO audit_seen_to (one, seq) VALUES (1, 0)")
    op.drop_index("audit_by_subject", "audit_event")


def downgrade() -> None:
    op.create_index("audit_by_subject", "audit_event", ["subject", "seq"])
    op.drop_table("audit_seen_to")
    op.drop_table("audit_seen")
