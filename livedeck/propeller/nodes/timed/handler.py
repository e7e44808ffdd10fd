"""The parts of the timed kind, put together; the time is waited for in ``shell``."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from flyteidl.core.workflow_pb2 import Node

from livedeck.deck.numerals import format_duration
from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import NodeHandler, WrapsKind
from livedeck.propeller.nodes.timed.shell import TimeIsOver, WatchTime, watch
from livedeck.propeller.plan import Path
from livedeck.propeller.shell import Shell
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class TimedHandler(WrapsKind):
    """Has the scope that the node holds fail when the node's time is over; all else is the wrapped kind's doing."""

    inner: NodeHandler
    timeout: timedelta

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.workflow_node.HasField("sub_workflow_ref") and _timeout(node) > timedelta(0)

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        return cls(planner.handler(node, after=cls), _timeout(node))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        before = transition.node(path).scope
        if isinstance(event, TimeIsOver):
            if before is not None:
                transition.break_scope(path, self._failure())
            return
        self.inner.handle(transition, path, event)
        node = transition.node(path)
        if before is None and node.scope is not None and not node.phase.terminal:
            transition.ask(WatchTime(path))

    def _failure(self) -> Failure:
        limit = format_duration(self.timeout.total_seconds())
        message = f"The node ran longer than its timeout of {limit}, and what ran of it was stopped."
        return Failure("TimeoutExpired", message)

    def resume(self, transition: Transition, path: Path) -> None:
        if transition.node(path).scope is not None:
            transition.ask(WatchTime(path))
        self.inner.resume(transition, path)

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        if isinstance(command, WatchTime):
            return watch(self.timeout, shell, command.path)
        return self.inner.carry_out(shell, command)


def _timeout(node: Node) -> timedelta:
    return node.metadata.timeout.ToTimedelta()
