"""Decks of all attempts, as a viewer is shown them: none lacks what its task was told is published."""

from collections.abc import Iterator

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from livedeck.client import Client
from tests.chaos.ledger import Attempted, Ledger, Record

TIMEOUT = 120.0


def missing(client: Client, ledger: Ledger, ops: int) -> Iterator[str]:
    """Yield what is missing from a Deck, in words.

    Args:
        client: of the deployment.
        ledger: of what has run; nothing runs any more.
        ops: how many a task publishes that comes to its end.
    """
    for record in ledger.records():
        last = max(record.attempts)
        for number, attempt in record.attempts.items():
            complete = number == last and attempt.ended  # a node's last attempt was not disturbed after that
            expected = set(range(ops)) if complete else attempt.published
            if lost := sorted(expected - _shown(client, record, number, attempt, expected)):
                yield f"{record.execution} {record.node} attempt {number}: {lost} of {sorted(expected)} are not shown"


def _shown(client: Client, record: Record, number: int, attempt: Attempted, expected: set[int]) -> set[int]:
    """Return which ops a viewer is shown of an attempt that is over."""
    if not expected:
        return set()
    node = NodeExecutionIdentifier(node_id=record.node, execution_id=client.execution_id(record.execution))
    data = "".join(event.data for event in client.follow_deck(node, attempt=number - 1, timeout=TIMEOUT))
    return {op for op in expected if f"op-{number}-{op}" in data}
