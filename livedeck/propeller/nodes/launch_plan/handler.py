"""A node that starts a child execution of a launch plan, and ends as the child does.

The child's name is made of the execution's and the node's, so that whichever engine starts it finds the one that is
there. It is an execution like any other: it holds no slot of its parent's, is driven under a lease of its own, and
outlives the engine that started it. The one attempt that the state counts stands for the child; it is not on record.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.node_handler import HasNoAttempts, HoldsNoScope, ScopeBuilder
from livedeck.propeller.nodes.launch_plan.messages import (
    AbortChild,
    ChildAborted,
    ChildFailed,
    ChildStarted,
    ChildSucceeded,
    RunChild,
)
from livedeck.propeller.nodes.launch_plan.shell import abort_child, run_child
from livedeck.propeller.phases import NodePhase, NodeTrigger, TaskPhase
from livedeck.propeller.plan import Path
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import AttemptState, NodeState, Stopping
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class LaunchPlanHandler(HoldsNoScope, HasNoAttempts):
    """QUEUED until the child exists, RUNNING until it is over or is asked to abort."""

    launch_plan: Identifier
    timeout: timedelta | None
    """How long the child may take; None: for ever."""
    interruptible: bool | None
    """What the node says about it; None: nothing."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.workflow_node.HasField("launchplan_ref")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        metadata = node.metadata
        timeout = metadata.timeout.ToTimedelta()  # zero is how flytekit says that there is none
        interruptible = metadata.interruptible if metadata.WhichOneof("interruptible_value") else None
        launch_plan = planner.launch_plan(node.workflow_node.launchplan_ref)
        return cls(launch_plan.id, timeout if timeout > timedelta(0) else None, interruptible)

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        child = transition.node(path).attempt
        begun = child is not None and child.phase is not TaskPhase.UNDEFINED
        match event:
            case Prepared() if not begun and not _stopping(child):
                self._begin(transition, path)
            case PrepareFailed(failure=failure) if not begun and not _stopping(child):
                transition.fail(path, failure)
            case ChildStarted() if begun and not _stopping(child):
                _run(transition, path)
            case ChildSucceeded() if begun:
                _run(transition, path)  # even if that was not seen
                transition.succeed(path)
            case ChildFailed(failure=failure) if begun and not _stopping(child):
                transition.fail(path, failure)
            case ChildAborted() if _stopping(child):
                transition.abort(path)
            case _:
                pass  # told twice, or too late

    def _begin(self, transition: Transition, path: Path, *, adopt: bool = False) -> None:
        transition.put(path, replace(transition.node(path), attempt=AttemptState(0, TaskPhase.QUEUED)))
        transition.ask(RunChild(path, adopt=adopt))

    def resume(self, transition: Transition, path: Path) -> None:
        if transition.ends(path):
            self.stop(transition, path)
        elif transition.node(path).phase is NodePhase.QUEUED:
            transition.ask(Prepare(path))
        else:
            self._begin(transition, path, adopt=True)

    def stop(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.attempt is None:
            transition.abort(path)
        elif node.attempt.stopping is None:
            transition.put(path, replace(node, attempt=replace(node.attempt, stopping=Stopping.ABORT)))
            transition.ask(AbortChild(path))

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case RunChild(path, adopt):
                return run_child(self, shell, path, adopt=adopt)
            case AbortChild(path):
                return abort_child(shell, path)
            case _:
                return shell.prepare(command.path)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        # The child may be there although the node is QUEUED: whoever stops the node has to look.
        return replace(node, attempt=AttemptState(0)) if node.phase.active else node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        event.target_entity.CopyFrom(self.launch_plan)
        child = context.observations.children.get(report.path)
        if child is not None:
            event.workflow_node_metadata.execution_id.CopyFrom(child)


def _stopping(child: AttemptState | None) -> bool:
    return child is not None and child.stopping is not None


def _run(transition: Transition, path: Path) -> None:
    if transition.node(path).phase is NodePhase.QUEUED:
        transition.move(path, NodeTrigger.RUN)
