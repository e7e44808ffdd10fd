"""The parts of the gate kind, put together; what it waits for is waited for in ``shell``."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.propeller.commands import NodeCommand, Prepare, ReportNode
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import NodeEvent, Prepared, PrepareFailed
from livedeck.propeller.node_handler import HasNoAttempts, HoldsNoScope, ScopeBuilder
from livedeck.propeller.nodes.gate.planning import Gate, gate_of
from livedeck.propeller.nodes.gate.shell import GateOpened, GateStaysShut, WaitAtGate, wait
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import Path
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.shell import Shell
from livedeck.propeller.state import NodeState
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class GateHandler(HoldsNoScope, HasNoAttempts):
    """QUEUED while its inputs are put together, RUNNING while it waits."""

    gate: Gate

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("gate_node")

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls(gate_of(node))

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        queued = transition.node(path).phase is NodePhase.QUEUED
        match event:
            case Prepared() if queued:
                transition.move(path, NodeTrigger.RUN)
                transition.ask(WaitAtGate(path))
            case PrepareFailed(failure=failure) if queued:
                transition.fail(path, failure)
            case GateOpened() if not queued:
                transition.succeed(path)
            case GateStaysShut(failure=failure) if not queued:
                transition.fail(path, failure)
            case _:
                pass  # told twice, or too early

    def resume(self, transition: Transition, path: Path) -> None:
        if transition.scope(path[:-1]).closing:
            transition.abort(path)
        elif transition.node(path).phase is NodePhase.QUEUED:
            transition.ask(Prepare(path))
        else:
            transition.ask(WaitAtGate(path))

    def stop(self, transition: Transition, path: Path) -> None:
        transition.abort(path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case WaitAtGate(path):
                return wait(self.gate, shell, path)
            case _:
                return shell.prepare(command.path)

    def rebuild(self, node: NodeState, record: RecordedNode, scope: ScopeBuilder) -> NodeState:
        return node

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        """Add nothing: a gate runs no entity, and holds no nodes."""
