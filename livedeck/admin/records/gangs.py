"""What is recorded of attempts that have several processes."""

from collections.abc import Mapping
from typing import Final

from flyteidl.admin.task_execution_pb2 import TaskExecution
from google.protobuf.struct_pb2 import Value

RANKS: Final = "ranks"
DECKS: Final = "rank_decks"
"""Keys of the ``custom_info`` of a gang's attempt: how many processes it has, and whether each has a Deck."""


def ranks_of(task: TaskExecution) -> int:
    """Return how many processes an attempt has that have logs of their own."""
    facts: Mapping[str, Value] = task.closure.custom_info.fields
    return max(1, int(facts[RANKS].number_value)) if RANKS in facts else 1


def ranks_with_decks(task: TaskExecution) -> int:
    """Return how many processes of an attempt have Decks of their own, if the task has any."""
    facts: Mapping[str, Value] = task.closure.custom_info.fields
    return ranks_of(task) if DECKS in facts and facts[DECKS].bool_value else 1
