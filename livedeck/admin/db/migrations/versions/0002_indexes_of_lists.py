"""Indexes that serve lists in their order, and a row for each name that is in use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = {
    "projects": {"ix_projects_by_time": ["created_at", "id"]},
    "tasks": {
        "ix_tasks_by_time": ["project", "domain", "hidden", "created_at", "id"],
        "ix_tasks_by_name": ["project", "domain", "hidden", "name", "created_at", "id"],
    },
    "workflows": {
        "ix_workflows_by_time": ["project", "domain", "hidden", "created_at", "id"],
        "ix_workflows_by_name": ["project", "domain", "hidden", "name", "created_at", "id"],
    },
    "launch_plans": {
        "ix_launch_plans_by_time": ["project", "domain", "hidden", "created_at", "id"],
        "ix_launch_plans_by_name": ["project", "domain", "hidden", "name", "created_at", "id"],
        "ix_launch_plans_by_workflow": ["project", "domain", "hidden", "workflow_name", "created_at", "id"],
        "ix_launch_plans_by_state": ["project", "domain", "hidden", "state", "created_at", "id"],
    },
    "executions": {
        "ix_executions_project_domain_changed": ["project", "domain", "changed"],
        "ix_executions_by_time": ["project", "domain", "created_at", "id"],
        "ix_executions_by_phase": ["project", "domain", "phase", "created_at", "id"],
        "ix_executions_by_workflow": ["project", "domain", "workflow_name", "created_at", "id"],
        "ix_executions_by_launch_plan": ["project", "domain", "launch_plan_name", "created_at", "id"],
    },
    "node_executions": {
        "ix_node_executions_top_level": ["execution_id", "created_at", "born"],
        "ix_node_executions_by_parent": ["execution_id", "parent_node_id", "created_at", "born"],
    },
}
PARTS = {
    "ix_node_executions_top_level": "parent_node_id IS NULL",
    "ix_node_executions_by_parent": "parent_node_id IS NOT NULL",
}
RESOURCE_TYPES = {"tasks": 1, "workflows": 2, "launch_plans": 3}


def upgrade() -> None:
    op.drop_index("ix_executions_project_domain_created_at", "executions")
    for table, indexes in INDEXES.items():
        for name, columns in indexes.items():
            where = sa.text(PARTS[name]) if name in PARTS else None
            op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    for table, resource_type in RESOURCE_TYPES.items():
        _add_names(table, resource_type)


def _add_names(table: str, resource_type: int) -> None:
    """Until now a name had a row only once it was described or archived."""
    place = ("project", "domain", "name")
    used = sa.table(table, *(sa.column(name) for name in place), sa.column("hidden", sa.Boolean))
    columns = ("resource_type", *place, "description", "state")
    names = sa.table("named_entities", *(sa.column(name) for name in columns))
    known = sa.exists().where(
        names.c.resource_type == resource_type, *(names.c[name] == used.c[name] for name in place)
    )
    missing = (
        sa.select(sa.literal(resource_type), *(used.c[name] for name in place), sa.literal(""), sa.literal(0))
        .distinct()
        .where(~used.c.hidden, ~known)
    )
    op.execute(names.insert().from_select(columns, missing))
