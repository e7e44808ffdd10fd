"""How far each of those who follow the event log has come."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "positions",
        sa.Column("reader", sa.String(255), primary_key=True, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
