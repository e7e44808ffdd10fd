"""The allow-lists: what each kind of entity can be filtered and sorted by."""

from typing import Any, Final

from flyteidl.admin.common_pb2 import NamedEntityState
from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionState
from flyteidl.admin.launch_plan_pb2 import LaunchPlanState
from flyteidl.admin.project_pb2 import Project
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from sqlalchemy import select

from livedeck.admin.db.list_queries import Field, Listing, enum_field, moment, number_of, seconds
from livedeck.admin.db.tables import (
    executions,
    launch_plans,
    named_entities,
    node_executions,
    projects,
    task_executions,
    tasks,
    workflows,
)

_e, _n, _t = executions.c, node_executions.c, task_executions.c


def _versioned(table: Any) -> dict[str, Field]:
    return {
        "project": Field(table.c.project),
        "domain": Field(table.c.domain),
        "name": Field(table.c.name),
        "version": Field(table.c.version),
        "created_at": Field(table.c.created_at, moment),
    }


def _times(table: Any) -> dict[str, Field]:
    return {
        "created_at": Field(table.c.created_at, moment),
        "updated_at": Field(table.c.updated_at, moment),
        "started_at": Field(table.c.started_at, moment),
        "duration": Field(table.c.duration, seconds),
    }


# Rows get their ids in the order in which they are made: by time and id is newest first, and an index serves it.
TASKS: Final = Listing(
    "task",
    {**_versioned(tasks), "type": Field(tasks.c.type)},
    [tasks.c.created_at, tasks.c.id],
    table=tasks,
    leading=["name"],
)
WORKFLOWS: Final = Listing(
    "workflow",
    _versioned(workflows),
    [workflows.c.created_at, workflows.c.id],
    table=workflows,
    leading=["name"],
)
LAUNCH_PLANS: Final = Listing(
    "launch_plan",
    {
        **_versioned(launch_plans),
        "state": enum_field(launch_plans.c.state, LaunchPlanState),
        "updated_at": Field(launch_plans.c.updated_at, moment),
        "workflow.name": Field(launch_plans.c.workflow_name),
    },
    [launch_plans.c.created_at, launch_plans.c.id],
    table=launch_plans,
    leading=["name", "workflow.name", "state"],
)
EXECUTIONS: Final = Listing(
    "execution",
    {
        **_times(executions),
        "project": Field(_e.project),
        "domain": Field(_e.domain),
        "name": Field(_e.name),
        "phase": enum_field(_e.phase, WorkflowExecution.Phase),
        "state": enum_field(_e.state, ExecutionState),
        "mode": enum_field(_e.mode, ExecutionMetadata.ExecutionMode),
        "user": Field(_e.principal),
        "error_code": Field(_e.error_code),
        "workflow.name": Field(_e.workflow_name),
        "workflow.version": Field(_e.workflow_version),
        "launch_plan.name": Field(_e.launch_plan_name),
        "launch_plan.version": Field(_e.launch_plan_version),
    },
    [_e.created_at, _e.id],
    table=executions,
    leading=["name", "launch_plan.name", "workflow.name", "phase"],
    aliases={
        "execution_name": "name",
        "execution_created_at": "created_at",
        "principal": "user",
        "task.name": "launch_plan.name",
        "task.version": "launch_plan.version",
    },
)
NODE_EXECUTIONS: Final = Listing(
    "node_execution",
    {
        **_times(node_executions),
        "node_id": Field(_n.node_id),
        "phase": enum_field(_n.phase, NodeExecution.Phase),
        "execution.phase": enum_field(
            select(_e.phase).where(_e.id == _n.execution_id).scalar_subquery(), WorkflowExecution.Phase
        ),
    },
    [_n.created_at, _n.born],
    newest_first=False,
)
TASK_EXECUTIONS: Final = Listing(
    "task_execution",
    {
        **_times(task_executions),
        "phase": enum_field(_t.phase, TaskExecution.Phase),
        "retry_attempt": Field(_t.retry_attempt, number_of),
        "task.name": Field(_t.name),
        "task.version": Field(_t.version),
    },
    [_t.created_at, _t.born],
    newest_first=False,
)
PROJECTS: Final = Listing(
    "project",
    {
        "id": Field(projects.c.id),
        "identifier": Field(projects.c.id),
        "name": Field(projects.c.name),
        "state": enum_field(projects.c.state, Project.ProjectState),
        "created_at": Field(projects.c.created_at, moment),
    },
    [projects.c.created_at, projects.c.id],
    newest_first=False,
)
_names = {name: Field(named_entities.c[name]) for name in ("project", "domain", "name")}
NAMES: Final = Listing("named_entity_identifier", _names, [named_entities.c.name], newest_first=False)
NAMED_ENTITIES: Final = Listing(
    "named_entity",
    {"name": Field(named_entities.c.name), "state": enum_field(named_entities.c.state, NamedEntityState)},
    [named_entities.c.name],
    newest_first=False,
)
