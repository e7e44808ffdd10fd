"""A node that holds a sub-workflow: its children are nodes of a scope of their own."""

from dataclasses import replace

from flyteidl.core.workflow_pb2 import Node

from livedeck.errors import UnsupportedOption
from livedeck.propeller.commands import Prepare
from livedeck.propeller.events import NodeEvent, Path, Prepared, Unprepared
from livedeck.propeller.phases import NodeEvent as Move
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import ScopePlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.refused import REFUSED
from livedeck.propeller.state import ScopeState
from livedeck.propeller.turn import Turn


class SubWorkflowKind:
    """QUEUED while its inputs are put together, RUNNING while its children run, FAILING while they are stopped."""

    def detail(self, node: Node, planner: Planner) -> ScopePlan:
        if node.workflow_node.WhichOneof("reference") == "launchplan_ref":
            raise UnsupportedOption(f"node {node.id!r} {REFUSED['launchplan_ref']}")
        return planner.sub_workflow(node.workflow_node.sub_workflow_ref)

    def ready(self, turn: Turn, path: Path) -> None:
        turn.move(path, Move.QUEUE)
        turn.ask(Prepare(path))

    def handle(self, turn: Turn, path: Path, event: NodeEvent) -> None:
        if turn.node(path).phase is not NodePhase.QUEUED:
            return  # told twice
        if isinstance(event, Prepared):
            turn.move(path, Move.RUN)
            turn.put(path, replace(turn.node(path), scope=ScopeState.new(turn.plan(path).detail)))
            turn.open(path)
        elif isinstance(event, Unprepared):
            turn.fail(path, event.failure)

    def resume(self, turn: Turn, path: Path) -> None:
        if turn.node(path).phase is not NodePhase.QUEUED:
            turn.resume(path)
        elif turn.scope(path[:-1]).closing:
            turn.abort(path)
        else:
            turn.ask(Prepare(path))

    def stop(self, turn: Turn, path: Path) -> None:
        if turn.node(path).scope is None:
            turn.abort(path)
        else:
            turn.close(path)
            turn.settle(path)

    def scope_over(self, turn: Turn, path: Path, *, succeeded: bool) -> None:
        failure = turn.scope(path).failure
        if succeeded:
            turn.succeed(path)
        elif failure is not None:
            turn.fail(path, failure)
        else:
            turn.abort(path)
