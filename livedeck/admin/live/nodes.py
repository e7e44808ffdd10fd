"""What the control plane has recorded of one node, kept up to date."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Protocol, Self

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.admin.feed import Change
from livedeck.admin.live.changes import ChangeFollower, Subscription
from livedeck.admin.live.keys import NodeKey
from livedeck.admin.live.states import NodeRecord, latest_attempt
from livedeck.admin.signals import Signal
from livedeck.errors import NoSuchEntity


class Lookup(Protocol):
    """What is asked of the database; `livedeck.admin.queries.Queries` is one."""

    async def get_execution(self, identifier: WorkflowExecutionIdentifier) -> Execution | None: ...

    async def get_node_execution(self, identifier: NodeExecutionIdentifier) -> NodeExecution | None: ...

    async def list_task_executions(self, identifier: NodeExecutionIdentifier) -> list[TaskExecution]: ...


async def look_up(lookup: Lookup, key: NodeKey) -> NodeRecord:
    """Return what is recorded of a node now.

    Raises:
        NoSuchEntity: There is no such execution.
    """
    execution = await lookup.get_execution(key.execution_id)
    if execution is None:
        raise NoSuchEntity(f"there is no execution {key.project}/{key.domain}/{key.execution}")
    node = await lookup.get_node_execution(key.node_id)
    tasks = await lookup.list_task_executions(key.node_id) if node is not None else []
    return NodeRecord(execution, node, tuple(tasks))


class NodeFollower(Protocol):
    """What is known of one node, as a Deck's tail follows it; `RecordFollower` is the control plane's."""

    @property
    def recorded(self) -> NodeRecord:
        """What is known now."""

    def refresh(self) -> NodeRecord:
        """Take in what changed; return what is known now."""


class NodeSource(Protocol):
    """Where what is known of nodes comes from; `RecordedNodeSource` takes it from the control plane."""

    def follow(self, node: NodeKey, arrived: Signal) -> AbstractAsyncContextManager[NodeFollower]:
        """Follow a node; ``arrived`` is fired whenever a refresh would bring something new."""

    async def newest_attempt(self, node: NodeKey) -> int:
        """Return the number of a node's newest attempt; 0 before there is any."""


class RecordedNodeSource:
    """Nodes as the control plane records them.

    Args:
        changes: What it records.
        lookup: What it has recorded.
    """

    def __init__(self, changes: ChangeFollower, lookup: Lookup) -> None:
        self._changes = changes
        self._lookup = lookup

    def follow(self, node: NodeKey, arrived: Signal) -> AbstractAsyncContextManager[NodeFollower]:
        """Follow a node: see `RecordFollower.follow`."""
        return RecordFollower.follow(self._changes, self._lookup, node, arrived)

    async def newest_attempt(self, node: NodeKey) -> int:
        """Return the number of a node's newest attempt; 0 before there is any."""
        return latest_attempt(await look_up(self._lookup, node))


class RecordFollower:
    """What is recorded of one node. `follow` makes one; `refresh` brings it up to date without waiting."""

    def __init__(self, recorded: NodeRecord, subscription: Subscription) -> None:
        self.recorded = recorded
        self._subscription = subscription

    @classmethod
    @asynccontextmanager
    async def follow(
        cls, changes: ChangeFollower, lookup: Lookup, key: NodeKey, arrived: Signal
    ) -> AsyncIterator[Self]:
        """Follow a node; ``arrived`` is fired whenever a `refresh` would bring something new.

        Raises:
            NoSuchEntity: There is no such execution.
        """
        run = (key.project, key.domain, key.execution)

        def wants(change: Change) -> bool:
            return change.key[:3] == run and change.key[3:4] in ((), (key.node,))

        async with changes.subscribe(wants, arrived) as subscription:
            yield cls(await look_up(lookup, key), subscription)

    def refresh(self) -> NodeRecord:
        """Take in what changed; return what is recorded now."""
        for change in self._subscription.take():
            self.recorded = (
                replace(self.recorded, deleted=True)
                if change.kind == "deleted"
                else _changed(self.recorded, change.message)
            )
        return self.recorded


def _changed(recorded: NodeRecord, message: Execution | NodeExecution | TaskExecution) -> NodeRecord:
    match message:
        case Execution():
            return replace(recorded, execution=message)
        case NodeExecution():
            return replace(recorded, node=message)
        case _:
            others = [task for task in recorded.tasks if task.id != message.id]
            return replace(recorded, tasks=tuple(sorted([*others, message], key=lambda task: task.id.retry_attempt)))
