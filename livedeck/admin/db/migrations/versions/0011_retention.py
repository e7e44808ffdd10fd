"""What was removed of an execution because of its age, and when to look for more."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("removed", sa.SmallInteger, nullable=False, server_default="0"))
    op.create_index("ix_executions_by_removed", "executions", ["project", "domain", "removed", "created_at", "id"])
    op.execute("INSERT INTO positions (reader, number) VALUES ('retention', 0)")
