"""Rows of outputs that tasks made before."""

from dataclasses import dataclass

from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from sqlalchemy import Connection, insert, select

from livedeck.admin.db.book import row_id_of
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
