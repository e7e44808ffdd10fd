"""A task that may leave nodes to be run in its place: it wraps the kind that runs tasks.

As a dynamic task does: what it holds is known only once an attempt has run, and has to be read from the store again
after a restart.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.compiler_pb2 import CompiledTask, CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.propeller.commands import NodeCommand, ReportNode, ReportTask
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import AttemptLeftNodes, AttemptStarted, NodeEvent
from livedeck.propeller.node_handler import NodeHandler, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger, TaskTrigger
from livedeck.propeller.plan import Path
from livedeck.propeller.planner import Planner
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState
from livedeck.propeller.store_access import load
from livedeck.propeller.transition import Transition
from livedeck.store.layout import FUTURES


@dataclass(frozen=True, slots=True)
class ReadNodes(NodeCommand):
    """Read what the attempt has left. Answered by ``NodesRead``."""

    attempt: int


@dataclass(frozen=True, slots=True)
class NodesRead(NodeEvent):
    """The nodes that the attempt has left."""

    scope: ScopeState


@dataclass(frozen=True, slots=True)
class ExpandHandler(NodeHandler):
    task: NodeHandler

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("task_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls(planner.handler(node, after=cls))

    def ready(self, transition: Transition, path: Path) -> None:
        self.task.ready(transition, path)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        node = transition.node(path)
        match event:
            case AttemptLeftNodes(attempt=number):
                attempt = node.attempt
                if attempt and attempt.number == number and not attempt.phase.terminal and not attempt.stopping:
                    self.task.handle(transition, path, AttemptStarted(path, number))
                    transition.move_attempt(path, TaskTrigger.SUCCEED)
                    transition.move(path, NodeTrigger.RUN_CHILDREN)
                    transition.ask(ReadNodes(path, number))
                else:
                    self.task.handle(transition, path, event)
            case NodesRead(scope=scope):
                if node.scope is None:
                    transition.hold(path, scope)
            case _:
                self.task.handle(transition, path, event)

    def resume(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase in (NodePhase.DYNAMIC_RUNNING, NodePhase.FAILING):
            assert node.attempt is not None
            transition.ask(ReadNodes(path, node.attempt.number))
        else:
            self.task.resume(transition, path)

    def stop(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.scope is not None:
            transition.close(path)
        elif node.phase not in (NodePhase.DYNAMIC_RUNNING, NodePhase.FAILING):
            self.task.stop(transition, path)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        failure = transition.scope(path).failure
        if succeeded:
            transition.succeed(path)
        elif failure is not None:
            transition.fail(path, failure)
        else:
            transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case ReadNodes(path, attempt):
                return self._read(shell, path, attempt)
            case _:
                return self.task.carry_out(shell, command)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return self.task.rebuild(node, record, scope)

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        self.task.describe_node(event, report, context)
        event.is_parent = event.is_dynamic = report.phase in (NodePhase.DYNAMIC_RUNNING, NodePhase.FAILING)

    def describe_attempt(self, event: TaskExecutionEvent, report: ReportTask, context: ReportContext) -> None:
        self.task.describe_attempt(event, report, context)

    async def _read(self, shell: Shell, path: Path, attempt: int) -> None:
        prefix = shell.addresses.attempt_prefix(shell.name(path), attempt)
        spec = DynamicJobSpec.FromString(await load(f"{prefix}/{FUTURES}", shell.settings))
        plan = shell.planner(closure_of(spec)).plan()
        shell.emit(NodesRead(path, shell.scope(path, plan, retry_group=attempt)))


def closure_of(spec: DynamicJobSpec) -> CompiledWorkflowClosure:
    template = WorkflowTemplate(nodes=spec.nodes, outputs=spec.outputs)
    return CompiledWorkflowClosure(
        primary=CompiledWorkflow(template=template),
        sub_workflows=[CompiledWorkflow(template=each) for each in spec.subworkflows],
        tasks=[CompiledTask(template=each) for each in spec.tasks],
    )
