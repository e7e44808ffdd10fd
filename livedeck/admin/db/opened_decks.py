"""Recording that an attempt has a Deck: said by its publisher, of a task that need not have one.

The engine looks for such a Deck when the attempt is over. This is how viewers hear of it before, and how one is known
that was stored after that.
"""

from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.admin.db.execution_rows import EventKind, ExecutionRows, TaskRow
from livedeck.admin.db.writer import Transaction
from livedeck.admin.records.items import DECK_URI
from livedeck.admin.records.times import timestamp
from livedeck.store.layout import split_item

_PRODUCER = "admin"


def note(transaction: Transaction, execution: WorkflowExecutionIdentifier, node: str, attempt: int, uri: str) -> None:
    """Record where an attempt's Deck lies, unless that is known, or a later attempt is on record.

    Args:
        transaction: In which it is recorded.
        execution: The attempt's.
        node: The id of its node, or the name of the item.
        attempt: Its number, from 0.
        uri: That of its ``deck.html``.

    Raises:
        NoSuchEntity: There is no such execution.
    """
    rows = ExecutionRows.open(transaction, execution)
    rows.load(node)
    attempts = [row for row in rows.tasks.values() if row.message.id.node_execution_id.node_id == node]
    latest = max(attempts, key=lambda row: row.message.id.retry_attempt, default=None)
    if latest is None or latest.message.id.retry_attempt != attempt:
        return
    if split_item(node)[1] is not None:
        _note_of_item(rows, latest, uri)
    else:
        _note_of_node(rows, node, uri)
    rows.write()


def _note_of_node(rows: ExecutionRows, node: str, uri: str) -> None:
    row = rows.nodes.get(node)
    if row is None or row.message.closure.deck_uri == uri:
        return
    closure = row.message.closure
    closure.deck_uri = uri
    event = NodeExecutionEvent(
        id=row.message.id,
        producer_id=_PRODUCER,
        phase=closure.phase,
        occurred_at=timestamp(rows.transaction.now),
        deck_uri=uri,
    )
    row.changed = rows.add_event(EventKind.NODE, closure.phase, event.SerializeToString(deterministic=True))


def _note_of_item(rows: ExecutionRows, row: TaskRow, uri: str) -> None:
    closure, identifier = row.message.closure, row.message.id
    if DECK_URI in closure.custom_info.fields:
        return
    closure.custom_info.update({DECK_URI: uri})
    event = TaskExecutionEvent(
        task_id=identifier.task_id,
        parent_node_execution_id=identifier.node_execution_id,
        retry_attempt=identifier.retry_attempt,
        producer_id=_PRODUCER,
        phase=closure.phase,
        occurred_at=timestamp(rows.transaction.now),
        custom_info=closure.custom_info,
    )
    row.changed = rows.add_event(EventKind.TASK, closure.phase, event.SerializeToString(deterministic=True))
