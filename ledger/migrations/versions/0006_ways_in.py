"""Whom a site's own sign-in names, whose extracts a client may have, removals that go on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("account", sa.Column("subject", sa.String(255)))
    op.create_index("account_by_subject", "account", ["subject"], unique=True)
    op.add_column("client", sa.Column("recipients", sa.JSON, nullable=False, server_default="[]"))
    op.execute("UPDATE client SET recipients = json_array(title)")  # what its title meant so far
    op.create_table(
        "removal",
        sa.Column("removal_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("resident_id", sa.String(64), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("finished_at", sa.DateTime),
    )


def downgrade() -> None:
    op.drop_table("removal")
    op.drop_column("client", "recipients")
    op.drop_index("account_by_subject", "account")
    op.drop_column("account", "subject")
