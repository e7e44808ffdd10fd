"""Cache reservations: which nodes compute outputs that others wait for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "cache_reservations",
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("execution_id", row_id, sa.ForeignKey("executions.id"), nullable=False),
        sa.Column("node_id", sa.String(255), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index(op.f("ix_cache_reservations_execution_id"), "cache_reservations", ["execution_id"])
