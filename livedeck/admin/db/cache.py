"""Rows of outputs that tasks made before."""

from dataclasses import dataclass

from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier
from sqlalchemy import Connection, insert, select

from livedeck.admin.db.deletions import note_uses
from livedeck.admin.db.execution_rows import row_id_of
from livedeck.admin.db.tables import cached_outputs
from livedeck.admin.db.writer import Transaction


@dataclass(frozen=True)
class CachedOutputs:
    """Outputs of an earlier run of the same task on the same inputs."""

    output_uri: str
    """URI of the ``outputs.pb``."""
    source: TaskExecutionIdentifier
    """The attempt that made them."""


def find(connection: Connection, key: str) -> CachedOutputs | None:
    """Look a task's outputs up."""
    row = connection.execute(
        select(cached_outputs.c.output_uri, cached_outputs.c.source).where(cached_outputs.c.key == key)
    ).one_or_none()
    return None if row is None else CachedOutputs(row.output_uri, TaskExecutionIdentifier.FromString(row.source))


def take(transaction: Transaction, key: str, user: WorkflowExecutionIdentifier) -> CachedOutputs | None:
    """Look a task's outputs up, and note that an execution uses them: what made them is not deleted before it is.

    In one transaction, since a deletion between the two would remove what was found.
    """
    found = find(transaction.connection, key)
    row_id = row_id_of(transaction.connection, user)
    if found is not None and row_id is not None:
        note_uses(transaction, row_id, [found.source.node_execution_id.execution_id])
    return found


def keep(transaction: Transaction, key: str, outputs: CachedOutputs) -> None:
    """Remember a task's outputs; the first entry wins."""
    if find(transaction.connection, key) is not None:
        return
    owner = outputs.source.node_execution_id.execution_id
    transaction.connection.execute(
        insert(cached_outputs).values(
            key=key,
            output_uri=outputs.output_uri,
            source=outputs.source.SerializeToString(),
            execution_id=row_id_of(transaction.connection, owner),
            created_at=transaction.now,
        )
    )
