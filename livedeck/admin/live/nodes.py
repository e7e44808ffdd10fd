"""What the control plane has recorded of one node, kept up to date."""

from collections.abc import AsyncIterator, Sequence
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
from livedeck.admin.notifiers import Notifier
from livedeck.admin.records import items
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
    return await _look_up(lookup, key, execution)


async def _look_up(lookup: Lookup, key: NodeKey, execution: Execution) -> NodeRecord:
    node = await lookup.get_node_execution(key.of_record.node_id)
    tasks = await lookup.list_task_executions(key.node_id) if node is not None else []
    return NodeRecord(execution, _seen_as(key, node, tasks), tuple(tasks))


def _seen_as(key: NodeKey, node: NodeExecution | None, tasks: Sequence[TaskExecution]) -> NodeExecution | None:
    """Return the node; for an item of an array node, what a node would be that has the item's attempts."""
    return node if node is None or key.item is None else items.as_node(node, tasks, key.whole.node)


class NodeFollower(Protocol):
    """What is known of one node, as a Deck's tail follows it; `RecordFollower` is the control plane's."""

    @property
    def recorded(self) -> NodeRecord:
        """What is known now."""

    def refresh(self) -> NodeRecord:
        """Take in what changed; return what is known now."""


class NodeSource(Protocol):
    """Where what is known of nodes comes from; `RecordedNodeSource` takes it from the control plane."""

    def follow(self, node: NodeKey, arrived: Notifier) -> AbstractAsyncContextManager[NodeFollower]:
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

    def follow(self, node: NodeKey, arrived: Notifier) -> AbstractAsyncContextManager[NodeFollower]:
        """Follow a node: see `RecordFollower.follow`."""
        return RecordFollower.follow(self._changes, self._lookup, node, arrived)

    async def newest_attempt(self, node: NodeKey) -> int:
        """Return the number of a node's newest attempt; 0 before there is any."""
        return latest_attempt(await look_up(self._lookup, node))


class RecordFollower:
    """What is recorded of one node. `follow` makes one; `refresh` brings it up to date without waiting."""

    def __init__(self, key: NodeKey, recorded: NodeRecord, subscription: Subscription) -> None:
        self.recorded = recorded
        self._key = key
        self._subscription = subscription

    @classmethod
    @asynccontextmanager
    async def follow(
        cls, changes: ChangeFollower, lookup: Lookup, key: NodeKey, arrived: Notifier
    ) -> AsyncIterator[Self]:
        """Follow a node; ``arrived`` is fired whenever a `refresh` would bring something new.

        Raises:
            NoSuchEntity: There is no such execution.
        """
        run = (key.project, key.domain, key.execution)

        def wants(change: Change) -> bool:
            return change.key[:3] == run and change.key[3:4] in ((), (key.whole.node,), (key.of_record.node,))

        async with changes.subscribe(wants, arrived) as subscription:
            yield cls(key, await look_up(lookup, key), subscription)

    def refresh(self) -> NodeRecord:
        """Take in what changed; return what is recorded now."""
        for change in self._subscription.take():
            self.recorded = (
                replace(self.recorded, deleted=True) if change.kind == "deleted" else self._changed(change.message)
            )
        return self.recorded

    def _changed(self, message: Execution | NodeExecution | TaskExecution) -> NodeRecord:
        recorded = self.recorded
        match message:
            case Execution():
                return replace(recorded, execution=message)
            case NodeExecution():
                return replace(recorded, node=_seen_as(self._key, message, recorded.tasks))
            case _ if message.id.node_execution_id.node_id != self._key.whole.node:
                return recorded  # the attempt that stands for all items of the array node
            case _:
                others = [task for task in recorded.tasks if task.id != message.id]
                tasks = tuple(sorted([*others, message], key=lambda task: task.id.retry_attempt))
                return replace(recorded, tasks=tasks, node=_seen_as(self._key, recorded.node, tasks))
