"""The oldest schema whose servers can use the database: older servers look there when they start."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
only_adds = True


def upgrade() -> None:
    op.add_column("identity", sa.Column("oldest_schema", sa.String(32), nullable=False, server_default="0013"))
