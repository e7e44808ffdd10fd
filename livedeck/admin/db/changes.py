"""What changed after a given event: the entities whose last change has a greater number, as they stand now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, bindparam, literal_column, select

from livedeck.admin.db.numbers import last_number
from livedeck.admin.db.prepared import Prepared
from livedeck.admin.db.tables import deleted_executions, executions, node_executions, task_executions

Kind = Literal["execution", "node", "task", "deleted"]
ENTITIES: Final[tuple[Kind, ...]] = ("execution", "node", "task")
KINDS: Final[tuple[Kind, ...]] = (*ENTITIES, "deleted")


@dataclass(frozen=True)
class Change:
    """An entity that changed, whole, as it stands now."""

    number: int
    """Number of the event that changed it last. No two changes share one, and later ones are greater."""
    kind: Kind
    key: tuple[str | int, ...]
    """``(project, domain, execution)``, for a node also its id, for a task also the attempt from 0."""
    message: Execution | NodeExecution | TaskExecution
    """Of a deleted execution nothing but its id."""


_TABLES: Final[dict[Kind, Table]] = {
    "execution": executions,
    "node": node_executions,
    "task": task_executions,
    "deleted": deleted_executions,
}
_MESSAGES: Final[dict[Kind, type[Execution | NodeExecution | TaskExecution]]] = {
    "execution": Execution,
    "node": NodeExecution,
    "task": TaskExecution,
    "deleted": Execution,
}


@dataclass(frozen=True)
class Scope:
    """Which executions are of interest; None: any."""

    project: str | None = None
    domain: str | None = None
    name: str | None = None


def after(connection: Connection, number: int, scope: Scope, kinds: Collection[Kind], limit: int) -> list[Change]:
    """Return up to ``limit`` changes after event ``number``, in order."""
    found = [change for kind in kinds for change in _of_kind(connection, kind, number, scope, limit)]
    found.sort(key=lambda change: change.number)
    # Each kind gave its first `limit`, so the first `limit` of all are among them.
    return found[:limit]


def snapshot(connection: Connection, scope: Scope) -> tuple[list[Change], int]:
    """Return all entities in scope, oldest change first, and the number of the event they are valid at."""
    found = [change for kind in ENTITIES for change in _of_kind(connection, kind, 0, scope, None)]
    found.sort(key=lambda change: change.number)
    return found, last_number(connection)


def _of_kind(connection: Connection, kind: Kind, number: int, scope: Scope, limit: int | None) -> list[Change]:
    if scope == _ANY and limit is not None:  # what a server asks after every commit, while anybody watches anything
        rows = _NEWER[kind].fetch(connection, after=number, most=limit)
    else:
        rows = [(row.changed, row.message) for row in connection.execute(_query(kind, number, scope, limit))]
    message = _MESSAGES[kind]
    return [_change(kind, changed, message.FromString(data)) for changed, data in rows]


# Without an offset SQLite's dialect adds one as a parameter, which nobody would set.
_FROM_THE_FIRST: Final[ColumnElement[int]] = literal_column("0")


def _newer(table: Table) -> Select[Any]:
    query = select(table.c.changed, table.c.message).where(table.c.changed > bindparam("after", type_=BigInteger))
    return query.order_by(table.c.changed).limit(bindparam("most", type_=BigInteger)).offset(_FROM_THE_FIRST)


_ANY: Final = Scope()
_NEWER: Final[dict[Kind, Prepared]] = {kind: Prepared(_newer(_TABLES[kind])) for kind in KINDS}


def _query(kind: Kind, number: int, scope: Scope, limit: int | None) -> Select[Any]:
    table = _TABLES[kind]
    query = select(table.c.changed, table.c.message).where(table.c.changed > number).order_by(table.c.changed)
    wanted = {"project": scope.project, "domain": scope.domain, "name": scope.name}
    named = table if kind in {"execution", "deleted"} else executions
    conditions = [named.c[column] == value for column, value in wanted.items() if value is not None]
    if conditions and named is not table:
        query = query.join(executions, executions.c.id == table.c.execution_id)
    return query.where(*conditions).limit(limit)


def _change(kind: Kind, number: int, message: Execution | NodeExecution | TaskExecution) -> Change:
    if isinstance(message, Execution):
        return Change(number, kind, (message.id.project, message.id.domain, message.id.name), message)
    node = message.id if isinstance(message, NodeExecution) else message.id.node_execution_id
    owner = node.execution_id
    key = (owner.project, owner.domain, owner.name, node.node_id)
    if isinstance(message, TaskExecution):
        return Change(number, kind, (*key, message.id.retry_attempt), message)
    return Change(number, kind, key, message)
