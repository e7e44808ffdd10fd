"""A task that may leave nodes to be run in its place (Flyte's dynamic): it wraps the kind that runs tasks.

Whether a task is dynamic nobody knows before it has run: its attempt leaves ``futures.pb`` or ``outputs.pb``. What the
nodes are is on record together with the phase DYNAMIC_RUNNING, and read from there after a restart: the task may have
written over its ``futures.pb`` meanwhile.

A child that fails for good fails the node; as in Flyte, the task's retries are for its own attempts alone.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.propeller.commands import KeepOutputs, NodeCommand, Prepare, ReleaseOutputs, ReportNode, ReportTask
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import (
    AttemptEvent,
    AttemptFailed,
    AttemptLeftNodes,
    AttemptStarted,
    NodeEvent,
    OutputsKept,
)
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import NodeHandler, ScopeBuilder
from livedeck.propeller.nodes.dynamic.messages import (
    CompileNodes,
    FindNodes,
    NodesFound,
    NodesRecovered,
    NodesRefused,
)
from livedeck.propeller.nodes.dynamic.shell import compile_nodes, find_nodes, recover_nodes
from livedeck.propeller.phases import NodePhase, NodeTrigger, TaskTrigger
from livedeck.propeller.plan import Path
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState, Stopping
from livedeck.propeller.transition import Transition

_RUNS_CHILDREN = frozenset({NodePhase.DYNAMIC_RUNNING, NodePhase.FAILING})


@dataclass(frozen=True, slots=True)
class DynamicHandler(NodeHandler):
    """RUNNING until the attempt's nodes are compiled, DYNAMIC_RUNNING while they run, FAILING while they are stopped.

    With a task that leaves none it is what the task's own handler makes of it.
    """

    task: NodeHandler
    outputs: VariableMap
    """What the nodes have to give together."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("task_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls(planner.handler(node, after=cls), planner.task(node.task_node.reference_id).interface.outputs)

    def ready(self, transition: Transition, path: Path) -> None:
        self.task.ready(transition, path)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        match event:
            case AttemptLeftNodes():
                self._left_nodes(transition, path, event)
            case NodesFound():
                self._found(transition, path, event)
            case NodesRecovered(scope=scope):
                self._recovered(transition, path, scope)
            case NodesRefused(attempt=number, failure=failure):
                self.task.handle(transition, path, AttemptFailed(path, number, failure))
            case OutputsKept():
                if transition.node(path).phase in _RUNS_CHILDREN:
                    transition.succeed(path)
            case _:
                self.task.handle(transition, path, event)

    def _left_nodes(self, transition: Transition, path: Path, event: AttemptLeftNodes) -> None:
        node = transition.node(path)
        if not _live(node, event):
            return
        assert node.attempt is not None
        if node.attempt.stopping is Stopping.ABORT:
            self.task.handle(transition, path, AttemptFailed(path, event.attempt, _STOPPED))
        else:
            transition.ask(CompileNodes(path, event.attempt))

    def _found(self, transition: Transition, path: Path, event: NodesFound) -> None:
        node = transition.node(path)
        if _live(node, event):
            assert node.attempt is not None
            if node.attempt.stopping is Stopping.ABORT:  # since they are being compiled
                self.task.handle(transition, path, AttemptFailed(path, event.attempt, _STOPPED))
                return
            self.task.handle(transition, path, AttemptStarted(path, event.attempt))  # even if that was not seen
            transition.move_attempt(path, TaskTrigger.SUCCEED)
            transition.move(path, NodeTrigger.RUN_CHILDREN)
            transition.hold(path, event.scope)
        elif node.phase in _RUNS_CHILDREN and node.scope is None:
            transition.hold(path, event.scope)

    def _recovered(self, transition: Transition, path: Path, scope: ScopeState) -> None:
        node = transition.node(path)
        if node.phase is NodePhase.QUEUED and node.attempt is None:  # else told twice
            transition.move(path, NodeTrigger.RUN)
            transition.move(path, NodeTrigger.RUN_CHILDREN)
            transition.hold(path, scope)

    def resume(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase not in _RUNS_CHILDREN:
            self.task.resume(transition, path)
        elif node.scope is None:
            transition.ask(FindNodes(path, _number(node)))
        else:
            transition.resume(path)

    def stop(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase not in _RUNS_CHILDREN:
            self.task.stop(transition, path)
        elif node.scope is not None:
            transition.close(path)
        # else the scope is still being found out, and closes when it is put under the node

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        node, failure = transition.node(path), transition.scope(path).failure
        if succeeded:
            transition.ask(KeepOutputs(path, _number(node)))
        elif failure is not None:
            transition.fail(path, failure)
            transition.ask(ReleaseOutputs(path))
        else:
            transition.abort(path)
            transition.ask(ReleaseOutputs(path))

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case CompileNodes(path, attempt):
                return compile_nodes(shell, path, attempt, self.outputs)
            case FindNodes(path, attempt):
                return find_nodes(shell, path, attempt)
            case Prepare(path) if (source := shell.recovered.dynamic(shell.name(path))) is not None:
                return recover_nodes(shell, path, source, lambda: self.task.carry_out(shell, command))
            case _:
                return self.task.carry_out(shell, command)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return self.task.rebuild(node, record, scope)

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        self.task.describe_node(event, report, context)
        if report.phase not in _RUNS_CHILDREN:
            return
        event.is_parent = event.is_dynamic = True
        compiled = context.observations.compiled.get((report.path, report.attempt))
        if compiled is not None and report.phase is NodePhase.DYNAMIC_RUNNING:
            event.task_node_metadata.dynamic_workflow.CopyFrom(compiled)

    def describe_attempt(self, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
        self.task.describe_attempt(event, report, context)
        if (report.path, report.attempt) in context.observations.compiled and event.WhichOneof("output_result"):
            event.ClearField("output_uri")  # the outputs are the nodes' to make


_STOPPED = Failure("Stopped", "The attempt was stopped.")
"""Of an attempt that left nodes while its node was being stopped; the node is aborted, and nobody reads it."""


def _number(node: NodeState) -> int:
    """Which attempt the nodes are of that the node holds: the first, if its task was not run but recovered."""
    return node.attempt.number if node.attempt is not None else 0


def _live(node: NodeState, event: AttemptEvent) -> bool:
    """Whether an event is about the node's latest attempt, which is not over."""
    attempt = node.attempt
    return attempt is not None and attempt.number == event.attempt and not attempt.phase.terminal
