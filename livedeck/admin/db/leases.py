"""Leases: which propeller works on which execution, and until when."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import execution_pb2 as core
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_, update

from livedeck.admin.db import cache
from livedeck.admin.db.tables import executions, node_executions, task_executions, workflows
from livedeck.admin.db.writer import Transaction
from livedeck.admin.phases import OPEN

_e, _n, _t = executions.c, node_executions.c, task_executions.c


@dataclass(frozen=True)
class Leased:
    """An execution as it was when a propeller took it, with all that was recorded of it."""

    message: Execution
    abort_cause: str
    folder: str
    """Where its objects lie, below the store's root."""
    inputs_uri: str
    closure: CompiledWorkflowClosure
    nodes: tuple[NodeExecution, ...]
    tasks: tuple[TaskExecution, ...]
    reserving: tuple[str, ...]
    """Nodes that have outputs reserved that others wait for, by their unique ids."""
    taken_over: bool
    """Whether another propeller held the lease, and let it run out."""


@dataclass(frozen=True)
class Renewed:
    """Which leases still stand, and which of their executions are to be aborted (with the cause)."""

    held: frozenset[str]
    aborting: dict[str, str]


def claim(transaction: Transaction, owner: str, *, limit: int, ttl: float, holding: Collection[str]) -> list[Leased]:
    """Lease up to ``limit`` unfinished executions, oldest first.

    Free are those that nobody holds, those whose lease ran out, and ``owner``'s own that it does not know of
    (``holding`` are the keys that it does): it was restarted.
    """
    connection, now = transaction.connection, transaction.shared_now()
    free = or_(_e.lease_owner.is_(None), _e.lease_until < now, _e.lease_owner == owner)
    query = (
        select(_e.id, _e.message, _e.abort_cause, _e.folder, _e.inputs_uri, _e.lease_owner, workflows.c.closure)
        .join(workflows, workflows.c.id == _e.workflow_id)
        .where(_e.phase.in_(OPEN), free, *_none_of(holding))
        .order_by(_e.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    if rows:
        connection.execute(
            update(executions)
            .where(_e.id.in_([row.id for row in rows]))
            .values(lease_owner=owner, lease_until=_until(now, ttl))
        )
    return [_leased(connection, row, owner) for row in rows]


def renew(transaction: Transaction, owner: str, keys: Collection[str], *, ttl: float) -> Renewed:
    """Prolong the leases that ``owner`` still holds, also those on what it has not taken up again since it started.

    Args:
        transaction: In which.
        owner: Whose.
        keys: The executions that it drives.
        ttl: Seconds for which they are to stand.
    """
    if not keys:
        return Renewed(frozenset(), {})
    mine = and_(_e.lease_owner == owner, _e.phase.in_(OPEN))
    rows = transaction.connection.execute(
        select(_e.id, _e.project, _e.domain, _e.name, _e.phase, _e.abort_cause).where(
            _e.lease_owner == owner, _one_of(keys)
        )
    ).all()
    transaction.connection.execute(
        update(executions).where(mine).values(lease_until=_until(transaction.shared_now(), ttl))
    )
    named = {f"{row.project}/{row.domain}/{row.name}": row for row in rows}
    aborting = {key: row.abort_cause for key, row in named.items() if row.phase == core.WorkflowExecution.ABORTING}
    return Renewed(frozenset(named), aborting)


def release(transaction: Transaction, owner: str, key: str) -> None:
    """Give a lease back; one that is not held is left alone. What is unfinished is there for others at once."""
    done = transaction.connection.execute(
        update(executions)
        .where(_e.lease_owner == owner, _one_of([key]))
        .values(lease_owner=None, lease_until=None)
        .returning(_e.phase)
    ).scalar_one_or_none()
    transaction.wanted = transaction.wanted or done in OPEN


def _until(now: int, ttl: float) -> int:
    return now + round(ttl * 1_000_000)


def _one_of(keys: Collection[str]) -> ColumnElement[bool]:
    parts = [tuple(key.split("/")) for key in keys]
    return tuple_(_e.project, _e.domain, _e.name).in_(parts)


def _none_of(keys: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (~_one_of(keys),) if keys else ()


def _leased(connection: Connection, row: Any, owner: str) -> Leased:
    nodes = connection.scalars(select(_n.message).where(_n.execution_id == row.id).order_by(_n.born)).all()
    tasks = connection.scalars(select(_t.message).where(_t.execution_id == row.id).order_by(_t.born))
    return Leased(
        Execution.FromString(row.message),
        row.abort_cause,
        row.folder,
        row.inputs_uri,
        CompiledWorkflowClosure.FromString(row.closure),
        tuple(NodeExecution.FromString(message) for message in nodes),
        tuple(TaskExecution.FromString(message) for message in tasks),
        tuple(cache.reserving(connection, row.id)) if nodes else (),
        row.lease_owner not in {None, owner},
    )
