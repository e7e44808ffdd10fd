"""The two nodes that every scope has: one gives out the workflow's inputs, one takes in its outputs."""

from flyteidl.core.workflow_pb2 import Node

from livedeck.propeller.commands import Gather
from livedeck.propeller.events import Gathered, GatherFailed, NodeEvent, Path
from livedeck.propeller.phases import NodePhase, NodeTrigger
from livedeck.propeller.planner import Planner
from livedeck.propeller.transition import Transition


class StartKind:
    """The start node has succeeded as soon as its scope begins."""

    def detail(self, node: Node, planner: Planner) -> None:
        """There is nothing more to know."""

    def ready(self, transition: Transition, path: Path) -> None:
        transition.succeed(path)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        """Nothing ever happens to it."""

    def resume(self, transition: Transition, path: Path) -> None:
        """It is never half-way."""

    def stop(self, transition: Transition, path: Path) -> None:
        """It never runs."""

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""


class EndKind:
    """The end node puts the outputs together once all other nodes have succeeded."""

    def detail(self, node: Node, planner: Planner) -> None:
        """There is nothing more to know."""

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

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""
