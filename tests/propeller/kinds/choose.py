"""A node that runs one of several nodes, by what its input ``case`` says, and skips the others.

As a conditional does: the nodes bind what lies outside, and what the chosen one gives is what this node gives.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Self

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, PrepareFailed
from livedeck.propeller.node_handler import HasNoAttempts, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.scope_policy import WorkflowPolicy
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class Chosen(NodeEvent):
    """The inputs say which node is to run."""

    case: int


@dataclass(frozen=True, slots=True)
class TakeOutputs(NodeCommand):
    """Give as outputs those of a case. Answered by ``OutputsTaken``."""

    case: int


@dataclass(frozen=True, slots=True)
class OutputsTaken(NodeEvent):
    """The outputs are known."""


@dataclass(frozen=True, slots=True)
class ChooseHandler(HasNoAttempts):
    cases: ScopePlan

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("branch_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        branch = node.branch_node.if_else
        then = [branch.case.then_node, *(other.then_node for other in branch.other)]
        # Each waits for one thing, which is not a node: the choice.
        nodes = [NodePlan(at, each.id, each, planner.handler(each), waiting=1) for at, each in enumerate(then)]
        return cls(ScopePlan(nodes, {each.id: each.index for each in nodes}, WorkflowPolicy()))

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        queued = transition.node(path).phase is NodePhase.QUEUED
        match event:
            case Chosen(case=chosen) if queued:
                transition.move(path, NodeTrigger.RUN)
                transition.hold(path, ScopeState.new(self.cases))
                for case in self.cases.nodes:
                    if case.index != chosen:
                        transition.skip((*path, case.index))
                transition.begin((*path, chosen))
            case PrepareFailed(failure=failure) if queued:
                transition.fail(path, failure)
            case OutputsTaken():
                transition.succeed(path)
            case _:
                pass  # told twice

    def resume(self, transition: Transition, path: Path) -> None:
        if transition.node(path).phase is not NodePhase.QUEUED:
            transition.resume(path)
        elif transition.scope(path[:-1]).closing:
            transition.abort(path)
        else:
            transition.ask(Prepare(path))

    def stop(self, transition: Transition, path: Path) -> None:
        if transition.node(path).scope is None:
            transition.abort(path)
        else:
            transition.close(path)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        scope = transition.scope(path)
        taken = [index for index, node in enumerate(scope.nodes) if node.phase is NodePhase.SUCCEEDED]
        if scope.failure is not None:
            transition.fail(path, scope.failure)
        elif succeeded and not scope.closing:
            transition.ask(TakeOutputs(path, taken[0]))
        else:
            transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case TakeOutputs(path, case):
                return self._take_outputs(shell, path, case)
            case _:
                return self._prepare(shell, command.path)

    async def inputs_of(self, shell: Shell, path: Path) -> LiteralMap:
        return await shell.data.bound(path, scope=path[:-2])

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return node if node.phase is NodePhase.QUEUED or node.phase.terminal else replace(node, scope=scope(self.cases))

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        event.is_parent = True

    async def _prepare(self, shell: Shell, path: Path) -> None:
        async def choose(inputs: LiteralMap) -> NodeEvent:
            return Chosen(path, inputs.literals["case"].scalar.primitive.integer)

        await shell.prepare(path, choose)

    async def _take_outputs(self, shell: Shell, path: Path, case: int) -> None:
        shell.observations.outputs[path] = shell.observations.outputs[*path, case]
        shell.emit(OutputsTaken(path))
