"""Fills a PostgreSQL database with very many executions, each with nodes, attempts and events, by INSERT ... SELECT.

Rows hold protobuf messages: one of each kind is made here, and the database puts each row's name in its place.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.event.event_pb2 import NodeExecutionEvent
from google.protobuf.message import Message
from sqlalchemy import Connection, Table, text

from bench.history import DOMAIN, NAMES, PROJECT, write_entities
from livedeck.admin.db import tables
from livedeck.admin.db.engines import open_engines
from livedeck.admin.db.migrate import migrate
from livedeck.admin.records.times import duration, timestamp
from livedeck.store.layout import execution_prefix

NODES: Final = 10
"""Nodes of each execution, with an attempt each, and an event for each."""
OPEN: Final = 50
"""How many of the newest executions another server drives."""
_START: Final = 1_700_000_000_000_000
_SECOND: Final = 1_000_000
_FILLED: Final = (tables.executions, tables.node_executions, tables.task_executions, tables.events)
_NAME: Final = "x0000000"
"""The name that stands in messages where each row's own goes."""


def name_of(number: int) -> str:
    """Return the name of an execution, by its number from 1."""
    return f"x{number:07}"


def fill(url: str, executions: int) -> None:
    """Migrate an empty database and fill it: one second between two executions.

    Args:
        url: Its URL. The user has to be a superuser: keys are checked once, not for every row.
        executions: How many.
    """
    engines = open_engines(url)
    try:
        migrate(engines.writer)
        with engines.writer.begin() as connection:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            write_entities(connection, versions=10)
            _fill(connection, executions)
        with engines.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")  # as its own daemon does after a while
    finally:
        engines.dispose()


def _fill(connection: Connection, count: int) -> None:
    indexes = [index for table in _FILLED for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    for table in _FILLED:  # emptied in this transaction, so that what is filled in is written once
        connection.exec_driver_sql(f"TRUNCATE {table.name} CASCADE")
    _add_executions(connection, count)
    _add_nodes(connection, count)
    for index in indexes:
        index.create(connection)
    last = "SELECT setval(pg_get_serial_sequence('executions', 'id'), (SELECT max(id) FROM executions))"
    connection.exec_driver_sql(last)


def _add_executions(connection: Connection, count: int) -> None:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE templates (workflow int, phase smallint, name text, message bytea) ON COMMIT DROP"
    )
    phases = (W.SUCCEEDED, W.FAILED, W.ABORTED, W.RUNNING)
    made = {(workflow, phase): _execution(workflow, phase) for workflow in range(NAMES) for phase in phases}
    for (workflow, phase), message in made.items():
        connection.execute(
            text("INSERT INTO templates VALUES (:workflow, :phase, :name, :message)"),
            {"workflow": workflow, "phase": phase, "name": _workflow(workflow), "message": message.SerializeToString()},
        )
    # One of ten has failed, one of a hundred was aborted, and the newest still run.
    phase_of = (
        f"CASE WHEN n > {count - OPEN} THEN {W.RUNNING} WHEN mod(n, 100) = 50 THEN {W.ABORTED} "
        f"WHEN mod(n, 10) = 0 THEN {W.FAILED} ELSE {W.SUCCEEDED} END"
    )
    folder = f"replace('{execution_prefix(PROJECT, DOMAIN, _NAME)}', '{_NAME}', row.name)"
    at = f"{_START} + n * {_SECOND}::bigint"
    values = {
        "id": "n",
        "project": f"'{PROJECT}'",
        "domain": f"'{DOMAIN}'",
        "name": "row.name",
        "workflow_id": f"1 + mod(n, {NAMES})",
        "workflow_name": "t.name",
        "workflow_version": "'v0'",
        "resource_type": str(ResourceType.LAUNCH_PLAN),
        "launch_plan_name": "t.name",
        "launch_plan_version": "'v0'",
        "phase": "row.phase",
        "state": "0",
        "mode": "0",
        "principal": "'somebody'",
        "created_at": at,
        "updated_at": f"{at} + {_SECOND}",
        "started_at": at,
        "duration": f"CASE WHEN row.phase = {W.RUNNING} THEN NULL ELSE {_SECOND} END",
        "folder": folder,
        "inputs_uri": f"'file:///data/' || {folder} || '/inputs'",
        "user_inputs_uri": f"'file:///data/' || {folder} || '/inputs'",
        "abort_cause": "''",
        "lease_owner": f"CASE WHEN row.phase = {W.RUNNING} THEN 'another' END",
        "lease_until": f"CASE WHEN row.phase = {W.RUNNING} THEN 4000000000000000 END",
        "changed": f"n * {NODES}",
        "message": _named("t.message", list(made.values())),
    }
    rows = (
        f"(SELECT n, 'x' || lpad(n::text, 7, '0') AS name, {phase_of} AS phase "
        f"FROM generate_series(1, {count}) AS n) AS row "
        f"JOIN templates AS t ON t.workflow = mod(row.n, {NAMES}) AND t.phase = row.phase"
    )
    _insert(connection, tables.executions, values, rows)


def _add_nodes(connection: Connection, count: int) -> None:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE node_templates (k int, node bytea, task bytea, event bytea) ON COMMIT DROP"
    )
    nodes, tasks, events = ([make(k) for k in range(NODES)] for make in (_node, _attempt, _event))
    for k, messages in enumerate(zip(nodes, tasks, events, strict=True)):
        node, task, event = (message.SerializeToString() for message in messages)
        connection.execute(
            text("INSERT INTO node_templates VALUES (:k, :node, :task, :event)"),
            {"k": k, "node": node, "task": task, "event": event},
        )
    rows = (
        f"(SELECT n, 'x' || lpad(n::text, 7, '0') AS name, (n - 1) * {NODES} + k + 1 AS number, t.* "
        f"FROM generate_series(1, {count}) AS n, node_templates AS t) AS row"
    )
    at = f"{_START} + n * {_SECOND}::bigint + k * 1000"
    entity = {
        "execution_id": "n",
        "node_id": "'n' || k",
        "created_at": at,
        "updated_at": f"{at} + 1000",
        "started_at": at,
        "duration": "1000",
        "born": "number",
        "changed": "number",
    }
    node_values = {**entity, "phase": str(N.SUCCEEDED), "message": _named("row.node", nodes)}
    _insert(connection, tables.node_executions, node_values, rows)
    task_values = {
        **entity,
        "project": f"'{PROJECT}'",
        "domain": f"'{DOMAIN}'",
        "name": "'history.workflow_0'",
        "version": "'v0'",
        "retry_attempt": "0",
        "phase": str(K.SUCCEEDED),
        "phase_version": "0",
        "message": _named("row.task", tasks),
    }
    _insert(connection, tables.task_executions, task_values, rows)
    event_values = {
        "number": "number",
        "execution_id": "n",
        "kind": "2",
        "phase": str(N.SUCCEEDED),
        "recorded_at": at,
        "message": _named("row.event", events),
    }
    _insert(connection, tables.events, event_values, rows)


def _insert(connection: Connection, table: Table, values: dict[str, str], rows: str) -> None:
    columns, found = ", ".join(values), ", ".join(values.values())
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) SELECT {found} FROM {rows}")


def _named(column: str, messages: Sequence[Message]) -> str:
    """Return the expression for a template with a row's name in it."""
    [places] = {tuple(_places(message.SerializeToString())) for message in messages}
    for place in places:
        column = f"overlay({column} placing row.name::bytea from {place + 1})"
    return column


def _places(message: bytes) -> Iterator[int]:
    """Where the name stands in a message."""
    place = -1
    while (place := message.find(_NAME.encode(), place + 1)) >= 0:
        yield place


def _workflow(number: int) -> str:
    return f"history.workflow_{number}"


_RUN: Final = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=_NAME)
_FOLDER: Final = f"file:///data/{execution_prefix(PROJECT, DOMAIN, _NAME)}"
_TASK: Final = Identifier(
    resource_type=ResourceType.TASK, project=PROJECT, domain=DOMAIN, name="history.workflow_0", version="v0"
)


def _execution(workflow: int, phase: Any) -> Execution:
    message = Execution(id=_RUN)
    message.closure.phase = phase
    workflow_id = Identifier(
        resource_type=ResourceType.WORKFLOW, project=PROJECT, domain=DOMAIN, name=_workflow(workflow), version="v0"
    )
    message.closure.workflow_id.CopyFrom(workflow_id)
    message.spec.launch_plan.CopyFrom(workflow_id)
    message.spec.launch_plan.resource_type = ResourceType.LAUNCH_PLAN
    message.spec.metadata.principal = "somebody"
    if phase == W.FAILED:
        message.closure.error.code, message.closure.error.message = "ValueError", "a traceback\n" * 20
    return _timed(message)


def _node(number: int) -> NodeExecution:
    node = f"n{number}"
    message = NodeExecution(id=NodeExecutionIdentifier(execution_id=_RUN, node_id=node))
    message.input_uri = f"{_FOLDER}/{node}/data/inputs.pb"
    message.metadata.spec_node_id = node
    message.closure.phase = N.SUCCEEDED
    message.closure.output_uri = f"{_FOLDER}/{node}/data/0/outputs.pb"
    message.closure.deck_uri = f"{_FOLDER}/{node}/data/0/deck.html"
    return _timed(message)


def _attempt(number: int) -> TaskExecution:
    node = f"n{number}"
    node_id = NodeExecutionIdentifier(execution_id=_RUN, node_id=node)
    message = TaskExecution(id=TaskExecutionIdentifier(task_id=_TASK, node_execution_id=node_id))
    message.input_uri = f"{_FOLDER}/{node}/data/inputs.pb"
    message.closure.phase = K.SUCCEEDED
    message.closure.output_uri = f"{_FOLDER}/{node}/data/0/outputs.pb"
    return _timed(message)


def _event(number: int) -> NodeExecutionEvent:
    node = NodeExecutionIdentifier(execution_id=_RUN, node_id=f"n{number}")
    message = NodeExecutionEvent(id=node, phase=N.SUCCEEDED, output_uri=f"{_FOLDER}/n{number}/data/0/outputs.pb")
    message.occurred_at.CopyFrom(timestamp(_START))
    return message


M = TypeVar("M", Execution, NodeExecution, TaskExecution)


def _timed(message: M) -> M:
    closure = message.closure
    closure.created_at.CopyFrom(timestamp(_START))
    closure.started_at.CopyFrom(timestamp(_START))
    closure.updated_at.CopyFrom(timestamp(_START + _SECOND))
    closure.duration.CopyFrom(duration(_SECOND))
    return message
