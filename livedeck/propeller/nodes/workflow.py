"""A node that holds a sub-workflow: its children are nodes of a scope of their own."""

from dataclasses import replace

from flyteidl.core.workflow_pb2 import Node

from livedeck.errors import UnsupportedOption
from livedeck.propeller.commands import Prepare
from livedeck.propeller.events import NodeEvent, Path, Prepared, PrepareFailed
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.plan import ScopePlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.refused import REFUSED
from livedeck.propeller.state import ScopeState
from livedeck.propeller.transition import Transition


class SubWorkflowKind:
    """QUEUED while its inputs are put together, RUNNING while its children run, FAILING while they are stopped."""

    def detail(self, node: Node, planner: Planner) -> ScopePlan:
        if node.workflow_node.WhichOneof("reference") == "launchplan_ref":
            raise UnsupportedOption(f"node {node.id!r} {REFUSED['launchplan_ref']}")
        return planner.sub_workflow(node.workflow_node.sub_workflow_ref)

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        if transition.node(path).phase is not NodePhase.QUEUED:
            return  # told twice
        if isinstance(event, Prepared):
            transition.move(path, NodeTrigger.RUN)
            transition.put(path, replace(transition.node(path), scope=ScopeState.new(transition.plan(path).detail)))
            transition.open(path)
        elif isinstance(event, PrepareFailed):
            transition.fail(path, event.failure)

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
            transition.settle(path)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        failure = transition.scope(path).failure
        if succeeded:
            transition.succeed(path)
        elif failure is not None:
            transition.fail(path, failure)
        else:
            transition.abort(path)
