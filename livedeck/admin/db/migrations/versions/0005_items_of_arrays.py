"""Attempts of items of array nodes are recorded as attempts of what has no row among the nodes."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("task_executions") as table:
        table.drop_constraint(op.f("fk_task_executions_execution_id_node_id"), type_="foreignkey")
        table.create_foreign_key(op.f("fk_task_executions_execution_id"), "executions", ["execution_id"], ["id"])
