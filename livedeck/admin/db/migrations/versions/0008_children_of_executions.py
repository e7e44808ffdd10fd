"""An index of the executions that others started: those are looked up by the execution that started them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    started = sa.text("parent_execution_id IS NOT NULL")
    op.create_index(
        "ix_executions_by_parent",
        "executions",
        ["parent_execution_id", "id"],
        sqlite_where=started,
        postgresql_where=started,
    )
