"""One step of the machine while it is being taken: the state so far, the commands so far.

A ``Transition`` is what ``machine.step`` and the node kinds write on. It is made for one event and thrown away, so the
mutation stays inside the step. What is true of every node whatever its kind stands here: how it becomes ready, how its
end reaches its dependents and its scope, and how a scope ends.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from livedeck.propeller.commands import Command, ReportNode, ReportWorkflow
from livedeck.propeller.events import NodeEvent, Path
from livedeck.propeller.failures import Failure
from livedeck.propeller.phases import NODE, WORKFLOW, NodePhase, NodeTrigger, WorkflowPhase, WorkflowTrigger, advance
from livedeck.propeller.plan import NodePlan
from livedeck.propeller.state import ExecutionState, NodeState, ScopeState, plan_at, scope_at

ROOT: Path = ()


class Kind(Protocol):
    """What sets one kind of node apart from another."""

    def ready(self, transition: "Transition", path: Path) -> None:
        """Everything upstream has succeeded: the node was just queued."""

    def handle(self, transition: "Transition", path: Path, event: NodeEvent) -> None:
        """Something happened to the node, which is not over. May be late or repeated."""

    def resume(self, transition: "Transition", path: Path) -> None:
        """The node was found half-way: ask again for what an engine that died was waiting for."""

    def stop(self, transition: "Transition", path: Path) -> None:
        """End the node: at once if nothing of it runs, else as soon as nothing does. May be repeated."""

    def scope_over(self, transition: "Transition", path: Path, *, succeeded: bool) -> None:
        """The nodes that it holds are over."""


class Transition:
    """The state and the commands of one step."""

    def __init__(self, state: ExecutionState, kinds: Mapping[str, Kind]) -> None:
        self.state = state
        self.commands: list[Command] = []
        self._kinds = kinds

    # Looking.

    def scope(self, path: Path) -> ScopeState:
        """The scope at ``path``: the root's, or that of a node that holds nodes."""
        return scope_at(self.state.root, path)

    def node(self, path: Path) -> NodeState:
        """The node at ``path``."""
        return self.scope(path[:-1]).nodes[path[-1]]

    def plan(self, path: Path) -> NodePlan:
        """What the node at ``path`` is to do."""
        return plan_at(self.state.root, path)

    def kind(self, path: Path) -> Kind:
        """The kind of the node at ``path``."""
        return self._kinds[self.plan(path).kind]

    def knows(self, path: Path) -> bool:
        """Whether there is such a node now; one named by a late event may be gone with its scope."""
        scope: ScopeState | None = self.state.root
        for index in path:
            if scope is None or not 0 <= index < len(scope.nodes):
                return False
            scope = scope.nodes[index].scope
        return bool(path)

    # Writing.

    def ask(self, command: Command) -> None:
        """Add a command."""
        self.commands.append(command)

    def put_scope(self, path: Path, scope: ScopeState) -> None:
        """Replace the scope at ``path``."""
        if path == ROOT:
            self.state = replace(self.state, root=scope)
        else:
            self.put(path, replace(self.node(path), scope=scope))

    def put(self, path: Path, node: NodeState) -> None:
        """Replace the node at ``path``."""
        scope = self.scope(path[:-1])
        self.put_scope(path[:-1], replace(scope, nodes=scope.nodes.replace(path[-1], node)))

    def move(self, path: Path, trigger: NodeTrigger, *, failure: Failure | None = None, cached: bool = False) -> None:
        """Take the node through its table, keep count of the scope's active nodes, and report the new phase."""
        node = self.node(path)
        phase = advance(NODE, node.phase, trigger)
        scope = self.scope(path[:-1])
        change = int(_active(phase)) - int(_active(node.phase))
        nodes = scope.nodes.replace(path[-1], replace(node, phase=phase, failure=failure))
        self.put_scope(path[:-1], replace(scope, nodes=nodes, active=scope.active + change))
        if scope.plan.nodes[path[-1]].reported:
            attempt = node.attempt.number if node.attempt else 0
            self.ask(ReportNode(path, phase, failure, cached=cached, attempt=attempt))

    def move_workflow(self, trigger: WorkflowTrigger, failure: Failure | None = None, *, report: bool = True) -> None:
        """Take the workflow through its table and report the new phase."""
        phase = advance(WORKFLOW, self.state.phase, trigger)
        self.state = replace(self.state, phase=phase, failure=failure)
        if report:
            self.ask(ReportWorkflow(phase, failure))

    # What is true of every node.

    def succeed(self, path: Path, *, cached: bool = False) -> None:
        """The node is over and well: whoever waited only for it is ready."""
        self.move(path, NodeTrigger.SUCCEED, cached=cached)
        above = path[:-1]
        for index in self.plan(path).dependents:
            self._count_down((*above, index))
        self.settle(above)

    def fail(self, path: Path, failure: Failure) -> None:
        """The node is over for good, and so is its scope: at once, or when all that can go on has."""
        self.move(path, NodeTrigger.FAIL, failure=failure)
        above = path[:-1]
        scope = self.scope(above)
        if scope.failure is None:
            self.put_scope(above, replace(scope, failure=failure))
        if scope.plan.fail_immediately:
            self.close(above)
        self.settle(above)

    def abort(self, path: Path) -> None:
        """The node was stopped and nothing of it runs."""
        self.move(path, NodeTrigger.ABORT)
        self.settle(path[:-1])

    def _count_down(self, path: Path) -> None:
        node = self.node(path)
        node = replace(node, waiting=node.waiting - 1)
        self.put(path, node)
        if not node.waiting and node.phase is NodePhase.UNDEFINED:
            self.queue(path)

    def queue(self, path: Path) -> None:
        """Begin the node, unless its scope is closing."""
        if not self.scope(path[:-1]).closing:
            self.kind(path).ready(self, path)

    # What is true of every scope.

    def open(self, path: Path) -> None:
        """Begin every node of the scope that waits for nothing and has not begun."""
        for index, node in enumerate(self.scope(path).nodes):
            if not node.waiting and node.phase is NodePhase.UNDEFINED:
                self.queue((*path, index))

    def resume(self, path: Path) -> None:
        """Carry on with a scope that was found half-way."""
        for index in range(len(self.scope(path).nodes)):
            child = (*path, index)
            if _active(self.node(child).phase):
                self.kind(child).resume(self, child)
        self.open(path)
        self.settle(path)

    def close(self, path: Path) -> None:
        """Let no further node of the scope begin, and stop those that have."""
        scope = self.scope(path)
        if scope.closing:
            return
        self.put_scope(path, replace(scope, closing=True))
        self._announce_break(path)
        for index, node in enumerate(scope.nodes):
            if _active(node.phase):
                self.kind((*path, index)).stop(self, (*path, index))

    def _announce_break(self, path: Path) -> None:
        """Show that the scope is failing while its other nodes are being stopped."""
        failure = self.scope(path).failure
        if failure is None:
            return
        if path == ROOT:
            if self.state.phase in _UNBROKEN:
                self.move_workflow(WorkflowTrigger.BREAK, failure)
        elif self.scope(path).active and self.node(path).phase is not NodePhase.FAILING:
            self.move(path, NodeTrigger.BREAK, failure=failure)

    def settle(self, path: Path) -> None:
        """If nothing of the scope runs any more, tell whoever it belongs to."""
        scope = self.scope(path)
        if scope.active:
            return
        succeeded = scope.nodes[scope.plan.end].phase.satisfied
        if not succeeded and not scope.closing and scope.failure is None:
            return  # between two nodes of a start: the next one is about to be queued
        if path == ROOT:
            self._workflow_over(succeeded=succeeded)
        elif not self.node(path).phase.terminal:
            self.kind(path).scope_over(self, path, succeeded=succeeded)

    def _workflow_over(self, *, succeeded: bool) -> None:
        phase = self.state.phase
        if phase.terminal:
            return
        if phase is WorkflowPhase.ABORTING:
            self.move_workflow(WorkflowTrigger.ABORT, self.state.failure)
        elif succeeded and phase is not WorkflowPhase.FAILING:
            if phase is WorkflowPhase.RUNNING:
                self.move_workflow(WorkflowTrigger.COMPLETE)
            self.move_workflow(WorkflowTrigger.SUCCEED)
        else:
            failure = self.state.root.failure or self.state.failure
            if phase is not WorkflowPhase.FAILING:
                self.move_workflow(WorkflowTrigger.BREAK, failure)
            self.move_workflow(WorkflowTrigger.FAIL, failure)


_UNBROKEN = frozenset({WorkflowPhase.QUEUED, WorkflowPhase.RUNNING, WorkflowPhase.SUCCEEDING})


def _active(phase: NodePhase) -> bool:
    return phase is not NodePhase.UNDEFINED and not phase.terminal
