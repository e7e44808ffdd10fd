"""Signals: what the gates of an execution wait for, and what they were given."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "signals",
        sa.Column("execution_id", row_id, sa.ForeignKey("executions.id"), primary_key=True, autoincrement=False),
        sa.Column("signal_id", sa.String(255), primary_key=True, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("type", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.LargeBinary),
    )
