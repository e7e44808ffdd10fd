"""The first schema: what is registered, executions with their nodes and attempts, the log of events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives ids by itself only to a column of exactly this type.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(length=255)


def upgrade() -> None:
    op.create_table(
        "cached_outputs",
        sa.Column("key", sa.String(length=512), nullable=False),
        sa.Column("output_uri", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cached_outputs")),
    )
    op.create_table(
        "descriptions",
        sa.Column("resource_type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("resource_type", "project", "domain", "name", "version", name=op.f("pk_descriptions")),
    )
    op.create_table(
        "named_entities",
        sa.Column("resource_type", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource_type", "project", "domain", "name", name=op.f("pk_named_entities")),
    )
    op.create_table(
        "projects",
        sa.Column("id", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("project", "domain", "name", "version", name=op.f("uq_tasks_project_domain_name_version")),
    )
    op.create_table(
        "workflows",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("closure", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflows")),
        sa.UniqueConstraint(
            "project", "domain", "name", "version", name=op.f("uq_workflows_project_domain_name_version")
        ),
    )
    op.create_table(
        "executions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("workflow_id", ROW_ID, nullable=False),
        sa.Column("workflow_name", NAME, nullable=False),
        sa.Column("workflow_version", NAME, nullable=False),
        sa.Column("resource_type", sa.SmallInteger(), nullable=False),
        sa.Column("launch_plan_name", NAME, nullable=False),
        sa.Column("launch_plan_version", NAME, nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("mode", sa.SmallInteger(), nullable=False),
        sa.Column("principal", NAME, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("parent_execution_id", ROW_ID, nullable=True),
        sa.Column("parent_node_id", NAME, nullable=True),
        sa.Column("inputs_uri", sa.Text(), nullable=False),
        sa.Column("user_inputs_uri", sa.Text(), nullable=False),
        sa.Column("abort_cause", sa.Text(), nullable=False),
        sa.Column("lease_owner", NAME, nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_execution_id"], ["executions.id"], name=op.f("fk_executions_parent_execution_id")
        ),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_executions_workflow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sa.UniqueConstraint("project", "domain", "name", name=op.f("uq_executions_project_domain_name")),
    )
    op.create_index(op.f("ix_executions_changed"), "executions", ["changed"], unique=False)
    op.create_index(op.f("ix_executions_phase_id"), "executions", ["phase", "id"], unique=False)
    op.create_index(
        op.f("ix_executions_project_domain_created_at"), "executions", ["project", "domain", "created_at"], unique=False
    )
    op.create_table(
        "launch_plans",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("workflow_id", ROW_ID, nullable=False),
        sa.Column("workflow_name", NAME, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_launch_plans_workflow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_plans")),
        sa.UniqueConstraint(
            "project", "domain", "name", "version", name=op.f("uq_launch_plans_project_domain_name_version")
        ),
    )
    op.create_table(
        "events",
        sa.Column("number", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("execution_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.id"], name=op.f("fk_events_execution_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_execution_id_number"), "events", ["execution_id", "number"], unique=False)
    op.create_table(
        "node_executions",
        sa.Column("execution_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("node_id", NAME, nullable=False),
        sa.Column("parent_node_id", NAME, nullable=True),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("dynamic_workflow", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.id"], name=op.f("fk_node_executions_execution_id")),
        sa.PrimaryKeyConstraint("execution_id", "node_id", name=op.f("pk_node_executions")),
    )
    op.create_index(op.f("ix_node_executions_changed"), "node_executions", ["changed"], unique=False)
    op.create_index(
        op.f("ix_node_executions_execution_id_changed"), "node_executions", ["execution_id", "changed"], unique=False
    )
    op.create_table(
        "task_executions",
        sa.Column("execution_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("node_id", NAME, nullable=False),
        sa.Column("project", NAME, nullable=False),
        sa.Column("domain", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("retry_attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("phase_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id", "node_id"],
            ["node_executions.execution_id", "node_executions.node_id"],
            name=op.f("fk_task_executions_execution_id_node_id"),
        ),
        sa.PrimaryKeyConstraint(
            "execution_id",
            "node_id",
            "project",
            "domain",
            "name",
            "version",
            "retry_attempt",
            name=op.f("pk_task_executions"),
        ),
    )
    op.create_index(op.f("ix_task_executions_changed"), "task_executions", ["changed"], unique=False)
    op.create_index(
        op.f("ix_task_executions_execution_id_changed"), "task_executions", ["execution_id", "changed"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_task_executions_execution_id_changed"), table_name="task_executions")
    op.drop_index(op.f("ix_task_executions_changed"), table_name="task_executions")
    op.drop_table("task_executions")
    op.drop_index(op.f("ix_node_executions_execution_id_changed"), table_name="node_executions")
    op.drop_index(op.f("ix_node_executions_changed"), table_name="node_executions")
    op.drop_table("node_executions")
    op.drop_index(op.f("ix_events_execution_id_number"), table_name="events")
    op.drop_table("events")
    op.drop_table("launch_plans")
    op.drop_index(op.f("ix_executions_project_domain_created_at"), table_name="executions")
    op.drop_index(op.f("ix_executions_phase_id"), table_name="executions")
    op.drop_index(op.f("ix_executions_changed"), table_name="executions")
    op.drop_table("executions")
    op.drop_table("workflows")
    op.drop_table("tasks")
    op.drop_table("projects")
    op.drop_table("named_entities")
    op.drop_table("descriptions")
    op.drop_table("cached_outputs")
