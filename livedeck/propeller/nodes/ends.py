"""The two nodes that every workflow has: one gives out the workflow's inputs, one takes in its outputs."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.errors import ImpossibleTransition
from livedeck.propeller.commands import Gather, NodeCommand, ReportNode
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import Gathered, GatherFailed, NodeEvent
from livedeck.propeller.node_handler import HasNoAttempts, HoldsNoScope, ScopeBuilder
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import END, START, Path
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class StartHandler(HoldsNoScope, HasNoAttempts):
    """The start node has succeeded as soon as its scope begins."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.id == START

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls()

    def ready(self, transition: Transition, path: Path) -> None:
        transition.succeed(path)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        raise ImpossibleTransition(f"a start node cannot be told {event}")

    def resume(self, transition: Transition, path: Path) -> None:
        raise ImpossibleTransition(f"a start node is never half-way, but the one at {path} is")

    def stop(self, transition: Transition, path: Path) -> None:
        raise ImpossibleTransition(f"a start node never runs, but the one at {path} does")

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        raise ImpossibleTransition(f"a start node asks for nothing, but was given {command}")

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        """Take away where the inputs lie: a start node has none."""
        event.ClearField("input_uri")


@dataclass(frozen=True, slots=True)
class EndHandler(HoldsNoScope, HasNoAttempts):
    """The end node puts the outputs together once all other nodes have succeeded. It is not reported."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.id == END

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls()

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Gather(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        if transition.node(path).phase is not NodePhase.QUEUED:
            return  # told too early or twice
        if isinstance(event, Gathered):
            transition.succeed(path)
        elif isinstance(event, GatherFailed):
            transition.fail(path, event.failure)

    def resume(self, transition: Transition, path: Path) -> None:
        transition.ask(Gather(path))

    def stop(self, transition: Transition, path: Path) -> None:
        transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        return shell.gather(command.path)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        raise ImpossibleTransition("an end node is not reported")
