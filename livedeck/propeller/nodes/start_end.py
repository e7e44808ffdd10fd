"""The two nodes that every scope has: one gives out the workflow's inputs, one takes in its outputs."""

from flyteidl.core.workflow_pb2 import Node

from livedeck.propeller.commands import Gather
from livedeck.propeller.events import Gathered, NodeEvent, Path, Ungathered
from livedeck.propeller.phases import NodeEvent as Move
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.planner import Planner
from livedeck.propeller.turn import Turn


class StartKind:
    """The start node has succeeded as soon as its scope begins."""

    def detail(self, node: Node, planner: Planner) -> None:
        """There is nothing more to know."""

    def ready(self, turn: Turn, path: Path) -> None:
        turn.succeed(path)

    def handle(self, turn: Turn, path: Path, event: NodeEvent) -> None:
        """Nothing ever happens to it."""

    def resume(self, turn: Turn, path: Path) -> None:
        """It is never half-way."""

    def stop(self, turn: Turn, path: Path) -> None:
        """It never runs."""

    def scope_over(self, turn: Turn, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""


class EndKind:
    """The end node puts the outputs together once all other nodes have succeeded."""

    def detail(self, node: Node, planner: Planner) -> None:
        """There is nothing more to know."""

    def ready(self, turn: Turn, path: Path) -> None:
        turn.move(path, Move.QUEUE)
        turn.ask(Gather(path))

    def handle(self, turn: Turn, path: Path, event: NodeEvent) -> None:
        if turn.node(path).phase is not NodePhase.QUEUED:
            return  # told too early or twice
        if isinstance(event, Gathered):
            turn.succeed(path)
        elif isinstance(event, Ungathered):
            turn.fail(path, event.failure)

    def resume(self, turn: Turn, path: Path) -> None:
        turn.ask(Gather(path))

    def stop(self, turn: Turn, path: Path) -> None:
        turn.abort(path)

    def scope_over(self, turn: Turn, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""
