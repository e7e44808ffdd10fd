"""A database with a long history, written straight into its tables: for tests and benchmarks of lists."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.project_pb2 import Project
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import Workflow
from flyteidl.core.execution_pb2 import NodeExecution as NodePhase
from flyteidl.core.execution_pb2 import TaskExecution as TaskPhase
from flyteidl.core.execution_pb2 import WorkflowExecution as Phase
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier as NodeId
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier as ExecutionId
from google.protobuf.message import Message
from sqlalchemy import Connection, Table, insert, text

from livedeck.admin.db import tables
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import migrate
from livedeck.admin.records.items import ARRAY_TYPE, DECK_URI, SIZE
from livedeck.admin.records.times import timestamp
from livedeck.store.layout import execution_prefix, item_name

PROJECT: Final = "flytesnacks"
DOMAIN: Final = "development"
NAMES: Final = 40
"""How many workflows, each with a task and a launch plan of its name."""
RARE: Final = "history.rare"
"""The workflow that only the oldest execution ran."""
BIGGEST: Final = "x0"
"""The execution that has nodes: one for each ten executions."""
MAPPED: Final = "x1"
"""The execution that has one node, `MAP`, if there are items: a map of that many."""
MAP: Final = "n0"
FAILS_EVERY: Final = 250
"""Of so many items of the map the first fails, and only those that fail have Decks."""

_START: Final = 1_700_000_000_000_000
_SECOND: Final = 1_000_000
_BATCH: Final = 5_000
_VERSIONED: Final[tuple[tuple[Table, ResourceType, type[Message]], ...]] = (
    (tables.tasks, ResourceType.TASK, Task),
    (tables.workflows, ResourceType.WORKFLOW, Workflow),
    (tables.launch_plans, ResourceType.LAUNCH_PLAN, LaunchPlan),
)


def write_history(url: str, executions: int, *, running: int = 3, items: int = 0) -> None:
    """Migrate a database and fill it: one second between two executions.

    Args:
        url: A SQLAlchemy URL, of an empty database.
        executions: How many. There is a version of an entity for each ten of them, and a project for each hundred.
        running: How many of the newest still run. They cannot be run by an engine: there is nothing in the store.
        items: Of the map of `MAPPED`; 0: it has none.
    """
    engines = open_engines(url)
    try:
        migrate(engines.writer)
        with engines.writer.begin() as connection:
            _write(connection, executions, running, items)
    finally:
        engines.dispose()


def write_entities(connection: Connection, versions: int, projects: int = 1) -> None:
    """Write projects, and the versions of `NAMES` tasks, workflows and launch plans, without what they do."""
    _insert(connection, tables.projects, (_project(n) for n in range(projects)))
    for table, kind, message in _VERSIONED:
        rows = [_entity(table, kind, message, n, versions) for n in range(versions * NAMES + 1)]
        _insert(connection, table, rows)
        _insert(connection, tables.named_entities, _names(kind))


def _write(connection: Connection, count: int, running: int, items: int) -> None:
    write_entities(connection, max(1, count // 10 // NAMES), max(1, count // 100))
    _insert(connection, tables.executions, (_execution(n, runs=n >= count - running) for n in range(count)))
    _insert(connection, tables.node_executions, (_node(n) for n in range(max(1, count // 10))))
    _insert(connection, tables.task_executions, (_attempt(n) for n in range(3)))
    if items:
        _insert(connection, tables.node_executions, [_map()])
        _insert(connection, tables.task_executions, [_attempt_of_map(items)])
        _insert(connection, tables.task_executions, (_item(n) for n in range(items)))
    _insert(connection, tables.events, [_last_event(count)])
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))  # as its own daemon does after a while


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting: Iterator[dict[str, Any]] = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        connection.execute(insert(table), batch)


def _name(n: int) -> str:
    return f"history.workflow_{n % NAMES}"


def _project(n: int) -> dict[str, Any]:
    message = Project(id=PROJECT if n == 0 else f"p{n}", name=f"project {n}")
    data = message.SerializeToString()
    return {
        "id": message.id,
        "name": message.name,
        "description": "",
        "state": 0,
        "created_at": _START + n,
        "message": data,
    }


def _names(kind: ResourceType) -> Iterator[dict[str, Any]]:
    for name in (RARE, *(_name(n) for n in range(NAMES))):
        place = {"project": PROJECT, "domain": DOMAIN, "name": name}
        yield {"resource_type": kind, **place, "description": "", "state": 0}


def _entity(table: Table, kind: ResourceType, message: type[Message], n: int, versions: int) -> dict[str, Any]:
    name = RARE if n == versions * NAMES else _name(n)
    identifier = _version(kind, name, f"v{n // NAMES}")
    row: dict[str, Any] = {
        "id": n + 1,
        "project": PROJECT,
        "domain": DOMAIN,
        "name": name,
        "version": identifier.version,
        "digest": b"",
        "hidden": False,
        "created_at": _START + n * _SECOND,
        "message": message(id=identifier).SerializeToString(),
    }
    if table is tables.tasks:
        row |= {"type": "python-task"}
    elif table is tables.workflows:
        row |= {"closure": b""}
    else:
        row |= {
            "workflow_id": n + 1,
            "workflow_name": name,
            "state": int(n // NAMES == versions - 1),
            "scheduled": False,
            "updated_at": row["created_at"],
        }
    return row


def _execution(n: int, *, runs: bool) -> dict[str, Any]:
    name = RARE if n == 0 else _name(n)
    at = _START + n * _SECOND
    phase = Phase.RUNNING if runs else Phase.FAILED if n % 10 == 0 else Phase.SUCCEEDED
    message = Execution(id=_execution_id(f"x{n}"))
    message.closure.phase = phase
    message.closure.created_at.CopyFrom(timestamp(at))
    message.closure.updated_at.CopyFrom(timestamp(at + _SECOND))
    workflow = _version(ResourceType.WORKFLOW, name, "v0")
    message.closure.workflow_id.CopyFrom(workflow)
    message.spec.launch_plan.CopyFrom(workflow)
    message.spec.launch_plan.resource_type = ResourceType.LAUNCH_PLAN
    message.spec.metadata.principal = "somebody"
    return {
        "id": n + 1,
        "project": PROJECT,
        "domain": DOMAIN,
        "name": f"x{n}",
        "workflow_id": 1 + (n % NAMES),
        "workflow_name": name,
        "workflow_version": "v0",
        "resource_type": ResourceType.LAUNCH_PLAN,
        "launch_plan_name": name,
        "launch_plan_version": "v0",
        "phase": phase,
        "state": 0,
        "mode": 0,
        "principal": "somebody",
        "created_at": at,
        "updated_at": at + _SECOND,
        "started_at": at,
        "duration": None if runs else _SECOND,
        "folder": execution_prefix(PROJECT, DOMAIN, f"x{n}"),
        "inputs_uri": f"file:///data/{execution_prefix(PROJECT, DOMAIN, f'x{n}')}/inputs",
        "user_inputs_uri": f"file:///data/{execution_prefix(PROJECT, DOMAIN, f'x{n}')}/inputs",
        "abort_cause": "",
        "changed": n + 1,
        "message": message.SerializeToString(),
    }


def _last_event(count: int) -> dict[str, Any]:
    """The event that changed the newest execution last: what comes after it is news."""
    at = _START + count * _SECOND
    return {"number": count, "execution_id": count, "kind": 1, "phase": 0, "recorded_at": at, "message": b""}


def _node(n: int) -> dict[str, Any]:
    message = NodeExecution(id=_node_id(n))
    message.closure.phase = NodePhase.SUCCEEDED
    return _node_row(message, 1, n, parent=None if n % 2 else "n0")


def _map() -> dict[str, Any]:
    message = NodeExecution(id=NodeId(execution_id=_execution_id(MAPPED), node_id=MAP))
    message.metadata.is_array = True
    message.closure.phase = NodePhase.SUCCEEDED
    return _node_row(message, 2, 0, parent=None)


def _node_row(message: NodeExecution, execution: int, n: int, *, parent: str | None) -> dict[str, Any]:
    at = _START + n * _SECOND
    return {
        "execution_id": execution,
        "node_id": message.id.node_id,
        "parent_node_id": parent,
        "phase": message.closure.phase,
        "created_at": at,
        "updated_at": at,
        "started_at": at,
        "duration": _SECOND,
        "born": n + 1,
        "changed": n + 1,
        "message": message.SerializeToString(),
    }


def _attempt(n: int) -> dict[str, Any]:
    message = _task_execution(_node_id(0))
    message.id.retry_attempt = n
    message.closure.phase = TaskPhase.SUCCEEDED
    return _attempt_row(message, 1, n)


def _attempt_of_map(items: int) -> dict[str, Any]:
    message = _task_execution(NodeId(execution_id=_execution_id(MAPPED), node_id=MAP))
    message.closure.phase = TaskPhase.SUCCEEDED
    message.closure.task_type = ARRAY_TYPE
    message.closure.custom_info.update({SIZE: items})
    return _attempt_row(message, 2, 0)


def _item(n: int) -> dict[str, Any]:
    message = _task_execution(NodeId(execution_id=_execution_id(MAPPED), node_id=item_name(MAP, n)))
    fails = n % FAILS_EVERY == 0
    message.closure.phase = TaskPhase.FAILED if fails else TaskPhase.SUCCEEDED
    message.closure.started_at.CopyFrom(timestamp(_START))
    message.closure.duration.FromMicroseconds(_SECOND)
    if fails:
        message.closure.custom_info.update({DECK_URI: f"file:///data/{MAPPED}/{n}/deck.html"})
    return _attempt_row(message, 2, n)


def _task_execution(node: NodeId) -> TaskExecution:
    message = TaskExecution()
    message.id.node_execution_id.CopyFrom(node)
    message.id.task_id.CopyFrom(_version(ResourceType.TASK, _name(0), "v0"))
    return message


def _version(kind: ResourceType, name: str, version: str) -> Identifier:
    return Identifier(resource_type=kind, project=PROJECT, domain=DOMAIN, name=name, version=version)


def _attempt_row(message: TaskExecution, execution: int, n: int) -> dict[str, Any]:
    at = _START + n * _SECOND
    return {
        "execution_id": execution,
        "node_id": message.id.node_execution_id.node_id,
        "project": PROJECT,
        "domain": DOMAIN,
        "name": _name(0),
        "version": "v0",
        "retry_attempt": message.id.retry_attempt,
        "phase": message.closure.phase,
        "phase_version": 0,
        "created_at": at,
        "updated_at": at,
        "started_at": at,
        "duration": _SECOND,
        "born": n + 1,
        "changed": n + 1,
        "message": message.SerializeToString(),
    }


def _node_id(n: int) -> NodeId:
    return NodeId(execution_id=_execution_id(BIGGEST), node_id=f"n{n}")


def _execution_id(name: str) -> ExecutionId:
    return ExecutionId(project=PROJECT, domain=DOMAIN, name=name)
