"""An execution as it goes: typed changes from its live stream."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from livedeck.client.sse import ServerEvent
from livedeck.client.streams import Stream, StreamTimeouts
from livedeck.errors import RemoteNotFound

if TYPE_CHECKING:
    from flyteidl.admin.execution_pb2 import Execution
    from flyteidl.admin.node_execution_pb2 import NodeExecution
    from flyteidl.admin.task_execution_pb2 import TaskExecution
    from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
    from google.protobuf.message import Message

    from livedeck.client.endpoint import Endpoint

M = TypeVar("M", bound="Message")


@dataclass(frozen=True)
class ExecutionChanged:
    """The execution as it is now."""

    execution: "Execution"


@dataclass(frozen=True)
class NodeChanged:
    """A node as it is now."""

    node: "NodeExecution"


@dataclass(frozen=True)
class TaskChanged:
    """An attempt as it is now."""

    task: "TaskExecution"


@dataclass(frozen=True)
class Queued:
    """Why a node that could run waits to be started."""

    ahead: int
    """How many attempts go before its own."""
    reason: str


@dataclass(frozen=True)
class QueueChanged:
    """Every node that waits to be started now, by its id, those that come first before the others."""

    nodes: Mapping[str, Queued]


@dataclass(frozen=True)
class ItemAttempt:
    """An attempt of an item of an array node as it is now."""

    index: int
    """The item's number, from 0."""
    attempt: int
    """From 0."""
    phase: str
    """Flyte's name of it, such as ``RUNNING``."""


@dataclass(frozen=True)
class ItemsChanged:
    """What changed of the items of array nodes, by the node's id."""

    nodes: Mapping[str, Sequence[ItemAttempt]]


@dataclass(frozen=True)
class CaughtUp:
    """All that had happened before has been told; what comes next is news."""


Change = ExecutionChanged | NodeChanged | TaskChanged | ItemsChanged | QueueChanged | CaughtUp


def changes(
    endpoint: "Endpoint", execution: "WorkflowExecutionIdentifier", timeouts: StreamTimeouts
) -> Iterator[Change]:
    """Yield the changes of an execution, until it has ended and all was told.

    Raises:
        RemoteNotFound: there is no such execution, or it was deleted meanwhile.
        RemoteUnavailable: no server for too long, or the time is up.
    """
    ended = caught_up = False
    for event in Stream(endpoint, f"{execution_path(execution)}?encoding=protobuf", (), timeouts):
        if event.event == "deleted":
            raise RemoteNotFound(f"execution {execution.name} was deleted")
        change = _change(event)
        if change is None:
            continue  # of a later version
        yield change
        caught_up = caught_up or isinstance(change, CaughtUp)
        ended = ended or (isinstance(change, ExecutionChanged) and has_ended(change.execution))
        if ended and caught_up:
            return


def _change(event: ServerEvent) -> Change | None:
    from flyteidl.admin.execution_pb2 import Execution  # with the first event, not with the SDK
    from flyteidl.admin.node_execution_pb2 import NodeExecution
    from flyteidl.admin.task_execution_pb2 import TaskExecution

    match event.event:
        case "execution":
            return ExecutionChanged(_message(Execution, event.data))
        case "node":
            return NodeChanged(_message(NodeExecution, event.data))
        case "task":
            return TaskChanged(_message(TaskExecution, event.data))
    return _own_change(event)


def _own_change(event: ServerEvent) -> Change | None:
    """Read an event that is no message of Flyte's."""
    match event.event:
        case "items":
            return ItemsChanged(_items(event.data))
        case "queue":
            return QueueChanged(_queue(event.data))
        case "ready":
            return CaughtUp()
    return None


def _queue(data: str) -> dict[str, Queued]:
    told = json.loads(data)
    return {node: Queued(each["ahead"], told["reasons"][each["reason"]]) for node, each in told["nodes"].items()}


def _items(data: str) -> dict[str, list[ItemAttempt]]:
    told = json.loads(data)["nodes"]
    return {
        node: [ItemAttempt(*each) for each in zip(of["index"], of["attempt"], of["phase"], strict=True)]
        for node, of in told.items()
    }


def _message(kind: type[M], data: str) -> M:
    return kind.FromString(b64decode(data))


def has_ended(execution: "Execution") -> bool:
    """Say whether an execution is in a phase that it never leaves."""
    from flyteidl.core.execution_pb2 import WorkflowExecution

    phases = WorkflowExecution.Phase
    return execution.closure.phase in {
        phases.Value("SUCCEEDED"),
        phases.Value("FAILED"),
        phases.Value("ABORTED"),
        phases.Value("TIMED_OUT"),
    }


def execution_path(execution: "WorkflowExecutionIdentifier") -> str:
    """Return the path of an execution's stream."""
    return "/live/executions/" + _joined(execution.project, execution.domain, execution.name)


def node_path(kind: str, node: "NodeExecutionIdentifier", attempt: int | str) -> str:
    """Return the path of a node's stream: ``kind`` is ``decks`` or ``logs``."""
    execution = node.execution_id
    path = _joined(execution.project, execution.domain, execution.name, node.node_id, str(attempt))
    return f"/live/{kind}/{path}"


def _joined(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)
