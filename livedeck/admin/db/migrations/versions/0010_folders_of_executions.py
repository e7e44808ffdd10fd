"""The folder in which an execution's objects lie is on its record: executions of before stay where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("executions", "deleted_executions"):
        op.add_column(table, sa.Column("folder", sa.Text, nullable=False, server_default=""))
        rows = sa.table(table, *(sa.column(name, sa.Text) for name in ("folder", "project", "domain", "name")))
        before = "metadata/" + rows.c.project + "/" + rows.c.domain + "/" + rows.c.name
        op.execute(sa.update(rows).values(folder=before))
    op.create_index("ix_executions_folder", "executions", ["folder"], unique=True)
    waits = sa.text("remove_at IS NOT NULL")
    op.create_index(
        "ix_deleted_executions_folder", "deleted_executions", ["folder"], sqlite_where=waits, postgresql_where=waits
    )
