"""An item of an array node: it runs as a node of its own would.

One that runs a task is recorded as a part of the array node, any other as a node in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, overload

from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.errors import ImpossibleTransition
from livedeck.propeller.commands import ReportNode, ReportTask
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import AttemptFailed, AttemptLeftNodes, CacheHit, NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import NodeHandler, WrapsKind
from livedeck.propeller.nodes.array import reports
from livedeck.propeller.nodes.array.policy import ItemPolicy
from livedeck.propeller.phases import NodePhase, TaskPhase
from livedeck.propeller.plan import NodePlan, Path
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class ItemHandler(WrapsKind):
    """Wraps the kind that runs an item, and has the next items begin."""

    inner: NodeHandler
    policy: ItemPolicy

    @classmethod
    def matches(cls, node: Node) -> bool:
        return False  # only array nodes have items

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        raise ImpossibleTransition(f"node {node.id!r} is planned as an item, and no array node holds it")

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        scope = transition.scope(path[:-1])
        if isinstance(event, Prepared) and scope.nodes[path[-1]].idle and not self.policy.has_room(scope):
            self.policy.hold(transition, path)
            return
        self.inner.handle(transition, path, event)
        self.policy.begin(transition, path[:-1])

    def recovered(self, transition: Transition, path: Path) -> None:
        self.inner.recovered(transition, path)
        self.policy.begin(transition, path[:-1])


@dataclass(frozen=True, slots=True)
class TaskItemHandler(ItemHandler):
    """An item that runs a task, of which nothing but its attempts is on record."""

    deck: bool | None
    """Whether the task has a Deck; None: it does not say."""

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        if transition.node(path).phase is NodePhase.QUEUED and transition.node(path).attempt is None:
            _report_without_attempt(transition, path, event)
        if isinstance(event, AttemptLeftNodes):
            event = AttemptFailed(path, event.attempt, _DYNAMIC)
        ItemHandler.handle(self, transition, path, event)

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        raise ImpossibleTransition(f"an item is not reported as a node, but the one at {report.path} is")

    def describe_attempt(self, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
        ItemHandler.describe_attempt(self, event, report, context)
        reports.describe_item(event, report, context, deck=self.deck)


_DYNAMIC = Failure(
    "DynamicItem",
    "The task is dynamic: it left futures.pb, nodes to be run in its place, and a dynamic task cannot be mapped over. "
    "Call it in a loop of another dynamic task.",
)


def _report_without_attempt(transition: Transition, path: Path, event: NodeEvent) -> None:
    """Record the end of an item that comes to it without an attempt: its node is not on record."""
    match event:
        case CacheHit():
            transition.ask(ReportTask(path, 0, TaskPhase.SUCCEEDED))
        case PrepareFailed(failure=failure):
            transition.ask(ReportTask(path, 0, TaskPhase.FAILED, failure))
        case _:
            pass


class ItemPlans(Sequence[NodePlan]):
    """The plans of the items, which differ by their number alone: made when asked for, not kept.

    Args:
        size: how many there are.
        node: what each runs.
        handler: how.
        are_nodes: whether each is a node of its own on record.
    """

    def __init__(self, size: int, node: Node, handler: ItemHandler, *, are_nodes: bool) -> None:
        self._size = size
        self._node = node
        self._handler = handler
        self._are_nodes = are_nodes

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> NodePlan: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[NodePlan]: ...

    def __getitem__(self, index: int | slice) -> NodePlan | Sequence[NodePlan]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._size))]
        if not 0 <= index < self._size:
            raise IndexError(f"no item {index} of {self._size}")
        # Waiting for the policy to begin it: no node upstream does.
        name = f"n{index}"  # as Flyte names them
        return NodePlan(index, name, self._node, self._handler, waiting=1, reported=self._are_nodes)
