"""A node that runs one of several nodes, its ways, by conditions on its inputs: Flyte's branch node.

The ways are nodes of a scope of the branch's own, but bind among the nodes around it. Once the conditions have been
looked at, one way begins, and the others are SKIPPED; its outputs are the branch's.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Self

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.workflow_pb2 import IfElseBlock, Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.errors import InvalidWorkflow
from livedeck.literals.conditions import holds
from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import HasNoAttempts, HoldsPlannedScope, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.scope_policy import WorkflowPolicy
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState
from livedeck.propeller.transition import Transition

_BEGUN = frozenset({NodePhase.RUNNING, NodePhase.FAILING})


@dataclass(frozen=True, slots=True)
class WayChosen(NodeEvent):
    """The conditions have been looked at."""

    way: int
    """The index of the way to take."""


@dataclass(frozen=True, slots=True)
class NoWay(NodeEvent):
    """The conditions have been looked at, and no way is to be taken."""

    failure: Failure
    """What the branch fails with."""


@dataclass(frozen=True, slots=True)
class TakeOutputs(NodeCommand):
    """Give as outputs those of a way. Answered by ``OutputsTaken``."""

    way: int


@dataclass(frozen=True, slots=True)
class OutputsTaken(NodeEvent):
    """The outputs are known."""


@dataclass(frozen=True, slots=True)
class BranchHandler(HoldsPlannedScope, HasNoAttempts):
    """QUEUED while the conditions are looked at, RUNNING while the way taken runs, FAILING while that is stopped."""

    block: IfElseBlock
    ways: ScopePlan

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("branch_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        block = node.branch_node.if_else
        ways = [block.case.then_node, *(other.then_node for other in block.other)]
        if block.WhichOneof("default") == "else_node":
            ways.append(block.else_node)
        if len({way.id for way in ways}) < len(ways):
            raise InvalidWorkflow(f"branch {node.id!r} has two nodes with the same id; register it again")
        # Each waits for one thing, which is not a node: the choice.
        nodes = [NodePlan(at, way.id, way, planner.handler(way), waiting=1) for at, way in enumerate(ways)]
        return cls(block, ScopePlan(nodes, {each.id: each.index for each in nodes}, WorkflowPolicy()))

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        queued = transition.node(path).phase is NodePhase.QUEUED
        match event:
            case WayChosen(way=way) if queued:
                self._hold(transition, path, skipped=[each.index for each in self.ways.nodes if each.index != way])
                transition.begin((*path, way))
            case NoWay(failure=failure) if queued:
                self._hold(transition, path, skipped=range(len(self.ways.nodes)))
                transition.fail(path, failure)
            case PrepareFailed(failure=failure) if queued:
                transition.fail(path, failure)
            case OutputsTaken() if self._over(transition, path):
                transition.succeed(path)
            case _:
                pass  # told twice, or too late

    def _hold(self, transition: Transition, path: Path, skipped: Any) -> None:
        transition.move(path, NodeTrigger.RUN)
        transition.hold(path, ScopeState.new(self.ways))
        for way in skipped:
            transition.skip((*path, way))

    def _over(self, transition: Transition, path: Path) -> bool:
        """Whether the way taken has succeeded, and nobody has asked the branch to stop."""
        scope = transition.node(path).scope
        return scope is not None and scope.succeeded == len(scope.nodes) and not scope.closing

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        scope = transition.scope(path)
        if scope.failure is not None:
            transition.fail(path, scope.failure)
        elif succeeded and not scope.closing:
            taken = [index for index, node in enumerate(scope.nodes) if node.phase is not NodePhase.SKIPPED]
            transition.ask(TakeOutputs(path, taken[0]))
        else:
            transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case TakeOutputs(path, way):
                return self._take_outputs(shell, path, way)
            case _:
                return self._choose(shell, command.path)

    async def inputs_of(self, shell: Shell, path: Path) -> LiteralMap:
        """Return the inputs of a way: it binds what lies around the outermost branch that it is a way of."""
        scope = path[:-1]
        while scope and isinstance(shell.plan(scope).handler, BranchHandler):
            scope = scope[:-1]
        return await shell.data.bound(path, scope=scope)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return replace(node, scope=scope(self.ways)) if node.phase in _BEGUN else node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        event.is_parent = True

    async def _choose(self, shell: Shell, path: Path) -> None:
        async def choose(inputs: LiteralMap) -> NodeEvent:
            try:
                return self._chosen(path, await shell.data.all_loaded(inputs))
            except InvalidWorkflow as error:
                return NoWay(path, Failure("MalformedBranchUserError", f"The branch cannot be decided: {error}."))

        await shell.prepare(path, choose)

    def _chosen(self, path: Path, inputs: LiteralMap) -> NodeEvent:
        """Look at the conditions in order. The codes of failures are Flyte's."""
        block = self.block
        for way, case in enumerate((block.case, *block.other)):
            if holds(case.condition, inputs.literals):
                return WayChosen(path, way)
        match block.WhichOneof("default"):
            case "else_node":
                return WayChosen(path, 1 + len(block.other))
            case "error":
                return NoWay(path, Failure("UserProvidedError", block.error.message))
            case _:
                return NoWay(path, Failure("MalformedBranchUserError", "No condition holds, and there is no else."))

    async def _take_outputs(self, shell: Shell, path: Path, way: int) -> None:
        outputs = shell.observations.outputs
        if (*path, way) in outputs:  # else the way has none
            outputs[path] = outputs[*path, way]
        with shell.recorder.expecting():
            shell.emit(OutputsTaken(path))
