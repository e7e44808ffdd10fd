"""Asking for executions to be aborted: one, or those that the attempts of a node have started and left running."""

from typing import Final

from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from sqlalchemy import select

from livedeck.admin.db.execution_rows import ExecutionRows
from livedeck.admin.db.tables import executions
from livedeck.admin.db.writer import Transaction
from livedeck.admin.phases import OPEN
from livedeck.admin.records.times import timestamp

_e = executions.c
PARENT_ENDED: Final = "The eager task that started it has ended."
"""Why executions are aborted that an eager task has left."""


def ask(rows: ExecutionRows, cause: str, principal: str) -> None:
    """Ask for an execution that is not over to be aborted; its propeller does the rest. Asking again changes nothing.

    Args:
        rows: Of the execution; they are written.
        cause: Why.
        principal: Who asks.
    """
    closure = rows.execution.closure
    if closure.phase == WorkflowExecution.ABORTING:
        return
    closure.phase = WorkflowExecution.ABORTING
    closure.abort_metadata.cause = cause
    closure.abort_metadata.principal = principal
    closure.updated_at.CopyFrom(timestamp(rows.transaction.now))
    rows.note()
    rows.write()
    rows.transaction.wanted = True


def abort_children(transaction: Transaction, parent: int, node_id: str) -> None:
    """Ask for all executions to be aborted that the attempts of a node have started and that are not over.

    Args:
        transaction: In which the node's end is recorded: an attempt that was killed could not abort them itself.
        parent: Row id of the node's execution.
        node_id: The node's.
    """
    left = select(_e.project, _e.domain, _e.name).where(
        _e.parent_execution_id == parent, _e.parent_node_id == node_id, _e.phase.in_(OPEN)
    )
    for project, domain, name in transaction.connection.execute(left).all():
        identifier = WorkflowExecutionIdentifier(project=project, domain=domain, name=name)
        rows = ExecutionRows.open(transaction, identifier)
        ask(rows, PARENT_ENDED, rows.execution.spec.metadata.principal)
