"""A part of a workflow's name is looked for in indexes alone: PostgreSQL reads no rows for it."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
only_adds = True

INDEXES = {
    "ix_executions_by_time": ["project", "domain", "created_at", "id"],
    "ix_executions_by_phase": ["project", "domain", "phase", "created_at", "id"],
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite's indexes have no further columns
    for name, columns in INDEXES.items():
        op.drop_index(name, "executions")
        op.create_index(name, "executions", columns, postgresql_include=["workflow_name"])
