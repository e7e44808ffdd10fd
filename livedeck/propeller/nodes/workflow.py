"""A node that holds a sub-workflow: its children are nodes of a scope of their own."""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Self

from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.node_handler import HasNoAttempts, HoldsPlannedScope, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import Path, ScopePlan
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState, ScopeState
from livedeck.propeller.transition import Transition

_BEGUN = frozenset({NodePhase.RUNNING, NodePhase.FAILING})


@dataclass(frozen=True, slots=True)
class SubWorkflowHandler(HoldsPlannedScope, HasNoAttempts):
    """QUEUED while its inputs are put together, RUNNING while its children run, FAILING while they are stopped."""

    workflow: Identifier
    children: ScopePlan

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.workflow_node.HasField("sub_workflow_ref")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        workflow = node.workflow_node.sub_workflow_ref
        return cls(workflow, planner.sub_workflow(workflow))

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        if transition.node(path).phase is not NodePhase.QUEUED:
            return  # told twice
        if isinstance(event, Prepared):
            transition.move(path, NodeTrigger.RUN)
            transition.hold(path, ScopeState.new(self.children))
        elif isinstance(event, PrepareFailed):
            transition.fail(path, event.failure)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        failure = transition.scope(path).failure
        if succeeded:
            transition.succeed(path)
        elif failure is not None:
            transition.fail(path, failure)
        else:
            transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        return shell.prepare(command.path)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return replace(node, scope=scope(self.children)) if node.phase in _BEGUN else node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        event.is_parent = True
        event.target_entity.CopyFrom(self.workflow)
