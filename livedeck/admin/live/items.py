"""Attempts of items of array nodes in few bytes, for viewers of thousands of them."""

from collections.abc import Iterable
from typing import Any

from flyteidl.core import execution_pb2 as core

from livedeck.admin.live.messages import ArrayItems, ItemAttempts
from livedeck.admin.records.gangs import ranks_of, ranks_with_decks
from livedeck.admin.records.items import DECK_URI
from livedeck.store.layout import split_item

_PHASE_NAMES = {number: name for name, number in core.TaskExecution.Phase.items()}


def _columns_like(task: Any) -> ItemAttempts:
    """Return empty columns for items whose attempts have as many processes as one of them."""
    ranks = ranks_of(task)
    return ItemAttempts([], [], [], [], [], [], ranks=ranks, rank_decks=ranks > 1 and ranks_with_decks(task) == ranks)


def as_columns(attempts: Iterable[Any]) -> ArrayItems:
    """Return what viewers are told of attempts (``TaskExecution``), each of an item of some array node."""
    nodes: dict[str, ItemAttempts] = {}
    for task in attempts:
        array, index = split_item(task.id.node_execution_id.node_id)
        assert index is not None
        columns = nodes.setdefault(array, _columns_like(task))
        closure = task.closure
        columns.index.append(index)
        columns.attempt.append(task.id.retry_attempt)
        columns.phase.append(_PHASE_NAMES.get(closure.phase, "UNDEFINED"))
        columns.started.append(closure.started_at.ToNanoseconds() / 1e9 if closure.HasField("started_at") else 0.0)
        columns.seconds.append(closure.duration.ToTimedelta().total_seconds() if closure.HasField("duration") else 0.0)
        columns.deck.append(DECK_URI in closure.custom_info.fields)
    return ArrayItems(nodes)
