"""One step of the machine while it is being taken: the state so far, the commands so far.

A `Transition` is what ``machine.step`` and the handlers of nodes write on. It is made for one event and thrown away, so
the mutation stays inside the step. What is true of every node whatever its kind stands here: how it becomes ready, how
its end reaches its dependents and its scope, and how a scope ends.
"""

from dataclasses import replace

from livedeck.propeller.commands import Command, ReportNode, ReportTask, ReportWorkflow
from livedeck.propeller.failures import Failure
from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.phases import (
    NODE,
    TASK,
    WORKFLOW,
    NodePhase,
    NodeTrigger,
    TaskTrigger,
    WorkflowPhase,
    WorkflowTrigger,
    advance,
)
from livedeck.propeller.plan import NodePlan, Path
from livedeck.propeller.scope_policy import OnFailure
from livedeck.propeller.state import AttemptState, ExecutionState, NodeState, ScopeState, plan_at, scope_at

ROOT: Path = ()


class Transition:
    """The state and the commands of one step."""

    def __init__(self, state: ExecutionState) -> None:
        self.state = state
        self.commands: list[Command] = []
        self._unsettled: dict[int, set[Path]] = {}
        """Scopes to look at when the step ends, by how deep they lie: one step may stop very many."""

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

    def handler(self, path: Path) -> NodeHandler:
        """The handler of the node at ``path``."""
        return self.plan(path).handler

    def exists(self, path: Path) -> bool:
        """Whether there is such a node now; one named by a late event may be gone with its scope."""
        scope: ScopeState | None = self.state.root
        for index in path:
            if scope is None or not 0 <= index < len(scope.nodes):
                return False
            scope = scope.nodes[index].scope
        return bool(path)

    def ends(self, path: Path) -> bool:
        """Whether the node at ``path`` is to be ended if it runs, and not to begin if it does not."""
        return self.scope(path[:-1]).ends(path[-1])

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
        """Replace the node at ``path``; its phase is changed by `move` alone."""
        above = [self.state.root]
        for index in path[:-1]:
            inner = above[-1].nodes[index].scope
            assert inner is not None
            above.append(inner)
        for index in reversed(path):
            scope = above.pop()
            scope = replace(scope, nodes=scope.nodes.replace(index, node))
            if above:
                node = replace(above[-1].nodes[path[len(above) - 1]], scope=scope)
        self.state = replace(self.state, root=scope)

    def move(self, path: Path, trigger: NodeTrigger, *, failure: Failure | None = None, cached: bool = False) -> None:
        """Take the node through its table, keep the scope's counts, and report the new phase."""
        node = self.node(path)
        phase = advance(NODE, node.phase, trigger)
        scope = self.scope(path[:-1])
        idle = node.idle and phase.active
        scope = replace(
            scope,
            nodes=scope.nodes.replace(path[-1], replace(node, phase=phase, failure=failure, idle=idle)),
            active=scope.active + phase.active - node.phase.active,
            running=scope.running + (phase is NodePhase.RUNNING) - (node.phase is NodePhase.RUNNING),
            idle=scope.idle + idle - node.idle,
            succeeded=scope.succeeded + (phase.satisfied and path[-1] < scope.plan.required),
            failed=scope.failed + (phase is NodePhase.FAILED),
        )
        self.put_scope(path[:-1], scope)
        self.report(path, failure, cached=cached)

    def idle(self, path: Path, *, waits: bool) -> None:
        """Note whether the node waits for outputs that another node computes, and keep the scope's count."""
        node, scope = self.node(path), self.scope(path[:-1])
        if node.idle is not waits:
            nodes = scope.nodes.replace(path[-1], replace(node, idle=waits))
            self.put_scope(path[:-1], replace(scope, nodes=nodes, idle=scope.idle + waits - node.idle))

    def report(self, path: Path, failure: Failure | None = None, *, cached: bool = False) -> None:
        """Report the node's phase, if nodes of its scope are reported."""
        if self.plan(path).reported:
            node = self.node(path)
            attempt = node.attempt.number if node.attempt else 0
            self.ask(ReportNode(path, node.phase, failure, cached=cached, attempt=attempt))

    def move_attempt(
        self, path: Path, trigger: TaskTrigger, failure: Failure | None = None, *, reason: str = ""
    ) -> AttemptState:
        """Take the node's latest attempt through its table and report the new phase."""
        node = self.node(path)
        assert node.attempt is not None
        attempt = replace(node.attempt, phase=advance(TASK, node.attempt.phase, trigger))
        self.put(path, replace(node, attempt=attempt))
        self.ask(ReportTask(path, attempt.number, attempt.phase, failure, reason))
        return attempt

    def move_workflow(self, trigger: WorkflowTrigger, failure: Failure | None = None, *, report: bool = True) -> None:
        """Take the workflow through its table and report the new phase."""
        phase = advance(WORKFLOW, self.state.phase, trigger)
        self.state = replace(self.state, phase=phase, failure=failure)
        if report:
            self.ask(ReportWorkflow(phase, failure))

    # What is true of every node.

    def succeed(self, path: Path, *, cached: bool = False) -> None:
        """End the node well: the nodes that waited only for it are ready."""
        self.move(path, NodeTrigger.SUCCEED, cached=cached)
        self._satisfied(path)

    def recover(self, path: Path) -> None:
        """End the node well without running it: it has succeeded in the execution that this one recovers."""
        self.move(path, NodeTrigger.RECOVER)
        self._satisfied(path)

    def skip(self, path: Path) -> None:
        """End the node, which has not begun and is not to run; the nodes that waited only for it are ready."""
        self.move(path, NodeTrigger.SKIP)
        self._satisfied(path)

    def fail(self, path: Path, failure: Failure) -> None:
        """End the node for good; its scope's policy says what follows."""
        self.move(path, NodeTrigger.FAIL, failure=failure)
        above = path[:-1]
        scope = self.scope(above)
        follows = scope.plan.policy.on_failure(scope)
        if follows is not OnFailure.TOLERATE and scope.failure is None:
            self.put_scope(above, replace(scope, failure=failure))
        if follows is OnFailure.STOP and not scope.closing:
            self._close(above)
        self._unsettle(above)

    def abort(self, path: Path) -> None:
        """End the node, which was stopped and of which nothing runs."""
        self.move(path, NodeTrigger.ABORT)
        self._unsettle(path[:-1])

    def _satisfied(self, path: Path) -> None:
        above = path[:-1]
        for index in self.plan(path).dependents:
            self._count_down((*above, index))
        self._unsettle(above)

    def _count_down(self, path: Path) -> None:
        node = self.node(path)
        node = replace(node, waiting=node.waiting - 1)
        self.put(path, node)
        if not node.waiting and node.phase is NodePhase.UNDEFINED:
            self.begin(path)

    def begin(self, path: Path) -> None:
        """Begin the node, unless its scope is closing.

        To be called for nodes that wait for something else than nodes upstream; all others begin by themselves.
        """
        if not self.ends(path):
            self.handler(path).ready(self, path)

    def begin_failure_node(self, path: Path) -> bool:
        """Begin the failure node of the scope, which has failed; say whether there is one that has not run yet."""
        scope = self.scope(path)
        last = (*path, len(scope.nodes) - 1)
        if scope.plan.failure_node is None or scope.stopped or self.node(last).phase is not NodePhase.UNDEFINED:
            return False
        self.put_scope(path, replace(scope, closing=True))
        self._announce_break(path)
        self.handler(last).ready(self, last)
        self._unsettle(path)
        return True

    # What is true of every scope.

    def hold(self, path: Path, scope: ScopeState) -> None:
        """Put a scope under the node, new or built from records, and begin or resume the nodes in it."""
        node = self.node(path)
        failing = node.phase is NodePhase.FAILING
        stopped = scope.stopped or self.ends(path)
        scope = replace(
            scope,
            failure=scope.failure or (node.failure if failing else None),
            closing=scope.closing or stopped or failing,
            stopped=stopped,
        )
        self.put(path, replace(node, scope=scope))
        self.resume(path)

    def resume(self, path: Path) -> None:
        """Resume the nodes of the scope that are half-way, and begin those that wait for nothing."""
        half_way = [(*path, index) for index, node in enumerate(self.scope(path).nodes) if node.phase.active]
        for child in half_way:
            if self.node(child).phase.active:  # else another's failure has stopped it
                self.handler(child).resume(self, child)
        for index, node in enumerate(self.scope(path).nodes):
            if not node.waiting and node.phase is NodePhase.UNDEFINED:
                self.begin((*path, index))
        self._unsettle(path)

    def close(self, path: Path) -> None:
        """End the scope from outside: let no further node of it begin, and stop those that have."""
        self._unsettle(path)
        if not self.scope(path).stopped:
            self.put_scope(path, replace(self.scope(path), stopped=True))
            self._close(path)

    def break_scope(self, path: Path, failure: Failure) -> None:
        """Have the scope fail, by another reason than that a node of it has: what runs of it is stopped.

        If it has failed already, that stays the reason.
        """
        self._unsettle(path)
        if self.scope(path).failure is None:
            self.put_scope(path, replace(self.scope(path), failure=failure))
        if not self.scope(path).closing:
            self._close(path)

    def _close(self, path: Path) -> None:
        scope = self.scope(path)
        if not scope.closing:
            self.put_scope(path, replace(scope, closing=True))
            if path == ROOT or scope.active:
                self._announce_break(path)
        for index, node in enumerate(scope.nodes):
            if node.phase.active:
                self.handler((*path, index)).stop(self, (*path, index))

    def _announce_break(self, path: Path) -> None:
        """Show that the scope is failing while its other nodes are being stopped, or its failure node runs."""
        failure = self.scope(path).failure
        if failure is None:
            return
        if path == ROOT:
            if self.state.phase in _UNBROKEN:
                self.move_workflow(WorkflowTrigger.BREAK, failure)
        elif self.node(path).phase is not NodePhase.FAILING:
            self.move(path, NodeTrigger.BREAK, failure=failure)

    def _unsettle(self, path: Path) -> None:
        self._unsettled.setdefault(len(path), set()).add(path)

    def settle(self) -> None:
        """End the scopes of which nothing runs any more, the innermost first. To be called at the end of the step.

        Only then is it certain that nothing more of a scope begins: while its nodes are begun one after the other,
        those begun so far may be over before the next.
        """
        while self._unsettled:
            deepest = max(self._unsettled)
            path = self._unsettled[deepest].pop()
            if not self._unsettled[deepest]:
                del self._unsettled[deepest]
            scope = self._open_scope(path)
            if scope is not None and not scope.active:
                scope.plan.policy.settled(self, path)

    def _open_scope(self, path: Path) -> ScopeState | None:
        """The scope at ``path``; None if its holder is over, or holds none any more."""
        if path == ROOT:
            return None if self.state.phase.terminal else self.state.root
        node = self.node(path) if self.exists(path) else None
        return None if node is None or node.phase.terminal else node.scope

    def scope_over(self, path: Path, *, succeeded: bool) -> None:
        """Tell the scope's holder, a node or the execution itself, that nothing of it runs any more."""
        if path == ROOT:
            self._workflow_over(succeeded=succeeded)
        else:
            self.handler(path).scope_over(self, path, succeeded=succeeded)

    def _workflow_over(self, *, succeeded: bool) -> None:
        phase = self.state.phase
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


_UNBROKEN = frozenset({WorkflowPhase.RUNNING, WorkflowPhase.SUCCEEDING})
