"""How many bytes an execution takes in the store, once somebody has looked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("stored_bytes", sa.BigInteger))
    unknown = sa.text("stored_bytes IS NULL")
    op.create_index(
        "ix_executions_unmeasured",
        "executions",
        ["project", "domain", "created_at", "id"],
        sqlite_where=unknown,
        postgresql_where=unknown,
    )
