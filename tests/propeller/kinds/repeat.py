"""A node that runs another node as often as its input ``times`` says, and succeeds once enough of those have.

As an array does: how many there are is known only once the inputs are, all are of one shape, and some may fail.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.node_handler import HasNoAttempts, NodeHandler, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.scope_policy import OnFailure
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState
from livedeck.propeller.transition import Transition
from livedeck.testing.executors import literal


@dataclass(frozen=True, slots=True)
class Collect(NodeCommand):
    """Store what the nodes that succeeded have given. Answered by ``Collected``."""


@dataclass(frozen=True, slots=True)
class Collected(NodeEvent):
    """The outputs are in the store."""


@dataclass(frozen=True, slots=True)
class MinimumSuccesses:
    """The policy of the scope: so many nodes have to succeed."""

    minimum: int

    def on_failure(self, scope: ScopeState) -> OnFailure:
        possible = len(scope.plan.nodes) - scope.failed
        return OnFailure.TOLERATE if possible >= self.minimum else OnFailure.STOP

    def settled(self, transition: Transition, path: Path) -> None:
        transition.scope_over(path, succeeded=transition.scope(path).succeeded >= self.minimum)


@dataclass(frozen=True, slots=True)
class RepeatHandler(HasNoAttempts):
    node: Node
    handler: NodeHandler
    minimum: int

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("array_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        inner = node.array_node.node
        return cls(inner, planner.handler(inner), node.array_node.min_successes)

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        node = transition.node(path)
        match event:
            case Prepared(scope=ScopeState() as scope) if node.scope is None:
                if node.phase is NodePhase.QUEUED:
                    transition.move(path, NodeTrigger.RUN)
                transition.hold(path, scope)
            case PrepareFailed(failure=failure) if node.scope is None:
                transition.fail(path, failure)
            case Collected():
                transition.succeed(path)
            case _:
                pass  # told twice

    def resume(self, transition: Transition, path: Path) -> None:
        queued = transition.node(path).phase is NodePhase.QUEUED
        if queued and transition.ends(path):
            transition.abort(path)
        else:
            transition.ask(Prepare(path))

    def stop(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase is NodePhase.QUEUED:
            transition.abort(path)
        elif node.scope is not None:
            transition.close(path)
        # else the scope is still being found out, and closes when it is put under the node

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        scope = transition.scope(path)
        if scope.failure is not None:
            transition.fail(path, scope.failure)
        elif succeeded and not scope.closing:
            transition.ask(Collect(path))
        else:
            transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case Collect(path):
                return self._collect(shell, path)
            case _:
                return self._prepare(shell, command.path)

    async def inputs_of(self, shell: Shell, path: Path) -> LiteralMap:
        return LiteralMap(literals={"x": literal(path[-1])})

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        event.is_parent = event.is_array = True

    async def _prepare(self, shell: Shell, path: Path) -> None:
        async def unfold(inputs: LiteralMap) -> NodeEvent:
            plan = self.scope_of(inputs.literals["times"].scalar.primitive.integer)
            return Prepared(path, shell.scope(path, plan))

        await shell.prepare(path, unfold)

    def scope_of(self, times: int) -> ScopePlan:
        nodes = [NodePlan(index, f"i{index}", self.node, self.handler) for index in range(times)]
        return ScopePlan(nodes, {node.id: node.index for node in nodes}, MinimumSuccesses(self.minimum))

    async def _collect(self, shell: Shell, path: Path) -> None:
        items: list[Literal] = []
        for index, node in enumerate(shell.node(path).scope.nodes):
            if node.phase is NodePhase.SUCCEEDED:
                items += (await shell.data.outputs((*path, index))).literals.values()
        outputs = LiteralMap(literals={"o0": Literal(collection=LiteralCollection(literals=items))})
        await shell.data.store_outputs(path, outputs)
        shell.emit(Collected(path))
