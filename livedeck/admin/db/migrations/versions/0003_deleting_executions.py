"""Executions can be deleted: who uses whose data, and what of the deleted is still to be removed."""

import sqlalchemy as sa
from alembic import op
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.core import catalog_pb2
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(length=255)

executions = sa.table(
    "executions",
    sa.column("id", sa.BigInteger),
    *(sa.column(name, sa.String) for name in ("project", "domain", "name")),
)
node_executions = sa.table(
    "node_executions",
    sa.column("execution_id", sa.BigInteger),
    sa.column("message", sa.LargeBinary),
)
cached_outputs = sa.table(
    "cached_outputs",
    sa.column("key", sa.String),
    sa.column("source", sa.LargeBinary),
    sa.column("execution_id", sa.BigInteger),
)
execution_uses = sa.table(
    "execution_uses", sa.column("execution_id", sa.BigInteger), sa.column("used_id", sa.BigInteger)
)


def upgrade() -> None:
    op.create_table(
        "execution_uses",
        sa.Column("execution_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("used_id", ROW_ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.id"], name=op.f("fk_execution_uses_execution_id")),
        sa.ForeignKeyConstraint(["used_id"], ["executions.id"], name=op.f("fk_execution_uses_used_id")),
        sa.PrimaryKeyConstraint("execution_id", "used_id", name=op.f("pk_execution_uses")),
    )
    op.create_index(op.f("ix_execution_uses_used_id"), "execution_uses", ["used_id"])
    op.create_table(
        "deleted_executions",
        sa.Column("changed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("remove_at", sa.BigInteger(), nullable=True),
        sa.Column("raw_data_key", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("changed", name=op.f("pk_deleted_executions")),
    )
    op.create_index(op.f("ix_deleted_executions_remove_at"), "deleted_executions", ["remove_at"])
    op.create_index(
        op.f("ix_deleted_executions_project_domain_name"), "deleted_executions", ["project", "domain", "name"]
    )
    with op.batch_alter_table("cached_outputs") as table:
        table.add_column(sa.Column("execution_id", ROW_ID, nullable=True))
        table.create_foreign_key(op.f("fk_cached_outputs_execution_id"), "executions", ["execution_id"], ["id"])
        table.create_index(op.f("ix_cached_outputs_execution_id"), ["execution_id"])
    connection = op.get_bind()
    _own_cached_outputs(connection)
    _note_cache_hits(connection)


def _own_cached_outputs(connection: sa.Connection) -> None:
    for row in connection.execute(sa.select(cached_outputs.c.key, cached_outputs.c.source)).all():
        source = TaskExecutionIdentifier.FromString(row.source)
        owner = _row_of(connection, source.node_execution_id.execution_id)
        connection.execute(sa.update(cached_outputs).where(cached_outputs.c.key == row.key).values(execution_id=owner))


def _note_cache_hits(connection: sa.Connection) -> None:
    uses: set[tuple[int, int]] = set()
    query = sa.select(node_executions.c.execution_id, node_executions.c.message).execution_options(yield_per=1000)
    for row in connection.execute(query):
        told = NodeExecution.FromString(row.message).closure.task_node_metadata
        if told.cache_status == catalog_pb2.CACHE_HIT:
            source = told.catalog_key.source_task_execution.node_execution_id.execution_id
            used = _row_of(connection, source)
            if used is not None and used != row.execution_id:
                uses.add((row.execution_id, used))
    if uses:
        rows = [{"execution_id": user, "used_id": used} for user, used in sorted(uses)]
        connection.execute(sa.insert(execution_uses), rows)


def _row_of(connection: sa.Connection, identifier: WorkflowExecutionIdentifier) -> int | None:
    return connection.scalar(
        sa.select(executions.c.id).where(
            executions.c.project == identifier.project,
            executions.c.domain == identifier.domain,
            executions.c.name == identifier.name,
        )
    )
